import type { Selectable } from 'kysely'
import type { Db, Tables } from '../db/orm.ts'
import { notFound } from '../errors.ts'
import type { Actor } from './core.ts'
import type { Tx } from './record.ts'
import { type TicketView, ticketViews } from './views.ts'

export type TicketRow = Selectable<Tables['tickets']>

/**
 * The ticket if the actor may touch it, locked until the transaction ends: numbers and counts are taken behind this lock, and
 * the transaction's time is moved past the ticket's last change, so that a ticket's times never go back however its changes overtake each other. Throws
 * `not_found` for a missing one and for somebody else's.
 */
export async function lockTicket(tx: Pick<Tx, 'db' | 'now'>, actor: Actor, ticketId: string): Promise<TicketRow> {
  let query = tx.db.selectFrom('tickets').selectAll().where('app_id', '=', actor.app.id).where('id', '=', ticketId)
  if (actor.type === 'customer') query = query.where('customer_id', '=', actor.customerId)
  const row = await query.forUpdate().executeTakeFirst()
  if (!row) throw notFound()
  tx.now = new Date(Math.max(tx.now.getTime(), row.updated_at.getTime() + 1))
  return row
}

/** The ticket as presenters need it, if the actor may see it. Throws `not_found`. */
export async function seeTicket(db: Db, actor: Actor, ticketId: string): Promise<TicketView> {
  let query = ticketViews(db, actor.app.id).where('t.id', '=', ticketId)
  if (actor.type === 'customer') query = query.where('t.customer_id', '=', actor.customerId)
  const view = await query.executeTakeFirst()
  if (!view) throw notFound()
  return view
}
