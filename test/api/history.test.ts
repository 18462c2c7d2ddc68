import { expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const ticket = await newTicket(alice)
  const params = { id: ticket.id }
  const history = async (query = {}) => (await sam.call('agentGetHistory', { params, query })).data
  return { server, app, alice, sam, ticket, params, history }
}

test('HIST-1: every changed field, who changed it, from what, to what, oldest first', async () => {
  const { app, alice, sam, ticket, params, history } = await setUp()
  const me = (await sam.call('agentGetMe', {})).agent
  await sam.call('agentUpdateTicket', { params, body: { priority: 'urgent', assignee_id: 'me', tags: ['a'], custom_fields: { order: 7 } } })
  await sam.call('agentSendMessage', { params, body: { body: 'Answer' } })
  await app.backend.call('agentUpdateTicket', { params, body: { assignee_id: null, custom_fields: { order: null }, links: { policy: 'P1' } } })
  await sam.call('agentUpdateTicket', { params, body: { status: 'resolved', snoozed_until: '2199-01-01T00:00:00+01:00' } })
  await alice.call('sendMessage', { params, body: { body: 'Not yet' } })
  await alice.call('closeTicket', { params })
  const entries = await history()
  const customer = { type: 'customer', name: 'alice of Test app' }
  const agent = { type: 'agent', id: me?.id, name: 'sam of Test app' }
  const assignee = { id: me?.id, name: 'sam of Test app', avatar_url: null }
  expect(entries).toMatchObject([
    { type: 'ticket_created', actor: customer, changes: [], message_id: ticket.messages[0]?.id },
    {
      type: 'ticket_updated',
      actor: agent,
      changes: [
        { field: 'priority', from: 'normal', to: 'urgent' },
        { field: 'tags', from: [], to: ['a'] },
        { field: 'assignee', from: null, to: assignee },
        { field: 'custom_fields', from: {}, to: { order: 7 } },
      ],
    },
    { actor: agent, changes: [{ field: 'status', from: 'open', to: 'in_progress' }] },
    {
      actor: { type: 'key', name: 'backend' },
      changes: [
        { field: 'assignee', from: assignee, to: null },
        { field: 'custom_fields', from: { order: 7 }, to: {} },
        { field: 'links', from: {}, to: { policy: 'P1' } },
      ],
    },
    {
      actor: agent,
      changes: [
        { field: 'status', from: 'in_progress', to: 'resolved' },
        { field: 'snoozed_until', from: null, to: '2198-12-31T23:00:00.000Z' },
      ],
    },
    {
      actor: customer,
      changes: [
        { field: 'status', from: 'resolved', to: 'in_progress' },
        { field: 'snoozed_until', from: '2198-12-31T23:00:00.000Z', to: null },
      ],
    },
    { actor: customer, changes: [{ field: 'status', from: 'in_progress', to: 'closed' }] },
  ])
  expect(entries.map(({ created_at }) => created_at)).toEqual(entries.map(({ created_at }) => created_at).sort())
})

test('HIST-2: what an API key wrote in the customer’s name is told, other messages and unchanged fields are not', async () => {
  const { app, sam, params, history } = await setUp()
  await sam.call('agentSendMessage', { params, body: { body: 'Note', is_internal: true } })
  const said = await app.backend.call('agentSendMessage', { params, body: { body: 'Said by phone', author_type: 'customer' } })
  await app.backend.call('agentSendMessage', { params, body: { body: 'Automatic note', is_internal: true } })
  await sam.call('agentUpdateTicket', { params, body: { priority: 'normal', tags: [] } })
  expect((await history()).slice(1)).toMatchObject([
    { type: 'message_created', actor: { type: 'key', name: 'backend' }, message_id: said.id, changes: [] },
  ])
})

test('HIST-3: in pages', async () => {
  const { sam, params } = await setUp()
  for (const priority of ['low', 'high', 'urgent'] as const) await sam.call('agentUpdateTicket', { params, body: { priority } })
  const page = (number: number) => sam.call('agentGetHistory', { params, query: { page: number, per_page: 3 } })
  const [first, second, third] = [await page(1), await page(2), await page(3)]
  expect(first.pagination).toEqual({ page: 1, per_page: 3, total: 4, total_pages: 2 })
  expect([first.data.length, second.data.length, third.data.length]).toEqual([3, 1, 0])
  expect(second.data[0]?.changes).toEqual([{ field: 'priority', from: 'high', to: 'urgent' }])
})

test('HIST-4: for agents of the app alone', async () => {
  const { server, alice, sam, params } = await setUp()
  expect(await alice.refused('agentGetHistory', { params })).toMatchObject({ status: 403 })
  const foreign = await (await newApp(server)).agent('sam')
  const problems = [await foreign.refused('agentGetHistory', { params }), await sam.refused('agentGetHistory', { params: { id: 'nothing' } })]
  for (const problem of problems) expect({ ...problem, instance: '' }).toEqual({ ...problems[0], instance: '', status: 404 })
})

test('HIST-5: 20 changes at once make an unbroken chain', async () => {
  const { sam, params, history } = await setUp()
  await Promise.all(Array.from({ length: 20 }, (_, n) => sam.call('agentUpdateTicket', { params, body: { action_taken: `Step ${n}` } })))
  const changes = (await history({ per_page: 100 })).flatMap((entry) => entry.changes)
  expect(changes).toHaveLength(20)
  for (const [at, change] of changes.entries()) expect(change.from).toEqual(changes[at - 1]?.to ?? null)
})
