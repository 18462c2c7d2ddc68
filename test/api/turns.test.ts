import { addApiKey } from '@support-widget/server/domain/keys.ts'
import { expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const { id } = await newTicket(alice)
  const params = { id }
  const see = () => sam.call('agentGetTicket', { params })
  const say = (body: object) => sam.call('agentSendMessage', { params, body: { body: 'x', ...body } })
  return { server, app, alice, sam, params, see, say }
}

test('TURN-1: it is the agents’ turn after the customer, the customer’s after a public answer, nobody’s once resolved', async () => {
  const { app, alice, sam, params, see, say } = await setUp()
  expect((await see()).waiting_on).toBe('agent')
  await say({ is_internal: true })
  expect((await see()).waiting_on).toBe('agent')
  await say({})
  expect((await see()).waiting_on).toBe('customer')
  await say({ is_internal: true })
  expect((await see()).waiting_on).toBe('customer')
  await app.backend.call('agentSendMessage', { params, body: { body: 'Said by phone', author_type: 'customer' } })
  expect((await see()).waiting_on).toBe('agent')
  await say({ status: 'resolved' })
  expect(await see()).toMatchObject({ waiting_on: null, status: 'resolved' })
  await alice.call('sendMessage', { params, body: { body: 'Not solved' } })
  expect(await see()).toMatchObject({ waiting_on: 'agent', status: 'in_progress', resolved_at: null })
  await sam.call('agentUpdateTicket', { params, body: { status: 'closed' } })
  expect((await see()).waiting_on).toBeNull()
  await say({})
  expect(await see()).toMatchObject({ waiting_on: null, status: 'closed' })
  await sam.call('agentUpdateTicket', { params, body: { status: 'open' } })
  expect((await see()).waiting_on).toBe('agent')
})

test('TURN-2: the first response is the first public one of an agent or the backend, and stays', async () => {
  const { app, alice, params, see, say } = await setUp()
  await say({ is_internal: true })
  await alice.call('sendMessage', { params, body: { body: 'Hello?' } })
  await app.backend.call('agentSendMessage', { params, body: { body: 'Said by phone', author_type: 'customer' } })
  expect((await see()).first_response_at).toBeNull()
  const answer = await app.backend.call('agentSendMessage', { params, body: { body: 'Automatic answer' } })
  expect((await see()).first_response_at).toBe(answer.created_at)
  await say({})
  expect((await see()).first_response_at).toBe(answer.created_at)
})

test('TURN-3: reopening clears resolved_at and closed_at; closing a resolved ticket keeps when it was resolved', async () => {
  const { sam, params } = await setUp()
  const set = (status: 'open' | 'in_progress' | 'resolved' | 'closed') => sam.call('agentUpdateTicket', { params, body: { status } })
  const { resolved_at } = await set('resolved')
  expect(resolved_at).not.toBeNull()
  expect(await set('closed')).toMatchObject({ resolved_at })
  expect(await set('open')).toMatchObject({ resolved_at: null, closed_at: null })
  expect(await set('closed')).toMatchObject({ resolved_at: null })
  expect((await set('resolved')).closed_at).toBeNull()
})

test('TURN-4: a closed ticket takes no message of its customer, from whatever door', async () => {
  const { app, alice, sam, params } = await setUp()
  await alice.call('closeTicket', { params })
  expect(await alice.refused('sendMessage', { params, body: { body: 'x' } })).toMatchObject({ code: 'ticket_closed' })
  expect(await app.backend.refused('agentSendMessage', { params, body: { body: 'x', author_type: 'customer' } })).toMatchObject({
    code: 'ticket_closed',
  })
  expect(await sam.refused('agentSendMessage', { params, body: { body: 'x', author_type: 'customer' } })).toMatchObject({ status: 403 })
  expect((await sam.call('agentSendMessage', { params, body: { body: 'One more thing' } })).seq).toBe(2)
})

test('FOLLOW-1: a new ticket may go on with any own one; a foreign, unknown or malformed one is answered the same', async () => {
  const { server, app, alice, sam, params } = await setUp()
  const create = (follow_up_of: string) => alice.call('createTicket', { body: { subject: 'Again', body: 'x', follow_up_of } })
  expect((await create(params.id)).follow_up_of).toBe(params.id)
  await alice.call('closeTicket', { params })
  expect((await create(params.id.toLowerCase())).follow_up_of).toBe(params.id)
  const bobs = await newTicket(await app.customer('bob'))
  const elsewhere = await newTicket(await (await newApp(server)).customer('alice'))
  const refusals = []
  for (const follow_up_of of [bobs.id, elsewhere.id, '01JN2XG6H7Q8R9S0T1V2W3X4Y5', 'x', '']) {
    refusals.push(await alice.refused('createTicket', { body: { subject: 'Again', body: 'x', follow_up_of } }))
  }
  for (const refusal of refusals) expect({ ...refusal, instance: '' }).toEqual({ ...refusals[0], instance: '', status: 400 })
  const me = (await alice.call('getMe', {})).customer.id
  const body = { requester: { id: me }, subject: 'Again', body: 'x', follow_up_of: params.id }
  expect((await sam.call('agentCreateTicket', { body })).follow_up_of).toBe(params.id)
  expect(await sam.refused('agentCreateTicket', { body: { ...body, follow_up_of: bobs.id } })).toMatchObject({ status: 400 })
})

test('LINK-1: a credential that grants values of a link key allows no others, in a token and in a partner key', async () => {
  const { server, app, sam } = await setUp()
  const links = { policy_number: ['P1', 'P2'] }
  const token = client(server.url, await app.token('carol', { claims: { links } }))
  const key = client(server.url, await addApiKey(server.app.core, app.app, { kind: 'partner', name: 'partner', sub: 'dora', links }))
  for (const caller of [token, key]) {
    const create = (given: object) => caller.send('createTicket', { body: { subject: 'x', body: 'x', links: given } })
    expect((await create({ policy_number: 'P1', application_id: 'any' })).body).toMatchObject({
      links: { policy_number: 'P1', application_id: 'any' },
    })
    for (const given of [{ policy_number: 'P3' }, { policy_number: 'p1' }]) {
      const refused = await create(given)
      expect([refused.status, (refused.body as { code: string }).code]).toEqual([403, 'link_not_allowed'])
    }
  }
  const ticket = await newTicket(token)
  const set = (given: object) => sam.send('agentUpdateTicket', { params: { id: ticket.id }, body: { links: given } })
  expect((await set({ policy_number: 'P9', order: 'O1' })).body).toMatchObject({ links: { policy_number: 'P9', order: 'O1' } })
  expect((await set({ policy_number: null })).body).toMatchObject({ links: { order: 'O1' } })
  expect((await set({ order: 7 })).status).toBe(400)
  expect((await token.call('getTicket', { params: { id: ticket.id } })).links).toEqual({ order: 'O1' })
})
