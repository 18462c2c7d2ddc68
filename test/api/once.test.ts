import { randomUUID } from 'node:crypto'
import type { Happening } from '@support-widget/server/domain/core.ts'
import { createTicket } from '@support-widget/server/domain/create.ts'
import { forgetOldKeys, once } from '@support-widget/server/domain/once.ts'
import { examples } from '@support-widget/shared/examples.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { type Operations, operations } from '@support-widget/shared/operations.ts'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type Answer, request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { rawExchange, rawRequest, withoutId } from '../support/raw.ts'
import { databaseUrl, poolSize, sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

const body = { subject: 'Payment not received', body: 'It has not appeared.' }
/** The operations that the table marks. */
type OnceName = { [N in keyof Operations]: Operations[N] extends { once: true } ? N : never }[keyof Operations]
const hours = (count: number) => count * 3_600_000

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const alice = await app.customer('alice')
  const { customer } = await alice.call('getMe', {})
  const actor = {
    type: 'customer' as const,
    app: app.app,
    customerId: decodeId(customer.id) ?? '',
    links: null,
    kind: 'customer' as const,
    signed: null,
  }
  const key: string = randomUUID()
  const onceOnly = { operation: 'createTicket', key, input: { params: {}, query: {}, body }, status: 201, secrets: [] as string[] }
  const create = (input: object = body, given = key, who = alice): Promise<Answer> =>
    who.send('createTicket', { body: input }, { 'Idempotency-Key': given })
  const count = async (table: 'tickets' | 'messages' | 'events' | 'idempotency_keys') => {
    const rows = await server.app.core.orm.db().selectFrom(table).select('app_id').where('app_id', '=', app.app.id).execute()
    return rows.length
  }
  return { server, core: server.app.core, app, alice, actor, key, request: onceOnly, create, count }
}

const codeOf = (answer: Answer) => (answer.body as { code?: string }).code
const replayed = (answer: Answer) => answer.headers.get('idempotency-replayed')

