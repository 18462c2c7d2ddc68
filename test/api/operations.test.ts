import { randomUUID } from 'node:crypto'
import type { Fault } from '@support-widget/shared/errors.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { type OperationName, paths, type RequestInput } from '@support-widget/shared/paths.ts'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { client, problemIn } from '../support/client.ts'
import { keepLinks } from '../support/clock.ts'
import { examples } from '../support/examples.ts'
import { newTicket } from '../support/factories.ts'
import { withoutId } from '../support/raw.ts'
import { sharedServer } from '../support/server.ts'
import { newWorld, type World } from '../support/world.ts'

/**
 * Made from the operations table: an operation that is added there is covered here. Uploads and answers that are not JSON have suites of their
 * own.
 */

const table = operations as Record<OperationName, Operation>
const names = (Object.keys(operations) as OperationName[]).filter((name) => !table[name].upload && table[name].media === undefined)
/** A world of its own for whatever changes it. */
const own = (name: OperationName) => ({ fresh: !paths[name].startsWith('GET ') })
const withId = names.filter((name) => paths[name].includes(':id'))

/** For requests that change nothing, since they are refused or only read: the world is made once. */
let sharedWorld: Promise<World> | undefined
let elsewhereWorld: Promise<World> | undefined

async function setUp({ fresh = false } = {}) {
  const server = await sharedServer()
  keepLinks(server)
  sharedWorld ??= newWorld(server)
  const world = fresh ? await newWorld(server) : await sharedWorld
  const { app } = world
  const alice = client(server.url, world.owner)
  const agent = await app.agent('sam')
  const admin = await app.agent('ada', 'admin')
  const callerOf = (name: OperationName) => {
    if (name === 'agentRateTicket') return app.backend
    return { customer: alice, public: client(server.url), agent, admin }[table[name].access]
  }
  const input = (name: OperationName, id?: string) => withPathId(examples[name](world.named), id)
  return { server, world, app, alice, agent, callerOf, input }
}

const withPathId = (input: RequestInput, id?: string): RequestInput => (id === undefined ? input : { ...input, params: { ...input.params, id } })

const locations = (faults: Fault[] | undefined) => (faults ?? []).map((fault) => fault.location)

describe.each(names)('operation %s', (name) => {
  test('OP-1: answers its example with its status and shape', async () => {
    const { callerOf, input } = await setUp(own(name))
    const answer = await callerOf(name).send(name, input(name))
    expect(answer.status, answer.text).toBe(table[name].status)
    table[name].output.parse(answer.body)
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('OP-2: without a credential it answers 401, unless it is public', async () => {
    const isPublic = table[name].access === 'public'
    // A code for the desk is good for a minute.
    const { server, input } = await setUp({ fresh: isPublic })
    const answer = await client(server.url).send(name, input(name))
    if (isPublic) expect(answer.status).toBe(table[name].status)
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
    const before = await agent.send('agentGetTicket', { params: { id: world.named.ticket } })
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
    const after = await agent.send('agentGetTicket', { params: { id: world.named.ticket } })
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
    const { server, app, callerOf, input } = await setUp()
    const unknown = await callerOf(name).send(name, input(name, encodeId(randomUUID())))
    expect(problemIn(unknown)).toMatchObject({ status: 404, code: 'not_found' })
    elsewhereWorld ??= newWorld(server)
    const elsewhere = examples[name]((await elsewhereWorld).named).params?.id ?? ''
    const strangers = table[name].access === 'customer' ? [(await newTicket(await app.customer('bob'))).id] : []
    for (const id of [elsewhere, ...strangers, ...malformed]) {
      const answer = await callerOf(name).send(name, input(name, id))
      expect(answer.status, id.slice(0, 100)).toBe(404)
      expect(withoutId(answer), id.slice(0, 100)).toBe(withoutId(unknown))
      problemIn(answer)
    }
  })

  test('WALL-2: an id in lower case names the same object', async () => {
    const { callerOf, input } = await setUp(own(name))
    const answer = await callerOf(name).send(name, input(name, input(name).params?.id?.toLowerCase()))
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
