import { randomUUID } from 'node:crypto'
import type { Fault } from '@support-widget/shared/errors.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { type OperationName, paths, type RequestInput } from '@support-widget/shared/paths.ts'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { client, problemIn } from '../support/client.ts'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { withoutId } from '../support/raw.ts'
import { sharedServer } from '../support/server.ts'

/**
 * Made from the operations table: an operation that is added there is covered here, or does not compile. Uploads and answers that are not JSON have suites of their
 * own.
 */

/** What the operations of one test work on. */
interface World {
  app: TestApp
  /** A resolved ticket with one answer. */
  ticket: string
  /** Another one of the same customer. */
  other: string
  message: string
  customer: string
  agent: string
  reply: string
}
type Kind = 'tickets' | 'customers' | 'agents' | 'canned-replies'
type Special = 'uploadAttachment' | 'getAttachment' | 'agentUploadAttachment' | 'agentGetAttachment' | 'agentExportTickets'

const examples: { [N in Exclude<OperationName, Special>]: (world: World, id: string) => RequestInput } = {
  getWidgetConfig: ({ app }) => ({ query: { app: app.app.publicId } }),
  getMe: () => ({}),
  createTicket: () => ({ body: { subject: 'A question', body: 'How?' } }),
  listTickets: () => ({ query: { page: 1, per_page: 10, status: ['open'] } }),
  getTicket: (_, id) => ({ params: { id }, query: { last: 5 } }),
  sendMessage: (_, id) => ({ params: { id }, body: { body: 'Hello' } }),
  listMessages: (_, id) => ({ params: { id }, query: { after_seq: 0, limit: 10 } }),
  closeTicket: (_, id) => ({ params: { id } }),
  readTicket: (_, id) => ({ params: { id }, body: { seq: 1 } }),
  rateTicket: (_, id) => ({ params: { id }, body: { score: 5, comment: 'Fine' } }),
  agentGetMe: () => ({}),
  agentListAgents: () => ({ query: { page: 1 } }),
  agentListTickets: () => ({ query: { priority: ['low', 'normal'] } }),
  agentCreateTicket: () => ({ body: { requester: { email: 'someone@example.com' }, subject: 'By phone', body: 'They called.' } }),
  agentGetTicket: (_, id) => ({ params: { id } }),
  agentUpdateTicket: (_, id) => ({ params: { id }, body: { priority: 'low' } }),
  agentSendMessage: (_, id) => ({ params: { id }, body: { body: 'A note', is_internal: true } }),
  agentListMessages: (_, id) => ({ params: { id }, query: { before_seq: 9 } }),
  agentReadTicket: (_, id) => ({ params: { id }, body: { seq: 1 } }),
  agentRateTicket: (_, id) => ({ params: { id }, body: { score: 4 } }),
  agentMergeTicket: ({ other }, id) => ({ params: { id }, body: { into: other } }),
  agentGetHistory: (_, id) => ({ params: { id }, query: { page: 1 } }),
  agentRedactMessage: ({ message }, id) => ({ params: { id, message_id: message } }),
  agentListCustomers: () => ({ query: { search: 'ali' } }),
  agentGetCustomer: (_, id) => ({ params: { id } }),
  agentBlockCustomer: (_, id) => ({ params: { id }, body: { blocked: false } }),
  agentGetApp: () => ({}),
  agentUpdateApp: () => ({ body: { settings: { auto_close_days: 3 } } }),
  agentBulkUpdateTickets: ({ ticket }) => ({ body: { ids: [ticket], set: { priority: 'high' } } }),
  agentListCannedReplies: () => ({ query: { page: 1 } }),
  agentCreateCannedReply: () => ({ body: { name: 'Thanks', body: 'Thank you, {{customer.name}}.' } }),
  agentUpdateCannedReply: (_, id) => ({ params: { id }, body: { name: 'Hello again' } }),
  agentDeleteCannedReply: (_, id) => ({ params: { id } }),
  agentRenderCannedReply: ({ ticket }, id) => ({ params: { id }, body: { ticket_id: ticket } }),
  agentRemoveAgent: (_, id) => ({ params: { id } }),
  agentGetStats: () => ({}),
}

type Name = keyof typeof examples
const names = Object.keys(examples) as Name[]
const table = operations as Record<OperationName, Operation>
const withId = names.filter((name) => paths[name].includes(':id'))
const kindOf = (name: Name) => /([a-z-]+)\/:id/.exec(paths[name])?.[1] as Kind