describe('ONCE-1: the same key and the same input happen once and are answered the same', () => {
  test('50 parallel requests, then a repetition', async () => {
    const { server, app, create, count } = await setUp()
    const listener = await listen(server.url, await app.token('alice'))
    const answers = await Promise.all(Array.from({ length: 50 }, () => create()))
    const created = answers.filter((one) => one.status === 201)
    const busy = answers.filter((one) => one.status === 409)
    expect(created.length + busy.length).toBe(50)
    expect(created.filter((one) => replayed(one) === null)).toHaveLength(1)
    expect(new Set(created.map((one) => one.text)).size).toBe(1)
    for (const one of busy) {
      expect(codeOf(one)).toBe('request_in_progress')
      expect(one.headers.get('retry-after')).toBe('1')
    }
    expect([await count('tickets'), await count('messages'), await count('events'), await count('idempotency_keys')]).toEqual([1, 1, 1, 1])
    const again = await create()
    expect(again.status).toBe(201)
    expect(replayed(again)).toBe('true')
    expect(again.headers.get('content-type')).toBe(created[0]?.headers.get('content-type'))
    expect(again.text).toBe(created[0]?.text)
    // What came twice would have come before this.
    await newTicket(await app.customer('alice'))
    await listener.frame(({ type }) => type === 'ticket.created' && listener.frames.filter((one) => one.type === 'ticket.created').length === 2)
    expect(listener.frames.filter(({ type }) => type === 'ticket.created')).toHaveLength(2)
    listener.close()
  })

  test('while the first one runs, and not a moment longer', async () => {
    const { core, actor, request, create, count } = await setUp()
    const { promise: blocked, resolve: release } = Promise.withResolvers<void>()
    const { promise: started, resolve: begin } = Promise.withResolvers<void>()
    if (databaseUrl === null || poolSize === 1) {
      // One connection: the second waits for the first and is then answered the same.
      const answers = await Promise.all([create(), create()])
      expect(answers.map((one) => one.status)).toEqual([201, 201])
      expect(answers.map(replayed).sort()).toEqual(['true', null].sort())
      return
    }
    const first = once(core, actor, request, async () => {
      begin()
      await blocked
      return examples.createTicket.output
    })
    await started
    const second = await create()
    expect([second.status, codeOf(second), second.headers.get('retry-after')]).toEqual([409, 'request_in_progress', '1'])
    release()
    expect((await first).replayed).toBe(false)
    const third = await create()
    expect([third.status, replayed(third), third.body]).toEqual([201, 'true', examples.createTicket.output])
    expect(await count('tickets')).toBe(0)
  })

  test('for every operation that creates, or shows a secret', async () => {
    const { server, app, alice, key } = await setUp()
    const sam = await app.agent('sam')
    const { id } = await newTicket(alice)
    const webhook = await app.backend.call('agentCreateWebhook', { body: { url: 'https://receiver.example/other' } })
    const header = { 'Idempotency-Key': key }
    const upload = async (path: string, token: string) => {
      const form = new FormData()
      form.append('file', new Blob(['text']), 'note.txt')
      return request(server.url + path, { method: 'POST', headers: { ...header, Authorization: `Bearer ${token}` }, body: form })
    }
    const calls: Record<OnceName, () => Promise<Answer>> = {
      createTicket: () => alice.send('createTicket', { body }, header),
      sendMessage: () => alice.send('sendMessage', { params: { id }, body: { body: 'More' } }, header),
      agentCreateTicket: () => sam.send('agentCreateTicket', { body: { ...body, requester: { email: 'new@example.com' }, tags: ['a'] } }, header),
      agentSendMessage: () => app.backend.send('agentSendMessage', { params: { id }, body: { body: 'Answer', is_internal: true } }, header),
      agentCreateKey: () => app.backend.send('agentCreateKey', { body: { kind: 'admin', name: 'Second' } }, header),
      agentCreateWebhook: () => app.backend.send('agentCreateWebhook', { body: { url: 'https://receiver.example/hooks' } }, header),
      agentRotateWebhook: () => app.backend.send('agentRotateWebhook', { params: { id: webhook.id } }, header),
      agentCreateDeskCode: () => sam.send('agentCreateDeskCode', {}, header),
      agentCreateCannedReply: () => sam.send('agentCreateCannedReply', { body: { name: 'Hello', body: 'Hello' } }, header),
      uploadAttachment: async () => upload('/v1/support/attachments', await app.token('alice')),
      agentUploadAttachment: async () => upload('/v1/admin/support/attachments', app.adminKey),
    }
    for (const [name, call] of Object.entries(calls) as [OnceName, () => Promise<Answer>][]) {
      const [first, second] = [await call(), await call()]
      const { secrets = [], status }: Operation = operations[name]
      expect([name, first.status, replayed(first), second.status, replayed(second)]).toEqual([name, status, null, status, 'true'])
      if (secrets.length === 0) expect(second.text).toBe(first.text)
      else expect(second.body).toEqual({ ...(first.body as object), ...Object.fromEntries(secrets.map((secret) => [secret, null])) })
    }
    const thread = await sam.call('agentGetTicket', { params: { id } })
    expect(thread.messages.map((one) => one.body)).toEqual(['It has not appeared.', 'More', 'Answer'])
    const once = Object.entries(operations).filter(([, operation]: [string, Operation]) => operation.once)
    expect(once.map(([name]) => name).sort()).toEqual(Object.keys(calls).sort())
    const needed = Object.entries(operations).filter(
      ([, operation]: [string, Operation]) => (operation.status === 201 || operation.secrets) && operation.access !== 'public',
    )
    expect(once).toEqual(needed)
  })

  test('whatever the ticket has become since', async () => {
    const { alice, create } = await setUp()
    const first = await create()
    const { id } = first.body as { id: string }
    await alice.call('closeTicket', { params: { id } })
    expect((await create()).text).toBe(first.text)
  })

  test('together with a client_id', async () => {
    const { alice, create, count } = await setUp()
    const first = await create({ ...body, client_id: 'one' })
    const other = await create({ ...body, client_id: 'one' }, randomUUID())
    expect([other.status, replayed(other)]).toEqual([201, null])
    expect((other.body as { id: string }).id).toBe((first.body as { id: string }).id)
    const { id } = first.body as { id: string }
    const send = (key: string) => alice.send('sendMessage', { params: { id }, body: { body: 'Hello', client_id: 'two' } }, { 'Idempotency-Key': key })
    const messages = await Promise.all(Array.from({ length: 10 }, () => send(randomUUID())))
    expect(new Set(messages.map((one) => (one.body as { id: string }).id)).size).toBe(1)
    expect([await count('tickets'), await count('messages')]).toEqual([1, 2])
    const tickets = await Promise.all(Array.from({ length: 10 }, () => create({ ...body, client_id: 'three' }, randomUUID())))
    expect(tickets.map((one) => one.status)).toEqual(Array(10).fill(201))
    expect(new Set(tickets.map((one) => (one.body as { id: string }).id)).size).toBe(1)
  })
})

