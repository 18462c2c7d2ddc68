import type { Selectable } from 'kysely'
import type { Db, Tables } from '../db/orm.ts'
import { notFound } from '../errors.ts'
import type { Actor } from './core.ts'
import { type TicketView, ticketViews } from './views.ts'

export type TicketRow = Selectable<Tables['tickets']>

/**
 * The ticket if the actor may touch it, locked until the transaction ends: numbers and counts are taken behind this lock. Throws `not_found` for a missing one
 * and for somebody else's.
 */
export async function lockTicket(db: Db, actor: Actor, ticketId: string): Promise<TicketRow> {
  let query = db.selectFrom('tickets').selectAll().where('app_id', '=', actor.app.id).where('id', '=', ticketId)
  if (actor.type === 'customer') query = query.where('customer_id', '=', actor.customerId)
  const row = await query.forUpdate().executeTakeFirst()
  if (!row) throw notFound()
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
