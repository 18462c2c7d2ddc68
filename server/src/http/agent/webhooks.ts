import type Router from '@koa/router'
import { decodeId } from '@support-widget/shared/ids.ts'
import { paths } from '@support-widget/shared/paths.ts'
import { webhookOperations } from '@support-widget/shared/webhook-operations.ts'
import type { AgentActor } from '../../domain/core.ts'
import { listDeliveries, readDelivery, redeliver, redeliverStretch } from '../../domain/deliveries.ts'
import { testWebhook } from '../../domain/webhook-request.ts'
import { createWebhook, deleteWebhook, listWebhooks, readWebhook, rotateWebhook, updateWebhook } from '../../domain/webhooks.ts'
import { notFound } from '../../errors.ts'
import { presentDelivery, presentDeliveryWithAttempts, presentWebhook, testBody } from '../../present/webhook.ts'
import type { Ctx } from '../context.ts'
import { authenticate, type Doors, type Handlers, parseInput } from '../operation.ts'
import { pageOf } from '../paging.ts'

function uuid({ id: given }: { id: string }): string {
  const id = decodeId(given)
  if (id === null) throw notFound()
  return id
}

/** Webhook endpoints and what became of what was sent to them. */
export const webhookHandlers: Handlers<Exclude<keyof typeof webhookOperations, 'agentTestWebhook'>> = {
  async agentGetDelivery({ core, actor, params }) {
    return presentDeliveryWithAttempts(await readDelivery(core, actor, uuid(params)))
  },

  async agentRedeliver({ core, actor, params }) {
    return presentDelivery(await redeliver(core, actor, uuid(params)))
  },

  async agentListWebhooks({ core, actor, query }) {
    const { endpoints, total } = await listWebhooks(core, actor, query)
    return pageOf(endpoints.map(presentWebhook), total, query)
  },

  async agentCreateWebhook({ core, actor, body }) {
    const { endpoint, secret } = await createWebhook(core, actor, body)
    return { ...presentWebhook(endpoint), secret }
  },

  async agentGetWebhook({ core, actor, params }) {
    return presentWebhook(await readWebhook(core, actor, uuid(params)))
  },

  async agentUpdateWebhook({ core, actor, params, body }) {
    return presentWebhook(await updateWebhook(core, actor, uuid(params), body))
  },

  async agentDeleteWebhook({ core, actor, params }) {
    return presentWebhook(await deleteWebhook(core, actor, uuid(params)))
  },

  async agentRotateWebhook({ core, actor, params }) {
    const { endpoint, secret } = await rotateWebhook(core, actor, uuid(params))
    return { ...presentWebhook(endpoint), secret }
  },

  async agentListDeliveries({ core, actor, params, query }) {
    const { deliveries, total } = await listDeliveries(core, actor, uuid(params), query)
    return pageOf(deliveries.map(presentDelivery), total, query)
  },

  async agentRedeliverWebhook({ core, actor, params, body }) {
    const { redelivered, nextAfter } = await redeliverStretch(core, actor, uuid(params), body)
    return { redelivered, has_more: nextAfter !== null, next_after: nextAfter?.toISOString() ?? null }
  },
}

/** `POST …/webhooks/:id/test`, with a limit of its own: it makes us call an address while somebody waits for what becomes of it. */
export function mountWebhookTest(router: Router, doors: Doors): void {
  const operation = webhookOperations.agentTestWebhook
  const [, path = ''] = paths.agentTestWebhook.split(' ')
  router.post(path, async (koa) => {
    const ctx = koa as unknown as Ctx
    const actor = (await authenticate(ctx, doors, operation)) as AgentActor
    const { params } = await parseInput(ctx, operation, koa.params)
    const endpoint = await readWebhook(doors.core, actor, uuid(operation.params.parse(params)))
    await doors.rateLimit.webhookTest(ctx, actor.app.id)
    ctx.set('Cache-Control', 'no-store')
    ctx.status = operation.status
    ctx.body = { outcome: await testWebhook(doors.core, endpoint, testBody(endpoint, doors.core.clock.now())) }
  })
}
