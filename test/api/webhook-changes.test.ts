import type { Db } from '@support-widget/server/db/orm.ts'
import type { Core } from '@support-widget/server/domain/core.ts'
import { openWebhooks } from '@support-widget/server/jobs/webhooks/deliver.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { webhookOperations } from '@support-widget/shared/webhook-operations.ts'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { neverLooking } from '../support/clock.ts'
import { newTicket } from '../support/factories.ts'
import { answering, openReceiver, setUpHooks } from '../support/receiver.ts'

const stretch = { after: '2026-01-01T00:00:00Z', before: '2099-01-01T00:00:00Z' }

/** An endpoint of which an answer and an end of the work wait, among other things. */
async function setUp(more: Parameters<Awaited<ReturnType<typeof setUpHooks>>['endpoint']>[1] = {}) {
  const hooks = await setUpHooks()
  const receiver = await openReceiver()
  const { id } = await hooks.endpoint(receiver.url, more)
  const sam = await hooks.app.agent()
  const { id: ticket } = await newTicket(await hooks.customer())
  await sam.call('agentSendMessage', { params: { id: ticket }, body: { body: 'We look.', status: 'resolved' } })
  const at = { params: { id } }
  return {
    ...hooks,
    receiver,
    id,
    at,
    change: (body: object) => hooks.backend.call('agentUpdateWebhook', { ...at, body }),
    /** Types of what is in this state, in the order of the alphabet. */
    inState: async (status: string) => (await hooks.deliveries(id, { status: [status] })).map((one) => one.type.replace('support.', '')).sort(),
    replay: async () => (await hooks.backend.call('agentRedeliverWebhook', { ...at, body: { ...stretch, all: true } })).redelivered,
  }
}

const everything = ['message_received', 'ticket_closed', 'ticket_created', 'ticket_updated']

describe('HOOK-28: an endpoint that changes', () => {
  test('HOOK-28: to the pgi flavour gets nothing in the other words; changed back, it can have it', async () => {
    const { receiver, change, inState, drain, replay } = await setUp()
    expect(await inState('pending')).toEqual(everything)
    await change({ flavour: 'pgi' })
    expect([await inState('pending'), await inState('cancelled')]).toEqual([[], everything])
    expect([await replay(), await drain(), receiver.requests.length]).toEqual([0, 0, 0])
    await change({ flavour: 'native' })
    expect([await replay(), await drain()]).toEqual([4, 4])
    expect(receiver.requests.map((one) => one.body.type.replace('support.', '')).sort()).toEqual(everything)
  })

  test('HOOK-28: from the pgi flavour neither, of what failed and waits for its next attempt too; one by one it is refused', async () => {
    const { receiver, change, inState, drain, later, deliveries, id, backend } = await setUp({ flavour: 'pgi' })
    receiver.respond = answering(503)
    await drain()
    const [one] = await deliveries(id)
    await change({ flavour: 'native' })
    expect(await inState('cancelled')).toEqual(['message_received', 'ticket_closed'])
    await later(6_000)
    expect(receiver.requests).toHaveLength(2)
    const delivery = { params: { id: one?.id ?? '' } }
    expect(await backend.refused('agentRedeliver', delivery)).toMatchObject({ status: 409, code: 'webhook_unwanted' })
    await change({ flavour: 'pgi' })
    expect(await backend.call('agentRedeliver', delivery)).toMatchObject({ status: 'pending' })
  })

  test('HOOK-28: in its types gets no other, and what it still takes; to more types, all', async () => {
    const { receiver, change, inState, drain, replay } = await setUp()
    await change({ types: ['support.ticket_closed', 'support.ticket_created', 'support.message_sent'] })
    expect([await inState('pending'), await inState('cancelled')]).toEqual([
      ['ticket_closed', 'ticket_created'],
      ['message_received', 'ticket_updated'],
    ])
    await change({ types: null, description: 'All' })
    expect(await inState('pending')).toEqual(['ticket_closed', 'ticket_created'])
    await change({ types: ['support.ticket_created'] })
    expect([await drain(), receiver.requests.map((one) => one.body.type)]).toEqual([1, ['support.ticket_created']])
    expect(await replay()).toBe(1)
  })

  test('HOOK-28: nor what a change queued that saw the endpoint as it was', async () => {
    const { server, receiver, change, inState, drain, app } = await setUp()
    await change({ flavour: 'pgi' })
    await sql`update webhook_deliveries set state = 'pending', ended_at = null where app_id = ${app.app.id}`.execute(server.app.core.orm.db())
    await drain()
    expect([receiver.requests.length, await inState('cancelled')]).toEqual([0, everything])
  })
})

