import { decodeId } from '@support-widget/shared/ids.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import { type TicketSort, ticketSorts } from '@support-widget/shared/ticket-query.ts'
import { channels, priorities, statuses, waitingOn } from '@support-widget/shared/vocabulary.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

interface World {
  app: TestApp
  agent: Client
  agentId: string
  /** All tickets that a list may show, and their first messages. */
  tickets: (AgentTicket & { body: string })[]
  hidden: string
}

const size = 48
const at = <T>(values: readonly T[], n: number): T => values[n % values.length] as T
const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n))

/** One app with tickets of every kind, many of the same instant, some of a blocked customer. */
async function newWorld(): Promise<World> {
  const server = await sharedServer()
  const app = await newApp(server)
  const agent = await app.agent('sam')
  const { agent: me } = await agent.call('agentGetMe', {})
  const ids: string[] = []
  for (let n = 0; n < size; n++) {
    const { id } = await agent.call('agentCreateTicket', {
      body: {
        requester: { external_id: `customer-${n % 5}` },
        subject: `${at(['Refund', 'Broken CART', 'Über alles'], n)} ${n}`,
        body: at(['Where is it?', 'It does not work, 50% off_now \\ never.'], n),
        priority: at(priorities, n),
        category: at(['billing', 'technical', null], n),
        type: at(['support', 'bug'], n),
        channel: at(channels, n),
        country: at(['DE', 'TR', null, null], n),
        store_region: at([null, 'north', 'south'], n),
        tags: at([[], ['vip'], ['vip', 'a,b'], ['legal']], n),
        assignee_id: at([null, 'me', null], n),
        author_type: at(['customer', 'agent'] as const, n),
      },
    })
    const status = at(['open', 'in_progress', 'resolved', 'closed'] as const, n >> 1)
    const snoozed_until = n % 7 === 0 ? '2999-01-01T00:00:00Z' : null
    await agent.call('agentUpdateTicket', { params: { id }, body: { status, snoozed_until } })
    ids.push(id)
  }
  const db = server.app.core.orm.db()
  for (const [n, id] of ids.entries()) {
    const [created, updated] = [day(n >> 2), day(100 + (n % 3))]
    await db.updateTable('tickets').set({ created_at: created, updated_at: updated }).where('id', '=', decodeId(id)).execute()
  }
  // A snooze that is over is none.
  await db
    .updateTable('tickets')
    .set({ snoozed_until: day(0) })
    .where('id', '=', decodeId(ids[1] ?? ''))
    .execute()
  const spam = await newTicket(await app.customer('spammer'), { subject: 'Refund of spam' })
  const { requester } = await agent.call('agentGetTicket', { params: { id: spam.id } })
  await agent.call('agentBlockCustomer', { params: { id: requester.id }, body: { blocked: true } })
  const tickets = []
  for (const id of ids) {
    const { messages, ...ticket } = await agent.call('agentGetTicket', { params: { id } })
    tickets.push({ ...ticket, body: messages[0]?.body ?? '' })
  }
  return { app, agent, agentId: me?.id ?? '', tickets, hidden: spam.id }
}

let shared: Promise<World> | undefined
const theWorld = () => {
  shared ??= newWorld()
  return shared
}

interface Filter {
  status?: string[]
  priority?: string[]
  channel?: string[]
  category?: string
  type?: string
  country?: string
  store_region?: string
  tag?: string
  assignee?: string
  waiting_on?: string
  requester?: string
  snoozed?: string
  created_after?: string
  created_before?: string
  search?: string
}

const nobody = '01ARYZ6S41TSV4RRFFQ69G5FAV'

