import { delays, forgetDeliveries, isStuck, takeDue } from '@support-widget/server/domain/delivery-work.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { request } from '../support/client.ts'
import { stopClock } from '../support/clock.ts'
import { newTicket } from '../support/factories.ts'
import { answering, openReceiver, patientMs, type Receiver, setUpHooks, within } from '../support/receiver.ts'

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]

/** An endpoint that is told of what a customer writes in one ticket. */
async function setUp(respond: Receiver['respond'] = answering(204)) {
  const hooks = await setUpHooks()
  const receiver = await openReceiver(respond)
  const endpoint = await hooks.endpoint(receiver.url, { types: ['support.message_sent'] })
  const alice = await hooks.customer()
  const { id: ticket } = await newTicket(alice)
  const send = (n: number) => alice.call('sendMessage', { params: { id: ticket }, body: { body: `Message ${n}` } })
  return {
    ...hooks,
    receiver,
    endpoint,
    ticket,
    /** So many events. */
    async write(count: number) {
      for (let n = 0; n < count; n += 5) await Promise.all(Array.from({ length: Math.min(5, count - n) }, (_, at) => send(n + at)))
    },
    /** How many deliveries are in each state. */
    async states() {
      const { rows } = await sql<{ state: string; count: number }>`select state, count(*)::int as count from webhook_deliveries
        where app_id = ${hooks.app.app.id} and endpoint_id = ${decodeId(endpoint.id)} group by 1`.execute(hooks.server.app.core.orm.db())
      return Object.fromEntries(rows.map((row) => [row.state, row.count]))
    },
  }
}

/** The same ids, each at least once. */
const sameSet = (some: readonly string[], others: readonly string[]) => expect([...new Set(some)].sort()).toEqual([...others].sort())

describe('D8: a receiver that is down', () => {
  test('HOOK-16: for 6 hours: everything arrives by the next slot after it is back', async () => {
    const { write, later, drain, receiver, endpoint, queued, states } = await setUp(answering(503))
    await write(25)
    await drain()
    for (const wait of delays.slice(0, 4)) await later(wait)
    expect(await states()).toEqual({ pending: 25 })
    expect(receiver.requests).toHaveLength(5 * 25)
    const before = receiver.requests.length
    receiver.respond = answering(204)
    // 2 h 35 min and 5 s have gone; back after 6 h, the next slot is at 7 h 35 min.
    expect(await later(3.5 * hour)).toBe(0)
    await later(1.5 * hour)
    expect(await states()).toEqual({ delivered: 25 })
    sameSet(
      receiver.requests.slice(before).map((one) => one.id),
      await queued(endpoint.id),
    )
    expect(receiver.ids()).toHaveLength(25)
  })

  test('HOOK-17: for 80 hours: ten attempts at the documented delays, 0 to 5 % later, then exhausted, visible, and a replay delivers all', async () => {
    const { server, write, drain, later, receiver, endpoint, queued, states, backend, deliveries } = await setUp(answering(503))
    const { outbound } = server.app.core
    onTestFinished(() => {
      outbound.random = () => 0
    })
    outbound.random = () => 0.999
    const started = server.clock.now().toISOString()
    await write(8)
    stopClock(server)
    await drain()
    expect(delays.map((ms) => ms / second)).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400])
    for (const [at, delay] of delays.entries()) {
      const [next] = await deliveries(endpoint.id)
      const wait = Date.parse(next?.next_attempt_at ?? '') - server.clock.now().getTime()
      expect([wait > delay * 1.02, wait <= delay * 1.05]).toEqual([true, true])
      expect(await later(delay)).toBe(0)
      await later(delay * 0.05)
      expect(receiver.requests).toHaveLength(8 * (at + 2))
    }
    expect(await states()).toEqual({ exhausted: 8 })
    await later(5 * day)
    expect(receiver.requests).toHaveLength(80)
    const [one] = await deliveries(endpoint.id, { status: ['exhausted'], type: ['support.message_sent'], after: started })
    const { log } = await backend.call('agentGetDelivery', { params: { id: one?.id ?? '' } })
    expect(log.map((attempt) => attempt.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(await deliveries(endpoint.id, { before: started })).toEqual([])
    receiver.respond = answering(204)
    const at = { params: { id: endpoint.id } }
    const none = await backend.call('agentRedeliverWebhook', { ...at, body: { after: '2020-01-01T00:00:00Z', before: started } })
    expect(none.redelivered).toBe(0)
    const all = await backend.call('agentRedeliverWebhook', { ...at, body: { after: started, before: '2099-01-01T00:00:00+02:00' } })
    expect(all).toEqual({ redelivered: 8, has_more: false, next_after: null })
    await drain()
    expect(await states()).toEqual({ delivered: 8 })
    sameSet(
      receiver.requests.slice(80).map((request) => request.id),
      await queued(endpoint.id),
    )
    const again = await backend.call('agentRedeliverWebhook', { ...at, body: { after: started, before: '2099-01-01T00:00:00Z', all: true } })
    expect(again.redelivered).toBe(8)
  })

  test('HOOK-18: a finished delivery is kept for 30 days, and can be sent again one by one under its id', async () => {
    const { server, write, drain, later, receiver, endpoint, backend, deliveries, states } = await setUp(answering(410))
    await write(1)
    await drain()
    await backend.call('agentUpdateWebhook', { params: { id: endpoint.id }, body: { enabled: true } })
    const [one] = await deliveries(endpoint.id)
    expect(one).toMatchObject({ status: 'failed', ended_at: expect.any(String) })
    const at = { params: { id: one?.id ?? '' } }
    await later(29 * day)
    await forgetDeliveries(server.app.core)
    receiver.respond = answering(204)
    expect(await backend.call('agentRedeliver', at)).toMatchObject({ id: one?.id, status: 'pending', attempts: 0, ended_at: null })
    await drain()
    expect((await backend.call('agentGetDelivery', at)).log).toMatchObject([
      { number: 1, status: 410 },
      { number: 2, status: 204 },
    ])
    expect(receiver.ids()).toHaveLength(1)
    server.clock.ahead += 30 * day + minute
    await forgetDeliveries(server.app.core)
    expect(await states()).toEqual({})
    expect(await backend.refused('agentGetDelivery', at)).toMatchObject({ status: 404 })
  })
})

