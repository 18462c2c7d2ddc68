import { randomUUID } from 'node:crypto'
import { saveApp } from '@support-widget/server/domain/apps.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type { KyselyPlugin } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type Answer, client, problemIn, request } from '../support/client.ts'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { rawExchange, rawRequest } from '../support/raw.ts'
import { sharedServer, startServer, type TestServer } from '../support/server.ts'

/** What a page may do with us, and what our answers say to the browser. */

const readable = (answer: Answer, origin: string) => {
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/)
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
}

const send = (server: TestServer, path: string, headers: Record<string, string>, init: RequestInit = {}) =>
  request(server.url + path, { ...init, headers })

/** The app's people are answered on the page, customers and agents alike, or told why not; the preflight does not know yet whose it is. */
async function expectListed(server: TestServer, app: TestApp, origin: string, listed: boolean): Promise<void> {
  for (const [path, role] of [
    ['/v1/support/me', 'customer'],
    ['/v1/admin/support/me', 'agent'],
  ] as const) {
    const answer = await send(server, path, { Authorization: `Bearer ${await app.token(role, { role })}`, Origin: origin })
    expect(answer.status, `${app.origin} from ${origin}`).toBe(listed ? 200 : 403)
    if (!listed) expect(problemIn(answer).code).toBe('origin_not_allowed')
    readable(answer, origin)
  }
  const preflight = await send(server, '/v1/support/me', { Origin: origin, 'Access-Control-Request-Method': 'PATCH' }, { method: 'OPTIONS' })
  expect([preflight.status, preflight.headers.get('access-control-max-age')]).toEqual([204, '7200'])
  readable(preflight, origin)
}

describe('several apps with lists of their own', () => {
  test('ORIGIN-8: each answers on its own list alone; the preflight knows them all, and no app of several is told from another', async () => {
    const server = await sharedServer()
    const apps = [await newApp(server), await newApp(server), await newApp(server)]
    const common = `https://common-${randomUUID()}.example`
    for (const app of apps.slice(0, 2)) await saveApp(server.app.core, { publicId: app.app.publicId, name: 'x', origins: [app.origin, common] })
    const origins = [...apps.map((one) => one.origin), common, server.url]
    for (const app of apps) {
      const own = [app.origin, ...(app === apps[2] ? [] : [common]), server.url]
      for (const origin of origins) await expectListed(server, app, origin, own.includes(origin))
    }
  })

  test('ORIGIN-8: an app without a list answers no page, and a key none at all', async () => {
    const server = await sharedServer()
    const [app, other] = [await newApp(server), await newApp(server)]
    await saveApp(server.app.core, { publicId: app.app.publicId, name: 'x', origins: [] })
    const bearer = { Authorization: `Bearer ${await app.token('alice')}` }
    expect((await send(server, '/v1/support/me', bearer)).status).toBe(200)
    for (const origin of [app.origin, other.origin])
      expect(problemIn(await send(server, '/v1/support/me', { ...bearer, Origin: origin })).code).toBe('origin_not_allowed')
    for (const key of [app.adminKey, await app.partnerKey('alice')])
      for (const origin of [app.origin, other.origin, server.url, 'null', 'https://evil.example'])
        expect(problemIn(await send(server, '/v1/support/me', { 'X-Api-Key': key, Origin: origin })).code).toBe('key_in_browser')
  })
})

