import { encodeId } from '@support-widget/shared/ids.ts'
import type { Selectable } from 'kysely'
import type { Db, Tables } from '../db/orm.ts'
import { notFound, Refusal } from '../errors.ts'
import type { Actor } from './core.ts'
import type { Tx } from './record.ts'
import { type TicketView, ticketViews } from './views.ts'

export type TicketRow = Selectable<Tables['tickets']>

type Moment = Pick<Tx, 'db' | 'now'>

/** Moves the transaction's time past the ticket's last change: its times never go back, however its changes overtake each other. */
function moveTime(tx: Moment, { updated_at }: TicketRow): void {
  tx.now = new Date(Math.max(tx.now.getTime(), updated_at.getTime() + 1))
}

/**
 * The ticket if the actor may touch it, locked until the transaction ends: numbers and counts are taken behind this lock. Throws `not_found` for a missing one
 * and for somebody else's.
 */
export async function lockTicket(tx: Moment, actor: Actor, ticketId: string): Promise<TicketRow> {
  let query = tx.db.selectFrom('tickets').selectAll().where('app_id', '=', actor.app.id).where('id', '=', ticketId)
  if (actor.type === 'customer') query = query.where('customer_id', '=', actor.customerId)
  const row = await query.forUpdate().executeTakeFirst()
  if (!row) throw notFound()
  moveTime(tx, row)
  return row
}

/** Tickets of the app by id, locked in the order of their ids, so that two who lock the same ones never wait for each other; missing ones are left out. */
export async function lockTickets(tx: Moment, actor: Actor, ids: readonly string[]): Promise<Map<string, TicketRow>> {
  const rows = await tx.db
    .selectFrom('tickets')
    .selectAll()
    .where('app_id', '=', actor.app.id)
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute()
  for (const row of rows) moveTime(tx, row)
  return new Map(rows.map((row) => [row.id, row]))
}

/** The ticket as presenters need it, if the actor may see it. Throws `not_found`. */
export async function seeTicket(db: Db, actor: Actor, ticketId: string): Promise<TicketView> {
  let query = ticketViews(db, actor.app.id).where('t.id', '=', ticketId)
  if (actor.type === 'customer') query = query.where('t.customer_id', '=', actor.customerId)
  const view = await query.executeTakeFirst()
  if (!view) throw notFound()
  return view
}

/** The refusal of what a closed ticket does not take; a merged one names the ticket in which it goes on. */
export const ticketClosed = ({ merged_into }: TicketRow) =>
  merged_into === null
    ? new Refusal('ticket_closed', { detail: 'This ticket is closed. Create a new one, which may follow it up.' })
    : new Refusal('ticket_closed', { detail: 'This ticket was merged into another one. Go on there.', extra: { merged_into: encodeId(merged_into) } })
