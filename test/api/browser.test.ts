import { saveApp } from '@support-widget/server/domain/apps.ts'
import { describe, expect, test } from 'vitest'
import { type Answer, problemIn, request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { rawExchange, rawRequest } from '../support/raw.ts'
import { sharedServer } from '../support/server.ts'

/** What browsers on other origins may do, and what their pages may read. */

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const token = await app.token('alice')
  const preflight = (origin: string | undefined, path = '/v1/support/tickets', headers: Record<string, string> = {}) =>
    request(server.url + path, {
      method: 'OPTIONS',
      headers: {
        ...(origin === undefined ? {} : { Origin: origin }),
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type',
        ...headers,
      },
    })
  const get = (origin: string | undefined, path = '/v1/support/me', headers: Record<string, string> = { Authorization: `Bearer ${token}` }) =>
    request(server.url + path, { headers: { ...headers, ...(origin === undefined ? {} : { Origin: origin }) } })
  return { server, app, token, preflight, get }
}

const exposed = ['Retry-After', 'RateLimit', 'RateLimit-Policy', 'X-Request-Id']

function expectReadable(answer: Answer, origin: string): void {
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  expect(answer.headers.get('access-control-expose-headers')?.split(',')).toEqual(exposed)
  expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/)
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
}

/** Origins that are not the app's, however near. */
const strange = (origin: string) => [
  'null',
  'https://evil.example',
  `${origin}.evil.example`,
  origin.replace('https', 'http'),
  `${origin}:8443`,
  `${origin}/`,
  origin.toUpperCase(),
  `${origin},https://evil.example`,
  `${origin} https://evil.example`,
  origin.replace('https://', 'https://x.'),
  origin.replace('https://', 'https://a@'),
  'file://',
  '*',
  '',
]

describe('preflight', () => {
  test('ORIGIN-1: is answered for the origins of every active app and our own, for two hours', async () => {
    const { server, app, preflight } = await setUp()
    const other = await newApp(server)
    for (const origin of [app.origin, other.origin, server.url]) {
      for (const path of ['/v1/support/tickets', '/v1/admin/support/tickets/x', '/v1/widget/config']) {
        const answer = await preflight(origin, path)
        expect(answer.status).toBe(204)
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
        expect(answer.headers.get('access-control-max-age')).toBe('7200')
        expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/)
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
        expect(answer.headers.get('access-control-allow-headers')?.toLowerCase().split(',')).toEqual(
          expect.arrayContaining(['authorization', 'content-type', 'idempotency-key']),
        )
        expect(answer.headers.get('access-control-allow-methods')?.split(',')).toEqual(expect.arrayContaining(['GET', 'POST', 'PATCH', 'DELETE']))
      }
    }
  })

  test('ORIGIN-2: is not answered for any other origin, nor for null', async () => {
    const { app, preflight } = await setUp()
    for (const origin of strange(app.origin)) {
      const answer = await preflight(origin)
      for (const header of ['origin', 'methods', 'headers', 'credentials'])
        expect(answer.headers.get(`access-control-allow-${header}`), origin).toBeNull()
      expect(answer.headers.get('vary'), origin).toMatch(/\bOrigin\b/)
    }
  })

  test("ORIGIN-3: a disabled app's origin is forgotten, a new one is known at once", async () => {
    const { server, app, preflight } = await setUp()
    const { core } = server.app
    const origin = `${app.origin}.eu`
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull()
    await saveApp(core, { publicId: app.app.publicId, name: 'Test app', origins: [app.origin, origin] })
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBe(origin)
    await core.orm.db().updateTable('apps').set({ disabled_at: new Date() }).where('id', '=', app.app.id).execute()
    server.clock.ahead += 30_001
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('requests', () => {
  test("ORIGIN-4: are answered on the app's own origins, on ours, and without an origin", async () => {
    const { server, app, get } = await setUp()
    for (const origin of [app.origin, server.url]) {
      const answer = await get(origin)
      expect(answer.status).toBe(200)
      expectReadable(answer, origin)
    }
    const answer = await get(undefined)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/)
  })

  test("ORIGIN-5: from another app's origin are refused, readable there, and have no effect", async () => {
    const { server, app, token, get } = await setUp()
    const other = await newApp(server)
    const answer = await get(other.origin)
    expect(problemIn(answer)).toMatchObject({ status: 403, code: 'origin_not_allowed' })
    expectReadable(answer, other.origin)
    const sent = await request(`${server.url}/v1/support/tickets`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, Origin: other.origin, 'Content-Type': 'application/json' },
      body: JSON.stringify({ subject: 'x', body: 'x' }),
    })
    expect(sent.status).toBe(403)
    expect((await app.backend.call('agentListTickets', {})).data).toEqual([])
  })

  test('ORIGIN-6: from any other origin are refused, for agents too, and not readable', async () => {
    const { app, get } = await setUp()
    const agent = { Authorization: `Bearer ${await app.token('sam', { role: 'admin' })}` }
    for (const origin of strange(app.origin)) {
      for (const answer of [await get(origin), await get(origin, '/v1/admin/support/me', agent)]) {
        expect(problemIn(answer), origin).toMatchObject({ status: 403, code: 'origin_not_allowed' })
        expect(answer.headers.get('access-control-allow-origin'), origin).toBeNull()
      }
    }
  })

  test('ORIGIN-7: errors before and after the app is known are readable on known origins', async () => {
    const { server, app, token, get } = await setUp()
    const bearer = { Authorization: `Bearer ${token}` }
    const expired = { Authorization: `Bearer ${await app.token('alice', { issued: -7200, expires: -3600 })}` }
    const ticket = await newTicket(await app.customer('bob'))
    const cases: [number, Promise<Answer>][] = [
      [401, get(app.origin, '/v1/support/me', {})],
      [401, get(app.origin, '/v1/support/me', expired)],
      [403, get(app.origin, '/v1/admin/support/me', bearer)],
      [404, get(app.origin, `/v1/support/tickets/${ticket.id}`, bearer)],
      [404, get(app.origin, '/v1/nope', bearer)],
      [404, get(app.origin, '/v1/widget/config?app=nope', {})],
      [400, get(app.origin, '/v1/support/tickets?page=0', bearer)],
      [200, get(app.origin, `/v1/widget/config?app=${app.app.publicId}`, {})],
    ]
    for (const [status, pending] of cases) {
      const answer = await pending
      expect(answer.status).toBe(status)
      expectReadable(answer, app.origin)
      expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    }
    const put = await request(`${server.url}/v1/support/me`, { method: 'PUT', headers: { Origin: app.origin } })
    expect(put.status).toBe(405)
    expectReadable(put, app.origin)
  })
})