test('HOOK-31: a replay from or to a time outside the years 1 to 9999, in UTC, names the value at fault', async () => {
  const { backend, at } = await setUp()
  const replay = (body: object) => backend.send('agentRedeliverWebhook', { ...at, body: { ...stretch, ...body } })
  const cases: [object, string][] = [
    [{ after: '0000-01-01T00:00:00Z' }, 'body.after'],
    [{ before: '0000-12-31T23:59:59Z' }, 'body.before'],
    [{ after: '0001-01-01T00:00:00+14:00' }, 'body.after'],
    [{ before: '9999-12-31T23:59:59-14:00' }, 'body.before'],
  ]
  for (const [body, location] of cases) {
    const { status, body: problem } = await replay(body)
    expect([body, status, problem]).toMatchObject([body, 400, { code: 'invalid_request', errors: [{ location }] }])
  }
  expect(await replay({ after: '0001-01-01T00:00:00Z', before: '9999-12-31T23:59:59Z' })).toMatchObject({ status: 200 })
})

test('HOOK-32: what waits is sent again at once and keeps its count, what has ended begins anew; and so it is described', async () => {
  const { receiver, drain, later, deliveries, id, backend } = await setUp({ types: ['support.message_received'] })
  receiver.respond = answering(503)
  await drain()
  await later(6_000)
  const [one] = await deliveries(id)
  expect(one).toMatchObject({ status: 'pending', attempts: 2 })
  const again = () => backend.call('agentRedeliver', { params: { id: one?.id ?? '' } })
  expect(await again()).toMatchObject({ status: 'pending', attempts: 2 })
  await drain()
  expect(await deliveries(id)).toMatchObject([{ status: 'pending', attempts: 3 }])
  receiver.respond = answering(204)
  await again()
  await drain()
  expect(await deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 4 }])
  expect(await again()).toMatchObject({ status: 'pending', attempts: 0 })
  expect(webhookOperations.agentRedeliver.description).toMatch(/has ended has all its attempts again.* waiting .* as many left as before/)
})

test('HOOK-33: what is sent again is taken up by a worker of the same process, whatever the queue does', async () => {
  const { server, receiver, drain, deliveries, id, backend, replay } = await setUp({ types: ['support.message_received'] })
  await drain()
  const { core } = server.app
  const deaf = { ...core.queue.boss, work: async () => '' } as unknown as Core['queue']['boss']
  // Its figures are kept nowhere.
  const registry = { registerMetric: () => {} } as unknown as Parameters<typeof openWebhooks>[1]
  const apart = { ...core, effects: [], listeners: [], queue: { ...core.queue, boss: deaf } }
  const worker = await neverLooking(() => openWebhooks(apart, registry, true))
  onTestFinished(async () => {
    core.wakers.clear()
    await worker.stop()
  })
  const [one] = await deliveries(id)
  await backend.call('agentRedeliver', { params: { id: one?.id ?? '' } })
  await expect.poll(() => receiver.requests.length).toBe(2)
  await expect.poll(async () => (await deliveries(id))[0]?.status).toBe('delivered')
  expect(await replay()).toBe(1)
  await expect.poll(() => receiver.requests.length).toBe(3)
})

test('HOOK-29: what is deleted while it is to be sent again is not found', async () => {
  const { server, backend, deliveries, id, app } = await setUp()
  const [one] = await deliveries(id)
  const { orm } = server.app.core
  const { transaction } = orm
  onTestFinished(() => {
    orm.transaction = transaction
  })
  /** As an erasure does, once it has been looked up. */
  const deleting = (db: Db) => {
    let isGone = false
    return db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (!isGone) {
          isGone = true
          await sql`delete from webhook_deliveries where app_id = ${app.app.id} and id = ${decodeId(one?.id ?? '')}`.execute(db)
        }
        return result
      },
    })
  }
  orm.transaction = (work) => transaction((db) => work(deleting(db)))
  expect(await backend.refused('agentRedeliver', { params: { id: one?.id ?? '' } })).toMatchObject({ status: 404, code: 'not_found' })
})
