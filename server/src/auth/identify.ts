import type { Clock } from '../clock.ts'
import { ConfigError } from '../config.ts'
import type { Orm } from '../db/orm.ts'
import { Refusal } from '../errors.ts'
import { type Apps, believing } from './apps.ts'
import { type HostClaims, type SigningKey, verifyHostToken } from './host-token.ts'
import type { AppRef, Links, Principal, Profile } from './principal.ts'
import { provisionAgent, provisionCustomer } from './provision.ts'
import { hashKey, type SecretBox } from './secrets.ts'

/** What a request or a handshake shows. `origin` is the browser's Origin header. */
export interface Credential {
  token: string | undefined
  origin: string | undefined
}

export interface Auth {
  /** Credential → principal, its app's origins respected. Throws `unauthorized`, `token_expired`, `key_in_browser` or `origin_not_allowed`. */
  identify(credential: Credential): Promise<Principal>
}

interface Dependencies {
  orm: Orm
  apps: Apps
  clock: Clock
  secrets: SecretBox
  /** Our own origin: the desk calls from there. */
  ownOrigin: string
  /** Called when a signed token vouches for a customer's e-mail address, before they are let in. */
  onVerifiedEmail(app: AppRef, customerId: string, email: string): Promise<void>
}

interface KeyRow {
  id: string
  app_id: string
  customer_id: string | null
  links: Links | null
}

const keyShape = /^sup_(admin|partner)_[A-Za-z0-9_-]{20,100}$/
const unauthorized = (detail: string) => new Refusal('unauthorized', { detail })

/** Throws {@link ConfigError} if a stored signing key cannot be opened: else every one of its tokens would fail, one request after the other. */
export async function checkSigningKeys(orm: Orm, secrets: SecretBox): Promise<void> {
  const rows = await orm.db().selectFrom('signing_keys').select(['kid', 'secret']).where('revoked_at', 'is', null).execute()
  for (const { kid, secret } of rows) {
    try {
      secrets.open(secret)
    } catch {
      throw new ConfigError(`SECRET_KEY: does not open the stored signing key ${kid}; if it was changed, name the old one in SECRET_KEY_PREVIOUS.`)
    }
  }
}

export function createAuth(deps: Dependencies): Auth {
  const signingKeys = believing<{ key: SigningKey | null }>(deps.clock, 10_000)
  const people = believing<{ said: string; customerId: string; agentId: string | null }>(deps.clock, 50_000)
  const apiKeys = believing<{ row: KeyRow | null }>(deps.clock, 10_000)

  async function findSigningKey(kid: string): Promise<SigningKey | null> {
    const known = signingKeys.get(kid)
    if (known) return known.key
    const row = await deps.orm.db().selectFrom('signing_keys').selectAll().where('kid', '=', kid).where('revoked_at', 'is', null).executeTakeFirst()
    const key = row ? { appId: row.app_id, algorithm: row.algorithm, secret: Buffer.from(deps.secrets.open(row.secret), 'utf8') } : null
    signingKeys.set(kid, { key })
    return key
  }

  async function person(app: AppRef, claims: HostClaims) {
    const cacheKey = JSON.stringify([app.id, claims.sub])
    const said = JSON.stringify([claims.role, claims.name, claims.email, claims.email_verified, claims.phone, claims.locale])
    const known = people.get(cacheKey)
    if (known?.said === said) return known
    const profile: Profile = {
      name: claims.name,
      email: claims.email,
      emailVerified: claims.email_verified,
      phone: claims.phone,
      locale: claims.locale,
    }
    const now = deps.clock.now()
    const customer = await provisionCustomer(deps.orm, app.id, claims.sub, profile, now)
    if (customer.blocked_at) throw unauthorized('This customer has been blocked.')
    if (claims.email && claims.email_verified) await deps.onVerifiedEmail(app, customer.id, claims.email)
    const agent = claims.role === 'customer' ? null : await provisionAgent(deps.orm, app.id, claims.sub, claims.role, profile, now)
    if (agent?.removed_at) throw unauthorized('This agent has been removed.')
    const found = { said, customerId: customer.id, agentId: agent?.id ?? null }
    people.set(cacheKey, found)
    return found
  }

  async function byToken(token: string): Promise<Principal> {
    const { key, claims } = await verifyHostToken(token, findSigningKey, deps.clock)
    const app = await deps.apps.byId(key.appId)
    if (!app) throw unauthorized('The app of this token is not active.')
    const { customerId, agentId } = await person(app, claims)
    const { sub, role, links } = claims
    return { kind: 'user', app, sub, role, customerId, agentId, links, expiresAt: new Date(claims.exp * 1000) }
  }

  async function findApiKey(key: string): Promise<KeyRow | null> {
    const hash = hashKey(key)
    const known = apiKeys.get(hash)
    if (known) return known.row
    const row = await deps.orm
      .db()
      .selectFrom('api_keys as k')
      .leftJoin('customers as c', 'c.id', 'k.customer_id')
      .select(['k.id', 'k.app_id', 'k.customer_id', 'k.links'])
      .where('k.hash', '=', hash)
      .where('k.revoked_at', 'is', null)
      .where('c.blocked_at', 'is', null)
      .executeTakeFirst()
    apiKeys.set(hash, { row: row ?? null })
    return row ?? null
  }

  async function byKey(key: string): Promise<Principal> {
    const row = await findApiKey(key)
    const app = row && (await deps.apps.byId(row.app_id))
    if (!row || !app) throw unauthorized('The API key is not valid.')
    return row.customer_id
      ? { kind: 'partner_key', app, keyId: row.id, customerId: row.customer_id, links: row.links }
      : { kind: 'admin_key', app, keyId: row.id }
  }

  return {
    async identify({ token, origin }) {
      if (!token) throw unauthorized('Send a credential as "Authorization: Bearer …".')
      const isKey = keyShape.test(token)
      if (isKey && origin !== undefined)
        throw new Refusal('key_in_browser', { detail: 'API keys are secrets of a server; a browser must use a signed token.' })
      const principal = isKey ? await byKey(token) : await byToken(token)
      if (origin !== undefined && origin !== deps.ownOrigin && !principal.app.origins.includes(origin)) {
        throw new Refusal('origin_not_allowed', { detail: `The app does not list this origin.` })
      }
      return principal
    },
  }
}
