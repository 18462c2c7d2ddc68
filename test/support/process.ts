import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The server as a process of its own, as it is run in production. */
export interface ServerProcess {
  child: ChildProcess
  /** Resolves with what was printed once the server says that it is ready; rejects if it ends before. */
  ready: Promise<string>
  /** Exit code (null if it was killed), and all that was printed. */
  exited: Promise<{ code: number | null; out: string; err: string }>
}

/** What a process of ours finds in its environment beside its own settings. Many start in a run: what was compiled once is kept for the others. */
export const bareEnv: Record<string, string> = { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(tmpdir(), 'support-compiled') }

const main = fileURLToPath(import.meta.resolve('@support-widget/server/main.ts'))
const running = new Set<ChildProcess>()

/** Starts the server, or a script that starts it in another way. */
export function startProcess(env: Record<string, string>, script = main): ServerProcess {
  const child = spawn(process.execPath, [script], {
    env: { ...bareEnv, HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let [out, err] = ['', '']
  const exited = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.once('close', (code) => {
      running.delete(child)
      resolve({ code, out, err })
    })
  })
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
      if (out.includes('Ready: ')) resolve(out)
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk
    })
    void exited.then(({ code }) => reject(new Error(`ended with ${code}: ${err}`)))
  })
  // Most tests wait for one of the two alone.
  ready.catch(() => {})
  return { child, ready, exited }
}

/** Ends what a failed test left running. */
export async function killAll(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
  }
}
