import { forgetWebhooks } from '@support-widget/server/domain/delivery-work.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { answering, openReceiver, setUpHooks } from '../support/receiver.ts'
import { sharedServer } from '../support/server.ts'

const url = 'https://receiver.example/hooks'

describe('endpoints', () => {
  test('HOOK-9: an admin and the backend add, list, change and delete them; agents and customers may not', async () => {
    const { app, backend, server } = await setUpHooks()
    const admin = client(server.url, await app.token('ada', { role: 'admin' }))
    const made = await admin.call('agentCreateWebhook', { body: { url, types: [], description: '  Bookings ' } })
    expect(made).toMatchObject({ url, types: null, description: 'Bookings', flavour: 'native', enabled: true, disabled_reason: null })
    expect(Buffer.from(made.secret?.replace('whsec_', '') ?? '', 'base64').length).toBeGreaterThanOrEqual(24)
    const at = { params: { id: made.id } }
    const second = await backend.call('agentCreateWebhook', {
      body: { url, types: ['support.message_sent', 'support.message_sent'], enabled: false },
    })
    expect(second).toMatchObject({ types: ['support.message_sent'], enabled: false, disabled_reason: 'manual' })
    const { data } = await backend.call('agentListWebhooks', {})
    expect(data.map((one) => one.id)).toEqual([second.id, made.id])
    expect(JSON.stringify(data)).not.toContain('whsec_')
    const changed = await backend.call('agentUpdateWebhook', { ...at, body: { enabled: false, types: ['support.ticket_closed'] } })
    expect(changed).toMatchObject({ enabled: false, disabled_reason: 'manual', types: ['support.ticket_closed'], url })
    expect(await backend.call('agentUpdateWebhook', { ...at, body: { enabled: true } })).toMatchObject({ enabled: true, disabled_reason: null })
    const agent = await app.agent()
    const alice = await app.customer()
    for (const caller of [agent, alice]) {
      expect(await caller.refused('agentListWebhooks')).toMatchObject({ status: 403 })
      expect(await caller.refused('agentTestWebhook', at)).toMatchObject({ status: 403 })
    }
    await backend.call('agentDeleteWebhook', at)
    expect(await backend.refused('agentGetWebhook', at)).toMatchObject({ code: 'not_found' })
    expect(await backend.refused('agentListDeliveries', at)).toMatchObject({ code: 'not_found' })
    const { data: log } = await backend.call('agentListAudit', { query: { object: made.id } })
    expect(log.map((one) => one.action)).toEqual(['webhook_deleted', 'webhook_updated', 'webhook_updated', 'webhook_created'])
    expect(log[2]?.data).toEqual({ fields: ['types', 'enabled'] })
  })

  test('HOOK-10: a secret is shown once, kept sealed, and given to no repetition of the request', async () => {
    const { server, backend } = await setUpHooks()
    const key = { 'Idempotency-Key': 'one' }
    const create = async () => (await backend.send('agentCreateWebhook', { body: { url } }, key)).body as { id: string; secret: string | null }
    const [first, again] = [await create(), await create()]
    expect(again).toEqual({ ...first, secret: null })
    const row = await server.app.core.orm
      .db()
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('id', '=', decodeId(first.id) ?? '')
      .executeTakeFirstOrThrow()
    expect(row.secret).not.toContain(first.secret?.slice(6) ?? '')
    expect(server.app.core.secrets.open(row.secret)).toBe(first.secret)
    expect(server.logged()).not.toContain(first.secret?.slice(6))
  })

  test('HOOK-11: an app has at most twenty, also when they are added at once', async () => {
    const { backend } = await setUpHooks()
    const answers = await Promise.all(Array.from({ length: limits.webhooksPerApp + 3 }, () => backend.send('agentCreateWebhook', { body: { url } })))
    expect(answers.map((one) => one.status).sort()).toEqual([...Array(limits.webhooksPerApp).fill(201), 409, 409, 409])
    const [first] = (await backend.call('agentListWebhooks', {})).data
    await backend.call('agentDeleteWebhook', { params: { id: first?.id ?? '' } })
    expect((await backend.send('agentCreateWebhook', { body: { url } })).status).toBe(201)
  })

  test('HOOK-12: a deleted endpoint is sent nothing, and its rows go', async () => {
    const { server, app, backend, endpoint, customer, drain, queued } = await setUpHooks()
    const receiver = await openReceiver()
    const { id } = await endpoint(receiver.url)
    await newTicket(await customer())
    expect(await queued(id)).toHaveLength(1)
    await backend.call('agentDeleteWebhook', { params: { id } })
    await drain()
    expect(receiver.requests).toEqual([])
    server.clock.ahead += 120_000
    await forgetWebhooks(server.app.core)
    for (const table of ['webhook_endpoints', 'webhook_deliveries'] as const)
      expect(await server.app.core.orm.db().selectFrom(table).select('id').where('app_id', '=', app.app.id).execute()).toEqual([])
  })

  test('HOOK-13: a secret before the last is good for a day: two signatures, then one', async () => {
    const { server, backend, endpoint, customer, drain } = await setUpHooks()
    const receiver = await openReceiver()
    const { id, secret: old } = await endpoint(receiver.url)
    const { secret, previous_secret_until } = await backend.call('agentRotateWebhook', { params: { id } })
    expect(Date.parse(previous_secret_until ?? '') - server.clock.now().getTime()).toBeGreaterThan(23 * 3_600_000)
    await newTicket(await customer())
    await drain()
    server.clock.ahead += 24 * 3_600_000
    await newTicket(await customer())
    await drain()
    const [during, after] = receiver.requests
    if (!during || !after || !secret) throw new Error('two requests were to come')
    receiver.verify(during, old)
    receiver.verify(during, secret)
    receiver.verify(after, secret)
    expect(() => receiver.verify(after, old)).toThrow(/No matching signature/)
    expect(during.headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/)
    await forgetWebhooks(server.app.core)
    const row = await server.app.core.orm
      .db()
      .selectFrom('webhook_endpoints')
      .select('previous_secret')
      .where('id', '=', decodeId(id) ?? '')
      .executeTakeFirstOrThrow()
    expect(row.previous_secret).toBeNull()
  })
})