describe('errors', () => {
  test('ORIGIN-9: 401, 403, 404, 405, 413 and 415 are readable on the app’s page, with their request id', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const origin = { Origin: app.origin }
    const bearer = { ...origin, Authorization: `Bearer ${await app.token('alice')}` }
    const json = { ...bearer, 'Content-Type': 'application/json' }
    const cases: [number, Promise<Answer>][] = [
      [401, send(server, '/v1/support/me', origin)],
      [401, send(server, '/v1/support/me', { ...origin, Authorization: 'Bearer x' })],
      [403, send(server, '/v1/admin/support/me', bearer)],
      [404, send(server, '/v1/support/tickets/x', bearer)],
      [405, send(server, '/v1/support/tickets', bearer, { method: 'DELETE' })],
      [
        413,
        send(server, '/v1/support/tickets', json, { method: 'POST', body: JSON.stringify({ subject: 'x', body: 'x'.repeat(limits.jsonBytes) }) }),
      ],
      [415, send(server, '/v1/support/tickets', bearer, { method: 'POST', body: '{}' })],
    ]
    for (const [status, pending] of cases) {
      const answer = await pending
      expect(answer.status).toBe(status)
      problemIn(answer)
      readable(answer, app.origin)
      expect(answer.headers.get('access-control-expose-headers')).toMatch(/Retry-After.*X-Request-Id/)
    }
  })

  test('ORIGIN-9: so is a 503, from a list that was read before the database went', async () => {
    let out = false
    const gone: KyselyPlugin = {
      transformQuery({ node }) {
        if (out) throw Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' })
        return node
      },
      transformResult: async ({ result }) => result,
    }
    const server = await startServer({}, { plugins: [gone] })
    const app = await newApp(server)
    const bearer = { Origin: app.origin, Authorization: `Bearer ${await app.token('alice')}` }
    expect((await send(server, '/v1/support/me', bearer)).status).toBe(200)
    out = true
    server.clock.ahead += 45_000
    const answer = await send(server, '/v1/support/me', bearer)
    expect(problemIn(answer)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    readable(answer, app.origin)
    expect(
      (await send(server, '/v1/support/me', { ...bearer, Origin: 'https://evil.example' })).headers.get('access-control-allow-origin'),
    ).toBeNull()
    out = false
    server.clock.ahead += 6_000
    const later = await newApp(server)
    expect((await send(server, '/v1/support/me', { Origin: later.origin })).headers.get('access-control-allow-origin')).toBe(later.origin)
    await server.app.close()
  })
})

describe('what an answer says to the browser', () => {
  test('FILE-4: C109: no answer can be framed, guessed or leaves a trail; embedding is for what is made for it', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const token = await app.token('alice')
    const bearer = { Authorization: `Bearer ${token}` }
    const file = await upload(server, token)
    const none = "default-src 'none';frame-ancestors 'none'"
    const page = /^default-src 'none';script-src 'self';.*frame-ancestors 'none'/
    const cases: [string, Record<string, string>, string | RegExp, 'same-origin' | 'cross-origin'][] = [
      ['/v1/support/me', bearer, none, 'same-origin'],
      ['/v1/support/me', {}, none, 'same-origin'],
      ['/v1/support/tickets/x', bearer, none, 'same-origin'],
      ['/nope', {}, none, 'same-origin'],
      ['/health/live', {}, none, 'same-origin'],
      ['/metrics', {}, none, 'same-origin'],
      [`/v1/widget/config?app=${app.app.publicId}`, {}, none, 'same-origin'],
      ['/desk', {}, page, 'same-origin'],
      ['/desk/', {}, page, 'same-origin'],
      ['/desk/assets/nope.js', {}, page, 'same-origin'],
      ['/docs', {}, page, 'same-origin'],
      ['/openapi.json', {}, none, 'cross-origin'],
      ['/widget.js', {}, none, 'cross-origin'],
      ['/widget/versions.json', {}, none, 'cross-origin'],
      [new URL(file.url).pathname, bearer, "sandbox; default-src 'none'", 'cross-origin'],
      [file.url.replace(server.url, ''), {}, "sandbox; default-src 'none'", 'cross-origin'],
    ]
    for (const [path, headers, policy, resources] of cases) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await fetch(server.url + path, { method, headers })
        await answer.text()
        expect(answer.headers.get('content-security-policy'), `${method} ${path}`).toMatch(policy)
        expect(answer.headers.get('x-frame-options'), path).toBe('DENY')
        expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff')
        expect(answer.headers.get('referrer-policy'), path).toBe('no-referrer')
        expect(answer.headers.get('cross-origin-resource-policy'), path).toBe(resources)
        expect(answer.headers.get('x-powered-by'), path).toBeNull()
        expect(answer.headers.get('set-cookie'), path).toBeNull()
      }
    }
  })

  test('FILE-5: what is for every page is readable there, also where its origin is on no list', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const file = await upload(server, await app.token('alice'))
    for (const path of ['/widget.js', '/widget/versions.json', '/openapi.json', file.url.replace(server.url, '')]) {
      for (const origin of ['https://anywhere.example', 'null', app.origin]) {
        const answer = await send(server, path, { Origin: origin })
        expect([answer.status, answer.headers.get('access-control-allow-origin')], path).toEqual([200, '*'])
        expect(answer.headers.get('vary'), path).toMatch(/\bOrigin\b/)
      }
    }
  })
})

