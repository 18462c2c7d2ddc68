import { sql } from 'kysely'
import type { AppRef } from '../auth/principal.ts'
import type { Db } from '../db/orm.ts'
import { searchColumns } from '../db/search.ts'
import type { Core } from './core.ts'
import { seeTicket } from './lock.ts'
import { isRefused } from './mail-trust.ts'
import { moveKeys } from './once.ts'
import type { CustomerRow } from './people.ts'
import { change, type Tx } from './record.ts'

/**
 * Gives a customer the contacts that agents made with their e-mail address, which a signed token has just vouched for: tickets, messages and files become theirs and the
 * contacts go. A blocked contact stays what it is.
 */
export async function adoptContacts(core: Core, app: AppRef, customerId: string, email: string): Promise<void> {
  if ((await contactsOf(core.orm.db(), app.id, email)).length === 0) return
  await change(core, { type: 'system', app }, async (tx) => {
    const contacts = (await contactsOf(tx.db, app.id, email)).map((contact) => contact.id)
    if (contacts.length === 0) return
    // Tickets before contacts, as everybody who writes into them locks: two who wait for each other would both fail.
    await tx.db
      .selectFrom('tickets')
      .select('id')
      .where('app_id', '=', app.id)
      .where('customer_id', 'in', contacts)
      .orderBy('id')
      .forUpdate()
      .execute()
    const rows = await tx.db
      .selectFrom('customers')
      .selectAll()
      .where('app_id', '=', app.id)
      .where('id', 'in', contacts)
      .orderBy('id')
      .forUpdate()
      .execute()
    for (const contact of rows) await adopt(tx, app, contact, customerId)
  })
}

const contactsOf = (db: Db, appId: string, email: string) =>
  db
    .selectFrom('customers')
    .select('id')
    .where('app_id', '=', appId)
    .where(sql`lower(email)`, '=', sql`lower(${email})`)
    .where('by_agent', '=', true)
    .where('external_id', 'is', null)
    .where('blocked_at', 'is', null)
    .execute()

/**
 * Gives all that a customer has to another one, and deletes them. The rows of both and the tickets must be locked. Answers the UUIDs of the tickets; each is told with its new
 * requester.
 */
export async function adopt(tx: Tx, app: AppRef, contact: CustomerRow, customerId: string): Promise<string[]> {
  const customer = await tx.db
    .selectFrom('customers')
    .selectAll()
    .where('app_id', '=', app.id)
    .where('id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  const tickets = await moveTickets(tx, app, contact, customer)
  if (tickets.length > 0)
    await tx.db
      .updateTable('events')
      .set({ cause_id: customerId })
      .where('app_id', '=', app.id)
      .where('ticket_id', 'in', tickets)
      .where('cause_type', '=', 'customer')
      .where('cause_id', '=', contact.id)
      .execute()
  await moveKeys(tx.db, app.id, contact.id, customerId)
  for (const table of ['messages', 'attachments', 'api_keys'] as const)
    await tx.db.updateTable(table).set({ customer_id: customerId }).where('app_id', '=', app.id).where('customer_id', '=', contact.id).execute()
  const { name, first_name, last_name } = customer.name === null ? contact : customer
  const email = customer.email ?? contact.email
  const phone = customer.phone ?? contact.phone
  // Whoever wanted no mail, or confirmed where it goes, has said so for both.
  const isMuted = email !== null && (await isRefused(tx.db, app.id, email))
  const muted_at = customer.muted_at ?? contact.muted_at ?? (isMuted ? tx.now : null)
  const confirmed_email = customer.confirmed_email ?? contact.confirmed_email
  await tx.db
    .updateTable('customers')
    .set({ name, first_name, last_name, email, phone, muted_at, confirmed_email, ...searchColumns(app.id, [name, email, phone]), updated_at: tx.now })
    .where('app_id', '=', app.id)
    .where('id', '=', customerId)
    .execute()
  await tx.db.deleteFrom('customers').where('app_id', '=', app.id).where('id', '=', contact.id).execute()
  for (const id of tickets) {
    const view = await seeTicket(tx.db, { type: 'system', app }, id)
    await tx.record({ type: 'ticket_updated', changes: [{ field: 'requester_id', from: contact.id, to: customerId }] }, view)
  }
  return tickets
}

/** A `client_id` that the customer has used themselves stays theirs. */
async function moveTickets(tx: Tx, app: AppRef, contact: CustomerRow, customer: CustomerRow): Promise<string[]> {
  const rows = await tx.db
    .updateTable('tickets')
    .set({
      customer_id: customer.id,
      client_id: sql<string | null>`case when exists (
        select from tickets own where own.app_id = ${app.id} and own.customer_id = ${customer.id} and own.client_id = tickets.client_id) then null else tickets.client_id end`,
      version: sql<number>`version + 1`,
      updated_at: tx.now,
      public_updated_at: tx.now,
    })
    .where('app_id', '=', app.id)
    .where('customer_id', '=', contact.id)
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}
