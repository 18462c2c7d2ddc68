import { createHmac, createPublicKey, generateKeyPairSync, sign as rawSign } from 'node:crypto'
import { exportSPKI, importJWK, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { client, problemIn } from '../support/client.ts'
import { newApp, type TestApp } from '../support/factories.ts'
import { type IssuerKey, newIssuer, newIssuerKey, type TestIssuer } from '../support/issuer.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** Attacks on tokens of an identity provider with keys of its own: each is refused at both doors, and the good token beside it is not. */

let server: TestServer
let app: TestApp
let rsa: IssuerKey
let ec: IssuerKey
let ed: IssuerKey
let provider: TestIssuer

beforeAll(async () => {
  // Only a demo's issuers may be on this machine.
  server = await startServer({ DEMO: '1', TRUST_PROXY: '0' })
  app = await newApp(server)
  ;[rsa, ec, ed] = await Promise.all([newIssuerKey('RS256'), newIssuerKey('ES256'), newIssuerKey('EdDSA')])
  provider = await newIssuer(server, [rsa, ec, ed])
  await provider.register(app)
  return async () => {
    await provider.stop()
    await server.app.close()
  }
})

const now = () => Math.floor(server.clock.now().getTime() / 1000)
const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: provider.issuer,
  aud: provider.audience,
  sub: 'alice',
  iat: now(),
  exp: now() + 600,
  ...more,
})
const part = (value: object | string) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
/** A token of these very parts; `seal` answers the signature over what stands before it. */
const crafted = (header: object, payload: object, seal: (text: string) => Buffer | string) => {
  const text = `${part(header)}.${part(payload)}`
  return `${text}.${Buffer.from(seal(text)).toString('base64url')}`
}

const good = async (token: string) => (await client(server.url, token).call('getMe', {})).customer.external_id

async function refused(token: string, what: string): Promise<void> {
  const answer = await client(server.url, token).send('getMe')
  expect(problemIn(answer), what).toMatchObject({ status: 401, code: 'unauthorized' })
  expect(answer.text, what).not.toContain(provider.url)
  await expect(listen(server.url, token), what).rejects.toMatchObject({ data: { code: 'unauthorized' } })
}

