import { expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const sam = await app.agent('sam')
  const idOf = async (sub: string) => (await (await app.customer(sub)).call('getMe', {})).customer.id
  const block = (id: string, blocked = true, reason?: 'spam') =>
    sam.call('agentBlockCustomer', { params: { id }, body: { blocked, ...(reason ? { reason } : {}) } })
  const find = async (query: object) => (await sam.call('agentListCustomers', { query })).data.map(({ external_id, name }) => external_id ?? name)
  return { server, app, sam, idOf, block, find }
}

test('PEOPLE-1: customers are found by part of name, e-mail and phone, and by their whole external id', async () => {
  const { app, sam, idOf, find } = await setUp()
  const subs = ['u-1', 'u-2', 'u-10']
  for (const sub of subs) await idOf(sub)
  const requester = { name: 'Zoë Ångström', phone: '+46 70 123', email: 'ZOE@elsewhere.example' }
  await sam.call('agentCreateTicket', { body: { requester, subject: 'x', body: 'x' } })
  expect(await find({ search: 'U-1' })).toEqual(['u-10', 'u-1'])
  expect(await find({ search: 'u-10@exam' })).toEqual(['u-10'])
  expect(await find({ search: 'ångSTR' })).toEqual(['Zoë Ångström'])
  expect(await find({ search: '70 12' })).toEqual(['Zoë Ångström'])
  expect(await find({ search: 'zoe@ELSE' })).toEqual(['Zoë Ångström'])
  expect(await find({ search: 'no such' })).toEqual([])
  const nameless = client((await sharedServer()).url, await app.token('id/with %_', { claims: { name: undefined, email: undefined } }))
  await nameless.call('getMe', {})
  expect(await find({ search: 'id/with %_' })).toEqual(['id/with %_'])
  expect(await find({ search: 'ID/with %_' })).toEqual([])
  const page = await sam.call('agentListCustomers', { query: { page: 2, per_page: 2 } })
  expect(page.pagination).toMatchObject({ page: 2, per_page: 2, total: page.pagination.total })
  expect(page.data).toHaveLength(2)
})

test('PEOPLE-2: one customer, for agents of the app alone', async () => {
  const { server, app, sam, idOf } = await setUp()
  const id = await idOf('alice')
  const alice = await app.customer('alice')
  await newTicket(alice)
  await alice.call('closeTicket', { params: { id: (await newTicket(alice)).id } })
  expect(await sam.call('agentGetCustomer', { params: { id } })).toMatchObject({
    id,
    external_id: 'alice',
    email: 'alice@example.com',
    verified: true,
    open_tickets: 1,
    blocked_at: null,
    block_reason: null,
  })
  const foreign = await (await newApp(server)).agent('sam')
  for (const operation of ['agentGetCustomer', 'agentBlockCustomer'] as const) {
    const body = operation === 'agentBlockCustomer' ? { body: { blocked: true } } : {}
    expect(await alice.refused(operation, { params: { id }, ...body })).toMatchObject({ status: 403 })
    for (const [caller, unknown] of [
      [foreign, id],
      [sam, '01JN2XG6H7Q8R9S0T1V2W3X4Y5'],
      [sam, 'x'],
    ] as const)
      expect(await caller.refused(operation, { params: { id: unknown }, ...body })).toMatchObject({
        status: 404,
        detail: 'There is no such object, or it is not yours.',
      })
  }
  expect(await alice.refused('agentListCustomers')).toMatchObject({ status: 403 })
})

test('BLOCK-1: a blocked customer is refused at every door within the minute, and let in again', async () => {
  const { server, app, idOf, block } = await setUp()
  const id = await idOf('mallory')
  const key = await app.partnerKey('mallory')
  const partner = client(server.url, key)
  await partner.call('getMe', {})
  const sockets = [await listen(server.url, await app.token('mallory')), await listen(server.url, key)]
  expect(await block(id, true, 'spam')).toMatchObject({ block_reason: 'spam' })
  server.clock.ahead += 31_000
  for (const caller of [await app.customer('mallory'), partner])
    for (const operation of ['getMe', 'listTickets'] as const)
      expect(await caller.refused(operation)).toMatchObject({ status: 401, code: 'unauthorized' })
  for (const socket of sockets) expect(await socket.closed).toBe('io server disconnect')
  for (const token of [await app.token('mallory'), key])
    await expect(listen(server.url, token)).rejects.toMatchObject({ data: { code: 'unauthorized' } })
  expect(await block(id, false)).toMatchObject({ blocked_at: null, block_reason: null })
  server.clock.ahead += 31_000
  for (const caller of [await app.customer('mallory'), partner]) expect((await caller.call('getMe', {})).customer.id).toBe(id)
})

test('BLOCK-2: tickets of a blocked customer are in no list and tell nobody, but are reached by id', async () => {
  const { server, app, sam, idOf, block, find } = await setUp()
  const id = await idOf('mallory')
  const spam = await newTicket(await app.customer('mallory'), { subject: 'Buy now' })
  const kept = await newTicket(await app.customer('alice'))
  await block(id, true, 'spam')
  const listed = async () => (await sam.call('agentListTickets', {})).data.map((ticket) => ticket.id)
  expect(await listed()).toEqual([kept.id])
  expect((await sam.call('agentListTickets', {})).pagination.total).toBe(1)
  expect(await find({})).not.toContain('mallory')
  expect(await find({ blocked: 'true' })).toEqual(['mallory'])
  expect((await sam.call('agentGetTicket', { params: { id: spam.id } })).subject).toBe('Buy now')
  const agents = await listen(server.url, await app.token('sam', { role: 'agent' }))
  await sam.call('agentUpdateTicket', { params: { id: spam.id }, body: { status: 'closed' } })
  await sam.call('agentUpdateTicket', { params: { id: kept.id }, body: { priority: 'high' } })
  await agents.frame(({ type }) => type === 'ticket.updated')
  expect(agents.frames.map(({ payload }) => (payload.ticket as { id: string }).id)).toEqual([kept.id])
  agents.close()
  await block(id, false)
  expect((await listed()).sort()).toEqual([spam.id, kept.id].sort())
})