describe('hosts and leftovers', () => {
  test('C21: a host that the client makes up is nowhere in what we answer', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const token = await app.token('alice')
    const file = await upload(server, token)
    await client(server.url, token).call('createTicket', { body: { subject: 'x', body: '', attachments: [file.id] } })
    const { data } = await client(server.url, token).call('listTickets', {})
    const bearer = { Authorization: `Bearer ${token}` }
    const evil = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      'X-Host': 'evil.example',
      Forwarded: 'host=evil.example',
      'X-Original-URL': '/nope',
    }
    const paths = [
      `/v1/support/tickets/${data[0]?.id}`,
      '/v1/support/tickets',
      '/openapi.json',
      '/docs',
      '/desk',
      '/widget/versions.json',
      '/nope',
      '/v1/support/me/',
    ]
    for (const path of paths) {
      for (const host of ['evil.example', 'a@evil.example', 'localhost, evil.example', 'evil.example:1', '[evil.example']) {
        const answer = await rawExchange(server.url, rawRequest(`GET ${path}`, { Host: host, ...evil, ...bearer }))
        expect(answer.text, `${path} ${host}`).not.toContain('evil')
        expect([...answer.headers.values()].join('\n'), `${path} ${host}`).not.toContain('evil')
      }
    }
    const thread = await rawExchange(server.url, rawRequest(`GET ${paths[0]}`, { Host: 'evil.example', ...bearer }))
    expect(JSON.stringify(thread.body)).toContain(`"url":"${server.url}/v1/support/attachments/`)
  })

  test('C116: nothing that was left in a folder is served', async () => {
    const server = await sharedServer()
    const paths = [
      '/.env',
      '/.git/config',
      '/.git/HEAD',
      '/package.json',
      '/widget.js.map',
      '/desk/.env',
      '/desk/index.html.map',
      '/desk/assets/index.js.map',
      '/server.ts',
      '/.DS_Store',
      '/admin',
      '/debug',
      '/api',
      '/graphql',
      '/wp-login.php',
      '/desk/%2e%2e/%2e%2e/package.json',
      '/docs/%2e%2e%2fopenapi.ts',
      '/widget/..%2f..%2fpackage.json/widget.js',
    ]
    for (const path of paths) {
      const answer = await rawExchange(server.url, rawRequest(`GET ${path}`, {}))
      expect([400, 404], path).toContain(answer.status)
    }
  })

  test('C54: a signed link’s token and the id of a key open nothing as a credential', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const token = await app.token('alice')
    await newTicket(client(server.url, token))
    const { url, id } = await upload(server, token)
    const { searchParams } = new URL(url)
    const sig = searchParams.get('sig') ?? ''
    const none = [
      sig,
      `${searchParams.get('exp')}.${sig}`,
      url,
      id,
      app.kid,
      app.app.id,
      app.app.publicId,
      app.secret,
      `sup_admin_${sig}`,
      `sup_partner_${sig}`,
    ]
    for (const one of none) {
      for (const name of ['getMe', 'agentGetMe'] as const) expect((await client(server.url, one).send(name)).status, one).toBe(401)
      expect((await send(server, '/v1/support/me', { 'X-Api-Key': one })).status, one).toBe(401)
    }
  })
})