describe('what goes wrong with us', () => {
  test('D20: HOOK-19: an event that cannot be sent is tried ten times and parked, and delays no other', async () => {
    const { server, app, write, drain, later, receiver, endpoint, backend, deliveries, states } = await setUp()
    await write(41)
    const [poison] = await deliveries(endpoint.id)
    await sql`update webhook_deliveries set body = '{"data": {"message": {"attachments": 5}}}' where app_id = ${app.app.id}
      and id = ${decodeId(poison?.id ?? '')}`.execute(server.app.core.orm.db())
    await drain()
    expect(await states()).toEqual({ delivered: 40, pending: 1 })
    for (const delay of delays) await later(delay + second)
    const parked = await backend.call('agentGetDelivery', { params: { id: poison?.id ?? '' } })
    expect(parked).toMatchObject({ status: 'exhausted', attempts: 10 })
    expect(parked.log.every((attempt) => attempt.error === 'internal' && attempt.status === null)).toBe(true)
    expect(receiver.ids()).toHaveLength(40)
  })

  test('HOOK-20: what a process took and died with is sent by another in less than a minute; nobody sends it before', async () => {
    const { server, write, drain, later, receiver, endpoint, queued } = await setUp()
    await write(3)
    const taken = await takeDue(server.app.core, 64)
    expect(taken).toHaveLength(3)
    expect(await drain()).toBe(0)
    expect(await later(45 * second)).toBe(3)
    sameSet(receiver.ids(), await queued(endpoint.id))
  })

  test('HOOK-21: two that send the same once more write down one attempt, and do not undo what the other has done', async () => {
    const held: (() => void)[] = []
    const { server, write, drain, receiver, backend, endpoint, deliveries } = await setUp((_, response) =>
      held.push(() => response.writeHead(500).end()),
    )
    within(server, patientMs)
    await write(1)
    stopClock(server)
    const slow = drain()
    await expect.poll(() => held.length).toBe(1)
    server.clock.ahead += 40 * second
    receiver.respond = answering(204)
    // As another process would: this one waits for its own.
    await Promise.race([drain(), expect.poll(() => receiver.requests.length).toBe(2)])
    const [one] = await deliveries(endpoint.id)
    const at = { params: { id: one?.id ?? '' } }
    await expect.poll(async () => (await backend.call('agentGetDelivery', at)).status).toBe('delivered')
    for (const answer of held) answer()
    await slow
    expect(await backend.call('agentGetDelivery', at)).toMatchObject({ status: 'delivered', log: [{ number: 1, status: 204 }] })
    expect(receiver.ids()).toHaveLength(1)
  })

  test('D10: HOOK-22: a receiver that fails at random, and takes things twice and out of order, ends with exactly what was written', async () => {
    let seed = 4711
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed / 2 ** 31
    }
    const moods: [number, Receiver['respond']][] = [
      [0.2, answering(500)],
      [0.35, answering(429, { 'Retry-After': '1' })],
      [0.45, answering(302, { Location: '/elsewhere' })],
      [0.5, (_, response) => response.destroy()],
      [0.52, answering(410)],
    ]
    const known = new Map<string, number>()
    const thread = new Map<number, string>()
    const { write, drain, later, endpoint, backend, queued, ticket, states } = await setUp((received, response) => {
      // It reads what it then refuses: whatever it answers, it may come again.
      const message = received.body.data.message as { seq: number; body: string }
      known.set(received.id, (known.get(received.id) ?? 0) + 1)
      thread.set(message.seq, message.body)
      const dice = random()
      const [, respond] = moods.find(([chance]) => dice < chance) ?? [1, answering(204)]
      respond(received, response)
    })
    const at = { params: { id: endpoint.id } }
    const stretch = { after: '2026-01-01T00:00:00Z', before: '2099-01-01T00:00:00Z' }
    await write(40)
    await drain()
    for (const delay of [...delays, ...delays]) {
      const { enabled } = await backend.call('agentGetWebhook', at)
      if (!enabled) await backend.call('agentUpdateWebhook', { ...at, body: { enabled: true } })
      // What had bad luck ten times is sent again too.
      if (!enabled || (await states()).exhausted) await backend.call('agentRedeliverWebhook', { ...at, body: stretch })
      await later(delay + second)
    }
    expect([seed, await states()]).toEqual([seed, { delivered: 40 }])
    sameSet([...known.keys()], await queued(endpoint.id))
    const written = await backend.call('agentListMessages', { params: { id: ticket }, query: { limit: 200 } })
    const expected = written.data.slice(1).map((message) => [message.seq, message.body])
    expect([...thread].sort(([a], [b]) => a - b)).toEqual(expected)
    const actions = async (action: 'webhook_disabled' | 'webhook_updated') =>
      (await backend.call('agentListAudit', { query: { action: [action], per_page: 100 } })).data.length
    // Switched off once for each time that it was switched on again, and for the last.
    const isOff = !(await backend.call('agentGetWebhook', at)).enabled
    expect(await actions('webhook_disabled')).toBe((await actions('webhook_updated')) + (isOff ? 1 : 0))
  })
})