const internal = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0.0.0.0', '[::1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '169.254.169.254'],
  ...['10.0.0.1', '10.255.255.255', '100.64.0.1', '172.16.0.1', '192.168.1.1', '[fd00::1]', '[fe80::1]', '[64:ff9b::a00:1]', '[2002:a00:1::]'],
  ...['①②⑦.⓪.⓪.①', '127.0.0.1.', 'localhost', 'localhost.', 'db.internal', 'printer.local', 'intranet'],
]

describe('the wall', () => {
  test('C82: no address of a private network is saved, however it is written', async () => {
    const { backend } = await newApp(await sharedServer())
    const { id } = await backend.call('agentCreateWebhook', { body: { url } })
    for (const host of internal) {
      const problem = await backend.refused('agentCreateWebhook', { body: { url: `https://${host}/` } })
      expect([host, problem.status, problem.errors?.[0]?.location]).toEqual([host, 400, 'body.url'])
      expect([host, (await backend.send('agentUpdateWebhook', { params: { id }, body: { url: `https://${host}/` } })).status]).toEqual([host, 400])
    }
  })

  test('C82: nor called, if it stands in the database all the same, or a name leads there', async () => {
    const { server, app, backend, endpoint, customer, drain, deliveries } = await setUpHooks()
    const receiver = await openReceiver()
    const port = new URL(receiver.url).port
    const { id } = await endpoint(receiver.url)
    const { core } = server.app
    onTestFinished(() => {
      core.loopback = true
    })
    core.loopback = false
    const alice = await customer()
    const forms = [`https://localhost:${port}/`, `https://127.0.0.1:${port}/`, `https://[::ffff:7f00:1]:${port}/`, receiver.url]
    for (const form of forms) {
      await core.orm.db().updateTable('webhook_endpoints').set({ url: form }).where('app_id', '=', app.app.id).execute()
      await newTicket(alice)
      await drain()
      const [last] = await deliveries(id)
      const { log } = await backend.call('agentGetDelivery', { params: { id: last?.id ?? '' } })
      expect([form, log]).toMatchObject([form, [{ status: null, error: 'blocked' }]])
    }
    expect(receiver.requests).toEqual([])
  })

  test('C85: no other scheme, no user, no port of another service, no endless URL', async () => {
    const { backend } = await newApp(await sharedServer())
    const hosts = ['file:///etc/passwd', 'gopher://receiver.example/', 'http://receiver.example/', 'https://user:pass@receiver.example/']
    const ports = [22, 25, 80, 5432, 6379].map((port) => `https://receiver.example:${port}/`)
    for (const bad of [...hosts, ...ports, `${url}/${'a'.repeat(2048)}`, 'receiver.example', '']) {
      const problem = await backend.refused('agentCreateWebhook', { body: { url: bad } })
      expect([bad, problem.status, problem.errors?.[0]?.location]).toEqual([bad, 400, 'body.url'])
    }
  })
})

describe('the test event', () => {
  test('C86: tells arrived, failed or too late at a full second, and nothing else of what stands there', async () => {
    const { server, backend, endpoint, queued } = await setUpHooks()
    const receiver = await openReceiver()
    const { id, secret } = await endpoint(receiver.url)
    const { outbound } = server.app.core
    const before = { ...outbound }
    onTestFinished(() => void Object.assign(outbound, before))
    const pauses: number[] = []
    outbound.pause = async (ms) => pauses.push(ms)
    const outcomes: unknown[] = []
    const tests: (typeof receiver.respond)[] = [
      answering(204),
      answering(500),
      answering(302, { Location: 'http://127.0.0.1:1/' }),
      (_, response) => response.destroy(),
      () => {
        // Nothing, ever.
      },
    ]
    for (const [at, respond] of tests.entries()) {
      receiver.respond = respond
      if (at === tests.length - 1) outbound.timeoutMs = 300
      outcomes.push((await backend.send('agentTestWebhook', { params: { id } })).body)
    }
    expect(outcomes).toEqual(['delivered', 'failed', 'failed', 'failed', 'timeout'].map((outcome) => ({ outcome })))
    expect(pauses.every((ms) => ms > 0 && ms <= 1_000)).toBe(true)
    expect(pauses).toHaveLength(5)
    const [first] = receiver.requests
    if (!first) throw new Error('a request was to come')
    receiver.verify(first, secret)
    expect(first.body).toEqual({ type: 'support.test', timestamp: expect.any(String), data: {} })
    expect(await queued(id)).toEqual([])
  })

  test('C86: ten a minute for an app, whatever endpoint, also where nothing else is limited', async () => {
    const { backend, endpoint } = await setUpHooks()
    const receiver = await openReceiver()
    const ids = [(await endpoint(receiver.url)).id, (await endpoint(receiver.url)).id]
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => backend.send('agentTestWebhook', { params: { id: ids[at % 2] ?? '' } })))
    expect(answers.map((one) => one.status).sort()).toEqual([...Array(10).fill(200), 429, 429])
    expect(answers.find((one) => one.status === 429)?.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(receiver.requests).toHaveLength(10)
  })
})
