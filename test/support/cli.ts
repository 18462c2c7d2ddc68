import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bareEnv } from './process.ts'

/** Runs the command line as its users do. */
export function cli(env: Record<string, string>, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = fileURLToPath(import.meta.resolve('@support-widget/server/cli.ts'))
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env: { ...bareEnv, ...env } }, (failed, out, err) => {
      resolve({ code: failed ? Number(failed.code) : 0, out, err })
    })
  })
}
