import { describe, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server, 'Acme')
  const [alice, agent] = [await app.customer('alice'), await app.agent('sam')]
  const create = (name: string, body = 'Hello') => agent.call('agentCreateCannedReply', { body: { name, body } })
  return { server, app, alice, agent, create }
}

const unknown = '01ARYZ6S41TSV4RRFFQ69G5FAV'

describe('CANNED-1: agents keep texts by name', () => {
  test('created, listed by name, changed, removed', async () => {
    const { agent, app, create } = await setUp()
    const [second, first] = [await create('Thanks', 'Thank you.'), await create('Greeting', 'Good morning.')]
    const list = () => agent.call('agentListCannedReplies', {})
    expect(await list()).toMatchObject({ success: true, data: [first, second], pagination: { total: 2 } })
    expect((await agent.call('agentListCannedReplies', { query: { per_page: 1, page: 2 } })).data).toEqual([second])
    const changed = await app.backend.call('agentUpdateCannedReply', { params: { id: first.id }, body: { body: 'Good evening.' } })
    expect(changed).toEqual({ ...first, body: 'Good evening.', updated_at: changed.updated_at })
    expect(await agent.call('agentDeleteCannedReply', { params: { id: first.id } })).toEqual(changed)
    expect((await list()).data).toEqual([second])
    expect((await agent.refused('agentDeleteCannedReply', { params: { id: first.id } })).code).toBe('not_found')
  })

  test('found by part of name or text, in any case and script', async () => {
    const { agent, create } = await setUp()
    await create('Rückerstattung', 'Das Geld ist UNTERWEGS.')
    await create('Shipping', '100% on_time')
    const found = async (search: string) => (await agent.call('agentListCannedReplies', { query: { search } })).data.map((reply) => reply.name)
    expect(await found('RÜCK')).toEqual(['Rückerstattung'])
    expect(await found('unterwegs')).toEqual(['Rückerstattung'])
    expect(await found('0% on_')).toEqual(['Shipping'])
    expect(await found('_%')).toEqual([])
    expect(await found(' ')).toHaveLength(2)
  })

  test('a name is used once in an app', async () => {
    const { agent, create } = await setUp()
    const { id } = await create('One')
    await create('Two')
    const twice = await agent.refused('agentCreateCannedReply', { body: { name: ' One ', body: 'x' } })
    expect([twice.status, twice.code, twice.errors]).toEqual([409, 'already_exists', [{ location: 'body.name', message: 'is in use' }]])
    expect((await agent.refused('agentUpdateCannedReply', { params: { id }, body: { name: 'Two' } })).code).toBe('already_exists')
    expect((await agent.call('agentUpdateCannedReply', { params: { id }, body: { name: 'One' } })).name).toBe('One')
    expect((await (await setUp()).create('One')).name).toBe('One')
  })

  test('50 at once with one name are one', async () => {
    const { agent } = await setUp()
    const answers = await Promise.all(Array.from({ length: 50 }, () => agent.send('agentCreateCannedReply', { body: { name: 'Same', body: 'x' } })))
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1)
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(49)
  })

  test.each([
    [{ name: '', body: 'x' }],
    [{ name: 'x', body: '  ' }],
    [{ name: 'x'.repeat(101), body: 'x' }],
    [{ name: 'x', body: 'x'.repeat(10_001) }],
    [{ name: 'x' }],
    [{ name: 'x', body: 'x', search: 'x' }],
  ])('%j is refused', async (body) => {
    const { agent } = await setUp()
    expect((await agent.refused('agentCreateCannedReply', { body })).code).toBe('invalid_request')
  })
})

describe('CANNED-2: variables are filled in for a ticket', () => {
  const body = 'Hi {{customer.first_name}} ({{ customer.name }}), {{ticket.number}} "{{ticket.subject}}": {{agent.name}} of {{app.name}}'

  test('by who uses it', async () => {
    const { app, agent, alice, create } = await setUp()
    const ticket = await newTicket(alice, { subject: 'Lost {{app.name}} $& card' })
    const { id } = await create('Greeting', body)
    const render = (who = agent) => who.call('agentRenderCannedReply', { params: { id }, body: { ticket_id: ticket.id } })
    // What is filled in is text: neither a variable nor a pattern.
    const start = `Hi alice (alice of Acme), ${ticket.number} "Lost {{app.name}} $& card":`
    expect(await render()).toEqual({ body: `${start} sam of Acme of Acme` })
    expect(await render(await app.agent('tom'))).toEqual({ body: `${start} tom of Acme of Acme` })
    expect(await render(app.backend)).toEqual({ body: `${start}  of Acme` })
  })

  test('unknown ones stay, missing values are empty', async () => {
    const { agent, create } = await setUp()
    const { id } = await create(
      'Odd',
      '[{{customer.name}}][{{customer.first_name}}][{{customer.email}}][{{__proto__}}][{{constructor}}][{{ }}][{customer.name}][{{CUSTOMER.NAME}}]',
    )
    const ticket = await agent.call('agentCreateTicket', { body: { requester: { email: 'x@example.com' }, subject: 'x', body: 'x' } })
    const { body } = await agent.call('agentRenderCannedReply', { params: { id }, body: { ticket_id: ticket.id } })
    expect(body).toBe('[][][{{customer.email}}][{{__proto__}}][{{constructor}}][{{ }}][{customer.name}][{{CUSTOMER.NAME}}]')
  })

  test('of a ticket and a reply of the app alone', async () => {
    const { agent, alice, create } = await setUp()
    const other = await setUp()
    const [reply, foreign] = [await create('One'), await other.create('One')]
    const [ticket, stranger] = [await newTicket(alice), await newTicket(other.alice)]
    const pairs = [
      [foreign.id, ticket.id],
      [reply.id, stranger.id],
      [unknown, ticket.id],
      [reply.id, unknown],
      [reply.id, 'nonsense'],
    ] as const
    for (const [id, ticket_id] of pairs)
      expect((await agent.refused('agentRenderCannedReply', { params: { id }, body: { ticket_id } })).status).toBe(404)
    expect((await agent.refused('agentUpdateCannedReply', { params: { id: foreign.id }, body: { name: 'x' } })).status).toBe(404)
    expect((await agent.refused('agentDeleteCannedReply', { params: { id: foreign.id } })).status).toBe(404)
    expect((await agent.call('agentListCannedReplies', {})).data.map((one) => one.id)).toEqual([reply.id])
    expect((await alice.refused('agentListCannedReplies', {})).status).toBe(403)
    expect((await other.agent.call('agentListCannedReplies', {})).data.map((one) => one.id)).toEqual([foreign.id])
  })
})
