import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../db/orm.ts'
import { notFound } from '../errors.ts'
import type { Core, CustomerActor } from './core.ts'

export type CustomerRow = Selectable<Tables['customers']>

/** The customer themselves, with what waits for them: unread public messages of the other side, and tickets that are not closed. */
export async function readMe(core: Core, actor: CustomerActor): Promise<{ customer: CustomerRow; unread: number; openTickets: number }> {
  const db = core.orm.db()
  const row = await db
    .selectFrom('customers as c')
    .selectAll('c')
    .select((eb) => [
      eb
        .selectFrom('tickets as t')
        .whereRef('t.customer_id', '=', 'c.id')
        .where('t.status', '!=', 'closed')
        .select(sql<number>`count(*)::int`.as('count'))
        .$asScalar()
        .$notNull()
        .as('open_tickets'),
      eb
        .selectFrom('tickets as t')
        .innerJoin('messages as m', 'm.ticket_id', 't.id')
        .whereRef('t.customer_id', '=', 'c.id')
        .whereRef('t.customer_read_seq', '<', 't.public_seq')
        .whereRef('m.public_seq', '>', 't.customer_read_seq')
        .where('m.author_type', '=', 'agent')
        .select(sql<number>`count(*)::int`.as('count'))
        .$asScalar()
        .$notNull()
        .as('unread'),
    ])
    .where('c.app_id', '=', actor.app.id)
    .where('c.id', '=', actor.customerId)
    .executeTakeFirst()
  if (!row) throw notFound()
  return { customer: row, unread: row.unread, openTickets: row.open_tickets }
}
