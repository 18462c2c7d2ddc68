import { createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { faultOfUrl, isPublicAddress, safeFetch } from '@support-widget/server/safe-fetch.ts'
import { type JWTPayload, SignJWT } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import { newIssuer, newIssuerKey } from '../support/issuer.ts'
import { sharedServer, startServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** Tokens that a hosted identity provider signs: RS256, ES256, EdDSA, with a key set over HTTP. */

const server = await startServer({ DEMO: '1', TRUST_PROXY: '0' })
afterAll(() => server.app.close())
const key = await newIssuerKey()
const unauthorized = { status: 401, code: 'unauthorized' }
/** Past this a set is asked for again; past this a token that nothing fits may ask again. */
const [stale, cooldown] = [56_000, 31_000]

async function setUp() {
  const app = await newApp(server)
  const issuer = await newIssuer(server, [key])
  await issuer.register(app)
  const me = (token: string) => client(server.url, token).call('getMe', {})
  const refused = (token: string) => client(server.url, token).refused('getMe')
  return { app, issuer, me, refused, claims: async (claims: JWTPayload) => issuer.token(key, 'alice', claims) }
}

/** Lets a test go on when the server has come for the keys. */
const asked = async (issuer: { asked: number }, times: number) => expect.poll(() => issuer.asked).toBe(times)

describe('an issuer', () => {
  test.each(['RS256', 'ES256', 'EdDSA'])('JWKS-1: signs with %s for the app that it and the audience name', async (algorithm) => {
    const { app, issuer, me } = await setUp()
    const own = await newIssuerKey(algorithm)
    issuer.keys = [own.jwk]
    const { customer } = await me(await issuer.token(own, 'auth0|alice', { email: 'a@b.example', email_verified: 'true', name: 'Alice' }))
    expect(customer).toMatchObject({ external_id: 'auth0|alice', name: 'Alice', email: 'a@b.example', verified: true })
    // The same person as with a token that the host signs itself.
    expect((await me(await app.token('auth0|alice'))).customer.id).toBe(customer.id)
  })

  test('JWKS-2: C52: the audience is one of several or the authorized party; another issuer, audience or none is refused', async () => {
    const { issuer, me, refused, claims } = await setUp()
    for (const good of [{ aud: ['x', issuer.audience] }, { aud: 'https://api.example', azp: issuer.audience }]) await me(await claims(good))
    const bad: Record<string, unknown>[] = [
      { aud: 'x' },
      { aud: [] },
      { aud: undefined },
      { aud: [`${issuer.audience} `] },
      { aud: issuer.audience.toUpperCase() },
      { azp: issuer.audience, aud: { a: issuer.audience } },
      { aud: 'x', azp: [issuer.audience] },
      { iss: issuer.issuer.slice(0, -1) },
      { iss: undefined },
      { iss: `${issuer.issuer}\0` },
      { iss: 7 },
      { aud: Array.from({ length: 51 }, () => issuer.audience) },
    ]
    for (const claim of bad) expect(await refused(await claims(claim as JWTPayload)), JSON.stringify(claim).slice(0, 60)).toMatchObject(unauthorized)
  })

  test('JWKS-3: the audience decides between two apps of one issuer; a token for both is for none', async () => {
    const { issuer, me, refused, claims } = await setUp()
    const other = await newApp(server)
    const theirs = `other-${randomUUID()}`
    await issuer.register(other, { audience: theirs })
    server.clock.ahead += stale
    expect((await me(await claims({ aud: theirs }))).app.id).toBe(other.app.publicId)
    expect((await me(await claims({}))).app.id).not.toBe(other.app.publicId)
    expect(await refused(await claims({ aud: [issuer.audience, theirs] }))).toMatchObject(unauthorized)
    expect(await refused(await claims({ azp: theirs }))).toMatchObject(unauthorized)
  })

  test('JWKS-4: a revoked issuer is refused within a minute, sockets too, and its names are free again', async () => {
    const { app, issuer, me, refused, claims } = await setUp()
    const token = await claims({})
    await me(token)
    const socket = await listen(server.url, token)
    const db = server.app.core.orm.db()
    await expect(issuer.register(await newApp(server))).rejects.toMatchObject({ code: '23505' })
    await db.updateTable('issuers').set({ revoked_at: new Date() }).where('app_id', '=', app.app.id).execute()
    server.clock.ahead += stale
    await socket.closed
    expect(await refused(token)).toMatchObject(unauthorized)
    await issuer.register(await newApp(server))
  })

  test('JWKS-5: life, skew and subject are held as for our own keys', async () => {
    const { refused, me, claims } = await setUp()
    const now = Math.floor(server.clock.now().getTime() / 1000)
    expect(await refused(await claims({ iat: now - 7200, exp: now - 3600 }))).toMatchObject({ status: 401, code: 'token_expired' })
    await me(await claims({ exp: now - 50 }))
    for (const bad of [
      { iat: now + 120 },
      { nbf: now + 120 },
      { exp: now + 86_500 },
      { exp: undefined },
      { iat: undefined },
      { sub: '' },
      { sub: undefined },
    ])
      expect(await refused(await claims(bad as JWTPayload)), JSON.stringify(bad)).toMatchObject(unauthorized)
  })

  test('ROLE-5: the role stands in the claim that the issuer or the app names: a name with dots, a path, a list', async () => {
    const { app, issuer } = await setUp()
    const cases: [string, JWTPayload, string | number][] = [
      ['https://x.example/role', { 'https://x.example/role': 'admin' }, 'admin'],
      ['realm_access.roles', { realm_access: { roles: ['offline_access', 'agent'] } }, 'agent'],
      ['groups', { groups: ['agent', 'admin'] }, 'admin'],
      ['groups', { groups: ['staff'] }, 403],
      ['groups', { role: 'admin' }, 403],
      ['constructor.name', { role: 'admin' }, 403],
      ['__proto__.roles', {}, 403],
      ['kind', { kind: 'owner' }, 401],
      ['kind', { kind: { admin: true } }, 401],
    ]
    for (const [index, [roleClaim, claims, wanted]] of cases.entries()) {
      const audience = `role-${randomUUID()}`
      await issuer.register(app, { audience, roleClaim, issuer: `${issuer.issuer}${index}` })
      const token = await issuer.token(key, `sam-${index}`, { ...claims, aud: audience, iss: `${issuer.issuer}${index}` })
      const answer = await client(server.url, token).send('agentGetMe')
      expect([index, answer.status === 200 ? (answer.body as { role: string }).role : answer.status]).toEqual([index, wanted])
    }
    await (await app.agent('ada', 'admin')).call('agentUpdateApp', { body: { settings: { role_claim: 'https://y.example/role' } } })
    const own = await app.token('zoe', { claims: { 'https://y.example/role': 'agent' } })
    expect((await client(server.url, own).call('agentGetMe', {})).role).toBe('agent')
  })
})

describe('its keys', () => {
  test('JWKS-6: C46: the algorithm is the key’s: an RSA key is no HMAC secret, and no other algorithm goes', async () => {
    const { app, issuer, refused } = await setUp()
    const pem = createPublicKey({ key: key.jwk as JsonWebKey, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString()
    const now = Math.floor(server.clock.now().getTime() / 1000)
    const payload = { iss: issuer.issuer, aud: issuer.audience, sub: 'alice', iat: now, exp: now + 60 }
    const sign = (header: Record<string, unknown>, secret: string) =>
      new SignJWT(payload).setProtectedHeader(header as { alg: string }).sign(Buffer.from(secret))
    issuer.keys = [{ ...key.jwk }, { kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url'), kid: 'oct', alg: 'HS256' }]
    expect(await refused(await sign({ alg: 'HS256', kid: key.jwk.kid }, String(key.jwk.n)))).toMatchObject(unauthorized)
    expect(await refused(await sign({ alg: 'HS256', kid: key.jwk.kid }, pem))).toMatchObject(unauthorized)
    expect(await refused(await sign({ alg: 'HS256', kid: 'oct' }, 'x'.repeat(32)))).toMatchObject(unauthorized)
    // An issuer's token that names a key of ours, and ours that names the issuer's.
    expect(await refused(await issuer.token(key, 'alice', {}, { kid: app.kid }))).toMatchObject(unauthorized)
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const alg of ['none', 'None', 'RS256', 'RS512', 'PS256', 'ES256', 'HS512', '__proto__'])
      expect(await refused(`${encoded({ alg, kid: key.jwk.kid })}.${encoded(payload)}.`), alg).toMatchObject(unauthorized)
  })

  test('JWKS-7: C47: C48: what the header says of keys is ignored; odd kids are unknown ones', async () => {
    const { issuer, refused } = await setUp()
    const attacker = await newIssuer(server, [])
    const thief = await newIssuerKey()
    attacker.keys = [thief.jwk]
    for (const header of [
      { jku: attacker.url },
      { jwk: thief.jwk },
      { x5u: attacker.url },
      { kid: attacker.url },
      { kid: '../../x' },
      { kid: 7 },
      { kid: 'x'.repeat(4_000) },
    ])
      expect(await refused(await issuer.token(thief, 'alice', {}, header)), JSON.stringify(header).slice(0, 40)).toMatchObject(unauthorized)
    expect(attacker.asked).toBe(0)
  })

  test('JWKS-8: no kid is needed where one key fits, and several need one', async () => {
    const { issuer, me, refused } = await setUp()
    const [ec, other] = [await newIssuerKey('ES256'), await newIssuerKey('RS256')]
    const without = () => issuer.token(key, 'alice', {}, { kid: undefined })
    const junk = [null, 'x', {}, { kty: 'RSA' }, { ...other.jwk, use: 'enc' }, { ...other.jwk, key_ops: ['encrypt'] }, { ...other.jwk, alg: 'RS512' }]
    issuer.keys = [key.jwk, ec.jwk, ...(junk as never[])]
    await me(await without())
    issuer.keys = [key.jwk, other.jwk]
    server.clock.ahead += stale
    expect(await refused(await without())).toMatchObject(unauthorized)
    await me(await issuer.token(key, 'alice'))
  })

  test('JWKS-9: the set is asked for once by many at a time, and is remembered', async () => {
    const { issuer, me, claims } = await setUp()
    const waiting: ServerResponse[] = []
    issuer.answer = (response) => void waiting.push(response)
    const all = Array.from({ length: 20 }, async () => me(await claims({})))
    await asked(issuer, 1)
    issuer.answer = null
    waiting[0]?.end(JSON.stringify({ keys: issuer.keys }))
    await Promise.all(all)
    await me(await claims({}))
    expect(issuer.asked).toBe(1)
  })

  test('JWKS-10: a new key is found at once by its kid; nonsense makes us ask once in half a minute', async () => {
    const { issuer, me, refused, claims } = await setUp()
    await me(await claims({}))
    // No key of any issuer would fit these.
    for (const alg of ['none', 'HS512']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      expect(await refused([header, (await claims({})).split('.')[1], 'AAAA'].join('.'))).toMatchObject(unauthorized)
    }
    expect(issuer.asked).toBe(1)
    const fresh = await newIssuerKey()
    issuer.keys = [key.jwk, fresh.jwk]
    await me(await issuer.token(fresh, 'alice'))
    expect(issuer.asked).toBe(2)
    for (let i = 0; i < 5; i++) expect(await refused(await issuer.token(await newIssuerKey('ES256'), 'alice'))).toMatchObject(unauthorized)
    expect(issuer.asked).toBe(2)
    // A key that comes in between is known when the set is looked at again.
    const next = await newIssuerKey()
    issuer.keys = [fresh.jwk, next.jwk]
    server.clock.ahead += cooldown
    await me(await issuer.token(next, 'alice'))
  })

  test('JWKS-11: C55: a key that was withdrawn, or replaced under its kid, is refused within a minute', async () => {
    const { issuer, me, refused } = await setUp()
    await me(await issuer.token(key, 'alice'))
    const replacing = await newIssuerKey('RS256', { kid: String(key.jwk.kid) })
    issuer.keys = [replacing.jwk]
    await me(await issuer.token(replacing, 'alice'))
    server.clock.ahead += stale
    expect(await refused(await issuer.token(key, 'alice'))).toMatchObject(unauthorized)
    await me(await issuer.token(replacing, 'alice'))
  })

  test('JWKS-12: an issuer that is out does no harm as long as its keys were read once; before that it is 503', async () => {
    const { issuer, me, claims } = await setUp()
    await issuer.stop()
    const answer = await client(server.url, await claims({})).send('getMe')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    await expect(listen(server.url, await claims({}))).rejects.toMatchObject({ data: { code: 'unavailable' } })
    await issuer.start()
    server.clock.ahead += 6_000
    await me(await claims({}))
    await issuer.stop()
    for (let i = 0; i < 4; i++) {
      server.clock.ahead += stale * 10
      await me(await claims({}))
    }
    const unknown = await client(server.url, await issuer.token(await newIssuerKey(), 'alice')).send('getMe')
    expect(unknown.status).toBe(401)
  })

  const broken: Record<string, (response: ServerResponse) => void> = {
    'an error page': (response) => response.writeHead(500).end('<html>'),
    'no JSON': (response) => response.end('{"keys": ['),
    'no set': (response) => response.end('{"keys": {"0": 1}}'),
    'too many keys': (response) => response.end(JSON.stringify({ keys: Array.from({ length: 101 }, () => key.jwk) })),
    'a redirect': (response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
    'an endless body': (response) => {
      const more = () => response.destroyed || response.write('x'.repeat(65_536), () => more())
      more()
    },
    'a connection that is cut': (response) => response.destroy(),
  }
  test.each(Object.entries(broken))('JWKS-13: %s is an outage', async (_, answer) => {
    const { issuer, me, claims } = await setUp()
    issuer.answer = answer
    expect(await client(server.url, await claims({})).refused('getMe')).toMatchObject({ status: 503, code: 'unavailable' })
    issuer.answer = null
    server.clock.ahead += 6_000
    await me(await claims({}))
    issuer.answer = answer
    server.clock.ahead += stale
    await me(await claims({}))
  })

  test('JWKS-14: a slow answer is an outage after five seconds', async () => {
    const { issuer, claims } = await setUp()
    issuer.answer = (response) => void response.write('{"keys":')
    expect(await client(server.url, await claims({})).refused('getMe')).toMatchObject({ status: 503 })
  })
})

describe('where we call', () => {
  test('SSRF-1: C82: only public addresses over https, in whatever form they are written', async () => {
    const inside = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '0.0.0.0',
      '[::1]',
      '[::ffff:7f00:1]',
      '[::127.0.0.1]',
      '169.254.169.254',
    ]
    inside.push(
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '[fd00::1]',
      '[fe80::1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '①②⑦.⓪.⓪.①',
      '127.0.0.1.',
    )
    inside.push(
      'localhost',
      'localhost.',
      'x.localhost',
      'db.internal',
      'printer.local',
      'intranet',
      '224.0.0.1',
      '255.255.255.255',
      '[ff02::1]',
      '192.0.2.1',
    )
    for (const host of inside) {
      expect(faultOfUrl(`https://${host}/jwks`, false), host).not.toBeNull()
      await expect(safeFetch(`https://${host}:443/`, { timeoutMs: 1_000, maxBytes: 1, loopback: false }), host).rejects.toThrow(/the URL must/)
    }
    for (const address of ['1.1.1.1', '2606:4700::1111']) expect(isPublicAddress(address)).toBe(true)
    for (const address of ['::1', '::', '::ffff:1.1.1.1', 'x', '']) expect(isPublicAddress(address), address).toBe(false)
  })

  test('SSRF-2: C85: other schemes, ports of services, user names and long URLs are refused', () => {
    const bad = [
      'http://idp.example/',
      'file:///etc/passwd',
      'gopher://idp.example',
      'https://u:p@idp.example/',
      'https://u@idp.example/',
      'idp.example',
      '',
      '//idp.example',
    ]
    for (const port of [22, 25, 80, 5432, 6379]) bad.push(`https://idp.example:${port}/`)
    bad.push(`https://idp.example/${'x'.repeat(2_048)}`)
    for (const url of bad) expect(faultOfUrl(url, false), url.slice(0, 60)).not.toBeNull()
    for (const url of ['https://idp.example/', 'https://idp.example:8443/x?y#z', 'https://1.1.1.1/']) expect(faultOfUrl(url, false)).toBeNull()
  })

  test('SSRF-3: outside the demo our own machine is not called', async () => {
    const options = { timeoutMs: 5_000, maxBytes: 1_000, loopback: false }
    const live = await sharedServer()
    const app = await newApp(live)
    const issuer = await newIssuer(live, [key])
    await issuer.register(app)
    expect(await client(live.url, await issuer.token(key, 'alice')).refused('getMe')).toMatchObject({ status: 503, code: 'unavailable' })
    expect(issuer.asked).toBe(0)
    await expect(safeFetch(issuer.url, options)).rejects.toThrow('must be an https URL')
  })
})
