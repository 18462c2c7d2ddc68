import { randomBytes } from 'node:crypto'
import type { AuditObject } from '@support-widget/shared/audit.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import type { KeyKind, NewKey } from '@support-widget/shared/key.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { AppRef, Links, Profile } from '../auth/principal.ts'
import { provisionCustomer } from '../auth/provision.ts'
import { hashKey } from '../auth/secrets.ts'
import { isErased } from '../auth/tombstone.ts'
import type { Db, Orm } from '../db/orm.ts'
import { badInput, isUniqueViolation, notFound, Refusal } from '../errors.ts'
import { faultOfUrl } from '../safe-fetch.ts'
import type { Keeper, Steward } from './apps.ts'
import { type Audited, audit } from './audit.ts'

/** A key of whatever kind, without its secret. `id` is a UUID, of a signing key its `kid`. */
export interface KeyView {
  id: string
  kind: KeyKind
  name: string
  customer_id: string | null
  customer_external_id: string | null
  links: Links | null
  issuer: string | null
  audience: string | null
  jwks_url: string | null
  role_claim: string | null
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
}

/** The keys of an app as one table. */
const keysOf = (appId: string) => sql<KeyView>`(
  select kid as id, 'signing' as kind, name, null::uuid as customer_id, null as customer_external_id, null::jsonb as links, null as issuer, null as audience,
    null as jwks_url, null as role_claim, created_at, last_used_at, revoked_at
  from signing_keys where app_id = ${appId}
  union all
  select k.id::text, k.kind, k.name, k.customer_id, c.external_id, k.links, null, null, null, null, k.created_at, k.last_used_at, k.revoked_at
  from api_keys k left join customers c on c.app_id = k.app_id and c.id = k.customer_id where k.app_id = ${appId}
  union all
  select id::text, 'jwks', name, null, null, null, issuer, audience, jwks_url, role_claim, created_at, last_used_at, revoked_at
  from issuers where app_id = ${appId})`

export interface KeyFilter {
  kind?: readonly KeyKind[] | undefined
  /** True lists the revoked alone, else they are left out. */
  revoked: boolean
  page: number
  per_page: number
}

/** The app's keys, newest first. `total` counts all pages. */
export async function listKeys(core: Keeper, appId: string, filter: KeyFilter): Promise<{ keys: KeyView[]; total: number }> {
  const db = core.orm.db()
  const kinds = filter.kind ? sql`and kind in (${sql.join([...filter.kind])})` : sql``
  const matching = sql`from ${keysOf(appId)} as keys where revoked_at is ${filter.revoked ? sql`not null` : sql`null`} ${kinds}`
  const { rows: counted } = await sql<{ total: string }>`select count(*) as total ${matching}`.execute(db)
  const { rows } = await sql<KeyView>`select * ${matching} order by created_at desc, id desc limit ${filter.per_page}
    offset ${(filter.page - 1) * filter.per_page}`.execute(db)
  return { keys: rows, total: Number(counted[0]?.total ?? 0) }
}

/** What a `kid` may be made of; our ids are, too. */
const idShape = /^[!-~]{1,255}$/

async function findKey(db: Db, appId: string, id: string): Promise<KeyView | null> {
  if (!idShape.test(id)) return null
  const { rows } = await sql<KeyView>`select * from ${keysOf(appId)} as keys where id in (${id}, ${decodeId(id) ?? id})`.execute(db)
  return rows[0] ?? null
}

/**
 * Makes a key. Its secret can be read only now: of API keys a hash is kept, a signing key's is kept encrypted. Throws `invalid_request` for a customer who is not the
 * app's, `limit_reached`, and `already_exists` for an issuer and audience that name an app already.
 */
