import { randomUUID } from 'node:crypto'
import type { Fault } from '@support-widget/shared/errors.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { type OperationName, paths, type RequestInput } from '@support-widget/shared/paths.ts'
import { describe, expect, test } from 'vitest'
import { client, problemIn } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { withoutId } from '../support/raw.ts'
import { sharedServer } from '../support/server.ts'

/** Made from the operations table: an operation that is added there is covered here, or does not compile. */

const examples: { [N in OperationName]: (app: string, id: string) => RequestInput } = {
  getWidgetConfig: (app) => ({ query: { app } }),
  getMe: () => ({}),
  createTicket: () => ({ body: { subject: 'A question', body: 'How?' } }),
  listTickets: () => ({ query: { page: 1, per_page: 10, status: ['open'] } }),
  getTicket: (_, id) => ({ params: { id }, query: { last: 5 } }),
  sendMessage: (_, id) => ({ params: { id }, body: { body: 'Hello' } }),
  listMessages: (_, id) => ({ params: { id }, query: { after_seq: 0, limit: 10 } }),
  closeTicket: (_, id) => ({ params: { id } }),
  readTicket: (_, id) => ({ params: { id }, body: { seq: 1 } }),
  agentGetMe: () => ({}),
  agentListAgents: () => ({ query: { page: 1 } }),
  agentListTickets: () => ({ query: { priority: ['low', 'normal'] } }),
  agentGetTicket: (_, id) => ({ params: { id } }),
  agentUpdateTicket: (_, id) => ({ params: { id }, body: { priority: 'low' } }),
  agentSendMessage: (_, id) => ({ params: { id }, body: { body: 'A note', is_internal: true } }),
  agentListMessages: (_, id) => ({ params: { id }, query: { before_seq: 9 } }),
  agentReadTicket: (_, id) => ({ params: { id }, body: { seq: 1 } }),
}

const names = Object.keys(operations) as OperationName[]
const table = operations as Record<OperationName, Operation>
const withId = names.filter((name) => paths[name].includes(':id'))

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const alice = await app.customer('alice')
  const agent = await app.agent('sam')
  const ticket = await newTicket(alice)
  const callerOf = (name: OperationName) => (table[name].access === 'customer' ? alice : table[name].access === 'public' ? client(server.url) : agent)
  return { server, app, alice, agent, ticket, callerOf, input: (name: OperationName, id = ticket.id) => examples[name](app.app.publicId, id) }
}

const locations = (faults: Fault[] | undefined) => (faults ?? []).map((fault) => fault.location)

