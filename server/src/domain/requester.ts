import { decodeId } from '@support-widget/shared/ids.ts'
import type { RequesterInput } from '@support-widget/shared/ticket.ts'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
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

async function byExternalId(tx: Tx, actor: AgentActor, externalId: string): Promise<Found> {
  await tx.db
    .insertInto('customers')
    .values({ ...blank(tx, actor), external_id: externalId, ...searchColumns(actor.app.id, []) })
    .onConflict((conflict) => conflict.columns(['app_id', 'external_id']).doNothing())
    .execute()
  return tx.db
    .selectFrom('customers')
    .select(['id', 'blocked_at'])
    .where('app_id', '=', actor.app.id)
    .where('external_id', '=', externalId)
    .executeTakeFirstOrThrow()
}

async function byAddress(
  tx: Tx,
  actor: AgentActor,
  person: { email?: string | undefined; name?: string | undefined; phone?: string | undefined },
): Promise<Found> {
  const { email = null, name = null, phone = null } = person
  const known = email ? await trusted(tx, actor, 'email', email) : phone ? await trusted(tx, actor, 'phone', phone) : undefined
  if (known) return known
  const row = { ...blank(tx, actor), email, name, phone, by_agent: true, ...searchColumns(actor.app.id, [name, email, phone]) }
  await tx.db.insertInto('customers').values(row).execute()
  return row
}

function trusted(tx: Tx, actor: AgentActor, column: 'email' | 'phone', value: string): Promise<Found | undefined> {
  return tx.db
    .selectFrom('customers')
    .select(['id', 'blocked_at'])
    .where('app_id', '=', actor.app.id)
    .where(sql`lower(${sql.ref(column)})`, '=', sql`lower(${value})`)
    .where((eb) => (column === 'email' ? eb.or([eb('email_verified', '=', true), eb('by_agent', '=', true)]) : eb('by_agent', '=', true)))
    .orderBy(sql`external_id is null`)
    .orderBy('id')
    .limit(1)
    .forKeyShare()
    .executeTakeFirst()
}

const blank = (tx: Tx, actor: AgentActor) => ({
  id: uuidv7(),
  app_id: actor.app.id,
  external_id: null,
  name: null,
  first_name: null,
  last_name: null,
  email: null,
  email_verified: false,
  phone: null,
  locale: null,
  by_agent: false,
  created_at: tx.now,
  updated_at: tx.now,
  blocked_at: null,
  block_reason: null,
})