describe('ONCE-2: a key belongs to one caller and one operation', () => {
  test('another customer, app or operation with the same key is independent', async () => {
    const { server, app, alice, key, create, count } = await setUp()
    const first = await create()
    const { id } = first.body as { id: string }
    const bob = await create(body, key, await app.customer('bob'))
    const elsewhere = await create(body, key, await (await newApp(server)).customer('alice'))
    const message = await alice.send('sendMessage', { params: { id }, body: { body: 'More' } }, { 'Idempotency-Key': key })
    for (const answer of [bob, elsewhere, message]) {
      expect([answer.status, replayed(answer)]).toEqual([201, null])
      expect((answer.body as { id: string }).id).not.toBe(id)
    }
    expect(await count('tickets')).toBe(2)
  })

  test('an agent who is also a customer, and the backend, are three callers', async () => {
    const { app, key } = await setUp()
    const sam = await app.agent('sam')
    const input = { body: { ...body, requester: { external_id: 'alice' } } }
    const answers = [
      await sam.send('createTicket', { body }, { 'Idempotency-Key': key }),
      await sam.send('agentCreateTicket', input, { 'Idempotency-Key': key }),
      await app.backend.send('agentCreateTicket', input, { 'Idempotency-Key': key }),
    ]
    expect(answers.map((one) => [one.status, replayed(one)])).toEqual(Array(3).fill([201, null]))
  })
})

describe('ONCE-3: the same key with other input is refused', () => {
  test('other body, other ticket', async () => {
    const { alice, key, create, count } = await setUp()
    await create()
    for (const other of [
      { ...body, subject: 'Other' },
      { ...body, priority: 'high' },
      { ...body, custom_fields: { a: 1 } },
    ]) {
      const answer = await create(other)
      expect([answer.status, codeOf(answer)]).toEqual([422, 'idempotency_key_reused'])
    }
    expect(await count('tickets')).toBe(1)
    const [one, two] = [await newTicket(alice), await newTicket(alice)]
    const send = (id: string) => alice.send('sendMessage', { params: { id }, body: { body: 'More' } }, { 'Idempotency-Key': key })
    expect((await send(one.id)).status).toBe(201)
    expect((await send(two.id)).status).toBe(422)
  })

  test('the order of keys, blanks around a text and its Unicode form are not other input', async () => {
    const { app, alice, key, create } = await setUp()
    const first = await create({ subject: 'Caf\u00e9', body: 'Text', custom_fields: { a: 1, b: 'x' } })
    const raw = '{"custom_fields":{"b":"x","a":1},  "body":"  Text\\n","subject":"Cafe\\u0301"}'
    const headers = { Authorization: `Bearer ${await app.token('alice')}`, 'Content-Type': 'application/json', 'Idempotency-Key': key }
    const second = await fetch(`${(await sharedServer()).url}/v1/support/tickets`, { method: 'POST', headers, body: raw })
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(await second.text()).toBe(first.text)
    expect((await alice.call('listTickets', {})).pagination.total).toBe(1)
  })
})

describe('ONCE-4: a key is free again after a failure', () => {
  test('a refused request can be repeated with the same key and other input', async () => {
    const { alice, key, create, count } = await setUp()
    expect((await create({ ...body, subject: '' })).status).toBe(400)
    expect((await create({ ...body, category: 'nonsense' })).status).toBe(400)
    expect(await count('idempotency_keys')).toBe(0)
    const first = await create()
    expect([first.status, replayed(first)]).toEqual([201, null])
    const { id } = first.body as { id: string }
    await alice.call('closeTicket', { params: { id } })
    const send = (to: string) => alice.send('sendMessage', { params: { id: to }, body: { body: 'More' } }, { 'Idempotency-Key': key })
    const closed = await send(id)
    expect([closed.status, codeOf(closed)]).toEqual([409, 'ticket_closed'])
    const open = await newTicket(alice)
    expect((await send(open.id)).status).toBe(201)
  })

  test('a failure after the change takes the change, its events and the key with it', async () => {
    const { core, actor, request, create, count } = await setUp()
    const told: Happening[] = []
    const listening = { ...core, listeners: [(happening: Happening) => told.push(happening)] }
    const failing = once(listening, actor, request, async (inside) => {
      await createTicket(inside, actor, body)
      await sql`select 1 / 0`.execute(inside.orm.db())
      return {}
    })
    await expect(failing).rejects.toThrow('division by zero')
    expect(told).toEqual([])
    expect([await count('tickets'), await count('events'), await count('idempotency_keys')]).toEqual([0, 0, 0])
    const answer = await create()
    expect([answer.status, replayed(answer)]).toEqual([201, null])
  })

  test('a connection that dies in the middle leaves it free at once', async () => {
    const { core, actor, request, create, count } = await setUp()
    const failing = once(core, actor, request, async (inside) => {
      await createTicket(inside, actor, body)
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(inside.orm.db())
      // Only a database with a second connection can end the first.
      if (databaseUrl === null || poolSize === 1) throw new Error('the process died')
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(core.orm.db())
      return {}
    })
    await expect(failing).rejects.toThrow()
    expect(await count('tickets')).toBe(0)
    const answer = await create()
    expect([answer.status, replayed(answer)]).toEqual([201, null])
  })
})