test('BLOCK-3: twice is once; an agent of the app cannot be blocked; an unknown reason is refused', async () => {
  const { app, sam, idOf, block } = await setUp()
  const id = await idOf('mallory')
  const first = await block(id, true, 'spam')
  const answers = await Promise.all([block(id), block(id), block(id)])
  for (const answer of answers) expect(answer).toEqual(first)
  expect(await sam.refused('agentBlockCustomer', { params: { id }, body: { blocked: true, reason: 'because' } })).toMatchObject({ status: 400 })
  await app.agent('ada', 'admin').then((ada) => ada.call('agentGetMe', {}))
  const ada = await idOf('ada')
  expect(await sam.refused('agentBlockCustomer', { params: { id: ada }, body: { blocked: true } })).toMatchObject({ status: 403 })
})

test('ADOPT-1: contacts of agents become the customer’s when a signed token vouches for their address', async () => {
  const { server, app, sam } = await setUp()
  const requester = { email: 'Nina@Example.com', phone: '+1 555' }
  const create = (client_id: string) => sam.call('agentCreateTicket', { body: { requester, subject: 'By mail', body: 'Hello', client_id } })
  const [first, second] = [await create('a'), await create('b')]
  expect(second.requester.id).toBe(first.requester.id)
  await app.backend.call('agentSendMessage', { params: { id: first.id }, body: { body: 'And more', author_type: 'customer' } })
  const claims = { email: 'nina@example.com', email_verified: false }
  const unverified = client(server.url, await app.token('nina', { claims }))
  expect((await unverified.call('listTickets', {})).pagination.total).toBe(0)
  const own = await unverified.call('createTicket', { body: { subject: 'Own', body: 'x', client_id: 'a' } })
  const verified = client(server.url, await app.token('nina', { claims: { ...claims, email_verified: true } }))
  const listed = await Promise.all([verified.call('listTickets', {}), verified.call('listTickets', {})])
  for (const list of listed) expect(list.data.map((ticket) => ticket.id).sort()).toEqual([first.id, second.id, own.id].sort())
  const me = (await verified.call('getMe', {})).customer
  const ticket = await verified.call('getTicket', { params: { id: first.id } })
  expect(ticket.messages.map(({ author }) => author.id)).toEqual([me.id, me.id])
  expect((await verified.call('sendMessage', { params: { id: first.id }, body: { body: 'Mine' } })).seq).toBe(3)
  const seen = await sam.call('agentGetTicket', { params: { id: first.id } })
  expect(seen.requester).toMatchObject({ id: me.id, external_id: 'nina', phone: '+1 555', verified: true })
  expect(await sam.refused('agentGetCustomer', { params: { id: first.requester.id } })).toMatchObject({ status: 404 })
  const { data } = await sam.call('agentGetHistory', { params: { id: first.id } })
  expect(data.find(({ changes }) => changes.some(({ field }) => field === 'requester_id'))).toMatchObject({
    actor: { type: 'system' },
    changes: [{ field: 'requester_id', from: first.requester.id, to: me.id }],
  })
  expect((await create('b')).id).toBe(second.id)
  expect((await verified.call('createTicket', { body: { subject: 'Own', body: 'x', client_id: 'a' } })).id).toBe(own.id)
})

test('ADOPT-2: not in another app, not another address, not a blocked contact', async () => {
  const { server, app, sam, block } = await setUp()
  const other = await newApp(server)
  const create = (email: string) => sam.call('agentCreateTicket', { body: { requester: { email }, subject: 'By mail', body: 'Hello' } })
  const contact = await create('olga@example.com')
  await create('olga@example.org')
  expect((await (await other.customer('olga')).call('listTickets', {})).pagination.total).toBe(0)
  await block(contact.requester.id)
  expect((await (await app.customer('olga')).call('listTickets', {})).pagination.total).toBe(0)
  await block(contact.requester.id, false)
  server.clock.ahead += 31_000
  expect((await (await app.customer('olga')).call('listTickets', {})).data.map(({ id }) => id)).toEqual([contact.id])
})

test('ADOPT-3: while agents write to the contact, nothing is lost', async () => {
  const { app, sam } = await setUp()
  const create = () => sam.send('agentCreateTicket', { body: { requester: { email: 'petra@example.com' }, subject: 'By mail', body: 'Hello' } })
  const first = await create()
  const { id } = first.body as { id: string }
  const petra = await app.customer('petra')
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, create),
    ...Array.from({ length: 4 }, () => petra.send('listTickets')),
    ...Array.from({ length: 6 }, () => app.backend.send('agentSendMessage', { params: { id }, body: { body: 'x', author_type: 'customer' } })),
  ])
  expect(answers.filter(({ status }) => status >= 400).map(({ text }) => text)).toEqual([])
  expect((await petra.call('getTicket', { params: { id } })).messages).toHaveLength(7)
})
