import { randomUUID } from 'node:crypto'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import type { TestApp } from './factories.ts'
import { freePort } from './postgres.ts'
import type { TestServer } from './server.ts'

/** A key pair of an issuer; `jwk` is the public half as its set shows it. */
export interface IssuerKey {
  algorithm: string
  privateKey: CryptoKey
  jwk: JWK
}

export async function newIssuerKey(algorithm = 'RS256', more: JWK = {}): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), ...more }
  return { algorithm, privateKey, jwk: JSON.parse(JSON.stringify(jwk)) as JWK }
}

/** A hosted identity provider on this machine: a key set over HTTP, and everything that can go wrong with it. */
export interface TestIssuer {
  issuer: string
  audience: string
  url: string
  /** What the set shows. */
  keys: JWK[]
  /** How often it was asked. */
  asked: number
  /** Answers in place of the set. */
  answer: ((response: ServerResponse) => void) | null
  /** Registers it for an app. */
  register(app: TestApp, more?: { audience?: string; roleClaim?: string | null; issuer?: string; url?: string }): Promise<string>
  token(key: IssuerKey, sub: string, claims?: JWTPayload, header?: Record<string, unknown>): Promise<string>
  /** Refuses connections until it is started again. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function newIssuer(server: TestServer, keys: IssuerKey[] = []): Promise<TestIssuer> {
  const listener: RequestListener = (_, response) => {
    made.asked++
    if (made.answer) return made.answer(response)
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ keys: made.keys }))
  }
  let http = createServer(listener)
  const listen = (port: number) => new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  // Nobody else gets it while it is stopped.
  await listen(await freePort())
  const { port } = http.address() as AddressInfo
  const name = randomUUID()
  const made: TestIssuer = {
    issuer: `https://${name}.idp.example/`,
    audience: `client-${name}`,
    url: `http://127.0.0.1:${port}/jwks`,
    keys: keys.map((key) => key.jwk),
    asked: 0,
    answer: null,
    async register(app, { audience = made.audience, roleClaim = null, issuer = made.issuer, url = made.url } = {}) {
      const id = randomUUID()
      await server.app.core.orm
        .db()
        .insertInto('issuers')
        .values({
          id,
          app_id: app.app.id,
          name: 'test',
          issuer,
          audience,
          jwks_url: url,
          role_claim: roleClaim,
          created_at: server.clock.now(),
          revoked_at: null,
        })
        .execute()
      return id
    },
    token(key, sub, claims = {}, header = {}) {
      const now = Math.floor(server.clock.now().getTime() / 1000)
      const payload = { iss: made.issuer, aud: made.audience, sub, iat: now, exp: now + 3600, ...claims }
      return new SignJWT(payload).setProtectedHeader({ alg: key.algorithm, kid: key.jwk.kid, ...header } as { alg: string }).sign(key.privateKey)
    },
    async stop() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
    async start() {
      http = createServer(listener)
      await listen(port)
    },
  }
  return made
}
