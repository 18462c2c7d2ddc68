import { codePoints } from '@support-widget/shared/tidy.ts'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Db } from '../db/orm.ts'
import { finds, searchColumns } from '../db/search.ts'
import type { Actor } from './core.ts'
import type { TicketRow } from './lock.ts'

/**
 * Makes a ticket findable by its number, its subject and its first message as they are now: to be called where one of them changes. In a table of its own, because a
 * ticket changes often and these hardly ever.
 */
export async function indexTicket(db: Db, ticket: Pick<TicketRow, 'id' | 'app_id' | 'number' | 'subject'>): Promise<void> {
  const first = await db
    .selectFrom('messages')
    .select('body')
    .where('app_id', '=', ticket.app_id)
    .where('ticket_id', '=', ticket.id)
    .where('seq', '=', 1)
    .executeTakeFirst()
  const columns = searchColumns(ticket.app_id, [ticket.number, ticket.subject, first?.body ?? null])
  await db
    .insertInto('ticket_search')
    .values({ ticket_id: ticket.id, app_id: ticket.app_id, ...columns })
    .onConflict((conflict) => conflict.column('ticket_id').doUpdateSet(columns).where('ticket_search.app_id', '=', ticket.app_id))
    .execute()
}

/** Queries up to this length stand in very many tickets. */
const short = 3

/**
 * True for the tickets `t` in which the query stands; for agents also those of the customers whose name or address has it. A short query holds every ticket against what was
 * found, a longer one looks up each that was found: either is slow where the other is right.
 */
export function ticketsFound(actor: Actor, query: string): RawBuilder<SqlBool> {
  const appId = actor.app.id
  const byText = sql`select s.ticket_id from ticket_search as s where s.app_id = ${appId} and ${finds('s', appId, query)}`
  if (actor.type === 'customer') return sql<SqlBool>`t.id in (${byText})`
  const customers = sql`select f.id from customers as f where f.app_id = ${appId} and ${finds('f', appId, query)}`
  if (codePoints(query) <= short) return sql<SqlBool>`(t.id in (${byText}) or t.customer_id in (${customers}))`
  const byCustomer = sql`select of.id from tickets as of where of.app_id = ${appId} and of.customer_id in (${found(customers)})`
  return sql<SqlBool>`t.id in (${found(sql`${byText} union ${byCustomer}`)})`
}

/** Searched once a statement, whatever the planner expects: of tables without statistics it takes one row and searches again for each ticket. */
export const found = (query: RawBuilder<unknown>) => sql`with found as materialized (${query}) select * from found`
