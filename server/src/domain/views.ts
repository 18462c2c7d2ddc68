import { sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Db } from '../db/orm.ts'

/** Tickets with what presenters need of their customer, assignee, unread counts and read positions, in one statement. */
export function ticketViews(db: Db, appId: string) {
  return db
    .selectFrom('tickets as t')
    .innerJoin('customers as c', (join) => join.onRef('c.id', '=', 't.customer_id').onRef('c.app_id', '=', 't.app_id'))
    .leftJoin('agents as a', (join) => join.onRef('a.id', '=', 't.assignee_id').onRef('a.app_id', '=', 't.app_id'))
    .where('t.app_id', '=', appId)
    .where('c.erased_at', 'is', null)
    .selectAll('t')
    .select([
      'c.external_id as customer_external_id',
      'c.name as customer_name',
      'c.first_name as customer_first_name',
      'c.last_name as customer_last_name',
      'c.email as customer_email',
      'c.email_verified as customer_verified',
      'c.phone as customer_phone',
      'c.locale as customer_locale',
      'c.blocked_at as customer_blocked_at',
      'a.name as assignee_name',
    ])
    .select((eb) => [
      eb
        .selectFrom('messages as m')
        .whereRef('m.ticket_id', '=', 't.id')
        .whereRef('m.public_seq', '>', 't.customer_read_seq')
        .where('m.author_type', '=', 'agent')
        .select(sql<number>`count(*)::int`.as('count'))
        .$asScalar()
        .$notNull()
        .as('customer_unread'),
      eb
        .selectFrom('messages as m')
        .whereRef('m.ticket_id', '=', 't.id')
        .whereRef('m.seq', '>', 't.agent_read_seq')
        .where('m.author_type', '=', 'customer')
        .select(sql<number>`count(*)::int`.as('count'))
        .$asScalar()
        .$notNull()
        .as('agent_unread'),
      eb
        .selectFrom('messages as m')
        .whereRef('m.ticket_id', '=', 't.id')
        .whereRef('m.seq', '<=', 't.agent_read_seq')
        .where('m.public_seq', 'is not', null)
        .orderBy('m.seq', 'desc')
        .limit(1)
        .select('m.public_seq')
        .as('agent_read_public_seq'),
    ])
}
export type TicketView = Awaited<ReturnType<ReturnType<typeof ticketViews>['executeTakeFirstOrThrow']>>

/** How many tickets the customer `c` of the query has that are not closed. */
export const openTickets =
  sql<number>`(select count(*)::int from tickets as o where o.app_id = c.app_id and o.customer_id = c.id and o.status <> 'closed')`.as('open_tickets')

/** Messages with their authors' names. */
export function messageViews(db: Db, appId: string) {
  return db
    .selectFrom('messages as m')
    .leftJoin('customers as c', (join) => join.onRef('c.id', '=', 'm.customer_id').onRef('c.app_id', '=', 'm.app_id'))
    .leftJoin('agents as a', (join) => join.onRef('a.id', '=', 'm.agent_id').onRef('a.app_id', '=', 'm.app_id'))
    .innerJoin('apps', 'apps.id', 'm.app_id')
    .where('m.app_id', '=', appId)
    .selectAll('m')
    .select(['c.name as customer_name', 'a.name as agent_name', 'apps.name as app_name'])
    .select((eb) =>
      jsonArrayFrom(
        eb
          .selectFrom('attachments as f')
          .whereRef('f.app_id', '=', 'm.app_id')
          .where('f.message_id', '=', sql<string>`coalesce(m.copy_of, m.id)`)
          .orderBy('f.position')
          .select(['f.id', 'f.filename', 'f.content_type', 'f.size', 'f.width', 'f.height']),
      ).as('attachments'),
    )
}
export type MessageView = Awaited<ReturnType<ReturnType<typeof messageViews>['executeTakeFirstOrThrow']>>
