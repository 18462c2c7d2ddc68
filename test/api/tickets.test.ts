import { describe, expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { whileEventsFail } from '../support/sabotage.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const year = server.clock.now().getUTCFullYear()
  const numbers = (from: number, to: number, of = year) =>
    Array.from({ length: to - from + 1 }, (_, i) => `TKT-${of}-${String(from + i).padStart(5, '0')}`)
  return { server, app, alice: await app.customer('alice'), bob: await app.customer('bob'), agent: await app.agent(), numbers, year }
}

const times = <T>(count: number, work: (i: number) => Promise<T>) => Promise.all(Array.from({ length: count }, (_, i) => work(i)))

describe('a new ticket', () => {
  test('TICKET-1: is open, with what was said and defaults for the rest', async () => {
    const { alice, agent, app } = await setUp()
    const bare = await newTicket(alice, { subject: '  Hello  ', body: ' First\nSecond ' })
    expect(bare).toMatchObject({
      subject: 'Hello',
      status: 'open',
      priority: 'normal',
      category: null,
      type: 'support',
      channel: 'api',
      assignee: null,
    })
    expect(bare).toMatchObject({ message_count: 1, last_seq: 1, unread_count: 0, resolved_at: null, closed_at: null })
    expect(bare.messages).toMatchObject([
      { seq: 1, body: 'First\nSecond', is_admin: false, client_id: null, author: { type: 'customer', name: 'alice of Test app' } },
    ])
    expect(bare.updated_at).toBe(bare.created_at)
    const full = await alice.call('createTicket', {
      body: { subject: 'x', body: 'y', category: 'account', priority: 'urgent', type: 'bug', channel: 'widget', client_id: 'c-1' },
    })
    expect(full).toMatchObject({ category: 'account', priority: 'urgent', type: 'bug', channel: 'widget' })
    expect(await agent.call('agentGetTicket', { params: { id: full.id } })).toMatchObject({
      version: 1,
      unread_count: 1,
      requester: { external_id: 'alice', email: 'alice@example.com', verified: true },
      messages: [{ is_internal: false, body: 'y' }],
    })
    expect((await app.backend.call('agentListTickets', {})).pagination.total).toBe(2)
  })

  test('TICKET-2: has a category of the app or none; every wrong value is named', async () => {
    const { alice } = await setUp()
    const refused = (body: object) => alice.refused('createTicket', { body: { subject: 'x', body: 'y', ...body } })
    expect(await refused({ category: 'nope' })).toMatchObject({ status: 400, errors: [{ location: 'body.category' }] })
    expect(await refused({ category: 'Billing' })).toMatchObject({ status: 400 })
    expect(
      (await refused({ category: 7, priority: 'highest', type: '', channel: 'email', client_id: '' })).errors?.map(({ location }) => location),
    ).toEqual(['client_id', 'category', 'priority', 'type', 'channel'].map((key) => `body.${key}`))
    expect((await alice.call('createTicket', { body: { subject: 'x', body: 'y', category: null } })).category).toBeNull()
    expect((await alice.call('listTickets', {})).pagination.total).toBe(1)
  })

  test('TICKET-3: numbers are gapless per app under fifty creations at once', async () => {
    const { server, alice, bob, numbers } = await setUp()
    const neighbour = await (await newApp(server)).customer()
    const [made, theirs] = await Promise.all([times(50, (i) => newTicket(i % 2 ? alice : bob)), times(5, () => newTicket(neighbour))])
    expect(made.map((ticket) => ticket.number).sort()).toEqual(numbers(1, 50))
    expect(theirs.map((ticket) => ticket.number).sort()).toEqual(numbers(1, 5))
  })

  test('TICKET-4: a creation that fails burns no number and leaves nothing', async () => {
    const { server, app, alice, numbers } = await setUp()
    await newTicket(alice)
    await whileEventsFail(server, app, async () => {
      const problem = await alice.refused('createTicket', { body: { subject: 'lost', body: 'secret text' } })
      expect(problem).toMatchObject({ status: 500, code: 'internal_error', detail: 'The request was not carried out. It is safe to try again.' })
      expect(JSON.stringify(problem)).not.toMatch(/constraint|events|sql|at \//i)
    })
    await newTicket(alice)
    expect((await alice.call('listTickets', {})).data.map((ticket) => ticket.number)).toEqual(numbers(1, 2).reverse())
  })

  test('TICKET-5: numbers begin anew with the year, in UTC, and grow beyond five digits', async () => {
    const { server, app, year } = await setUp()
    const { clock } = server
    clock.ahead += Date.UTC(year + 1, 0, 1) - clock.now().getTime() - 60_000
    const before = await times(3, async () => newTicket(await app.customer()))
    clock.ahead += 61_000
    const after = await times(2, async () => newTicket(await app.customer()))
    expect(before.map((ticket) => ticket.number).sort()).toEqual([1, 2, 3].map((n) => `TKT-${year}-0000${n}`))
    expect(after.map((ticket) => ticket.number).sort()).toEqual([1, 2].map((n) => `TKT-${year + 1}-0000${n}`))
    const db = server.app.core.orm.db()
    await db
      .updateTable('ticket_counters')
      .set({ last: 99_999 })
      .where('app_id', '=', app.app.id)
      .where('year', '=', year + 1)
      .execute()
    expect((await newTicket(await app.customer())).number).toBe(`TKT-${year + 1}-100000`)
  })
})

describe('client_id of a ticket', () => {
  test('TICKET-6: sent twice is one ticket, the same 201; the first body stands', async () => {
    const { alice, agent } = await setUp()
    const first = await newTicket(alice, { client_id: 'c', subject: 'First', body: 'One' })
    const again = await newTicket(alice, { client_id: 'c', subject: 'Second', body: 'Two' })
    expect(again).toEqual(first)
    expect((await agent.call('agentListTickets', {})).pagination.total).toBe(1)
  })

  test('TICKET-7: sent fifty times at once is one ticket and one number', async () => {
    const { alice, bob, agent, numbers } = await setUp()
    const [same, others] = await Promise.all([
      times(50, (i) => newTicket(alice, { client_id: 'c', subject: `s${i}` })),
      times(10, (i) => newTicket(bob, { client_id: `b-${i}` })),
    ])
    expect(new Set(same.map((ticket) => JSON.stringify(ticket))).size).toBe(1)
    expect([same[0]?.number ?? '', ...others.map((ticket) => ticket.number)].sort()).toEqual(numbers(1, 11))
    expect((await agent.call('agentListTickets', {})).pagination.total).toBe(11)
  })

  test("TICKET-8: is the customer's own: another customer or app may use the same", async () => {
    const { server, alice, bob } = await setUp()
    const elsewhere = await (await newApp(server)).customer('alice')
    const ids = await Promise.all([alice, bob, elsewhere].map(async (one) => (await newTicket(one, { client_id: 'c' })).id))
    expect(new Set(ids).size).toBe(3)
  })

  test('TICKET-9: is any string of 1 to 64 characters, compared exactly', async () => {
    const { alice } = await setUp()
    const ids = ['c', 'C', ' c', 'é', 'e\u0301', '../x', '%00', "'", 'x'.repeat(64)]
    const made = await Promise.all(ids.map(async (client_id) => (await newTicket(alice, { client_id })).id))
    expect(new Set(made).size).toBe(ids.length)
    expect(await alice.refused('createTicket', { body: { subject: 'x', body: 'y', client_id: 'x'.repeat(65) } })).toMatchObject({ status: 400 })
  })

  test('TICKET-10: a resend after the ticket has moved on answers it as it is now', async () => {
    const { alice, agent } = await setUp()
    const { id } = await newTicket(alice, { client_id: 'c' })
    await agent.call('agentSendMessage', { params: { id }, body: { body: 'Note', is_internal: true } })
    await agent.call('agentSendMessage', { params: { id }, body: { body: 'Answer' } })
    await alice.call('closeTicket', { params: { id } })
    const again = await newTicket(alice, { client_id: 'c' })
    expect(again).toEqual(await alice.call('getTicket', { params: { id } }))
    expect(again).toMatchObject({ status: 'closed', message_count: 2 })
    expect(again.messages).toHaveLength(2)
  })
})

describe('lists', () => {
  test('PAGE-1: pages are complete, without overlap, last changed first', async () => {
    const { alice, agent } = await setUp()
    const made: string[] = []
    for (let i = 0; i < 7; i++) made.push((await newTicket(alice, { subject: `s${i}` })).id)
    for (const [caller, name] of [
      [alice, 'listTickets'],
      [agent, 'agentListTickets'],
    ] as const) {
      const pages = await times(4, (i) => caller.call(name, { query: { page: i + 1, per_page: 3 } }))
      expect(pages.map((page) => page.pagination)).toEqual([1, 2, 3, 4].map((page) => ({ page, per_page: 3, total: 7, total_pages: 3 })))
      expect(pages.flatMap((page) => page.data.map((ticket) => ticket.id))).toEqual([...made].reverse())
      expect(pages[3]?.data).toEqual([])
    }
    expect((await alice.call('listTickets', { query: { page: 1_000_000, per_page: 100 } })).data).toEqual([])
  })

  test('PAGE-2: tickets of the same instant stand in one order on every page', async () => {
    const { server, alice, app } = await setUp()
    const made = await times(9, () => newTicket(alice))
    const at = new Date(0)
    await server.app.core.orm.db().updateTable('tickets').set({ updated_at: at, public_updated_at: at }).where('app_id', '=', app.app.id).execute()
    const pages = await times(9, (i) => alice.call('listTickets', { query: { page: i + 1, per_page: 1 } }))
    expect(pages.map((page) => page.data[0]?.id)).toEqual(
      made
        .map((ticket) => ticket.id)
        .sort()
        .reverse(),
    )
  })

  test('PAGE-3: a public message brings its ticket to the top for both, a note for agents alone', async () => {
    const { server, alice, agent } = await setUp()
    const ids = async (caller: typeof alice, name: 'listTickets' | 'agentListTickets') =>
      (await caller.call(name, {})).data.map((ticket) => ticket.id)
    const [a, b] = [(await newTicket(alice)).id, (await newTicket(alice)).id]
    server.clock.ahead += 1_000
    await agent.call('agentSendMessage', { params: { id: a }, body: { body: 'Note', is_internal: true } })
    expect(await ids(alice, 'listTickets')).toEqual([b, a])
    expect(await ids(agent, 'agentListTickets')).toEqual([a, b])
    server.clock.ahead += 1_000
    await agent.call('agentSendMessage', { params: { id: a }, body: { body: 'Answer' } })
    expect(await ids(alice, 'listTickets')).toEqual([a, b])
  })

  test('PAGE-4: filters take one value or several, and nothing of anybody else', async () => {
    const { alice, bob, agent } = await setUp()
    const by = new Map<string, string>()
    for (const status of ['open', 'in_progress', 'resolved', 'closed'] as const) {
      const { id } = await newTicket(alice)
      await agent.call('agentUpdateTicket', { params: { id }, body: { status, priority: status === 'open' ? 'low' : 'high' } })
      by.set(status, id)
    }
    await newTicket(bob)
    const list = async (status: string | string[]) => {
      const answer = await alice.send('listTickets', { query: { status } })
      return (answer.body as { data: { status: string }[] }).data.map((ticket) => ticket.status).sort()
    }
    expect(await list('open')).toEqual(['open'])
    expect(await list('open,closed')).toEqual(['closed', 'open'])
    expect(await list(['resolved', 'closed,in_progress'])).toEqual(['closed', 'in_progress', 'resolved'])
    expect((await agent.call('agentListTickets', { query: { priority: ['high'], status: ['closed', 'open'] } })).data.map(({ id }) => id)).toEqual([
      by.get('closed'),
    ])
    expect((await agent.call('agentListTickets', { query: { priority: ['low', 'normal'] } })).pagination.total).toBe(2)
  })

  test('PAGE-5: agents are listed by name, pages and all, without removed ones or those of other apps', async () => {
    const { server, app, agent } = await setUp()
    for (const name of ['zoe', 'kim', 'ann'])
      await client(server.url, await app.token(name, { role: 'agent', claims: { name } })).call('agentGetMe', {})
    await (await (await newApp(server)).agent('stranger')).call('agentGetMe', {})
    await server.app.core.orm
      .db()
      .updateTable('agents')
      .set({ removed_at: new Date() })
      .where('app_id', '=', app.app.id)
      .where('external_id', '=', 'kim')
      .execute()
    const pages = await times(3, (i) => agent.call('agentListAgents', { query: { page: i + 1, per_page: 1 } }))
    expect(pages.map((page) => page.data[0]?.external_id)).toEqual(['ann', 'sam', 'zoe'])
    expect(pages[0]?.pagination).toEqual({ page: 1, per_page: 1, total: 3, total_pages: 3 })
  })

  test("ME-1: unread and open counts are the customer's own", async () => {
    const { alice, bob, agent } = await setUp()
    const [a, b] = [await newTicket(alice), await newTicket(alice)]
    await newTicket(bob)
    for (const id of [a.id, a.id, b.id]) await agent.call('agentSendMessage', { params: { id }, body: { body: 'Answer' } })
    await agent.call('agentSendMessage', { params: { id: a.id }, body: { body: 'Note', is_internal: true } })
    expect(await alice.call('getMe', {})).toMatchObject({ unread_count: 3, open_tickets: 2 })
    await alice.call('readTicket', { params: { id: a.id }, body: { seq: 2 } })
    await alice.call('closeTicket', { params: { id: b.id } })
    expect(await alice.call('getMe', {})).toMatchObject({ unread_count: 2, open_tickets: 1 })
    expect(await bob.call('getMe', {})).toMatchObject({ unread_count: 0, open_tickets: 1 })
  })
})
