import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { type AppOptions, type RunningApp, startApp } from '@support-widget/server/app.ts'
import type { Clock } from '@support-widget/server/clock.ts'
import { type Config, readConfig } from '@support-widget/server/config.ts'
import { createLog } from '@support-widget/server/log.ts'
import { freePort } from './postgres.ts'
import { type TenantWall, tenantWall } from './tenant-wall.ts'

/** Real time, moved by what a test says; half a minute ahead, and what the server remembered of apps, keys and people is forgotten. */
export interface TestClock extends Clock {
  /** Milliseconds ahead of real time. */
  ahead: number
}

export interface TestServer {
  app: RunningApp
  config: Config
  url: string
  clock: TestClock
  /** Holds every statement of this server. */
  wall: TenantWall
  /** Every mounted route, as `GET /path/:parameter`. */
  routes(): string[]
  /** Everything logged so far, as text. */
  logged(): string
}

/** A queue that only tests use, to prove that jobs and data commit together. */
export const testQueue = 'test'

/** The database that this run is for: see vitest.config.ts. Null is the embedded one, in memory. */
export const databaseUrl = process.env.DATABASE ?? null
export const poolSize = Number(process.env.POOL_SIZE ?? 10)

/** The environment of a test server. */
export async function testConfig(env: Record<string, string> = {}): Promise<Config> {
  const port = String(await freePort())
  // One for all servers of a run: they share a PostgreSQL, and each must open what the others sealed.
  const secret = { SECRET_KEY: Buffer.alloc(32, 'test').toString('base64') }
  const database: Record<string, string> = databaseUrl ? { DATABASE_URL: databaseUrl } : {}
  return readConfig({
    HOST: '127.0.0.1',
    PORT: port,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    LOG_LEVEL: 'debug',
    RATE_LIMITS: 'off',
    // Gone with the run.
    DATA_DIR: mkdtempSync(join(tmpdir(), 'support-files-')),
    ...secret,
    ...database,
    ...env,
  })
}

export async function startServer(env: Record<string, string> = {}, options: AppOptions = {}): Promise<TestServer> {
  const config = await testConfig(env)
  const clock: TestClock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead), monotonic: () => performance.now() + clock.ahead }
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  let routes: string[] = []
  const wall = tenantWall()
  const app = await startApp(config, {
    clock,
    log: createLog(config.logLevel, sink),
    poolSize,
    // Fifty at once on a slow machine are no fault of the server's.
    connectionWaitMs: 60_000,
    answerWithinMs: 60_000,
    inMemory: true,
    sweepMs: 100,
    queues: [testQueue],
    housekeeping: false,
    jobs: false,
    extend: async () => (router) => {
      routes = router.stack.flatMap(({ methods, path }) => methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${String(path)}`))
    },
    ...options,
    plugins: [wall.plugin, ...(options.plugins ?? [])],
  })
  // Server and client share a process: one that is busy starting another database neither sends nor reads.
  app.http.headersTimeout = 240_000
  await wall.learn(app.core.orm.db())
  return { app, wall, config, url: config.publicUrl, clock, routes: () => routes, logged: () => text }
}

let shared: Promise<TestServer> | undefined

/** The server that all files of a run share; each test works in an app of its own. */
export function sharedServer(): Promise<TestServer> {
  shared ??= startServer()
  return shared
}