describe('files', () => {
  test('FILE-1: the widget script is for every page: resource policy, any origin, ETag', async () => {
    const { server, get } = await setUp()
    for (const origin of [undefined, 'null', 'https://anywhere.example']) {
      const answer = await get(origin, '/widget.js', {})
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('cache-control')).toMatch(/max-age=300\b/)
    }
    const etag = (await get(undefined, '/widget.js', {})).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]{27}"$/)
    for (const match of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await rawExchange(server.url, rawRequest('GET /widget.js', { 'If-None-Match': match }))
      expect(again.status, match).toBe(304)
      expect(again.text).toBe('')
    }
    for (const match of ['"x"', 'garbage', etag.slice(1), '"']) {
      const again = await rawExchange(server.url, rawRequest('GET /widget.js', { 'If-None-Match': match, Range: 'bytes=9-1' }))
      expect(again.status, match).toBe(200)
    }
  })

  test('FILE-2: a known origin reads the widget script too', async () => {
    const { app, get } = await setUp()
    const answer = await get(app.origin, '/widget.js', {})
    expect(['*', app.origin]).toContain(answer.headers.get('access-control-allow-origin'))
  })

  test('FILE-3: C116: no path leads out of the folders that are served', async () => {
    const { get } = await setUp()
    const paths = [
      '..%2f..%2fpackage.json',
      '..%5c..%5cpackage.json',
      '%2e%2e%2findex.html',
      '%00',
      '%ff',
      '.env',
      'x.js.map',
      '%2fetc%2fpasswd',
      '....//x',
    ]
    for (const path of paths) {
      const answer = await get(undefined, `/desk/assets/${path}`, {})
      expect([400, 404], path).toContain(answer.status)
      problemIn(answer)
    }
  })
})

describe('public', () => {
  test('HEALTH-1: C116: probes answer without a credential, and tell nothing of a tenant', async () => {
    const { app, get } = await setUp()
    await newTicket(await app.customer())
    expect((await get(undefined, '/health/live', {})).body).toEqual({ status: 'ok' })
    // Other files leave work that is due and move the clock.
    const ready = { status: expect.stringMatching(/^(ok|degraded)$/), webhooks: expect.stringMatching(/^(ok|stuck)$/) }
    expect((await get(undefined, '/health/ready?verbose=1', {})).body).toEqual({ database: 'ok', queue: 'ok', mail: 'off', ...ready })
    const metrics = await get(undefined, '/metrics', {})
    expect(metrics.status).toBe(200)
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(metrics.text).toContain('http_requests_total{method="POST",route="/v1/support/tickets",status="201"}')
    for (const secret of [app.app.publicId, app.app.id, 'alice', 'Payment']) expect(metrics.text).not.toContain(secret)
  })

  test("CONFIG-1: the widget's config names the app, its form and its hours, and nothing else", async () => {
    const { app, get } = await setUp()
    const answer = await get(undefined, `/v1/widget/config?app=${app.app.publicId}`, {})
    expect(answer.body).toEqual({
      app: { id: app.app.publicId, name: 'Test app' },
      categories: ['billing', 'technical', 'account', 'other'].map((id) => ({ id, label: id[0]?.toUpperCase() + id.slice(1) })),
      form_fields: [],
      office_open: null,
      contact_email: null,
      visitors: false,
      mail: false,
      theme: {},
      texts: {},
      reply_time_text: null,
    })
    for (const other of [app.app.id, app.app.publicId.toUpperCase(), `${app.app.publicId} `, "' or 1=1 --"]) {
      expect((await get(undefined, `/v1/widget/config?app=${encodeURIComponent(other)}`, {})).status).toBe(404)
    }
  })
})