/** The filter as anybody would write it down. */
function holds(ticket: World['tickets'][number], filter: Filter, agentId: string): boolean {
  const { assignee } = filter
  const text = [ticket.number, ticket.subject, ticket.body, ticket.requester.name, ticket.requester.email].join('\n').toLowerCase()
  const checks: [unknown, () => boolean][] = [
    [filter.status, () => filter.status?.includes(ticket.status) ?? true],
    [filter.priority, () => filter.priority?.includes(ticket.priority) ?? true],
    [filter.channel, () => filter.channel?.includes(ticket.channel) ?? true],
    [filter.category, () => ticket.category === filter.category],
    [filter.type, () => ticket.type === filter.type],
    [filter.country, () => ticket.country === filter.country],
    [filter.store_region, () => ticket.store_region === filter.store_region],
    [filter.tag, () => ticket.tags.includes(filter.tag ?? '')],
    [assignee, () => (assignee === 'none' ? ticket.assignee === null : ticket.assignee?.id === (assignee === 'me' ? agentId : assignee))],
    [filter.waiting_on, () => ticket.waiting_on === filter.waiting_on],
    [filter.requester, () => ticket.requester.id === filter.requester],
    [filter.snoozed, () => (ticket.snoozed_until?.startsWith('2999') ?? false) === (filter.snoozed === 'true')],
    [filter.created_after, () => new Date(ticket.created_at) >= new Date(filter.created_after ?? '')],
    [filter.created_before, () => new Date(ticket.created_at) < new Date(filter.created_before ?? '')],
    [filter.search, () => text.includes((filter.search ?? '').trim().toLowerCase())],
  ]
  return checks.every(([asked, check]) => asked === undefined || check())
}

const keys: Record<TicketSort, (ticket: AgentTicket) => string | number> = {
  updated_at: (ticket) => ticket.updated_at,
  created_at: (ticket) => ticket.created_at,
  priority: (ticket) => priorities.indexOf(ticket.priority),
  status: (ticket) => statuses.indexOf(ticket.status),
  number: (ticket) => ticket.number,
}

function sorted(tickets: World['tickets'], sort: TicketSort, order: 'asc' | 'desc'): string[] {
  const key = keys[sort]
  const compare = (a: AgentTicket, b: AgentTicket) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id < b.id ? -1 : 1)
  const ids = tickets.toSorted(compare).map((ticket) => ticket.id)
  return order === 'asc' ? ids : ids.reverse()
}

