import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { nextOf } from '@support-widget/server/domain/delivery-work.ts'
import { retryAfter } from '@support-widget/server/domain/webhook-request.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stopClock } from '../support/clock.ts'
import { newTicket } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { rawExchange } from '../support/raw.ts'
import { answering, openReceiver, patientMs, type Receiver, setUpHooks, within } from '../support/receiver.ts'

const [minute, hour] = [60_000, 3_600_000]

/** One event for one receiver, sent once. */
async function setUp(respond: Receiver['respond'] = answering(204), url?: string) {
  const hooks = await setUpHooks()
  const receiver = await openReceiver(respond)
  const made = await hooks.endpoint(url ?? receiver.url)
  const alice = await hooks.customer()
  await newTicket(alice)
  const only = async () => {
    const [delivery] = await hooks.deliveries(made.id)
    return hooks.backend.call('agentGetDelivery', { params: { id: delivery?.id ?? '' } })
  }
  /** How long the next attempt is away. */
  const wait = async () => Date.parse((await only()).next_attempt_at ?? '') - hooks.server.clock.now().getTime()
  return { ...hooks, receiver, made, alice, only, wait }
}

describe('C88: what a receiver answers', () => {
  test.each([200, 201, 204, 299])('C88: %i is a success', async (status) => {
    const { drain, later, receiver, only } = await setUp(answering(status))
    await drain()
    await later(hour)
    expect(receiver.requests).toHaveLength(1)
    expect(await only()).toMatchObject({ status: 'delivered', attempts: 1, next_attempt_at: null, log: [{ number: 1, status, error: null }] })
  })

  test.each([300, 302, 400, 404, 429, 500, 503])('C88: %i is a failure, and tried again', async (status) => {
    const { drain, later, receiver, only } = await setUp(answering(status))
    await drain()
    expect(await only()).toMatchObject({ status: 'pending', attempts: 1, ended_at: null, log: [{ status, error: 'http' }] })
    receiver.respond = answering(204)
    await later(6_000)
    expect(await only()).toMatchObject({ status: 'delivered', attempts: 2, log: [{ number: 1 }, { number: 2, status: 204, error: null }] })
    expect(receiver.ids()).toHaveLength(1)
  })

  test('C88: 410 switches the endpoint off, once, with what is open; the audit log, one warning and one mail say so', async () => {
    const { server, backend, made: endpoint, alice, drain, deliveries, receiver } = await setUp(answering(410))
    await backend.call('agentUpdateApp', { body: { settings: { inbox_email: 'inbox@example.com' } } })
    for (let n = 0; n < 10; n++) await newTicket(alice)
    await drain()
    expect(receiver.requests.length).toBeLessThanOrEqual(4)
    const at = { params: { id: endpoint.id } }
    expect(await backend.call('agentGetWebhook', at)).toMatchObject({ enabled: false, disabled_reason: 'gone' })
    const states = (await deliveries(endpoint.id)).map((one) => one.status)
    expect(states.filter((one) => one === 'failed')).toHaveLength(receiver.requests.length)
    expect(states.filter((one) => one === 'cancelled')).toHaveLength(11 - receiver.requests.length)
    const { data } = await backend.call('agentListAudit', { query: { action: ['webhook_disabled'] } })
    expect(data).toMatchObject([{ actor: { type: 'system' }, object: { type: 'webhook', id: endpoint.id }, data: { reason: 'gone' } }])
    const warnings = server
      .logged()
      .split('\n')
      .filter((line) => line.includes('answered 410') && line.includes(decodeId(endpoint.id) ?? ''))
    expect(warnings).toHaveLength(1)
    const mails = await backend.call('agentListMails', { query: { kind: ['webhook_off'] } })
    expect(mails.data).toMatchObject([{ state: 'queued', webhook_id: endpoint.id, ticket_id: null }])
    const problem = await backend.refused('agentRedeliverWebhook', { ...at, body: { after: '2026-01-01T00:00:00Z', before: '2099-01-01T00:00:00Z' } })
    expect(problem).toMatchObject({ status: 409, code: 'webhook_disabled' })
    receiver.respond = answering(204)
    await backend.call('agentUpdateWebhook', { ...at, body: { enabled: true } })
    const again = await backend.call('agentRedeliverWebhook', { ...at, body: { after: '2026-01-01T00:00:00Z', before: '2099-01-01T00:00:00Z' } })
    expect(again).toEqual({ redelivered: 11, has_more: false, next_after: null })
    await drain()
    expect((await deliveries(endpoint.id, { status: ['delivered'] })).map((one) => one.event_id).sort()).toEqual(receiver.ids().sort())
  })

  test('C88: HOOK-30: Retry-After is kept to, up to a day; what is past, shorter than the plan or no time at all changes nothing', async () => {
    const on = await setUp()
    stopClock(on.server)
    const date = (ms: number) => new Date(on.server.clock.now().getTime() + ms).toUTCString()
    const cases: [string, number][] = [
      [String(3600), hour],
      [String(10 * 365 * 86_400), 24 * hour],
      [date(2 * hour), 2 * hour],
      [date(-hour), 5_000],
      ['1', 5_000],
      ['soon', 5_000],
      ['-5', 5_000],
    ]
    for (const [given, expected] of cases) {
      const { drain, wait } = await setUp(answering(429, { 'Retry-After': given }))
      await drain()
      expect([given, Math.abs((await wait()) - expected) < 5_000 || given]).toEqual([given, true])
    }
    const now = new Date('2026-03-01T00:00:00Z')
    // As late as can be.
    const dueAfter = (attempts: number, retryAfterMs: number) => {
      const outcome = { at: now, durationMs: 1, status: 429, error: 'http' as const, retryAfterMs }
      return (
        Number(
          nextOf({ clock: { ...on.server.clock, now: () => now }, outbound: { ...on.server.app.core.outbound, random: () => 1 } }, attempts, outcome)
            .dueAt,
        ) - Number(now)
      )
    }
    expect([dueAfter(1, 24 * hour), dueAfter(1, hour), dueAfter(1, 0), dueAfter(9, 24 * hour)].map((ms) => ms / hour)).toEqual([
      24,
      1.05,
      5.25 / 3_600,
      25.2,
    ])
    expect([undefined, '0', '120', '1e9', '2026', 'Sun, 01 Mar 2026 00:01:00 GMT'].map((given) => retryAfter(given, now))).toEqual([
      ...[null, null, 120_000, null, 2_026_000],
      minute,
    ])
  })

  test('C88: no name, no connection, no trusted certificate: failures, each said', async () => {
    const https = createServer({ key, cert }, (_, response) => response.end())
    await new Promise<void>((done) => https.listen(0, '127.0.0.1', done))
    onTestFinished(() => new Promise((done) => https.close(() => done())))
    const { port } = https.address() as AddressInfo
    const closed = await openReceiver()
    await closed.close()
    for (const [url, error] of [
      ['https://nobody.invalid/', 'dns'],
      [closed.url, 'refused'],
      [`https://localhost:${port}/`, 'tls'],
    ] as const) {
      const { server, drain, only } = await setUp(undefined, url)
      within(server, patientMs)
      await drain()
      expect([url, (await only()).log]).toMatchObject([url, [{ status: null, error }]])
    }
  })
})

