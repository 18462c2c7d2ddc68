import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as setTimeoutAsync } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { limits } from '@support-widget/shared/limits.ts'
import type { KyselyPlugin } from 'kysely'
import { Registry } from 'prom-client'
import proxyAddr from 'proxy-addr'
import { createApps } from './auth/apps.ts'
import { createAuth } from './auth/identify.ts'
import { mailLinks } from './auth/mail-link.ts'
import { renewSeals } from './auth/rotation.ts'
import { secretBox } from './auth/secrets.ts'
import { signedLinks } from './auth/signed-link.ts'
import { visitorTokens } from './auth/visitor-token.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { unsafeSettings } from './db/durability.ts'
import { type Orm, openOrm } from './db/orm.ts'
import { lockDataDir } from './db/pglite.ts'
import { openQueue } from './db/queue.ts'
import { adoptContacts } from './domain/adopt.ts'
import type { Core, OutboundTimes } from './domain/core.ts'
import { webhookQueue } from './domain/deliveries.ts'
import { mailQueue } from './domain/mail-queue.ts'
import { createPresence } from './domain/presence.ts'
import { createKoa, type Extend, type HttpTimes } from './http/koa.ts'
import { trustOf } from './http/middleware/request.ts'
import type { PageFiles } from './http/pages.ts'
import { createHttpServer } from './http/server.ts'
import { housekeepingQueue, startHousekeeping, sweepQueue } from './jobs/housekeeping.ts'
import { openMail, sayMailWaits } from './jobs/mail/open.ts'
import type { MailTransport } from './jobs/mail/transport.ts'
import { openWebhooks } from './jobs/webhooks/deliver.ts'
import type { Worker } from './jobs/worker.ts'
import { createLog, type Log } from './log.ts'
import { openGateway } from './realtime/gateway.ts'
import { localStorage } from './storage/local.ts'
import type { Storage } from './storage/storage.ts'

/** What tests and the demo pass in; the defaults are for production. */
export interface AppOptions extends HttpTimes {
  clock?: Clock
  log?: Log
  poolSize?: number
  /** How long anybody waits for a connection to the database, ms. */
  connectionWaitMs?: number
  /** True keeps the embedded database in memory. */
  inMemory?: boolean
  files?: PageFiles
  /** How often open sockets are identified again, milliseconds. */
  sweepMs?: number
  /** False leaves what is done every minute to whoever calls it. */
  housekeeping?: boolean
  /** Where attachments are kept, if not in DATA_DIR. */
  storage?: Storage
  /** See every statement before it is sent. */
  plugins?: readonly KyselyPlugin[]
  /** False leaves what is due to whoever calls the workers' `drain`. */
  jobs?: boolean
  /** Who takes mail away, if not the SMTP server of the config. */
  mailTransport?: MailTransport
  /** How webhook requests are timed. */
  outbound?: Partial<OutboundTimes>
  /** Job queues beyond our own. */
  queues?: readonly string[]
  extend?: (core: Core) => Promise<Extend>
}

export interface RunningApp {
  core: Core
  http: Server
  /** The port that was given by the system, if the config's is 0. */
  port: number
  /** What delivers webhooks. */
  webhooks: Worker
  /** What sends mail; null without an SMTP server. */
  mail: Worker | null
  /** Stops taking requests, ends those under way (10 s at most), closes sockets, queue and database. */
  close(): Promise<void>
}

const besides = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const { version: release } = JSON.parse(readFileSync(besides('../../package.json'), 'utf8')) as { version: string }
const builtFiles: PageFiles = { release, widget: besides('../../widget/dist/widget.js'), desk: besides('../../demo/dist/desk') }
const closeWithinMs = 10_000

/** Builds the whole server and starts to listen: main, demo and tests run the same. */
export async function startApp(config: Config, options: AppOptions = {}): Promise<RunningApp> {
  const log = options.log ?? createLog(config.logLevel)
  const clock = options.clock ?? systemClock
  const embedded = config.databaseUrl === null && !options.inMemory
  const lock = embedded ? lockDataDir(config.dataDir) : null
  const folder = embedded ? join(config.dataDir, 'db') : null
  const { poolSize = 10, connectionWaitMs: waitMs, plugins = [] } = options
  const orm = await openOrm({ url: config.databaseUrl, folder, poolSize, waitMs, plugins })
  await orm.migrate()
  if (config.databaseUrl) await warnOfLoss(orm, log)
  const queue = await openQueue({
    url: config.databaseUrl,
    orm,
    names: [housekeepingQueue, sweepQueue, ...(options.queues ?? [])],
    wakes: [mailQueue, webhookQueue],
    log,
  })
  const apps = createApps(orm, clock)
  const secrets = secretBox(config.secretKeys)
  const links = signedLinks(config.publicUrl, config.secretKeys, clock)
  await renewSeals(orm, secrets, log)
  const visitors = visitorTokens(config.secretKeys)
  const storage = options.storage ?? localStorage(join(config.dataDir, 'files'))
  const core: Core = {
    orm,
    queue,
    apps,
    clock,
    log,
    secrets,
    links,
    visitors,
    mailLinks: mailLinks(config.publicUrl, config.secretKeys),
    sendsMail: config.smtp !== null,
    mailTally: new Map(),
    loopback: config.demo,
    outbound: { timeoutMs: limits.webhookTimeoutMs, random: Math.random, pause: setTimeoutAsync, ...options.outbound },
    storage,
    presence: createPresence(),
    effects: [],
    wakers: new Map(),
    listeners: [],
  }
  const auth = createAuth({
    orm,
    apps,
    clock,
    log,
    secrets,
    visitors,
    ownOrigin: config.publicUrl,
    loopback: config.demo,
    onVerifiedEmail: (app, customerId, email) => adoptContacts(core, app, customerId, email),
  })
  const registry = new Registry()
  const koa = createKoa(core, auth, config, options.files ?? builtFiles, registry, await options.extend?.(core), options)
  const http = createHttpServer(koa.callback())
  const trust = trustOf(config.trustProxy)
  const gateway = openGateway(http, core, auth, {
    ownOrigin: config.publicUrl,
    sweepMs: options.sweepMs ?? 15_000,
    rateLimits: config.rateLimits,
    addressOf: (req) => proxyAddr(req, trust),
  })
  core.listeners.push((happening) => gateway.publish(happening))
  if (options.housekeeping !== false) await startHousekeeping(core)
  const webhooks = await openWebhooks(core, registry, options.jobs !== false)
  const mail = await openMail(core, config, { transport: options.mailTransport, isStarted: options.jobs !== false })
  await listen(http, config.port, config.host)
  if (mail === null) await sayMailWaits(core)

  return {
    core,
    http,
    webhooks,
    mail,
    port: (http.address() as AddressInfo).port,
    async close() {
      const forced = setTimeout(() => http.closeAllConnections(), closeWithinMs)
      // Node closes what is idle once; a connection whose last request ends later would be kept alive.
      const idle = setInterval(() => http.closeIdleConnections(), 50)
      await gateway.close()
      clearInterval(idle)
      clearTimeout(forced)
      await Promise.all([webhooks.stop(), mail?.stop()])
      await queue.stop()
      await orm.close()
      lock?.release()
    },
  }
}

/** The embedded database is built without `fsync`, which is said where it is chosen. */
async function warnOfLoss(orm: Orm, log: Log): Promise<void> {
  for (const setting of await unsafeSettings(orm.db()))
    log.warn({ setting }, `${setting} is off in PostgreSQL: a crash can lose messages that were acknowledged; turn it on`)
}

function listen(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve()
    })
  })
}