describe('the algorithm is the key’s', () => {
  test('C46: a good token of each kind of key is its sub', async () => {
    for (const key of [rsa, ec, ed]) expect(await good(await provider.token(key, 'alice'))).toBe('alice')
  })

  test('C46: a public key is no secret: HMAC over its PEM, its JWK or its numbers opens nothing', async () => {
    const der = createPublicKey({ key: rsa.jwk as never, format: 'jwk' })
    const spki = await exportSPKI((await importJWK(rsa.jwk, 'RS256')) as never)
    const secrets = [
      spki,
      spki.trim(),
      String(der.export({ type: 'pkcs1', format: 'pem' })),
      JSON.stringify(rsa.jwk),
      String(rsa.jwk.n),
      String(ed.jwk.x),
    ]
    for (const secret of [...secrets, Buffer.from(String(rsa.jwk.n), 'base64url'), der.export({ type: 'spki', format: 'der' })]) {
      for (const [alg, hash] of [
        ['HS256', 'sha256'],
        ['HS512', 'sha512'],
      ] as const) {
        for (const kid of [rsa.jwk.kid, app.kid]) {
          await refused(
            crafted({ alg, kid, typ: 'JWT' }, claims(), (text) => createHmac(hash, secret).update(text).digest()),
            `${alg} ${kid}`,
          )
        }
      }
    }
  })

  test('C46: a key of ours signs for no issuer, and an issuer’s key for none of ours', async () => {
    const ours = Buffer.from(app.secret)
    for (const alg of ['RS256', 'ES256', 'EdDSA'])
      await refused(
        crafted({ alg, kid: app.kid }, claims(), (text) => createHmac('sha256', ours).update(text).digest()),
        alg,
      )
    await refused(await provider.token(rsa, 'alice', {}, { kid: app.kid }), "the kid of a key of ours over an issuer's signature")
    // With the app's own secret, but in the name of an issuer: the kid names the app, and the issuer gives nothing more.
    const other = await newApp(server)
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: other.kid }).sign(Buffer.from(other.secret))
    expect((await client(server.url, token).call('getMe', {})).app.id).toBe(other.app.publicId)
  })

  test('C46: no algorithm, another one, or that of another key of the set is refused', async () => {
    const unsigned = (alg: string) => crafted({ alg, kid: rsa.jwk.kid }, claims(), () => '')
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'RS1', 'RSA']) await refused(unsigned(alg), alg)
    await refused(`${part({ alg: 'none' })}.${part(claims())}`, 'two parts')
    for (const alg of ['RS384', 'RS512', 'PS256']) {
      await refused(await provider.token({ ...rsa, privateKey: (await importPrivate(alg)) ?? rsa.privateKey }, 'alice', {}, { alg }), alg)
    }
    const signedBy = (key: IssuerKey, alg: string, kid: string | undefined) =>
      provider.token({ ...key, algorithm: key.algorithm }, 'alice', {}, { kid }).then((token) => {
        const [, payload, signature] = token.split('.')
        return `${part({ alg, kid })}.${payload}.${signature}`
      })
    for (const [key, alg] of [
      [rsa, 'EdDSA'],
      [ed, 'RS256'],
      [ec, 'RS256'],
      [rsa, 'ES256'],
      [ed, 'ES256'],
    ] as const) {
      for (const kid of [rsa.jwk.kid, ec.jwk.kid, ed.jwk.kid, undefined]) await refused(await signedBy(key, alg, kid), `${alg} ${kid}`)
    }
  })

  test('C46: the kid of one key under the signature of another, and a signature of nothing, are refused', async () => {
    await refused(await provider.token(rsa, 'alice', {}, { kid: ec.jwk.kid }), 'another kid')
    const strange = await newIssuerKey('RS256', { kid: rsa.jwk.kid ?? '' })
    await refused(await provider.token(strange, 'alice'), 'a strange key of the same kid')
    // ECDSA over r = s = 0 was taken by some libraries (CVE-2022-21449).
    await refused(
      crafted({ alg: 'ES256', kid: ec.jwk.kid }, claims(), () => Buffer.alloc(64)),
      'zeros',
    )
    const token = await provider.token(ec, 'alice')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await refused(
      crafted({ alg: 'ES256', kid: ec.jwk.kid }, claims(), (text) => rawSign('sha256', Buffer.from(text), privateKey)),
      'DER in place of r and s',
    )
    for (const changed of [`${token}A`, token.slice(0, -4), token.replace(/\.[^.]+\./, `.${part(claims({ sub: 'bob' }))}.`), `${token}.${token}`])
      await refused(changed, 'a changed token')
  })
})

async function importPrivate(alg: string) {
  const pair = await newIssuerKey(alg)
  return pair.privateKey
}