describe('what a receiver does', () => {
  test('HOOK-14: hanging, dripping, breaking off are failures; an answer without end is read so far, and what it begins with counts', async () => {
    const endless: Receiver['respond'] = (_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'.repeat(16 * 1024)), 5)
      response.on('close', () => clearInterval(timer))
    }
    const drip: Receiver['respond'] = (_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), 50)
      response.on('close', () => clearInterval(timer))
    }
    const cases: [Receiver['respond'], string, number | null, string | null][] = [
      [endless, 'delivered', 200, null],
      [(_, response) => response.destroy(), 'pending', null, 'reset'],
      [(_, response) => response.writeHead(200, { 'Content-Length': '99' }).write('x', () => response.destroy()), 'pending', null, 'reset'],
      [drip, 'pending', null, 'timeout'],
      [() => {}, 'pending', null, 'timeout'],
    ]
    for (const [respond, state, status, error] of cases) {
      const { server, drain, only } = await setUp(respond)
      within(server, error === 'timeout' ? 500 : patientMs)
      await drain()
      expect(await only()).toMatchObject({ status: state, log: [{ status, error }] })
    }
  })

  test('HOOK-15: nor does an app all of whose receivers hang: sixteen requests of it are under way at most', async () => {
    const open: (() => void)[] = []
    const { server, drain, alice, endpoint, receiver } = await setUp((_, response) => open.push(() => response.writeHead(204).end()))
    within(server, patientMs)
    stopClock(server)
    for (let n = 0; n < 7; n++) await endpoint(receiver.url)
    for (let n = 0; n < 5; n++) await newTicket(alice)
    const hooks = await setUpHooks('Beside', { keep: true })
    const good = await openReceiver()
    await hooks.endpoint(good.url)
    await newTicket(await hooks.customer('bob'))
    const all = drain()
    await expect.poll(() => good.requests.length).toBe(1)
    await expect.poll(() => receiver.requests.length).toBe(16)
    const release = setInterval(() => {
      for (const answer of open.splice(0)) answer()
    }, 5)
    onTestFinished(() => clearInterval(release))
    // One ticket at the first endpoint alone, five at all eight, and the other app's.
    expect(await all).toBe(1 + 5 * 8 + 1)
  })

  test('HOOK-15: one who hangs delays nobody: at most four requests of theirs are under way, everybody else is served', async () => {
    const open: (() => void)[] = []
    const { server, drain, alice, receiver } = await setUp((_, response) => open.push(() => response.writeHead(204).end()))
    within(server, patientMs)
    stopClock(server)
    for (let n = 0; n < 12; n++) await newTicket(alice)
    const hooks = await setUpHooks('Beside', { keep: true })
    const good = await openReceiver()
    const { id } = await hooks.endpoint(good.url)
    const bob = await hooks.customer('bob')
    for (let n = 0; n < 20; n++) await newTicket(bob)
    let isOver = false
    const all = drain().then((count) => {
      isOver = true
      return count
    })
    await expect.poll(() => good.requests.length).toBe(20)
    await expect.poll(async () => (await hooks.deliveries(id, { status: ['delivered'] })).length).toBe(20)
    expect([isOver, receiver.requests.length, open.length]).toEqual([false, 4, 4])
    const release = setInterval(() => {
      for (const answer of open.splice(0)) answer()
    }, 5)
    onTestFinished(() => clearInterval(release))
    expect(await all).toBe(33)
    expect(receiver.ids()).toHaveLength(13)
  })

  test('C84: a redirect is a failure, and followed nowhere', async () => {
    const inside = await openReceiver()
    const { drain, later, receiver, only } = await setUp(answering(302, { Location: inside.url }))
    await drain()
    receiver.respond = answering(307, { Location: 'file:///etc/passwd' })
    await later(6_000)
    expect(inside.requests).toEqual([])
    const log = [302, 307].map((status) => ({ status, error: 'http' }))
    expect(await only()).toMatchObject({ status: 'pending', log })
  })
})