describe.each(names)('operation %s', (name) => {
  test('OP-1: answers its example with its status and shape', async () => {
    const { callerOf, input } = await setUp()
    const answer = await callerOf(name).send(name, input(name))
    expect(answer.status, answer.text).toBe(table[name].status)
    table[name].output.parse(answer.body)
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('OP-2: without a credential it answers 401, unless it is public', async () => {
    const { server, input } = await setUp()
    const answer = await client(server.url).send(name, input(name))
    if (table[name].access === 'public') expect(answer.status).toBe(table[name].status)
    else expect(problemIn(answer)).toMatchObject({ status: 401, code: 'unauthorized' })
  })

  test('OP-3: refuses unknown query parameters and names each', async () => {
    const { callerOf, input } = await setUp()
    const { query, ...rest } = input(name)
    const strange = Object.fromEntries(['nope', '__proto__', 'constructor', 'toString', 'app_id', 'access_token'].map((key) => [key, 'x']))
    Object.defineProperty(strange, '__proto__', { value: 'x', enumerable: true })
    const problem = await callerOf(name).refused(name, { ...rest, query: { ...query, ...strange } })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(locations(problem.errors)).toEqual(
      expect.arrayContaining(['nope', 'constructor', 'toString', 'app_id', 'access_token'].map((key) => `query.${key}`)),
    )
  })
})

describe.each(names.filter((name) => table[name].body))('operation %s with a body', (name) => {
  test('OP-4: refuses unknown body keys and names each; nothing is written', async () => {
    const { callerOf, input, agent, ticket } = await setUp()
    const before = await agent.send('agentGetTicket', { params: { id: ticket.id } })
    const { body, ...rest } = input(name)
    const strange = {
      tenantId: 'x',
      isInternal: true,
      authorType: 'agent',
      constructor: 'x',
      app_id: 'x',
      requester: { id: 'x' },
      seq_: 1,
      number: 'TKT',
    }
    const problem = await callerOf(name).refused(name, { ...rest, body: { ...(body as object), ...strange } })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(locations(problem.errors)).toEqual(expect.arrayContaining(Object.keys(strange).map((key) => `body.${key}`)))
    expect(problem.errors).toHaveLength(Object.keys(strange).length)
    const after = await agent.send('agentGetTicket', { params: { id: ticket.id } })
    expect(after.text).toBe(before.text)
  })

  test('OP-5: refuses an object in every field and names every fault, of the query too', async () => {
    const { callerOf, input } = await setUp()
    const keys = Object.keys(table[name].body?.shape ?? {})
    for (const odd of [{ $ne: null }, { raw: '1=1' }, { __raw: true, sql: 'select 1' }, [[]]]) {
      const body = Object.fromEntries(keys.map((key) => [key, odd]))
      const problem = await callerOf(name).refused(name, { ...input(name), body, query: { odd: 1 } })
      expect(problem.status).toBe(400)
      expect(new Set(locations(problem.errors))).toEqual(new Set(['query.odd', ...keys.map((key) => `body.${key}`)]))
    }
  })

  test('OP-6: needs its body', async () => {
    const { callerOf, input } = await setUp()
    const { params } = input(name)
    for (const headers of [{}, { 'Content-Type': 'application/json' }]) {
      const problem = await callerOf(name).refused(name, params ? { params } : {}, headers)
      expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ location: 'body' }] })
    }
  })
})

describe.each(withId)('operation %s on a ticket', (name) => {
  test('WALL-1: ids of another customer, of another app and malformed ids are as unknown as a random one, byte for byte', async () => {
    const { server, app, callerOf, input } = await setUp()
    const unknown = await callerOf(name).send(name, input(name, encodeId(randomUUID())))
    expect(problemIn(unknown)).toMatchObject({ status: 404, code: 'not_found' })
    const elsewhere = await newTicket(await (await newApp(server)).customer())
    const strangers = table[name].access === 'customer' ? [(await newTicket(await app.customer('bob'))).id] : []
    for (const id of [elsewhere.id, ...strangers, ...malformed]) {
      const answer = await callerOf(name).send(name, input(name, id))
      expect(answer.status, id.slice(0, 100)).toBe(404)
      expect(withoutId(answer), id.slice(0, 100)).toBe(withoutId(unknown))
      problemIn(answer)
    }
  })

  test('WALL-2: an id in lower case names the same ticket; its UUID form names none', async () => {
    const { callerOf, input, ticket } = await setUp()
    const answer = await callerOf(name).send(name, input(name, ticket.id.toLowerCase()))
    expect(answer.status).toBe(table[name].status)
    const { id, ticket_id, ticket: inner } = answer.body as { id: string; ticket_id?: string; ticket?: { id: string } }
    expect(ticket_id ?? inner?.id ?? id).toBe(ticket.id)
  })
})

const malformed = [
  'nope',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '0',
  '-1',
  'null',
  'undefined',
  '[object Object]',
  "' or 1=1 --",
  '\0',
  `${'0'.repeat(26)}\0`,
  '%00',
  '%ff',
  'é'.repeat(26),
  '😀',
  '8ZZZZZZZZZZZZZZZZZZZZZZZZZ',
  'ILOU0000000000000000000000',
  '0'.repeat(25),
  '0'.repeat(27),
  randomUUID(),
  `{${randomUUID()}}`,
  randomUUID().toUpperCase(),
  randomUUID().replaceAll('-', ''),
  'x'.repeat(10_000),
]