describe('the header is nobody’s word', () => {
  test('C48: keys and addresses in the header are not looked at', async () => {
    const evil = await newIssuerKey('RS256')
    const trap = await newIssuer(server, [evil])
    const headers = [
      { jwk: evil.jwk },
      { jku: trap.url },
      { x5u: trap.url },
      { x5c: [Buffer.from('MIIB').toString('base64')] },
      { jwk: evil.jwk, kid: rsa.jwk.kid },
      { jku: trap.url, kid: rsa.jwk.kid, iss: trap.issuer },
      { kid: trap.url },
    ]
    for (const header of headers) {
      await refused(
        crafted({ alg: 'RS256', ...header }, claims(), (text) => rawSign('sha256', Buffer.from(text), keyObject(evil))),
        JSON.stringify(header).slice(0, 60),
      )
      const token = crafted({ alg: 'RS256', ...header, kid: rsa.jwk.kid }, claims(), (text) => rawSign('sha256', Buffer.from(text), keyObject(rsa)))
      expect(await good(token)).toBe('alice')
    }
    expect(trap.asked).toBe(0)
    await trap.stop()
  })

  test('C48: what must be understood and is not (crit), and unencoded payloads (b64), are refused', async () => {
    const odd = [
      { crit: ['exp'], exp: now() + 60 },
      { crit: ['nope'], nope: 1 },
      { crit: [] },
      { crit: ['b64'], b64: false },
      { crit: 'b64' },
      { b64: false, crit: ['b64', 'nope'] },
      { crit: ['alg'] },
    ]
    for (const header of odd) {
      const token = crafted({ alg: 'RS256', kid: rsa.jwk.kid, ...header }, claims(), (text) => rawSign('sha256', Buffer.from(text), keyObject(rsa)))
      await refused(token, JSON.stringify(header))
    }
  })

  test('C47: a kid is compared exactly, whatever it looks like, and one of 10 KB is refused', async () => {
    const kid = rsa.jwk.kid ?? ''
    const kids = [
      '',
      ' ',
      ` ${kid}`,
      `${kid} `,
      kid.toUpperCase(),
      '../../jwks',
      '/dev/null',
      "' or 1=1 --",
      '__proto__',
      'constructor',
      '%00',
      'x\0',
      '\ud800',
      'x'.repeat(10_000),
      'é',
      '*',
    ]
    for (const one of kids) {
      const token = crafted({ alg: 'RS256', kid: one }, claims(), (text) => rawSign('sha256', Buffer.from(text), keyObject(rsa)))
      await refused(token, one.slice(0, 20))
    }
    for (const one of [7, null, true, {}, [kid], { toString: kid }]) {
      const token = crafted({ alg: 'RS256', kid: one }, claims(), (text) => rawSign('sha256', Buffer.from(text), keyObject(rsa)))
      await refused(token, JSON.stringify(one))
    }
  })

  test('C47: without a kid the only key of its kind is taken, and none of two', async () => {
    expect(await good(crafted({ alg: 'RS256' }, claims(), (text) => rawSign('sha256', Buffer.from(text), keyObject(rsa))))).toBe('alice')
    const second = await newIssuerKey('RS256')
    const two = await newIssuer(server, [rsa, second])
    await two.register(app)
    const token = crafted({ alg: 'RS256' }, claims({ iss: two.issuer, aud: two.audience }), (text) =>
      rawSign('sha256', Buffer.from(text), keyObject(rsa)),
    )
    await refused(token, 'which of two')
    await two.stop()
  })

  test('C47: what is too long, too deep or no token at all is refused', async () => {
    for (const size of [6_500, 8_000]) await refused(await provider.token(rsa, 'alice', { filler: 'x'.repeat(size) }), String(size))
    const deep = `${part({ alg: 'RS256', kid: rsa.jwk.kid })}.${part(`${'['.repeat(2_000)}${']'.repeat(2_000)}`)}.AAAA`
    for (const token of [
      deep,
      `${part('[]')}.${part(claims())}.AAAA`,
      `${part('null')}.${part('null')}.AAAA`,
      `${part('{"alg":"RS256"}')}.${part('7')}.AAAA`,
      '...',
      'a.b.c.d.e',
    ])
      await refused(token, token.slice(0, 30))
  })
})

const keyObject = (key: IssuerKey) => key.privateKey as never

