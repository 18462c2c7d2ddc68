import { generateKeyPairSync } from 'node:crypto'
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type Client, client, problemIn, request } from '../support/client.ts'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { sharedServer, type TestServer } from '../support/server.ts'

/** Only a verified signature is identity. */

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const now = Math.floor(server.clock.now().getTime() / 1000)
  return { server, app, now, key: Buffer.from(app.secret) }
}

/** A token with exactly these claims. */
const sign = (app: TestApp, claims: JWTPayload, header: Record<string, unknown> = {}, key: Uint8Array = Buffer.from(app.secret)) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: app.kid, ...header } as { alg: string }).sign(key)

async function expectRefused(server: TestServer, token: string, code = 'unauthorized'): Promise<void> {
  const answer = await client(server.url, token).send('getMe')
  expect(problemIn(answer)).toMatchObject({ status: 401, code })
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
}

const me = (server: TestServer, token: string) => client(server.url, token).call('getMe', {})

describe('host-signed tokens', () => {
  test('IDENT-1: a good token is its sub, byte for byte', async () => {
    const { server, app, now } = await setUp()
    const subs = ['alice', 'Alice', ' alice', 'é', 'e\u0301', '😀', '123', "o'neil; --", '../x', 'a'.repeat(255), 'null', '__proto__']
    const ids = new Set<string>()
    for (const sub of subs) {
      const { customer } = await me(server, await sign(app, { sub, iat: now, exp: now + 60 }))
      expect(customer.external_id).toBe(sub)
      ids.add(customer.id)
    }
    expect(ids.size).toBe(subs.length)
  })

  test("IDENT-2: C46: another algorithm than the key's is refused", async () => {
    const { server, app, now, key } = await setUp()
    const claims = { sub: 'alice', iat: now, exp: now + 60 }
    const unsecured = new UnsecuredJWT(claims).encode()
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const none = (alg: string) => `${part({ alg, kid: app.kid })}.${part(claims)}.`
    for (const token of [unsecured, none('none'), none('None'), none('NONE'), none('')]) await expectRefused(server, token)
    for (const alg of ['HS384', 'HS512']) await expectRefused(server, await sign(app, claims, { alg }, Buffer.concat([key, key])))
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await expectRefused(server, await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: app.kid }).sign(privateKey))
  })

  test('IDENT-3: C47: the kid names the key: unknown, missing, huge, odd or of another app is refused', async () => {
    const { server, app, now, key } = await setUp()
    const other = await newApp(server)
    const claims = { sub: 'alice', iat: now, exp: now + 60 }
    const kids = [
      'nope',
      '',
      '../../x',
      "' or '1'='1",
      'x'.repeat(10_000),
      'x\0',
      '\ud800',
      '__proto__',
      'constructor',
      7,
      null,
      {},
      [app.kid],
      ` ${app.kid}`,
      app.kid.toUpperCase(),
    ]
    for (const kid of [...kids, other.kid]) await expectRefused(server, await sign(app, claims, { kid }, key))
    await expectRefused(server, await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key))
    await expectRefused(server, await sign(app, claims, {}, Buffer.from(other.secret)))
    await expectRefused(server, await sign(app, claims, {}, Buffer.from('wrong'.repeat(10))))
  })

  test('IDENT-4: C48: key material in the header is ignored', async () => {
    const { server, app, now } = await setUp()
    const evil = Buffer.from('evil'.repeat(8))
    const claims = { sub: 'alice', iat: now, exp: now + 60 }
    const jwk = { kty: 'oct', k: evil.toString('base64url'), alg: 'HS256', kid: app.kid }
    for (const header of [
      { jwk },
      { jku: `${server.url}/jwks` },
      { x5u: `${server.url}/x` },
      { x5c: ['AAAA'] },
      { jwk, crit: ['jwk'] },
      { crit: ['b64'], b64: false },
    ]) {
      await expectRefused(server, await sign(app, claims, header, evil).catch(() => 'a.b.c'))
    }
    await me(server, await sign(app, claims, { jku: `${server.url}/jwks`, typ: 'anything' }))
  })

  test('IDENT-5: C49: exp holds with 60 s of skew', async () => {
    const { server, app, now } = await setUp()
    const expiring = (exp: number) => sign(app, { sub: 'alice', iat: now - 3600, exp })
    await me(server, await expiring(now - 30))
    await expectRefused(server, await expiring(now - 61), 'token_expired')
    await expectRefused(server, await expiring(now - 3599), 'token_expired')
    await expectRefused(server, await sign(app, { sub: 'alice', iat: 0, exp: 60 }), 'token_expired')
  })

  test('IDENT-6: C49: a token from the future is refused beyond 60 s of skew', async () => {
    const { server, app, now } = await setUp()
    await me(server, await sign(app, { sub: 'alice', iat: now + 30, exp: now + 3600 }))
    await me(server, await sign(app, { sub: 'alice', iat: now, nbf: now + 30, exp: now + 3600 }))
    await expectRefused(server, await sign(app, { sub: 'alice', iat: now + 90, exp: now + 3600 }))
    await expectRefused(server, await sign(app, { sub: 'alice', iat: now, nbf: now + 90, exp: now + 3600 }))
  })

  test('IDENT-7: C49: a token lives at most 24 hours', async () => {
    const { server, app, now } = await setUp()
    await me(server, await sign(app, { sub: 'alice', iat: now, exp: now + 86_400 }))
    await me(server, await sign(app, { sub: 'alice', iat: now - 86_000, exp: now + 400 }))
    await expectRefused(server, await sign(app, { sub: 'alice', iat: now, exp: now + 86_401 }))
    await expectRefused(server, await sign(app, { sub: 'alice', iat: now - 80_000, exp: now + 80_000 }))
    await expectRefused(server, await sign(app, { sub: 'alice', iat: -1e300, exp: 1e300 }))
  })

  test('IDENT-8: C49: sub, iat and exp are needed and must be usable', async () => {
    const { server, app, now } = await setUp()
    const [iat, exp] = [now, now + 60]
    const subs = [undefined, '', 'a'.repeat(256), 7, null, ['alice'], { a: 1 }, true, 'a\0', 'a\ud800']
    for (const sub of subs) await expectRefused(server, await sign(app, { sub, iat, exp } as JWTPayload))
    for (const bad of [undefined, 'soon', null, `${now + 60}`, true, []]) {
      await expectRefused(server, await sign(app, { sub: 'alice', iat, exp: bad } as unknown as JWTPayload))
      await expectRefused(server, await sign(app, { sub: 'alice', iat: bad, exp } as unknown as JWTPayload))
    }
  })

  test('IDENT-9: an unknown role is refused; no role is a customer', async () => {
    const { server, app, now } = await setUp()
    const base = { sub: 'alice', iat: now, exp: now + 60 }
    for (const role of ['root', '', 'Agent', 'owner', 7, null, ['admin'], { admin: true }])
      await expectRefused(server, await sign(app, { ...base, role }))
    const problem = await client(server.url, await sign(app, base)).refused('agentGetMe')
    expect(problem).toMatchObject({ status: 403, code: 'forbidden' })
  })

  test('IDENT-10: a bad optional claim is ignored', async () => {
    const { server, app, now } = await setUp()
    const odd = {
      name: 7,
      email: 'x'.repeat(300),
      email_verified: 'yes',
      phone: 'a\0',
      locale: {},
      links: null,
      picture: 'javascript:x',
      extra: { deep: [1] },
    }
    const { customer } = await me(server, await sign(app, { sub: 'alice', iat: now, exp: now + 60, ...odd }))
    expect(customer).toMatchObject({ name: null, email: null })
  })

  test('IDENT-11: what is no token is refused', async () => {
    const { server } = await setUp()
    const tokens = [
      'x',
      'a.b',
      'a.b.c',
      '..',
      'eyJhbGciOiJIUzI1NiJ9..',
      'null',
      '{}',
      'é',
      'x'.repeat(12_000),
      'sup_admin_',
      'sup_admin_short',
      'sup_partner_../../',
    ]
    for (const token of tokens) {
      const answer = await request(`${server.url}/v1/support/me`, { headers: { Authorization: Buffer.from(`Bearer ${token}`).toString('latin1') } })
      expect(problemIn(answer), token.slice(0, 30)).toMatchObject({ status: 401, code: 'unauthorized' })
    }
    for (const header of ['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'Token x', 'Bearer  ']) {
      expect(problemIn(await request(`${server.url}/v1/support/me`, { headers: { Authorization: header } })), header).toMatchObject({ status: 401 })
    }
  })

  test('IDENT-12: C50: a token in the URL or a cookie is never honoured', async () => {
    const { server, app } = await setUp()
    const token = await app.token('alice')
    for (const key of ['token', 'access_token', 'auth', 'jwt', 'authorization', 'api_key']) {
      expect((await request(`${server.url}/v1/support/me?${key}=${token}`)).status, key).toBe(401)
    }
    for (const headers of [{ Cookie: `token=${token}; Authorization=${token}` }, { 'X-Access-Token': token }]) {
      expect((await request(`${server.url}/v1/support/me`, { headers })).status).toBe(401)
    }
  })
})

