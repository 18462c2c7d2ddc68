import type { Clock } from '../clock.ts'
import type { Orm } from '../db/orm.ts'
import { Refusal } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Apps, believing } from './apps.ts'
import { type Issuer, readClaims, type SigningKey, verifyHostToken } from './host-token.ts'
import { createJwks } from './jwks.ts'
import { createKeyUse } from './key-use.ts'
import { createPeople, type OnVerifiedEmail, profileOf } from './person.ts'
import type { AppRef, Links, Principal } from './principal.ts'
import { hashKey, type SecretBox } from './secrets.ts'
import { looksLikeVisitor, type VisitorTokens } from './visitor-token.ts'
import { findVisitor, renewVisitor } from './visitors.ts'

/** What a request or a handshake shows. `origin` is the browser's Origin header. */
export interface Credential {
  token: string | undefined
  origin: string | undefined
}

export interface Auth {
  /** Credential → principal, its app's origins respected. Throws `unauthorized`, `token_expired`, `key_in_browser`, `origin_not_allowed` or `unavailable`. */
  identify(credential: Credential): Promise<Principal>
  /** Refuses a page whose origin the app does not list with `origin_not_allowed`; our own is fine, and so is none at all. */
  checkOrigin(app: AppRef, origin: string | undefined): void
}

interface Dependencies {
  orm: Orm
  apps: Apps
  clock: Clock
  log: Log
  secrets: SecretBox
  visitors: VisitorTokens
  /** Our own origin: the desk calls from there. */
  ownOrigin: string
  /** True lets issuers be on our own machine, for the demo. */
  loopback: boolean
  onVerifiedEmail: OnVerifiedEmail
}

interface KeyRow {
  id: string
  app_id: string
  customer_id: string | null
  links: Links | null
}

const keyShape = /^sup_(admin|partner)_[A-Za-z0-9_-]{20,100}$/
const unauthorized = (detail: string) => new Refusal('unauthorized', { detail })

export function createAuth(deps: Dependencies): Auth {
  const { orm, clock } = deps
  const signingKeys = believing<{ key: SigningKey | null }>(clock, 10_000)
  const issuers = believing<Issuer[]>(clock, 10_000)
  const apiKeys = believing<{ row: KeyRow | null }>(clock, 10_000)
  const jwks = createJwks(clock, deps.log, deps.loopback)
  const noteUse = createKeyUse(orm, clock, deps.log)
  const person = createPeople(orm, clock, deps.onVerifiedEmail)

  async function findSigningKey(kid: string): Promise<SigningKey | null> {
    const known = signingKeys.get(kid)
    if (known) return known.key
    const row = await orm.db().selectFrom('signing_keys').selectAll().where('kid', '=', kid).where('revoked_at', 'is', null).executeTakeFirst()
    const key = row ? { appId: row.app_id, algorithm: row.algorithm, secret: openSecret(row.secret) } : null
    signingKeys.set(kid, { key })
    return key
  }

  /** During a change of SECRET_KEY another process may have sealed it with the next one, which this process is not told. */
  function openSecret(sealed: string): Uint8Array {
    try {
      return Buffer.from(deps.secrets.open(sealed), 'utf8')
    } catch (err) {
      throw new Refusal('unavailable', { detail: 'The signing key cannot be read at the moment.', retryAfter: 5, cause: err })
    }
  }

  async function findIssuers(name: string): Promise<Issuer[]> {
    const known = issuers.get(name)
    if (known) return known
    const rows = await orm.db().selectFrom('issuers').selectAll().where('issuer', '=', name).where('revoked_at', 'is', null).orderBy('id').execute()
    const found = rows.map((row) => ({ id: row.id, appId: row.app_id, audience: row.audience, jwksUrl: row.jwks_url, roleClaim: row.role_claim }))
    issuers.set(name, found)
    return found
  }

  async function byToken(token: string): Promise<Principal> {
    const { appId, payload, roleClaim, key } = await verifyHostToken(token, { signingKey: findSigningKey, issuers: findIssuers, jwks }, clock)
    const app = await activeApp(appId)
    await noteUse(appId, key)
    const claims = readClaims(payload, roleClaim ?? app.settings.role_claim)
    const { customerId, agentId } = await person(app, claims)
    const { sub, role = 'customer', links, exp } = claims
    return { kind: 'user', app, sub, role, customerId, agentId, links, profile: profileOf(claims), expiresAt: new Date(exp * 1000) }
  }

  async function activeApp(id: string): Promise<AppRef> {
    const app = await deps.apps.byId(id)
    if (!app) throw unauthorized('The app of this credential is not active.')
    return app
  }

  /** Not remembered: a merge ends the token at once. */
  async function byVisitor(token: string): Promise<Principal> {
    const id = deps.visitors.verify(token)
    const visitor = id === null ? undefined : await findVisitor(orm.db(), id)
    const now = clock.now()
    const isGood = visitor && !visitor.merged_at && !visitor.blocked_at && !visitor.erased_at && visitor.expires_at > now
    if (!isGood) throw unauthorized('The visitor token is not valid.')
    const app = await activeApp(visitor.app_id)
    return { kind: 'visitor', app, customerId: visitor.customer_id, expiresAt: await renewVisitor(orm.db(), visitor, now) }
  }

  /** A partner key ends with its customer: blocked, erased, or a removed agent. */
  async function findApiKey(key: string): Promise<KeyRow | null> {
    const hash = hashKey(key)
    const known = apiKeys.get(hash)
    if (known) return known.row
    const row = await orm
      .db()
      .selectFrom('api_keys as k')
      .leftJoin('customers as c', (join) => join.onRef('c.app_id', '=', 'k.app_id').onRef('c.id', '=', 'k.customer_id'))
      .leftJoin('agents as a', (join) => join.onRef('a.app_id', '=', 'c.app_id').onRef('a.external_id', '=', 'c.external_id'))
      .select(['k.id', 'k.app_id', 'k.customer_id', 'k.links'])
      .where('k.hash', '=', hash)
      .where('k.revoked_at', 'is', null)
      .where('c.blocked_at', 'is', null)
      .where('c.erased_at', 'is', null)
      .where('a.removed_at', 'is', null)
      .executeTakeFirst()
    apiKeys.set(hash, { row: row ?? null })
    return row ?? null
  }

  async function byKey(key: string): Promise<Principal> {
    const row = await findApiKey(key)
    const app = row && (await deps.apps.byId(row.app_id))
    if (!row || !app) throw unauthorized('The API key is not valid.')
    await noteUse(row.app_id, { table: 'api_keys', id: row.id })
    return row.customer_id
      ? { kind: 'partner_key', app, keyId: row.id, customerId: row.customer_id, links: row.links }
      : { kind: 'admin_key', app, keyId: row.id }
  }

  const checkOrigin: Auth['checkOrigin'] = (app, origin) => {
    if (origin !== undefined && origin !== deps.ownOrigin && !app.origins.includes(origin))
      throw new Refusal('origin_not_allowed', { detail: 'The app does not list this origin.' })
  }

  return {
    checkOrigin,
    async identify({ token, origin }) {
      if (!token) throw unauthorized('Send a credential as "Authorization: Bearer …".')
      const isKey = keyShape.test(token)
      if (isKey && origin !== undefined)
        throw new Refusal('key_in_browser', { detail: 'API keys are secrets of a server; a browser must use a signed token.' })
      const principal = isKey ? await byKey(token) : looksLikeVisitor(token) ? await byVisitor(token) : await byToken(token)
      checkOrigin(principal.app, origin)
      return principal
    },
  }
}