describe('who it is from and for', () => {
  test('C52: a missing, other or odd issuer names no app', async () => {
    const { iss, aud } = claims()
    const issuers = [
      undefined,
      '',
      'https://evil.example/',
      `${iss}x`,
      String(iss).slice(0, -1),
      String(iss).toUpperCase(),
      [iss],
      { iss },
      7,
      null,
      `${iss}\0`,
      'x'.repeat(5_000),
    ]
    for (const one of issuers) await refused(await provider.token(rsa, 'alice', { iss: one } as never), String(one).slice(0, 40))
    expect(await good(await provider.token(rsa, 'alice', { iss: String(iss), aud: String(aud) }))).toBe('alice')
  })

  test('C52: the audience contains ours or azp is ours; everything near it is refused', async () => {
    const aud = provider.audience
    const without = { aud: undefined } as never as JWTPayload
    for (const one of [{ aud: ['https://api.example', aud] }, { aud: [aud] }, { ...without, azp: aud }, { aud: 'https://api.example', azp: aud }])
      expect(await good(await provider.token(rsa, 'alice', one))).toBe('alice')
    const wrong = [
      without,
      { aud: [] },
      { aud: '' },
      { aud: `${aud} ` },
      { aud: aud.slice(0, -1) },
      { aud: `${aud},x` },
      { aud: `${aud} x` },
      { aud: aud.toUpperCase() },
      { aud: { [aud]: 1 } },
      { aud: [[aud]] },
    ]
    const odd = [{ aud: 'x', azp: [aud] }, { aud: 'x', azp: `${aud} ` }, { aud: [aud, 7] }, { aud: Array.from({ length: 5_00 }, () => 'x') }]
    for (const one of [...wrong, ...odd]) await refused(await provider.token(rsa, 'alice', one as never), JSON.stringify(one).slice(0, 60))
  })

  test('C52: of two apps with one issuer the audience decides, and where both are named, none', async () => {
    const other = await newApp(server)
    await provider.register(other, { audience: 'other-client' })
    // What was believed of the issuer is forgotten.
    server.clock.ahead += 30_001
    const appOf = async (aud: string | string[], azp?: string) =>
      (await client(server.url, await provider.token(rsa, 'alice', { aud, ...(azp ? { azp } : {}) })).call('getMe', {})).app.id
    expect(await appOf(provider.audience)).toBe(app.app.publicId)
    expect(await appOf('other-client')).toBe(other.app.publicId)
    expect(await appOf(['other-client', 'x'])).toBe(other.app.publicId)
    await refused(await provider.token(rsa, 'alice', { aud: [provider.audience, 'other-client'] }), 'both')
    await refused(await provider.token(rsa, 'alice', { aud: provider.audience, azp: 'other-client' }), 'both')
    await refused(await provider.token(rsa, 'alice', { aud: 'third-client' }), 'neither')
  })

  test('C52: the keys of one issuer sign nothing for another', async () => {
    const theirs = await newIssuer(server, [await newIssuerKey('RS256', { kid: rsa.jwk.kid ?? '' })])
    await theirs.register(app)
    await refused(await provider.token(rsa, 'alice', { iss: theirs.issuer, aud: theirs.audience }), 'our key in their name')
    await theirs.stop()
  })

  test('C49: a life that is too long, over, not begun or not said is refused here too', async () => {
    const lives = [
      { exp: now() + 90_000 },
      { iat: now() + 120, exp: now() + 600 },
      { nbf: now() + 120 },
      { iat: undefined },
      { exp: undefined },
      { iat: `${now()}` },
      { exp: null },
    ]
    for (const life of lives) await refused(await provider.token(rsa, 'alice', life as never), JSON.stringify(life))
    const over = await client(server.url, await provider.token(rsa, 'alice', { iat: now() - 700, exp: now() - 100 })).refused('getMe')
    expect(over).toMatchObject({ status: 401, code: 'token_expired' })
  })

  test('C46: keys of a set that are secret, weak, private or not for signing verify nothing', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const oct = Buffer.alloc(32, 7)
    const [encrypting, deriving] = [await newIssuerKey('RS256', { use: 'enc' }), await newIssuerKey('RS256', { key_ops: ['encrypt'] })]
    const bad = await newIssuer(server, [encrypting, deriving])
    bad.keys.push({ kty: 'oct', k: oct.toString('base64url'), kid: 'oct', alg: 'HS256' }, {
      ...weak.publicKey.export({ format: 'jwk' }),
      kid: 'weak',
    } as never)
    await bad.register(app)
    const said = claims({ iss: bad.issuer, aud: bad.audience })
    await refused(await bad.token(encrypting, 'alice'), 'for encryption')
    await refused(await bad.token(deriving, 'alice'), 'for other operations')
    await refused(
      crafted({ alg: 'HS256', kid: 'oct' }, said, (text) => createHmac('sha256', oct).update(text).digest()),
      'a secret in the set',
    )
    await refused(
      crafted({ alg: 'RS256', kid: 'weak' }, said, (text) => rawSign('sha256', Buffer.from(text), weak.privateKey)),
      '1024 bits',
    )
    await bad.stop()
  })
})