export async function createKey(core: Keeper, by: Steward, input: NewKey): Promise<{ key: KeyView; secret: string | null }> {
  try {
    return await core.orm.oneTransaction(async (orm) => {
      const db = orm.db()
      // One at a time for each app: so the limit holds.
      await db.selectFrom('apps').select('id').where('id', '=', by.app.id).forUpdate().executeTakeFirstOrThrow()
      const { rows } = await sql<{ live: number }>`select count(*)::int as live from ${keysOf(by.app.id)} as keys where revoked_at is null`.execute(
        db,
      )
      if ((rows[0]?.live ?? 0) >= limits.keysPerApp)
        throw new Refusal('limit_reached', { detail: `An app has at most ${limits.keysPerApp} keys: revoke one first.` })
      const made = await insert({ ...core, orm }, by, input)
      await audit(db, entryOf(by, 'key_created', input.kind, made.id, core.clock.now()))
      const key = await findKey(db, by.app.id, made.id)
      if (!key) throw new Error('a key was not made')
      return { key, secret: made.secret }
    })
  } catch (err) {
    if (isUniqueViolation(err, 'issuers_live'))
      throw new Refusal('already_exists', {
        detail: 'This issuer and audience name an app already.',
        faults: [
          { location: 'body.issuer', message: 'is in use with this audience' },
          { location: 'body.audience', message: 'is in use with this issuer' },
        ],
      })
    throw err
  }
}

/** Where the keys of a kind are kept, by which column, and what the audit log calls them. */
const places = {
  signing: { table: 'signing_keys', column: 'kid', object: 'signing_key' },
  admin: { table: 'api_keys', column: 'id', object: 'api_key' },
  partner: { table: 'api_keys', column: 'id', object: 'api_key' },
  jwks: { table: 'issuers', column: 'id', object: 'issuer' },
} as const satisfies Record<KeyKind, { table: string; column: string; object: AuditObject }>

const entryOf = (by: Steward, action: 'key_created' | 'key_revoked', kind: KeyKind, id: string, now: Date): Audited => ({
  appId: by.app.id,
  actor: by.cause,
  action,
  object: { type: places[kind].object, id },
  data: { kind },
  now,
})

async function insert(core: Keeper, by: Steward, input: NewKey): Promise<{ id: string; secret: string | null }> {
  const { kind, name } = input
  if (kind === 'signing') {
    const kid = `${by.app.publicId}-${randomBytes(6).toString('hex')}`
    const secret = randomBytes(32).toString('base64url')
    await addSigningKey(core, by.app, { kid, secret, name })
    return { id: kid, secret }
  }
  if (kind === 'jwks') {
    const id = uuidv7()
    const { issuer = '', audience = '', jwks_url = '', role_claim = null } = input
    const fault = faultOfUrl(jwks_url, core.loopback)
    if (fault !== null) throw badInput('body.jwks_url', fault)
    const row = { id, app_id: by.app.id, name, issuer, audience, jwks_url, role_claim, created_at: core.clock.now(), revoked_at: null }
    await core.orm.db().insertInto('issuers').values(row).execute()
    return { id, secret: null }
  }
  const customerId = kind === 'partner' ? await findCustomer(core, by.app.id, input.customer) : null
  return insertApiKey(core, by.app.id, { kind, name, customerId, links: input.links ?? null })
}

/** The customer for whom a partner key speaks. Throws `invalid_request`. */
async function findCustomer(core: Keeper, appId: string, given: NewKey['customer']): Promise<string> {
  const row =
    given && 'external_id' in given ? await byExternalId(core, appId, given.external_id) : await byId(core.orm, appId, decodeId(given?.id ?? ''))
  if (!row || row.blocked_at) throw badInput('body.customer', row ? 'is blocked' : 'is not a customer of the app')
  return row.id
}

async function byExternalId(core: Keeper, appId: string, sub: string) {
  if (await isErased(core.orm.db(), appId, sub)) return undefined
  return provisionCustomer(core.orm, appId, sub, unknownProfile, core.clock.now())
}

