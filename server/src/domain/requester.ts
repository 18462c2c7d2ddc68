import { decodeId } from '@support-widget/shared/ids.ts'
import type { RequesterInput } from '@support-widget/shared/ticket.ts'
import { sql } from 'kysely'
import { newCustomer } from '../auth/provision.ts'
import { isErased } from '../auth/tombstone.ts'
import { searchColumns } from '../db/search.ts'
import { badInput } from '../errors.ts'
import type { AgentActor } from './core.ts'
import type { Tx } from './record.ts'

/**
 * The customer for whom an agent opens a ticket. By our id or the app's user id (made if unknown); else by address: a customer whose e-mail (else phone) a signed
 * token vouched for or an agent gave, never one who typed it; else a new contact. Nobody can adopt the contact before the ticket is there. Throws `invalid_request` for an unknown or blocked one.
 */
export async function findRequester(tx: Tx, actor: AgentActor, requester: RequesterInput): Promise<string> {
  const found =
    'id' in requester
      ? await byId(tx, actor, requester.id)
      : 'external_id' in requester
        ? await byExternalId(tx, actor, requester.external_id)
        : await byAddress(tx, actor, requester)
  if (!found || found.blocked_at) throw badInput('body.requester', found ? 'is blocked' : 'is not a customer of the app')
  return found.id
}

interface Found {
  id: string
  blocked_at: Date | null
}

function byId(tx: Tx, actor: AgentActor, given: string): Promise<Found | undefined> {
  const id = decodeId(given)
  if (id === null) return Promise.resolve(undefined)
  return tx.db
    .selectFrom('customers')
    .select(['id', 'blocked_at'])
    .where('app_id', '=', actor.app.id)
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst()
}

/** Undefined for somebody who was erased: they are not made anew. */
async function byExternalId(tx: Tx, actor: AgentActor, externalId: string): Promise<Found | undefined> {
  if (await isErased(tx.db, actor.app.id, externalId)) return undefined
  await tx.db
    .insertInto('customers')
    .values({ ...newCustomer(actor.app.id, tx.now), external_id: externalId, ...searchColumns(actor.app.id, []) })
    .onConflict((conflict) => conflict.columns(['app_id', 'external_id']).doNothing())
    .execute()
  return tx.db
    .selectFrom('customers')
    .select(['id', 'blocked_at'])
    .where('app_id', '=', actor.app.id)
    .where('external_id', '=', externalId)
    .forKeyShare()
    .executeTakeFirst()
}

type Person = Exclude<RequesterInput, { id: string } | { external_id: string }>

async function byAddress(tx: Tx, actor: AgentActor, person: Person): Promise<Found> {
  const address = addressOf(person)
  const known = address && (await trusted(tx, actor, address))
  if (known) return complete(tx, actor, known, person)
  const { email = null, phone = null } = person
  const names = namesOf(person)
  const row = {
    ...newCustomer(actor.app.id, tx.now),
    ...names,
    email,
    phone,
    by_agent: true,
    ...searchColumns(actor.app.id, [names.name, email, phone]),
  }
  await tx.db.insertInto('customers').values(row).execute()
  return row
}

interface Address {
  column: 'email' | 'phone'
  value: string
}

/** By what a customer is known again: the e-mail address, else the phone number. What is neither (a placeholder from a form) finds nobody, or all who have it were one. */
function addressOf({ email, phone }: Person): Address | null {
  if (email && /^[^\s@]+@[^\s@]+$/.test(email)) return { column: 'email', value: email }
  return phone && /\d\D*\d\D*\d/.test(phone) ? { column: 'phone', value: phone } : null
}

/** Two at once wait for each other here, so that they make one contact and not two. */
async function trusted(tx: Tx, actor: AgentActor, { column, value }: Address) {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${actor.app.id} ${column}`} || lower(${value}), 0))`.execute(tx.db)
  return tx.db
    .selectFrom('customers')
    .select(['id', 'blocked_at', 'name', 'first_name', 'last_name', 'email', 'phone'])
    .where('app_id', '=', actor.app.id)
    .where(sql`lower(${sql.ref(column)})`, '=', sql`lower(${value})`)
    .where((eb) => (column === 'email' ? eb.or([eb('email_verified', '=', true), eb('by_agent', '=', true)]) : eb('by_agent', '=', true)))
    .orderBy(sql`external_id is null`)
    .orderBy('id')
    .limit(1)
    .forKeyShare()
    .executeTakeFirst()
}
type Known = NonNullable<Awaited<ReturnType<typeof trusted>>>

/** What an agent says of a known customer fills in what nobody has said yet, and replaces nothing. */
async function complete(tx: Tx, actor: AgentActor, known: Known, person: Person): Promise<Found> {
  const isNamed = known.name !== null || known.first_name !== null || known.last_name !== null
  const names = isNamed ? {} : namesOf(person)
  const { name, email, phone } = { ...known, ...names, phone: known.phone ?? person.phone ?? null }
  if (name === known.name && phone === known.phone) return known
  await tx.db
    .updateTable('customers')
    .set({ ...names, phone, ...searchColumns(actor.app.id, [name, email, phone]), updated_at: tx.now })
    .where('app_id', '=', actor.app.id)
    .where('id', '=', known.id)
    .execute()
  return known
}

/** The whole name follows from its parts where it is not given. */
function namesOf(person: Person) {
  const { name, first_name = null, last_name = null } = person
  const parts = [first_name, last_name].filter((part) => part !== null)
  return { name: name ?? (parts.join(' ') || null), first_name, last_name }
}
