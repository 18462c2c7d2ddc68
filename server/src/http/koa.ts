import Router from '@koa/router'
import Koa from 'koa'
import type { Registry } from 'prom-client'
import type { Auth } from '../auth/identify.ts'
import type { Config } from '../config.ts'
import type { Core } from '../domain/core.ts'
import { appHandlers } from './agent/app.ts'
import { mountCustomerExport } from './agent/customer-export.ts'
import { deskHandlers } from './agent/desk.ts'
import { mountDeskCodes } from './agent/desk-codes.ts'
import { mountExport } from './agent/export.ts'
import { agentLifeHandlers } from './agent/life.ts'
import { mailHandlers } from './agent/mails.ts'
import { agentHandlers } from './agent/routes.ts'
import { mountWebhookTest, webhookHandlers } from './agent/webhooks.ts'
import { mountAttachments } from './attachments.ts'
import type { Dialect } from './compat/dialect.ts'
import * as dialects from './compat/dialects.ts'
import { mountDialect } from './compat/mount.ts'
import type { State } from './context.ts'
import { identityHandlers, mountVisitors } from './customer/identity.ts'
import { customerLifeHandlers } from './customer/life.ts'
import { customerHandlers } from './customer/routes.ts'
import { answerWithinMs } from './deadline.ts'
import { mountDocs } from './docs.ts'
import { measure, mountHealth } from './health.ts'
import { mountMailPages } from './mail-pages.ts'
import { browserRules } from './middleware/cors.ts'
import { funnel } from './middleware/funnel.ts'
import { requestLog, trustOf } from './middleware/request.ts'
import { safeHeaders } from './middleware/safe-headers.ts'
import { mount } from './operation.ts'
import { type Pace, uploadPace } from './pace.ts'
import { mountDesk, type PageFiles } from './pages.ts'
import { readQueries } from './query.ts'
import { createRateLimit } from './rate-limit.ts'
import { mountWidget } from './widget.ts'

/** Adds routes to the server's own, as the demo does. */
export type Extend = (router: Router) => void

/** How long people and the database may take; the defaults are for production. */
export interface HttpTimes {
  /** How fast uploads have to come. */
  uploadPace?: Pace
  /** How long the database may take for an answer, milliseconds. */
  answerWithinMs?: number
}

/** All of HTTP: request id and log → headers → CORS → error funnel → limits → route. */
export function createKoa(
  core: Core,
  auth: Auth,
  config: Config,
  files: PageFiles,
  registry: Registry,
  extend?: Extend,
  { uploadPace: pace = uploadPace, answerWithinMs: withinMs = answerWithinMs }: HttpTimes = {},
): Koa<State> {
  const koa = new Koa<State>()
  readQueries(koa)
  const router = new Router()
  const rateLimit = createRateLimit(config.rateLimits)
  const doors = { core, auth, rateLimit, withinMs }

  mountHealth(router, core, registry)
  mountWidget(router, core, files.widget, files.release)
  mountDesk(router, files.desk)
  mountMailPages(router, core)
  const documents = mountDocs(router, { publicUrl: config.publicUrl, release: files.release, demo: config.demo })
  mount(router, doors, customerHandlers)
  mount(router, doors, agentHandlers)
  mountVisitors(router, doors)
  mount(router, doors, identityHandlers)
  mount(router, doors, customerLifeHandlers)
  mount(router, doors, agentLifeHandlers)
  mount(router, doors, deskHandlers)
  mount(router, doors, appHandlers)
  mount(router, doors, mailHandlers)
  mountWebhookTest(router, doors)
  mount(router, doors, webhookHandlers)
  mountCustomerExport(router, doors)
  mountDeskCodes(router, doors, config.publicUrl)
  mountExport(router, doors)
  mountAttachments(router, doors, pace)
  const compat = { ...doors, publicUrl: config.publicUrl, release: files.release, documents, pace }
  for (const dialect of Object.values<Dialect>(dialects)) mountDialect(koa, router, compat, dialect)
  extend?.(router)

  koa.use(requestLog(core.log, trustOf(config.trustProxy)))
  koa.use(measure(registry))
  koa.use(safeHeaders)
  koa.use(browserRules(core.apps, config.publicUrl))
  koa.use(funnel)
  koa.use(rateLimit.address)
  koa.use(router.routes())
  koa.use(router.allowedMethods())
  koa.on('error', (err) => core.log.debug({ err }, 'response not delivered'))
  return koa
}
