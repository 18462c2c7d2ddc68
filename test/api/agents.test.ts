import { decodeId } from '@support-widget/shared/ids.ts'
import { describe, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [admin, sam, alice] = [await app.agent('ada', 'admin'), await app.agent('sam'), await app.customer('alice')]
  const idOf = async (who = sam) => (await who.call('agentGetMe', {})).agent?.id ?? ''
  const online = async () => {
    const { data } = await admin.call('agentListAgents', {})
    return data.filter((agent) => agent.online).map((agent) => agent.external_id)
  }
  return { server, app, admin, sam, alice, idOf, online }
}

describe('AGENT-1: an agent is online while a socket of theirs is open', () => {
  test('the first opens it, the last closes it; nobody else counts', async () => {
    const { server, app, sam, admin, online } = await setUp()
    await sam.call('agentGetMe', {})
    await admin.call('agentGetMe', {})
    const agentToken = await app.token('sam', { role: 'agent' })
    const customer = await listen(server.url, await app.token('sam'))
    const backend = await listen(server.url, app.adminKey)
    expect(await online()).toEqual([])
    const [first, second] = [await listen(server.url, agentToken), await listen(server.url, agentToken)]
    expect(await online()).toEqual(['sam'])
    first.close()
    await expect.poll(online).toEqual(['sam'])
    second.close()
    await expect.poll(online).toEqual([])
    customer.close()
    backend.close()
  })

  test("another app's agent of the same name does not", async () => {
    const [one, other] = [await setUp(), await setUp()]
    await one.sam.call('agentGetMe', {})
    await other.sam.call('agentGetMe', {})
    const socket = await listen(one.server.url, await one.app.token('sam', { role: 'agent' }))
    expect([await one.online(), await other.online()]).toEqual([['sam'], []])
    socket.close()
  })
})

describe('AGENT-2: a removed agent is out, and what is theirs stays', () => {
  test('refused within a minute, sockets too; not listed, not assignable; tickets keep their name', async () => {
    const { server, app, admin, sam, alice, idOf, online } = await setUp()
    const ticket = await newTicket(alice)
    const id = await idOf()
    await sam.call('agentUpdateTicket', { params: { id: ticket.id }, body: { assignee_id: 'me' } })
    await sam.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'I am on it.' } })
    const socket = await listen(server.url, await app.token('sam', { role: 'agent' }))
    const removed = await admin.call('agentRemoveAgent', { params: { id } })
    expect(removed).toMatchObject({ id, external_id: 'sam' })
    const before = server.clock.ahead
    try {
      server.clock.ahead += 59_000
      expect((await (await app.agent('sam')).refused('agentGetMe')).status).toBe(401)
      expect((await (await app.agent('sam')).refused('getMe')).status).toBe(401)
      await socket.closed
    } finally {
      server.clock.ahead = before
    }
    expect((await admin.call('agentListAgents', {})).data.map((agent) => agent.external_id)).toEqual(['ada'])
    expect(await online()).toEqual([])
    const { assignee, messages } = await admin.call('agentGetTicket', { params: { id: ticket.id } })
    expect([assignee?.name, messages[1]?.author.name]).toEqual(['sam of Test app', 'sam of Test app'])
    expect((await admin.call('agentListTickets', { query: { assignee: id } })).pagination.total).toBe(1)
    const other = await newTicket(alice)
    expect((await admin.refused('agentUpdateTicket', { params: { id: other.id }, body: { assignee_id: id } })).code).toBe('invalid_request')
    expect((await admin.refused('agentRemoveAgent', { params: { id } })).code).toBe('not_found')
  })

  test('C59: by admins and keys alone, never of another app, never oneself', async () => {
    const { app, admin, sam, alice, idOf } = await setUp()
    const stranger = await (await setUp()).idOf()
    const [id, own] = [await idOf(), await idOf(admin)]
    for (const who of [sam, alice]) expect((await who.refused('agentRemoveAgent', { params: { id: own } })).status).toBe(403)
    for (const one of [stranger, 'nonsense']) expect((await admin.refused('agentRemoveAgent', { params: { id: one } })).status).toBe(404)
    expect((await admin.refused('agentRemoveAgent', { params: { id: own } })).code).toBe('forbidden')
    expect((await app.backend.call('agentRemoveAgent', { params: { id } })).id).toBe(id)
  })
})

describe('STATS-1: counts, times and ratings of the tickets created in a time', () => {
  const empty = { median: null, p90: null }

  test('nothing yet', async () => {
    const { sam } = await setUp()
    expect(await sam.call('agentGetStats', {})).toEqual({
      total: 0,
      by_status: { open: 0, in_progress: 0, resolved: 0, closed: 0 },
      by_waiting_on: { agent: 0, customer: 0 },
      first_response_seconds: empty,
      resolution_seconds: empty,
      csat: { count: 0, average: null },
    })
  })

  test('median and 90th percentile, by hand', async () => {
    const { server, sam, alice, app } = await setUp()
    const [open, resolved, closed] = ['open', 'resolved', 'closed'] as const
    // One a day: status, whose turn; seconds to the first answer, to resolved, to closed; rating.
    const tickets = [
      [open, 'agent', null, null, null, null],
      [open, 'agent', 20, null, null, null],
      [open, 'agent', 30, null, null, null],
      [open, 'customer', 40, null, null, null],
      [open, 'customer', 50, null, null, null],
      [open, 'customer', 60, null, null, null],
      [resolved, null, 70, 700, null, null],
      [resolved, null, 80, 800, null, 2],
      [closed, null, 90, 900, 5000, 3],
      [closed, null, 100, null, 1000, 4],
    ] as const
    for (const [n, [status, waiting_on, first, done, shut, csat_score]] of tickets.entries()) {
      const { id } = await newTicket(alice)
      const created_at = new Date(Date.UTC(2026, 0, 2 + n))
      const later = (seconds: number | null) => (seconds === null ? null : new Date(created_at.getTime() + seconds * 1000))
      const times = { created_at, first_response_at: later(first), resolved_at: later(done), closed_at: later(shut) }
      const columns = { status, waiting_on, csat_score, ...times }
      await server.app.core.orm.db().updateTable('tickets').set(columns).where('id', '=', decodeId(id)).execute()
    }
    await newTicket(await (await setUp()).app.customer('alice'))
    expect(await sam.call('agentGetStats', {})).toEqual({
      total: 10,
      by_status: { open: 6, in_progress: 0, resolved: 2, closed: 2 },
      by_waiting_on: { agent: 3, customer: 3 },
      first_response_seconds: { median: 60, p90: 92 },
      resolution_seconds: { median: 850, p90: 970 },
      csat: { count: 3, average: 3 },
    })
    const { total, csat } = await app.backend.call('agentGetStats', { query: { created_after: '2026-01-09', created_before: '2026-01-11' } })
    expect([total, csat]).toEqual([2, { count: 2, average: 2.5 }])
  })

  test('not of blocked customers; agents alone', async () => {
    const { sam, alice } = await setUp()
    const { id } = await newTicket(alice)
    const { requester } = await sam.call('agentGetTicket', { params: { id } })
    await sam.call('agentBlockCustomer', { params: { id: requester.id }, body: { blocked: true } })
    expect((await sam.call('agentGetStats', {})).total).toBe(0)
    expect((await alice.send('agentGetStats')).status).toBe(403)
  })
})
