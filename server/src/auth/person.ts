import type { Role } from '@support-widget/shared/people.ts'
import { sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Db, Orm } from '../db/orm.ts'
import { Refusal } from '../errors.ts'
import { believing } from './apps.ts'
import type { HostClaims } from './host-token.ts'
import type { AppRef, Profile } from './principal.ts'
import { type CustomerRow, provisionAgent, provisionCustomer } from './provision.ts'
import { hashSub } from './tombstone.ts'

/** The rows behind a signed token, UUIDs. */
export interface Person {
  customerId: string
  agentId: string | null
}

/** Called when a signed token vouches for a customer's e-mail address, before they are let in. */
export type OnVerifiedEmail = (app: AppRef, customerId: string, email: string) => Promise<void>

const unauthorized = (detail: string) => new Refusal('unauthorized', { detail })
export const profileOf = ({ name, email, email_verified, phone, locale }: HostClaims): Profile => ({
  name,
  email,
  emailVerified: email_verified,
  phone,
  locale,
})

/** What was found out about a person: by what their token said, and for a role between these two times, seconds. */
interface Believed {
  said: string
  since: number
  roleAt: number
  person: Person
}

/**
 * Claims → the person they speak of, made on first sight, as long as nobody has removed, blocked or erased them and the token is not older than a change of their role.
 * Throws `unauthorized`.
 */
export function createPeople(orm: Orm, clock: Clock, onVerifiedEmail: OnVerifiedEmail): (app: AppRef, claims: HostClaims) => Promise<Person> {
  const known = believing<Believed>(clock, 50_000)

  async function look(app: AppRef, claims: HostClaims): Promise<Omit<Believed, 'said'>> {
    const { sub, role = 'customer', email, email_verified } = claims
    const profile = profileOf(claims)
    const now = clock.now()
    await refuseGone(orm.db(), app.id, sub)
    const customer = await provisionCustomer(orm, app.id, sub, profile, now)
    if (customer.created_at.getTime() === now.getTime()) await refuseErasedMeanwhile(orm.db(), app.id, customer.id, sub)
    if (customer.erased_at) throw unauthorized('This person has been erased.')
    if (customer.blocked_at) throw unauthorized('This customer has been blocked.')
    const held = await holdRole(orm.db(), customer, claims)
    if (email && email_verified) await onVerifiedEmail(app, customer.id, email)
    const agent = role === 'customer' ? null : await provisionAgent(orm, app.id, sub, role, profile, now)
    if (agent?.removed_at) throw unauthorized('This agent has been removed.')
    return { ...held, person: { customerId: customer.id, agentId: agent?.id ?? null } }
  }

  return async (app, claims) => {
    const key = JSON.stringify([app.id, claims.sub])
    const said = JSON.stringify([claims.role, profileOf(claims)])
    const believed = known.get(key)
    const isNews = believed?.said !== said || (claims.role !== undefined && (claims.iat < believed.since || claims.iat > believed.roleAt))
    if (!isNews) return believed.person
    const found = await look(app, claims)
    known.set(key, { ...found, said })
    return found.person
  }
}

/** A removed agent is refused whatever role a token claims, as a customer too; of erased people only a hash is left to know them by. */
async function refuseGone(db: Db, appId: string, sub: string): Promise<void> {
  const { rows } = await sql<{ removed: boolean; erased: boolean }>`
    select exists (select from agents where app_id = ${appId} and external_id = ${sub} and removed_at is not null) as removed,
      exists (select from erased_people where app_id = ${appId} and sub_hash = ${hashSub(appId, sub)}) as erased`.execute(db)
  if (rows[0]?.erased) throw unauthorized('This person has been erased.')
  if (rows[0]?.removed) throw unauthorized('This agent has been removed.')
}

/** Who was erased while we made them must not come back. */
async function refuseErasedMeanwhile(db: Db, appId: string, customerId: string, sub: string): Promise<void> {
  try {
    await refuseGone(db, appId, sub)
  } catch (err) {
    await db.deleteFrom('customers').where('app_id', '=', appId).where('id', '=', customerId).execute()
    throw err
  }
}

/**
 * Holds a token's role against what the newest one said. A change refuses every token that names a role and was issued before it; a token without a role says nothing of it and is
 * a customer's at all times, because a host may sign for its pages and for the desk apart. Throws `unauthorized`.
 */
async function holdRole(db: Db, customer: CustomerRow, { role, iat }: HostClaims): Promise<Pick<Believed, 'since' | 'roleAt'>> {
  if (role === undefined) return { since: 0, roleAt: 0 }
  const issued = new Date(Math.floor(iat * 1000))
  const isNews = customer.role !== role || customer.role_at === null || customer.role_at < issued
  const noted = isNews ? await noteRole(db, customer, role, issued) : customer
  const { role: current, role_at, tokens_since } = noted ?? (await roleOf(db, customer))
  if (current !== role) await noteOlder(db, customer, issued)
  if (current !== role || (tokens_since && issued < tokens_since)) throw unauthorized("The token was issued before this person's role changed.")
  return { since: seconds(tokens_since), roleAt: seconds(role_at) }
}

const seconds = (time: Date | null) => (time?.getTime() ?? 0) / 1000

/** Writes down what a token says of the role, unless a newer one has spoken. */
function noteRole(db: Db, { app_id, id }: CustomerRow, role: Role, issued: Date) {
  return db
    .updateTable('customers')
    .set({
      role,
      role_at: issued,
      tokens_since: sql<Date | null>`case when role <> ${role} then ${issued} else tokens_since end`,
    })
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .where((eb) => eb.or([eb('role_at', 'is', null), eb('role_at', '<=', issued)]))
    .returning(['role', 'role_at', 'tokens_since'])
    .executeTakeFirst()
}

/** An older token that says something else proves that the change came after it: what was issued until then is from before the change. */
async function noteOlder(db: Db, { app_id, id }: CustomerRow, issued: Date): Promise<void> {
  const after = new Date(issued.getTime() + 1)
  await db
    .updateTable('customers')
    .set({ tokens_since: sql<Date>`greatest(tokens_since, ${after})` })
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .where((eb) => eb.or([eb('tokens_since', 'is', null), eb('tokens_since', '<', after)]))
    .execute()
}

function roleOf(db: Db, { app_id, id }: CustomerRow) {
  return db
    .selectFrom('customers')
    .select(['role', 'role_at', 'tokens_since'])
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
}
