import type { TicketFilter } from '@support-widget/shared/ticket-query.ts'
import { audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'
import { matching } from './list.ts'

/** Tickets of one read: what an export holds in memory. */
const batch = 500

/** Writes down that tickets leave the house. */
export const auditExport = (core: Core, actor: AgentActor): Promise<void> =>
  audit(core.orm.db(), {
    appId: actor.app.id,
    actor: causeOf(actor),
    action: 'tickets_exported',
    object: { type: 'tickets', id: null },
    now: core.clock.now(),
  })

/**
 * The tickets for which the filter holds in batches, oldest first. Nothing is held between two batches, neither connection nor transaction: who reads slowly or stops
 * costs nobody anything. What notes change is not among the columns.
 */
export async function* readExport(core: Core, actor: AgentActor, filter: TicketFilter): AsyncGenerator<ExportRow[]> {
  for (let after: string | undefined, more = true; more; ) {
    const rows = await readBatch(core, actor, filter, after)
    if (rows.length > 0) yield rows
    after = rows.at(-1)?.id
    more = rows.length === batch
  }
}

export type ExportRow = Awaited<ReturnType<typeof readBatch>>[number]

function readBatch(core: Core, actor: AgentActor, filter: TicketFilter, after: string | undefined) {
  let query = matching(core, actor, filter)
  if (after !== undefined) query = query.where('t.id', '>', after)
  return query
    .innerJoin('customers as c', (join) => join.onRef('c.id', '=', 't.customer_id').onRef('c.app_id', '=', 't.app_id'))
    .leftJoin('agents as a', (join) => join.onRef('a.id', '=', 't.assignee_id').onRef('a.app_id', '=', 't.app_id'))
    .select([
      't.id',
      't.number',
      't.subject',
      't.status',
      't.priority',
      't.category',
      't.type',
      't.channel',
      't.tags',
      't.waiting_on',
      't.assignee_id',
      'a.name as assignee_name',
      't.customer_id',
      'c.external_id as customer_external_id',
      'c.name as customer_name',
      'c.email as customer_email',
      'c.phone as customer_phone',
      't.country',
      't.store_region',
      't.external_ticket_id',
      't.preferred_language',
      't.custom_fields',
      't.links',
      't.resolution_notes',
      't.action_taken',
      't.public_seq',
      't.csat_score',
      't.csat_comment',
      't.snoozed_until',
      't.created_at',
      't.public_updated_at',
      't.first_response_at',
      't.resolved_at',
      't.closed_at',
    ])
    .orderBy('t.id')
    .limit(batch)
    .execute()
}
