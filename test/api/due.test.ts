import { closeResolved, wakeSnoozed } from '@support-widget/server/domain/due.ts'
import { expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

const day = 86_400_000

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const { core } = server.app
  // What other tests left is not counted here: all of it is done by now, whatever their apps have set.
  server.clock.ahead += 500 * day
  while ((await closeResolved(core)) > 0) {}
  await wakeSnoozed(core)
  server.clock.ahead -= 492 * day
  const ticket = await newTicket(await app.customer())
  const params = { id: ticket.id }
  const sam = () => app.agent('sam')
  const thread = async () => ({
    agents: await (await sam()).call('agentGetTicket', { params }),
    customer: await (await app.customer()).call('getTicket', { params }),
  })
  const set = async (body: object) => (await sam()).call('agentUpdateTicket', { params, body })
  const settings = async (auto_close_days: number | null) => app.backend.call('agentUpdateApp', { body: { settings: { auto_close_days } } })
  return { server, app, core, ticket, params, sam, thread, set, settings }
}

test('CLOSE-1: a ticket that has been resolved for seven days is closed, and its thread says so', async () => {
  const { server, core, params, sam, thread, set } = await setUp()
  await set({ status: 'resolved' })
  server.clock.ahead += 7 * day - 60_000
  expect(await closeResolved(core)).toBe(0)
  server.clock.ahead += 120_000
  const before = await thread()
  expect(await closeResolved(core)).toBe(1)
  const { agents, customer } = await thread()
  const line = {
    body: 'This ticket was closed because it had been resolved for 7 days.',
    author: { type: 'system', id: null, name: null },
    is_admin: false,
    seq: 2,
  }
  expect(agents).toMatchObject({ status: 'closed', waiting_on: null, version: before.agents.version + 1 })
  expect(agents.closed_at).not.toBeNull()
  expect(agents.messages.at(-1)).toMatchObject({ ...line, is_internal: false })
  expect(customer).toMatchObject({ status: 'closed', message_count: 2, last_seq: 2, unread_count: 0, resolved_at: before.customer.resolved_at })
  expect(customer.messages.at(-1)).toMatchObject(line)
  const { data } = await (await sam()).call('agentGetHistory', { params })
  expect(data.at(-1)).toMatchObject({
    actor: { type: 'system', id: null, name: null },
    changes: [{ field: 'status', from: 'resolved', to: 'closed' }],
  })
  expect(await closeResolved(core)).toBe(0)
})

test('CLOSE-2: after the app’s own number of days; null is never', async () => {
  const { server, core, thread, set, settings } = await setUp()
  await settings(null)
  await set({ status: 'resolved' })
  server.clock.ahead += 400 * day
  expect(await closeResolved(core)).toBe(0)
  await settings(365)
  server.clock.ahead -= 36 * day
  expect(await closeResolved(core)).toBe(0)
  await settings(1)
  expect(await closeResolved(core)).toBe(1)
  expect((await thread()).customer.messages.at(-1)?.body).toBe('This ticket was closed because it had been resolved for 1 day.')
})

test('CLOSE-3: a reply starts the time anew; two processes at once close each ticket once', async () => {
  const { server, app, core, params, thread, set } = await setUp()
  await set({ status: 'resolved' })
  server.clock.ahead += 6 * day
  await (await app.customer()).call('sendMessage', { params, body: { body: 'Not solved' } })
  await set({ status: 'resolved' })
  server.clock.ahead += 2 * day
  expect(await closeResolved(core)).toBe(0)
  server.clock.ahead += 6 * day
  const closed = await Promise.all([closeResolved(core), closeResolved(core), closeResolved(core)])
  expect(closed.reduce((sum, count) => sum + count, 0)).toBe(1)
  expect((await thread()).agents.messages.filter(({ author }) => author.type === 'system')).toHaveLength(1)
})

test('CLOSE-4: more than one batch, and one that cannot be closed does not keep the others', async () => {
  const { server, app, core } = await setUp()
  const customer = await app.customer()
  const agent = await app.agent('sam')
  for (let count = 0; count < 120; count++) {
    const { id } = await newTicket(customer)
    await agent.call('agentUpdateTicket', { params: { id }, body: { status: 'resolved' } })
  }
  const db = server.app.core.orm.db()
  const broken = await db
    .selectFrom('tickets')
    .select('id')
    .where('app_id', '=', app.app.id)
    .orderBy('resolved_at')
    .limit(1)
    .executeTakeFirstOrThrow()
  // A number that is taken already: the line that says so cannot be written.
  await db.updateTable('tickets').set({ seq: 0, public_seq: 0 }).where('id', '=', broken.id).execute()
  server.clock.ahead += 8 * day
  expect(await closeResolved(core)).toBe(119)
  const left = await db.selectFrom('tickets').select('id').where('app_id', '=', app.app.id).where('status', '=', 'resolved').execute()
  expect(left).toEqual([broken])
  await db.updateTable('tickets').set({ seq: 1, public_seq: 1 }).where('id', '=', broken.id).execute()
  expect(await closeResolved(core)).toBe(1)
})

test('SNOOZE-1: a snooze ends when its time has come, and agents are told; no byte of the customer changes', async () => {
  const { server, app, core, params, sam, set } = await setUp()
  const until = new Date(server.clock.now().getTime() + day).toISOString()
  const seen = async () => {
    const customer = await app.customer()
    return [(await customer.send('getTicket', { params })).text, (await customer.send('listTickets')).text, (await customer.send('getMe')).text]
  }
  const before = await seen()
  expect((await set({ snoozed_until: until })).snoozed_until).toBe(until)
  expect(await wakeSnoozed(core)).toBe(0)
  server.clock.ahead += day + 60_000
  const [agents, customer] = [await listen(server.url, await app.token('sam', { role: 'agent' })), await listen(server.url, await app.token('alice'))]
  const woken = await Promise.all([wakeSnoozed(core), wakeSnoozed(core)])
  expect(woken.reduce((sum, count) => sum + count, 0)).toBe(1)
  const frame = await agents.frame(({ type }) => type === 'ticket.updated')
  expect(frame.payload).toMatchObject({ ticket: { id: params.id, snoozed_until: null } })
  expect(await seen()).toEqual(before)
  expect(customer.frames).toEqual([])
  const { data } = await (await sam()).call('agentGetHistory', { params })
  expect(data.at(-1)).toMatchObject({ actor: { type: 'system' }, changes: [{ field: 'snoozed_until', from: until, to: null }] })
  agents.close()
  customer.close()
})

test('SNOOZE-2: a customer’s message ends it at once, an agent’s or a note does not; the past is refused', async () => {
  const { server, app, params, sam, set } = await setUp()
  const until = new Date(server.clock.now().getTime() + day).toISOString()
  await set({ snoozed_until: until })
  const agent = await sam()
  await agent.call('agentSendMessage', { params, body: { body: 'Note', is_internal: true } })
  await agent.call('agentSendMessage', { params, body: { body: 'Answer' } })
  expect((await agent.call('agentGetTicket', { params })).snoozed_until).toBe(until)
  await (await app.customer()).call('sendMessage', { params, body: { body: 'Hello' } })
  expect((await agent.call('agentGetTicket', { params })).snoozed_until).toBeNull()
  const past = new Date(server.clock.now().getTime() - 1000).toISOString()
  expect(await agent.refused('agentUpdateTicket', { params, body: { snoozed_until: past } })).toMatchObject({ status: 400 })
  expect((await set({ snoozed_until: until })).snoozed_until).toBe(until)
  expect((await set({ snoozed_until: null })).snoozed_until).toBeNull()
})