describe('what is told of it', () => {
  test('HOOK-23: /health/ready tells of what is due while nobody sends it, and serves people all the same; /metrics has figures, and no app', async () => {
    const { server, app, write, drain, later } = await setUp()
    const ready = async () => (await request(`${server.url}/health/ready`)).body
    expect(await ready()).toMatchObject({ status: 'ok', webhooks: 'ok' })
    await later(10 * minute)
    await write(2)
    server.clock.ahead += 6 * minute
    const stuck = await request(`${server.url}/health/ready`)
    expect([stuck.status, stuck.body]).toMatchObject([200, { status: 'degraded', database: 'ok', webhooks: 'stuck' }])
    expect(await isStuck(server.app.core)).toBe(true)
    const before = (await request(`${server.url}/metrics`)).text
    expect(before).toMatch(/^webhook_queue_depth 2$/m)
    expect(Number(/^webhook_oldest_due_seconds (\S+)$/m.exec(before)?.[1])).toBeGreaterThanOrEqual(360)
    await drain()
    expect(await ready()).toMatchObject({ status: 'ok', webhooks: 'ok' })
    const { text } = await request(`${server.url}/metrics`)
    expect(text).toMatch(/^webhook_queue_depth 0$/m)
    expect(text).toMatch(/^webhook_deliveries_total\{state="delivered"\} [1-9]/m)
    expect(text).toMatch(/^webhook_attempt_seconds_count\{outcome="ok"\} [1-9]/m)
    for (const secret of [app.app.id, app.app.publicId, app.app.name]) expect(text).not.toContain(secret)
  })

  test('HOOK-24: what an app that is shut off has open is cancelled, and nothing is sent', async () => {
    const { server, app, write, drain, receiver, states } = await setUp()
    await write(2)
    const { core } = server.app
    await core.orm.db().updateTable('apps').set({ disabled_at: core.clock.now() }).where('id', '=', app.app.id).execute()
    core.apps.forget()
    await drain()
    expect([receiver.requests.length, await states()]).toEqual([0, { cancelled: 2 }])
  })
})
