import type Router from '@koa/router'
import { sql } from 'kysely'
import { Counter, collectDefaultMetrics, Histogram, type Registry } from 'prom-client'
import type { Core } from '../domain/core.ts'
import { isStuck, readBacklog } from '../domain/delivery-work.ts'
import { Refusal } from '../errors.ts'
import type { Ctx, Next } from './context.ts'
import { inTime } from './deadline.ts'
import { measureState, secondsSince } from './gauges.ts'
import { mailHealth, measureMail } from './mail-health.ts'

/** A probe that waits longer than this is answered "not ready", milliseconds. */
const readyWithinMs = 2_000

/** `/health/live`: the process answers. `/health/ready`: the database and the job queue do; it also tells of webhooks and mail that are due while nobody sends them. `/metrics`: Prometheus text, no tenant's data in it. */
export function mountHealth(router: Router, core: Core, registry: Registry): void {
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'ok' }
  })
  router.get('/health/ready', async (ctx) => {
    await inTime(sql`select 1`.execute(core.orm.db()), readyWithinMs)
    if (!core.queue.running()) throw new Refusal('unavailable', { detail: 'The job queue is not running.', retryAfter: 2 })
    // Not a reason to turn people away: whoever is sent elsewhere finds the same queue there.
    const [isWebhookStuck, mail] = await inTime(Promise.all([isStuck(core), mailHealth(core)]), readyWithinMs)
    const webhooks = isWebhookStuck ? 'stuck' : 'ok'
    ctx.body = { status: webhooks === 'stuck' || mail === 'stuck' ? 'degraded' : 'ok', database: 'ok', queue: 'ok', webhooks, mail }
  })
  measureState(registry, () => readBacklog(core), [
    { name: 'webhook_queue_depth', help: 'Deliveries that are open, due or not', of: ({ open }) => open },
    {
      name: 'webhook_oldest_due_seconds',
      help: 'How long the oldest delivery has been due that nobody has',
      of: ({ oldestDue }) => secondsSince(oldestDue, core.clock.now()),
    },
  ])
  measureMail(core, registry)
  router.get('/metrics', async (ctx) => {
    ctx.type = registry.contentType
    ctx.body = await registry.metrics()
  })
}

/** Counts and times requests by method, route pattern and status. */
export function measure(registry: Registry) {
  collectDefaultMetrics({ register: registry })
  const labelNames = ['method', 'route', 'status'] as const
  const total = new Counter({ name: 'http_requests_total', help: 'Requests answered', labelNames, registers: [registry] })
  const seconds = new Histogram({
    name: 'http_request_seconds',
    help: 'Time to answer, seconds',
    labelNames: ['method', 'route'],
    registers: [registry],
  })
  return async (ctx: Ctx & { _matchedRoute?: unknown }, next: Next) => {
    const stop = seconds.startTimer()
    await next()
    const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none'
    stop({ method: ctx.method, route })
    total.inc({ method: ctx.method, route, status: String(ctx.status) })
  }
}
