import { Counter, Histogram, type Registry } from 'prom-client'
import type { Core } from '../../domain/core.ts'
import { webhookQueue } from '../../domain/deliveries.ts'
import { type Busy, createPulse, shares } from '../../domain/delivery-shares.ts'
import { cancelTaken, isWanted, settle, type Taken, takeDue } from '../../domain/delivery-work.ts'
import { mailQueue } from '../../domain/mail-queue.ts'
import { postTo } from '../../domain/webhook-request.ts'
import { bodyToSend } from '../../present/webhook.ts'
import { createWorker, type Worker } from '../worker.ts'
import { queueEvents } from './queue-events.ts'

/** What is under way by `app endpoint`. */
function underWay(busy: ReadonlyMap<string, number>): Busy[] {
  return [...busy].map(([group, count]) => {
    const [app_id = '', endpoint_id = ''] = group.split(' ')
    return { app_id, endpoint_id, count }
  })
}

/** Delivers what is queued for webhook endpoints: `drain` sends all that is due. */
function createWebhookWorker(core: Core, registry: Registry): Worker {
  const registers = [registry]
  const pulse = createPulse()
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
    pulse.note(taken.endpoint_id, outcome)
    attempts.observe({ outcome: outcome.error ?? 'ok' }, outcome.durationMs / 1000)
    const settled = await settle(core, taken, outcome)
    if (settled && settled.state !== 'pending') deliveries.inc({ state: settled.state })
    if (!settled?.isOff) return
    core.log.warn({ webhook_id: taken.endpoint_id }, 'a webhook endpoint answered 410 and was switched off')
    core.wakers.get(mailQueue)?.()
  }

  return createWorker<Taken>(core, {
    queue: webhookQueue,
    mostAtOnce: shares.total,
    // An endpoint that hangs has a share of one.
    get mostPerGroup() {
      return pulse.hasStuck() ? 1 : shares.perEndpoint
    },
    take: (most, busy) => takeDue(core, most, underWay(busy), pulse.of),
    groupOf: ({ app_id, endpoint_id }) => `${app_id} ${endpoint_id}`,
    perform,
  })
}

/** Queues events from now on and, with `isStarted`, delivers them by itself. */
export async function openWebhooks(core: Core, registry: Registry, isStarted: boolean): Promise<Worker> {
  const worker = createWebhookWorker(core, registry)
  core.effects.push(queueEvents(core))
  if (isStarted) {
    core.wakers.set(webhookQueue, worker.wake)
    core.listeners.push(({ hasEndpoints }) => {
      if (hasEndpoints) worker.wake()
    })
    await worker.start()
  }
  return worker
}
