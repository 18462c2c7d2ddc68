import { Counter, Histogram, type Registry } from 'prom-client'
import type { Core } from '../../domain/core.ts'
import { webhookQueue } from '../../domain/deliveries.ts'
import { cancelTaken, isWanted, settle, type Taken, takeDue, type UnderWay } from '../../domain/delivery-work.ts'
import { postTo } from '../../domain/webhook-request.ts'
import { bodyToSend } from '../../present/webhook.ts'
import { createWorker, type Worker } from '../worker.ts'
import { queueEvents } from './queue-events.ts'

/** Requests at once in this process. */
const mostAtOnce = 64
const shares = { perEndpoint: 4, perApp: 16 }

/** What is under way by `app endpoint`, counted for each alone. */
function countsOf(busy: ReadonlyMap<string, number>): UnderWay {
  const [apps, endpoints] = [new Map<string, number>(), new Map<string, number>()]
  for (const [group, count] of busy) {
    const [app = '', endpoint = ''] = group.split(' ')
    apps.set(app, (apps.get(app) ?? 0) + count)
    endpoints.set(endpoint, count)
  }
  return { apps, endpoints }
}

/** Delivers what is queued for webhook endpoints: `drain` sends all that is due. */
function createWebhookWorker(core: Core, registry: Registry): Worker {
  const registers = [registry]
  const deliveries = new Counter({ name: 'webhook_deliveries_total', help: 'Deliveries that ended', labelNames: ['state'], registers })
  const attempts = new Histogram({
    name: 'webhook_attempt_seconds',
    help: 'Requests to webhook endpoints, by outcome: ok, or why they failed',
    labelNames: ['outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
    registers,
  })

  async function perform(taken: Taken): Promise<void> {
    if (!(await isWanted(core, taken))) {
      await cancelTaken(core, taken)
      deliveries.inc({ state: 'cancelled' })
      return
    }
    const outcome = await postTo(core, { ...taken, id: taken.endpoint_id }, taken.event_id, () => bodyToSend(taken, core.links))
    attempts.observe({ outcome: outcome.error ?? 'ok' }, outcome.durationMs / 1000)
    const settled = await settle(core, taken, outcome)
    if (settled && settled.state !== 'pending') deliveries.inc({ state: settled.state })
    if (settled?.isOff) core.log.warn({ webhook_id: taken.endpoint_id }, 'a webhook endpoint answered 410 and was switched off')
  }

  return createWorker<Taken>(core, {
    queue: webhookQueue,
    mostAtOnce,
    mostPerGroup: shares.perEndpoint,
    take: (most, busy) => takeDue(core, most, shares, countsOf(busy)),
    groupOf: ({ app_id, endpoint_id }) => `${app_id} ${endpoint_id}`,
    perform,
  })
}

/** Queues events from now on and, with `isStarted`, delivers them by itself. */
export async function openWebhooks(core: Core, registry: Registry, isStarted: boolean): Promise<Worker> {
  const worker = createWebhookWorker(core, registry)
  core.effects.push(queueEvents(core))
  if (isStarted) {
    core.listeners.push(({ hasEndpoints }) => {
      if (hasEndpoints) worker.wake()
    })
    await worker.start()
  }
  return worker
}
