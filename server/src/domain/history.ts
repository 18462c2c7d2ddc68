import type { Cause, Change, DomainEvent } from '@support-widget/shared/events.ts'
import { sql } from 'kysely'
import type { AgentActor, Core, CustomerActor } from './core.ts'
import { seeTicket } from './lock.ts'

/** An event with the names of who caused it and of the agents in its values. */
export interface HistoryView {
  id: string
  event: Extract<DomainEvent, { type: 'ticket_created' | 'ticket_updated' | 'message_created' | 'message_redacted' }>
  cause: Cause
  causeName: string | null
  /** Agents' names by id, of those that the changes name. */
  agents: ReadonlyMap<string, string | null>
  at: Date
}

/** What happened to a ticket, oldest first. Of messages, those alone that an API key wrote in the customer's name: the thread has the others. Throws `not_found`. */
export async function readHistory(
  core: Core,
  actor: AgentActor,
  ticketId: string,
  page: { page: number; per_page: number },
): Promise<{ entries: HistoryView[]; total: number }> {
  const db = core.orm.db()
  await seeTicket(db, actor, ticketId)
  const all = db
    .selectFrom('events as e')
    .where('e.app_id', '=', actor.app.id)
    .where('e.ticket_id', '=', ticketId)
    .where((eb) =>
      eb.or([
        eb('e.type', 'in', ['ticket_created', 'ticket_updated', 'message_redacted']),
        eb.and([eb('e.type', '=', 'message_created'), eb('e.cause_type', '=', 'key'), sql<boolean>`e.data->>'by' = 'customer'`]),
      ]),
    )
  const { total } = await all.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const rows = await all
    .leftJoin('customers as c', (join) => join.onRef('c.id', '=', 'e.cause_id').onRef('c.app_id', '=', 'e.app_id'))
    .leftJoin('agents as a', (join) => join.onRef('a.id', '=', 'e.cause_id').onRef('a.app_id', '=', 'e.app_id'))
    .leftJoin('api_keys as k', (join) => join.onRef('k.id', '=', 'e.cause_id').onRef('k.app_id', '=', 'e.app_id'))
    .select(['e.id', 'e.data', 'e.cause_type', 'e.cause_id', 'e.created_at'])
    .select(sql<string | null>`coalesce(c.name, a.name, k.name)`.as('cause_name'))
    .orderBy('e.id')
    .limit(page.per_page)
    .offset((page.page - 1) * page.per_page)
    .execute()
  const entries = rows.map((row) => ({
    id: row.id,
    event: row.data as HistoryView['event'],
    cause: { type: row.cause_type, id: row.cause_id },
    causeName: row.cause_name,
    at: row.created_at,
  }))
  const agents = await namesOf(
    core,
    actor,
    entries.flatMap(({ event }) => assigneesIn(event)),
  )
  return { entries: entries.map((entry) => ({ ...entry, agents })), total: Number(total) }
}

/** Fields of which the ticket's customer may know who changed them, from what and to what. A new one is for agents alone until it is written down here. */
const ofCustomers = new Set([
  'status',
  'priority',
  'subject',
  'category',
  'type',
  'assignee_id',
  'custom_fields',
  'links',
  'csat_score',
  'csat_comment',
  'merged_into',
])

/** Changed fields of a ticket, and who changed them when. */
export interface OwnChanges {
  /** UUID of the event. */
  id: string
  cause: Cause
  changes: Change[]
  at: Date
}

/** What changed of the customer's ticket in their eyes, oldest first. Throws `not_found`. */
export async function readOwnHistory(core: Core, actor: CustomerActor, ticketId: string): Promise<OwnChanges[]> {
  const db = core.orm.db()
  await seeTicket(db, actor, ticketId)
  const rows = await db
    .selectFrom('events')
    .select(['id', 'data', 'cause_type', 'cause_id', 'created_at'])
    .where('app_id', '=', actor.app.id)
    .where('ticket_id', '=', ticketId)
    .where('type', '=', 'ticket_updated')
    .orderBy('id')
    .execute()
  return rows
    .map(({ id, data, cause_type, cause_id, created_at }) => ({
      id,
      cause: { type: cause_type, id: cause_id },
      changes: data.type === 'ticket_updated' ? data.changes.filter((one) => ofCustomers.has(one.field)) : [],
      at: created_at,
    }))
    .filter(({ changes }) => changes.length > 0)
}

const assigneesIn = (event: DomainEvent): string[] =>
  event.type === 'ticket_updated'
    ? event.changes.filter(isAssignment).flatMap(({ from, to }) => [from, to].filter((id) => typeof id === 'string'))
    : []

export const isAssignment = (change: Change) => change.field === 'assignee_id'

async function namesOf(core: Core, actor: AgentActor, ids: readonly string[]): Promise<Map<string, string | null>> {
  if (ids.length === 0) return new Map()
  const rows = await core.orm
    .db()
    .selectFrom('agents')
    .select(['id', 'name'])
    .where('app_id', '=', actor.app.id)
    .where('id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map((row) => [row.id, row.name]))
}
