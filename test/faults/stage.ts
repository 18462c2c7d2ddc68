import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPostgres, freePort, type Postgres, startPostgres } from '../support/postgres.ts'
import { type ServerProcess, startProcess } from '../support/process.ts'
import { type Sign, writeApps } from '../support/written-apps.ts'

/** A server as it runs in production, on a PostgreSQL of its own, to be broken. */
export interface Stage {
  url: string
  /** The connection URL of its database. */
  database: string
  folder: string
  postgres: Postgres
  sign: Sign
  /** The server's process, that a supervisor would start again. */
  killServer(): Promise<void>
  /** With further settings, that it keeps. */
  startServer(more?: Record<string, string>): Promise<void>
  /** True as long as the process that was started last runs. */
  isUp(): boolean
  close(): Promise<void>
}

/** `settings` of PostgreSQL; `script`: what is started in place of the server. */
export async function openStage(settings: readonly string[] = [], script?: string): Promise<Stage> {
  const bin = findPostgres()
  if (!bin) throw new Error('PostgreSQL is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'support-faults-'))
  const secretKey = randomBytes(32)
  const postgres = await startPostgres(bin, settings)
  const database = await postgres.database('support')
  const sign = await writeApps({ url: database, folder: null, poolSize: 1 }, secretKey, ['demo'], [])
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  let server: ServerProcess | undefined
  let added: Record<string, string> = {}
  const stage: Stage = {
    url,
    database,
    folder,
    postgres,
    sign,
    async killServer() {
      server?.child.kill('SIGKILL')
      const said = await server?.exited
      if (process.env.LOG_LEVEL) process.stderr.write(said?.err ?? '')
    },
    async startServer(more = {}) {
      added = { ...added, ...more }
      const env = {
        DATABASE_URL: database,
        DATA_DIR: folder,
        PORT: port,
        PUBLIC_URL: url,
        SECRET_KEY: secretKey.toString('base64'),
        RATE_LIMITS: 'off',
        LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal',
        ...added,
      }
      server = startProcess(env, script)
      await server.ready
    },
    isUp: () => server?.child.exitCode === null && server.child.signalCode === null,
    async close() {
      await stage.killServer()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await stage.startServer()
  return stage
}
