import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'

const run = promisify(execFile)

/** A PostgreSQL of our own, thrown away at the end. */
export interface Postgres {
  /** Makes an empty database and answers its URL. */
  database(name: string): Promise<string>
  /** Sends a signal to every one of its processes at once. */
  signal(name: NodeJS.Signals): void
  /** Kills it as a power cut would, but for what the operating system still writes. */
  kill(): Promise<void>
  /** Starts it again, after a kill. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** The folder with initdb and postgres: Debian keeps them off the PATH. Null if PostgreSQL is not installed. */
export function findPostgres(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

/** PostgreSQL refuses to run as root: then it runs as the system's unprivileged user. */
function user(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Free now, from a range out of which the system gives none by itself, and given once in a run, so that nobody else has it before it is used. */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000)
  const { TEST_PORTS: given } = process.env
  if (given && !claim(join(given, `port-${port}`))) return freePort()
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (!isFree) return freePort()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** False if somebody else was first, in whatever process. */
function claim(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx'))
    return true
  } catch {
    return false
  }
}

/** A new and empty database on the server of another one; answers its URL. */
export async function databaseBeside(at: string): Promise<string> {
  const name = `own_${randomUUID().replaceAll('-', '')}`
  const client = new Client({ connectionString: at })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return Object.assign(new URL(at), { pathname: `/${name}` }).href
}

/** `settings`: further ones, as `name=value`. */
export async function startPostgres(bin: string, settings: readonly string[] = []): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'support-postgres-'))
  const as = user()
  if (as) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'support', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...as, cwd: folder })
  const port = await freePort()
  const settled = ['max_connections=60', 'log_min_messages=panic', ...settings].flatMap((setting) => ['-c', setting])
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...settled]
  const url = (name: string) => `postgres://support@127.0.0.1:${port}/${name}`
  const launch = () => {
    const server = spawn(join(bin, 'postgres'), args, { ...as, cwd: folder, stdio: 'ignore' })
    return { server, exited: new Promise<void>((resolve) => server.once('exit', () => resolve())) }
  }
  let { server, exited } = launch()
  const signal: Postgres['signal'] = (name) => {
    for (const pid of tree(server.pid)) process.kill(pid, name)
  }
  await untilUp(url('postgres'))
  return {
    signal,
    async kill() {
      signal('SIGKILL')
      await exited
    },
    async start() {
      const next = launch()
      server = next.server
      exited = next.exited
      await untilUp(url('postgres'))
    },
    async database(name) {
      const client = new Client({ connectionString: url('postgres') })
      await client.connect()
      await client.query(`create database ${client.escapeIdentifier(name)}`)
      await client.end()
      return url(name)
    },
    async stop() {
      server.kill('SIGINT')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A process and its children, as Linux tells them. */
function tree(pid: number | undefined): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return [Number(pid), ...children.split(' ').filter(Boolean).map(Number)]
}

async function untilUp(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch (err) {
      if (tries > 600) throw err
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