const idOf = (world: World, kind: Kind) =>
  ({ tickets: world.ticket, customers: world.customer, agents: world.agent, 'canned-replies': world.reply })[kind]

/** An app with one of everything. */
async function newWorld(): Promise<World> {
  const app = await newApp(await sharedServer())
  const alice = await app.customer('alice')
  const sam = await app.agent('sam')
  const ticket = await newTicket(alice)
  const other = await newTicket(alice)
  const message = await sam.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'Done', status: 'resolved' } })
  const { requester } = await sam.call('agentGetTicket', { params: { id: ticket.id } })
  const reply = await sam.call('agentCreateCannedReply', { body: { name: 'Hello', body: 'Hello' } })
  // Somebody to be removed: who calls must stay.
  const { agent } = await (await app.agent('tom')).call('agentGetMe', {})
  return { app, ticket: ticket.id, other: other.id, message: message.id, customer: requester.id, agent: agent?.id ?? '', reply: reply.id }
}

async function setUp() {
  const server = await sharedServer()
  const world = await newWorld()
  const { app } = world
  const alice = await app.customer('alice')
  const agent = await app.agent('sam')
  const admin = await app.agent('ada', 'admin')
  const callerOf = (name: Name) => {
    if (name === 'agentRateTicket') return app.backend
    return { customer: alice, public: client(server.url), agent, admin }[table[name].access]
  }
  return { server, world, app, alice, agent, callerOf, input: (name: Name, id?: string) => examples[name](world, id ?? idOf(world, kindOf(name))) }
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
    const { callerOf, input, agent, world } = await setUp()
    const before = await agent.send('agentGetTicket', { params: { id: world.ticket } })
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
    const unknown = Object.keys(strange).filter((key) => !Object.hasOwn(table[name].body?.shape ?? {}, key))
    const problem = await callerOf(name).refused(name, { ...rest, body: { ...(body as object), ...strange } })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(locations(problem.errors)).toEqual(expect.arrayContaining(unknown.map((key) => `body.${key}`)))
    const after = await agent.send('agentGetTicket', { params: { id: world.ticket } })
    expect(after.text).toBe(before.text)
  })

  test('OP-5: refuses an object in every field and names every fault, of the query too', async () => {
    const { callerOf, input } = await setUp()
    const shape: Record<string, z.ZodType> = table[name].body?.shape ?? {}
    for (const odd of [{ $ne: null }, { raw: '1=1' }, { __raw: true, sql: 'select 1' }, [[]]]) {
      const body = Object.fromEntries(Object.keys(shape).map((key) => [key, odd]))
      // Some fields are objects themselves, and take what fits them.
      const refused = Object.keys(shape).filter((key) => !shape[key]?.safeParse(odd).success)
      const problem = await callerOf(name).refused(name, { ...input(name), body, query: { odd: 1 } })
      expect(problem.status).toBe(400)
      const named = locations(problem.errors).map((location) => location.split('.').slice(0, 2).join('.'))
      expect(new Set(named)).toEqual(new Set(['query.odd', ...refused.map((key) => `body.${key}`)]))
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

describe.each(withId)('operation %s on an object', (name) => {
  test('WALL-1: ids of another customer, of another app and malformed ids are as unknown as a random one, byte for byte', async () => {
    const { app, callerOf, input } = await setUp()
    const kind = kindOf(name)
    const unknown = await callerOf(name).send(name, input(name, encodeId(randomUUID())))
    expect(problemIn(unknown)).toMatchObject({ status: 404, code: 'not_found' })
    const elsewhere = idOf(await newWorld(), kind)
    const strangers = table[name].access === 'customer' ? [(await newTicket(await app.customer('bob'))).id] : []
    for (const id of [elsewhere, ...strangers, ...malformed]) {
      const answer = await callerOf(name).send(name, input(name, id))
      expect(answer.status, id.slice(0, 100)).toBe(404)
      expect(withoutId(answer), id.slice(0, 100)).toBe(withoutId(unknown))
      problemIn(answer)
    }
  })

  test('WALL-2: an id in lower case names the same object', async () => {
    const { callerOf, input, world } = await setUp()
    const answer = await callerOf(name).send(name, input(name, idOf(world, kindOf(name)).toLowerCase()))
    expect(answer.status, answer.text).toBe(table[name].status)
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