describe('profile', () => {
  const profile = async (agent: Client) => {
    const { data } = await agent.call('agentListTickets', {})
    expect(data).toHaveLength(1)
    return data[0]?.requester
  }

  test('PROFILE-1: what a later token says replaces what was known; where it is silent, what was known stays', async () => {
    const { server, app, now } = await setUp()
    const say = async (claims: JWTPayload) => {
      await me(server, await sign(app, { sub: 'alice', iat: now, exp: now + 60, ...claims }))
      return profile(await app.agent())
    }
    await newTicket(client(server.url, await sign(app, { sub: 'alice', iat: now, exp: now + 60 })))
    expect(await say({})).toMatchObject({ external_id: 'alice', name: null, email: null, phone: null, locale: null, verified: false })
    expect(await say({ name: 'Al', email: 'a@b.example', email_verified: true, phone: '+1 555', locale: 'de-AT' })).toMatchObject({
      name: 'Al',
      email: 'a@b.example',
      phone: '+1 555',
      locale: 'de-AT',
      verified: true,
    })
    expect(await say({ name: 'Alice' })).toMatchObject({ name: 'Alice', email: 'a@b.example', phone: '+1 555', locale: 'de-AT', verified: true })
    expect(await say({ email: 'new@b.example' })).toMatchObject({ email: 'new@b.example', verified: false })
    expect(await say({ email: 'new@b.example', email_verified: true })).toMatchObject({ verified: true })
    expect(await say({ email: 'new@b.example', email_verified: false })).toMatchObject({ verified: false })
    expect(await say({ email_verified: true })).toMatchObject({ email: 'new@b.example', verified: false })
  })

  test('PROFILE-2: C61: the same address at another app or another sub is another customer', async () => {
    const { server, app } = await setUp()
    const other = await newApp(server)
    await newTicket(await app.customer('alice'))
    const twin = client(server.url, await app.token('alice-2', { claims: { email: 'alice@example.com', email_verified: true } }))
    expect((await twin.call('listTickets', {})).data).toEqual([])
    expect((await (await other.customer('alice')).call('listTickets', {})).data).toEqual([])
  })

  test('PROFILE-3: twenty first sights at once make one customer', async () => {
    const { server, app } = await setUp()
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => app.token('alice', { claims: { name: `n${i}` } })))
    const seen = await Promise.all(tokens.map((token) => me(server, token)))
    expect(new Set(seen.map(({ customer }) => customer.id)).size).toBe(1)
  })
})

