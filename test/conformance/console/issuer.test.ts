import type { JWTPayload } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { newApp } from '../../support/factories.ts'
import { newIssuer, newIssuerKey } from '../../support/issuer.ts'
import { startServer } from '../../support/server.ts'
import { tickets } from './document.ts'
import { consoleClient, errorIn, newBody } from './setup.ts'

/** The document's own credential: the session token of a hosted identity provider, which names the page in `azp` and has no audience. */
const server = await startServer({ DEMO: '1' })
afterAll(() => server.app.close())

const session = { sid: 'sess_2abc', v: 2, fva: [3, -1], sts: 'active' }

describe('CONSOLE-13: a signed-in user calls with the session token of a hosted identity provider', () => {
  test.each(['RS256', 'ES256'])('%s', async (algorithm) => {
    const [app, other] = [await newApp(server), await newApp(server)]
    const key = await newIssuerKey(algorithm)
    const issuer = await newIssuer(server, [key])
    await issuer.register(app, { audience: app.origin })
    const claims = (more: object) => ({ ...session, aud: undefined, azp: app.origin, ...more }) as unknown as JWTPayload
    const as = async (sub: string, more = {}) => consoleClient(server, await issuer.token(key, sub, claims(more)))
    const alice = await as('user_2alice', { email: 'alice@example.com', email_verified: true })
    const created = await alice.create()
    expect(created).toMatchObject({ tenant_id: app.app.publicId, created_by_email: 'alice@example.com', status: 'open' })
    expect(await alice.comment(created.ticket_id, 'Since Monday.')).toMatchObject({ author_id: created.created_by, author_type: 'customer' })
    // From the page, as the dashboard calls.
    const headers = { Origin: app.origin }
    expect((await alice.send(`GET ${tickets}`, undefined, headers)).body).toMatchObject({ total: 1 })
    expect(await (await as('user_2bob')).refused(`GET ${tickets}/${created.ticket_id}`)).toMatchObject({ status: 404 })
    // The same user id, signed by the host itself, is the same customer; in another app it is another.
    expect(await consoleClient(server, await app.token('user_2alice')).close(created.ticket_id)).toMatchObject({ status: 'closed' })
    expect(await consoleClient(server, await other.token('user_2alice')).list()).toMatchObject({ total: 0 })
    const bad = [{ azp: other.origin }, { azp: undefined }, { iss: 'https://elsewhere.example' }, { exp: 1 }, { sub: '' }]
    for (const wrong of bad) {
      const error = await (await as('user_2alice', wrong)).refused(`POST ${tickets}`, newBody)
      expect(error, JSON.stringify(wrong)).toMatchObject({ status: 401, title: 'Unauthorized', errors: [] })
    }
    const stranger = await newIssuerKey(algorithm)
    const forged = await issuer.token(stranger, 'user_2alice', claims({}), { kid: key.jwk.kid })
    expect(await consoleClient(server, forged).refused(`GET ${tickets}`)).toMatchObject({ status: 401 })
    await issuer.stop()
  })

  test('while its keys were never read and cannot be: 503 with Retry-After, in the printed shape', async () => {
    const app = await newApp(server)
    const key = await newIssuerKey()
    const issuer = await newIssuer(server, [key])
    await issuer.register(app)
    await issuer.stop()
    const answer = await consoleClient(server, await issuer.token(key, 'user_2alice')).send(`GET ${tickets}`)
    expect(errorIn(answer)).toMatchObject({ status: 503, title: 'Service Unavailable', type: 'urn:support-widget:error:unavailable' })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})