describe('ONCE-5: a key is kept for 48 hours', () => {
  test('then it is a new one', async () => {
    const { server, app, core, create, count } = await setUp()
    const later = async (ms: number, subject: string) => {
      server.clock.ahead += ms
      return create({ ...body, subject }, undefined, await app.customer('alice'))
    }
    const before = server.clock.ahead
    try {
      const first = await later(0, 'First')
      const again = await later(hours(48) - 60_000, 'First')
      expect([again.text, replayed(again)]).toEqual([first.text, 'true'])
      await forgetOldKeys(core)
      expect(await count('idempotency_keys')).toBe(1)
      const second = await later(120_000, 'Second')
      expect([second.status, replayed(second)]).toEqual([201, null])
      expect(replayed(await later(0, 'Second'))).toBe('true')
      expect([await count('tickets'), await count('idempotency_keys')]).toEqual([2, 1])
      server.clock.ahead += hours(48)
      expect(await forgetOldKeys(core)).toBeGreaterThan(0)
      expect(await count('idempotency_keys')).toBe(0)
    } finally {
      server.clock.ahead = before
    }
  })
})

describe('ONCE-6: what is not a key is refused', () => {
  test.each([
    ['empty', ''],
    ['blank', '   '],
    ['256 characters', 'k'.repeat(256)],
    ['a letter outside ASCII', 'cl\u00e9'],
    ['a tab inside', 'a\tb'],
  ])('%s', async (_, key) => {
    const { create, count } = await setUp()
    const answer = await create(body, key)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_request'])
    expect(answer.body).toMatchObject({ errors: [{ location: 'headers.Idempotency-Key' }] })
    expect(await count('tickets')).toBe(0)
  })

  test('sent twice, or with a control character', async () => {
    const { server, app, count } = await setUp()
    const token = await app.token('alice')
    const json = JSON.stringify(body)
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(json)) }
    const twice = rawRequest('POST /v1/support/tickets', { ...headers, 'Idempotency-Key': 'a', 'idempotency-key': 'a' }, json)
    expect(await rawExchange(server.url, twice)).toMatchObject({ status: 400, body: { errors: [{ message: 'must be sent once' }] } })
    const control = rawRequest('POST /v1/support/tickets', { ...headers, 'Idempotency-Key': 'a\u0001b' }, json)
    expect((await rawExchange(server.url, control)).status).toBe(400)
    expect(await count('tickets')).toBe(0)
  })

  test('every fault is named, and 255 characters are fine', async () => {
    const { create } = await setUp()
    const answer = await create({ ...body, subject: '' }, 'k'.repeat(256))
    expect((answer.body as { errors: { location: string }[] }).errors.map((one) => one.location)).toEqual(['body.subject', 'headers.Idempotency-Key'])
    expect((await create(body, 'k'.repeat(255))).status).toBe(201)
    expect((await create(body, '~ !"')).status).toBe(201)
  })

  test("a stranger's key opens nothing: the ticket of somebody else is not found, with and without it", async () => {
    const { app, alice, key } = await setUp()
    const { id } = await newTicket(alice)
    const bob = await app.customer('bob')
    const input = { params: { id }, body: { body: 'More' } }
    await alice.send('sendMessage', input, { 'Idempotency-Key': key })
    const [withKey, without] = [await bob.send('sendMessage', input, { 'Idempotency-Key': key }), await bob.send('sendMessage', input)]
    expect(withKey.status).toBe(404)
    expect(withoutId(withKey)).toBe(withoutId(without))
  })
})

test('ONCE-7: a secret is answered once and never kept', async () => {
  const { core, app, actor, ...given } = await setUp()
  const request = { ...given.request, secrets: ['secret'] }
  const work = async () => ({ id: '1', secret: 'sup_admin_secret' })
  const [first, second] = [await once(core, actor, request, work), await once(core, actor, request, work)]
  expect([JSON.parse(first.json), JSON.parse(second.json)]).toEqual([
    { id: '1', secret: 'sup_admin_secret' },
    { id: '1', secret: null },
  ])
  const rows = await core.orm.db().selectFrom('idempotency_keys').selectAll().where('app_id', '=', app.app.id).execute()
  expect(JSON.stringify(rows)).not.toContain('sup_admin_secret')
})