describe('roles', () => {
  test('ROLE-1: C54: customers and partner keys have no agent endpoint, admin keys no customer endpoint', async () => {
    const { server, app } = await setUp()
    const ticket = await newTicket(await app.customer())
    const params = { id: ticket.id }
    for (const token of [await app.token('alice'), await app.partnerKey('alice')]) {
      const caller = client(server.url, token)
      for (const problem of [
        await caller.refused('agentGetMe'),
        await caller.refused('agentListAgents'),
        await caller.refused('agentListTickets'),
        await caller.refused('agentGetTicket', { params }),
        await caller.refused('agentUpdateTicket', { params, body: { status: 'closed' } }),
        await caller.refused('agentSendMessage', { params, body: { body: 'x' } }),
        await caller.refused('agentListMessages', { params }),
        await caller.refused('agentReadTicket', { params, body: { seq: 1 } }),
      ]) {
        expect(problem).toMatchObject({ status: 403, code: 'forbidden' })
      }
    }
    for (const problem of [
      await app.backend.refused('getMe'),
      await app.backend.refused('listTickets'),
      await app.backend.refused('createTicket', { body: { subject: 'x', body: 'x' } }),
      await app.backend.refused('getTicket', { params }),
      await app.backend.refused('sendMessage', { params, body: { body: 'x' } }),
      await app.backend.refused('listMessages', { params }),
      await app.backend.refused('closeTicket', { params }),
      await app.backend.refused('readTicket', { params, body: { seq: 1 } }),
    ]) {
      expect(problem).toMatchObject({ status: 403, code: 'forbidden' })
    }
  })

  test('ROLE-2: a role that is missing is told before whether the ticket exists', async () => {
    const { app } = await setUp()
    const alice = await app.customer()
    expect(await alice.refused('agentGetTicket', { params: { id: 'nope' } })).toMatchObject({ status: 403 })
  })

  test('ROLE-3: agents and admins are customers of their own tickets too', async () => {
    const { app } = await setUp()
    await newTicket(await app.customer('alice'))
    for (const role of ['agent', 'admin'] as const) {
      const caller = await app.agent(`${role}-x`, role)
      expect((await caller.call('listTickets', {})).data).toEqual([])
      await newTicket(caller)
      expect((await caller.call('listTickets', {})).data).toHaveLength(1)
    }
    expect((await app.backend.call('agentListTickets', {})).data).toHaveLength(3)
  })

  test('ROLE-4: me says who calls', async () => {
    const { app } = await setUp()
    const admin = await app.agent('ada', 'admin')
    expect(await admin.call('agentGetMe', {})).toMatchObject({
      app: { id: app.app.publicId },
      role: 'admin',
      agent: { external_id: 'ada', role: 'admin' },
    })
    expect(await app.backend.call('agentGetMe', {})).toMatchObject({ role: 'admin', agent: null })
    await app.agent('sam').then((sam) => sam.call('agentGetMe', {}))
    const { data } = await admin.call('agentListAgents', {})
    expect(data.map((agent) => agent.external_id)).toEqual(['ada', 'sam'])
  })
})