describe('what is signed', () => {
  test('C89: a changed bit, another time, another secret are refused by whoever verifies; the id stays, time and signature are of each attempt', async () => {
    const { receiver, made: endpoint, drain, later, backend } = await setUp(answering(500))
    await drain()
    await later(minute)
    const [first, second] = receiver.requests
    if (!first || !second) throw new Error('two requests were to come')
    for (const one of [first, second]) receiver.verify(one, endpoint.secret)
    expect(second.id).toBe(first.id)
    expect(second.text).toBe(first.text)
    for (const header of ['webhook-timestamp', 'webhook-signature']) expect(second.headers[header]).not.toBe(first.headers[header])
    expect(first.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'support-widget' })
    const changed = { ...first, text: first.text.replace('open', 'opeo') }
    expect(() => receiver.verify(changed, endpoint.secret)).toThrow(/No matching signature/)
    receiver.verify(first, endpoint.secret, 299)
    receiver.verify(first, endpoint.secret, -299)
    expect(() => receiver.verify(first, endpoint.secret, 301)).toThrow(/too old/)
    expect(() => receiver.verify(first, endpoint.secret, -301)).toThrow(/too new/)
    const { secret } = await backend.call('agentRotateWebhook', { params: { id: endpoint.id } })
    expect(() => receiver.verify(first, secret ?? '')).toThrow(/No matching signature/)
  })

  test('C21: a host that a client makes up is in no webhook', async () => {
    const { server, app, receiver, drain } = await setUp()
    const token = await app.token('alice')
    const file = await upload(server, token)
    const body = JSON.stringify({ subject: 'Files', body: '', attachments: [file.id] })
    const head = ['POST /v1/support/tickets HTTP/1.1', 'Host: evil.example', 'X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example']
    const rest = [`Authorization: Bearer ${token}`, 'Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close']
    expect((await rawExchange(server.url, `${[...head, ...rest].join('\r\n')}\r\n\r\n${body}`)).status).toBe(201)
    await drain()
    const told = receiver.requests.find((one) => one.text.includes(file.id))
    expect(told?.text).toContain(`"url":"${server.url}/v1/support/attachments/${file.id}?`)
    expect(receiver.requests.map((one) => one.text + JSON.stringify(one.headers)).join()).not.toContain('evil')
  })
})

/** Not trusted by anybody. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcG2D5f1l/iXMrVxg
l+1jX2Wheo3zZfcU0XNNrlfZkTChRANCAATNCyJzti0vj+UnA0RgVU2FIKQE4JLl
Hh4zbzH5wTn/gAn8TxyGadumjQ3crEREHpmhev8YJAYmORvxjna4CZ3d
-----END PRIVATE KEY-----`
const cert = `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUAYiINHouTAzsJitACJe+72CGcwswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1NTkxNFoYDzIxMjYxMDI4
MTU1OTE0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATNCyJzti0vj+UnA0RgVU2FIKQE4JLlHh4zbzH5wTn/gAn8TxyGadum
jQ3crEREHpmhev8YJAYmORvxjna4CZ3do2kwZzAdBgNVHQ4EFgQUVkgVqKquz2Ib
gLSnICBwN9CvxvEwHwYDVR0jBBgwFoAUVkgVqKquz2IbgLSnICBwN9CvxvEwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
RwAwRAIgOh79uWK7k1HaaQpA06p5vwkxBXrQxdPO4bZ/RPF38hoCIAUN+ngpqc/D
IY3ekhBpD+UmHZDmFV3KB4DXaE4s3Hec
-----END CERTIFICATE-----`