const byId = (orm: Orm, appId: string, id: string | null) =>
  orm.db().selectFrom('customers').select(['id', 'blocked_at']).where('app_id', '=', appId).where('id', '=', id).executeTakeFirst()

/**
 * Revokes a key: what it signs and opens is refused as soon as it is looked at again. Twice is once. Throws `not_found`, and `forbidden` for an API key that would
 * revoke itself: whoever holds a leaked key must not be able to shut out its owner unseen.
 */
export function revokeKey(core: Keeper, by: Steward, given: string): Promise<KeyView> {
  const now = core.clock.now()
  return core.orm.transaction(async (db) => {
    const key = await findKey(db, by.app.id, given)
    if (!key) throw notFound()
    if (key.id === by.keyId) throw new Refusal('forbidden', { detail: 'A key cannot revoke itself.' })
    const revoked = await setRevoked(db, by.app.id, key, now)
    if (revoked) await audit(db, entryOf(by, 'key_revoked', key.kind, key.id, now))
    return (await findKey(db, by.app.id, key.id)) ?? key
  })
}

/** False if it was revoked already. */
async function setRevoked(db: Db, appId: string, { kind, id }: KeyView, now: Date): Promise<boolean> {
  const { table, column } = places[kind]
  const { numAffectedRows } = await sql`update ${sql.table(table)} set revoked_at = ${now}
    where app_id = ${appId} and ${sql.ref(column)}::text = ${id} and revoked_at is null`.execute(db)
  return numAffectedRows === 1n
}

/** Gives the app a key to sign its users' tokens with (HS256); an existing `kid` of the same app gets the new secret, one of another app stays theirs. The
 * secret is kept encrypted. */
export async function addSigningKey(core: Keeper, app: { id: string }, key: { kid: string; secret: string; name?: string }): Promise<void> {
  await core.orm
    .db()
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      app_id: app.id,
      algorithm: 'HS256',
      name: key.name ?? key.kid,
      secret: core.secrets.seal(key.secret),
      created_at: core.clock.now(),
      revoked_at: null,
    })
    .onConflict((conflict) =>
      conflict
        .column('kid')
        .doUpdateSet({ secret: core.secrets.seal(key.secret) })
        .where('signing_keys.app_id', '=', app.id),
    )
    .execute()
}

export interface NewApiKey {
  kind: 'admin' | 'partner'
  name: string
  /** The key itself, if it is made elsewhere. */
  key?: string
  /** For a partner key: the `sub` of the customer it stands for. */
  sub?: string
  links?: Links
}

/** Makes an API key and answers it: it can be read only now, because only its hash is kept. */
export async function addApiKey(core: Keeper, app: AppRef, { kind, name, key, sub, links }: NewApiKey): Promise<string> {
  const customer = kind === 'partner' && sub ? await provisionCustomer(core.orm, app.id, sub, unknownProfile, core.clock.now()) : null
  return (await insertApiKey(core, app.id, { kind, name, customerId: customer?.id ?? null, links: links ?? null, key })).secret
}

async function insertApiKey(
  core: Keeper,
  appId: string,
  input: { kind: 'admin' | 'partner'; name: string; customerId: string | null; links: Links | null; key?: string | undefined },
): Promise<{ id: string; secret: string }> {
  const secret = input.key ?? `sup_${input.kind}_${randomBytes(32).toString('base64url')}`
  const id = uuidv7()
  await core.orm
    .db()
    .insertInto('api_keys')
    .values({
      id,
      app_id: appId,
      kind: input.kind,
      name: input.name,
      hash: hashKey(secret),
      customer_id: input.customerId,
      links: input.links ? (structuredClone(input.links) as Record<string, string[]>) : null,
      created_at: core.clock.now(),
      revoked_at: null,
    })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute()
  return { id, secret }
}

const unknownProfile: Profile = { name: undefined, email: undefined, emailVerified: false, phone: undefined, locale: undefined }