const some = (values: readonly string[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
const filterOf = ({ tickets, agentId }: World) =>
  fc.record<Filter>(
    {
      status: some(statuses),
      priority: some(priorities),
      channel: some(channels),
      category: fc.constantFrom('billing', 'technical', 'other'),
      type: fc.constantFrom('support', 'bug', 'none'),
      country: fc.constantFrom('DE', 'TR', 'de'),
      store_region: fc.constantFrom('north', 'south', 'east'),
      tag: fc.constantFrom('vip', 'a,b', 'legal', 'none'),
      assignee: fc.constantFrom('me', 'none', agentId, nobody, 'no id at all'),
      waiting_on: fc.constantFrom(...waitingOn),
      requester: fc.constantFrom(...tickets.slice(0, 4).map((ticket) => ticket.requester.id), nobody, 'no id at all'),
      snoozed: fc.constantFrom('true', 'false'),
      created_after: fc.constantFrom('2026-01-03', '2026-01-03T00:00:00.001Z', '2026-01-05T01:00:00+01:00', '2027-01-01'),
      created_before: fc.constantFrom('2026-01-09', '2026-01-04T00:00Z', '2020-01-01'),
      search: fc.constantFrom('r', 'RE', 'cart', 'über', '50%', 'off_now', '\\', '%', '_', 'TKT-', 'fund 1', ' ', 'nothing of this'),
    },
    { requiredKeys: [] },
  )

/** Asks for all pages of two random sizes and holds them against the model. */
async function check(world: World, filter: Filter, sort: TicketSort = 'updated_at', order: 'asc' | 'desc' = 'desc', perPage = 100): Promise<void> {
  const wanted = sorted(
    world.tickets.filter((ticket) => holds(ticket, filter, world.agentId)),
    sort,
    order,
  )
  const got: string[] = []
  for (let page = 1; page <= Math.max(1, Math.ceil(wanted.length / perPage)); page++) {
    const { data, pagination } = await world.agent.call('agentListTickets', {
      query: { ...(filter as object), sort, order, page, per_page: perPage },
    })
    expect(pagination).toEqual({ page, per_page: perPage, total: wanted.length, total_pages: Math.ceil(wanted.length / perPage) })
    got.push(...data.map((ticket) => ticket.id))
  }
  expect(got).toEqual(wanted)
}

describe('LIST-1: every filter finds exactly the tickets for which it holds', () => {
  const alone: Filter[] = [
    {},
    ...statuses.map((status) => ({ status: [status] })),
    { status: ['open', 'closed'] },
    ...priorities.map((priority) => ({ priority: [priority] })),
    ...channels.map((channel) => ({ channel: [channel] })),
    { category: 'billing' },
    { type: 'bug' },
    { country: 'TR' },
    { store_region: 'north' },
    { tag: 'vip' },
    { tag: 'a,b' },
    { assignee: 'me' },
    { assignee: 'none' },
    { assignee: nobody },
    { assignee: 'x' },
    { requester: nobody },
    { requester: "'; drop table tickets; --" },
    { waiting_on: 'agent' },
    { waiting_on: 'customer' },
    { snoozed: 'true' },
    { snoozed: 'false' },
    { created_after: '2026-01-04' },
    { created_before: '2026-01-04' },
    { search: 'broken cart' },
    { search: 'customer-1' },
  ]
  test.each(alone.map((filter) => [JSON.stringify(filter), filter] as const))('%s', async (_, filter) => check(await theWorld(), filter))

  test('in any combination, in any order, in pages of any size', async () => {
    const world = await theWorld()
    const any = [
      filterOf(world),
      fc.constantFrom(...ticketSorts),
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.integer({ min: 3, max: 100 }),
    ] as const
    await fc.assert(
      fc.asyncProperty(...any, (filter, sort, order, perPage) => check(world, filter, sort, order, perPage)),
      { numRuns: 80 },
    )
  })

  test('a time without an offset is UTC, and the + of one may have become a blank', async () => {
    const { agent } = await theWorld()
    const ids = async (created_after: string) => {
      const { data } = await agent.call('agentListTickets', { query: { created_after, per_page: 100 } })
      return data.map((ticket) => ticket.id)
    }
    const whole = await ids('2026-01-05')
    expect(whole.length).toBeGreaterThan(0)
    for (const same of [
      '2026-01-05T00:00',
      '2026-01-05T00:00:00Z',
      '2026-01-05T02:00:00+02:00',
      '2026-01-05T02:00:00 02:00',
      '2026-01-04T19:00:00-05:00',
    ])
      expect(await ids(same)).toEqual(whole)
  })

  test("the app's backend is nobody's assignee", async () => {
    const { app } = await theWorld()
    expect((await app.backend.call('agentListTickets', { query: { assignee: 'me' } })).pagination.total).toBe(0)
  })
})

describe('LIST-2: pages stay in one order, whatever is equal', () => {
  test.each(ticketSorts.flatMap((sort) => [[sort, 'asc'] as const, [sort, 'desc'] as const]))('%s %s', async (sort, order) =>
    check(await theWorld(), {}, sort, order, 5),
  )

  test('a page beyond the last is empty and knows the total', async () => {
    const { agent, tickets } = await theWorld()
    for (const search of [undefined, 'refund']) {
      const total = tickets.filter((ticket) => !search || ticket.subject.startsWith('Refund')).length
      const { data, pagination } = await agent.call('agentListTickets', { query: { page: 1_000_000, per_page: 100, search } })
      expect([data.length, pagination.total]).toEqual([0, total])
    }
  })

  test('numbers sort as numbers when they grow past five digits', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const agent = await app.agent()
    const alice = await app.customer()
    await newTicket(alice)
    await server.app.core.orm.db().updateTable('ticket_counters').set({ last: 99_998 }).where('app_id', '=', app.app.id).execute()
    const [before, after] = [await newTicket(alice), await newTicket(alice)]
    const { data } = await agent.call('agentListTickets', { query: { sort: 'number', order: 'desc' } })
    expect(data.map((ticket) => ticket.number).slice(0, 2)).toEqual([after.number, before.number])
    expect(after.number.slice(9)).toBe('100000')
  })
})

describe('LIST-3: what is no filter is refused and named', () => {
  test.each([
    ['status', 'nothing'],
    ['status', 'open,'],
    ['priority', '{"$ne":"low"}'],
    ['channel', 'pigeon'],
    ['waiting_on', 'none'],
    ['snoozed', '1'],
    ['category', ''],
    ['tag', 'x'.repeat(41)],
    ['sort', 'created_at;drop table tickets'],
    ['sort', 'search_grams'],
    ['order', 'asc, (select 1)'],
    ['search', 'x'.repeat(201)],
    ['search', 'a\0b'],
    ['created_after', 'yesterday'],
    ['created_after', '2026-02-30'],
    ['created_before', '2026-01-01T25:00:00Z'],
    ['created_before', '0000-01-01'],
    ['page', '0'],
    ['page', '9e15'],
    ['page', '-1'],
    ['per_page', '101'],
    ['per_page', '0'],
    ['limit', '10'],
    ['status[$ne]', 'open'],
  ])('%s=%s', async (key, value) => {
    const { agent } = await theWorld()
    const problem = await agent.refused('agentListTickets', { query: { [key]: value } })
    expect([problem.status, problem.code]).toEqual([400, 'invalid_request'])
    expect(problem.errors?.some((fault) => fault.location.startsWith(`query.${key}`))).toBe(true)
  })

  test('the longest search is taken, counted in code points', async () => {
    const { agent } = await theWorld()
    expect((await agent.call('agentListTickets', { query: { search: '😀'.repeat(200) } })).pagination.total).toBe(0)
    expect((await agent.refused('agentListTickets', { query: { search: '😀'.repeat(201) } })).status).toBe(400)
  })
})

describe('LIST-4: lists stay within what their reader may see', () => {
  test("a blocked customer's tickets are in no list, search or count, and come back with them", async () => {
    const { agent, hidden, tickets } = await theWorld()
    const list = () => agent.call('agentListTickets', { query: { search: 'refund of spam' } })
    expect((await list()).pagination.total).toBe(0)
    expect((await agent.call('agentListTickets', {})).pagination.total).toBe(tickets.length)
    const { requester } = await agent.call('agentGetTicket', { params: { id: hidden } })
    expect((await agent.call('agentListTickets', { query: { requester: requester.id } })).data).toEqual([])
    await agent.call('agentBlockCustomer', { params: { id: requester.id }, body: { blocked: false } })
    expect((await list()).data.map((ticket) => ticket.id)).toEqual([hidden])
    await agent.call('agentBlockCustomer', { params: { id: requester.id }, body: { blocked: true } })
  })

  test('no filter finds a ticket of another app', async () => {
    const { tickets } = await theWorld()
    const stranger = await (await newApp(await sharedServer())).agent('sam')
    const [ticket] = tickets
    const filters = [
      {},
      { requester: ticket?.requester.id },
      { search: ticket?.number },
      { search: 'r' },
      { tag: 'vip' },
      { assignee: ticket?.assignee?.id },
    ]
    for (const query of filters) expect((await stranger.call('agentListTickets', { query })).pagination.total).toBe(0)
  })

  test("a customer's list takes a status and a search, of their own tickets alone", async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const [alice, bob] = [await app.customer('alice'), await app.customer('bob')]
    const lost = await newTicket(alice, { subject: 'Lost parcel', body: 'It was blue.' })
    await newTicket(alice, { subject: 'Broken lamp' })
    await newTicket(bob, { subject: 'Lost parcel too' })
    await (await app.agent()).call('agentSendMessage', { params: { id: lost.id }, body: { body: 'a secret note', is_internal: true } })
    const search = async (query: object) => (await alice.call('listTickets', { query })).data.map((ticket) => ticket.subject)
    expect(await search({ search: 'PARCEL' })).toEqual(['Lost parcel'])
    expect(await search({ search: 'blue', status: ['open'] })).toEqual(['Lost parcel'])
    expect(await search({ search: 'blue', status: ['closed'] })).toEqual([])
    expect(await search({ search: lost.number })).toEqual(['Lost parcel'])
    expect(await search({ search: 'secret' })).toEqual([])
    expect(await search({ search: 'alice' })).toEqual([])
    expect(await search({ search: '' })).toEqual(['Broken lamp', 'Lost parcel'])
    expect((await alice.refused('listTickets', { query: { assignee: 'me' } })).status).toBe(400)
  })

  test('nothing of what a list was asked for reaches the database as SQL', async () => {
    const { agent } = await theWorld()
    const { core } = (await sharedServer()).app
    for (const search of ["'; drop table ticket_search; --", '$1', '%s', '\\', "{'a','b'}", 'a","b', 'null'])
      expect((await agent.send('agentListTickets', { query: { search, tag: search, category: search } })).status).toBe(200)
    expect((await sql`select 1 from ticket_search limit 1`.execute(core.orm.db())).rows).toHaveLength(1)
  })
})
