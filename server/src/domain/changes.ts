import type { Change } from '@support-widget/shared/events.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { badInput } from '../errors.ts'
import type { Actor } from './core.ts'
import { seeTicket, type TicketRow, ticketClosed } from './lock.ts'
import type { Tx } from './record.ts'
import { indexTicket } from './search.ts'
import { timesAfter, turnAfter } from './status.ts'
import type { TicketView } from './views.ts'

/** What a change may set. */
export type Fields = Partial<
  Pick<
    TicketRow,
    | 'status'
    | 'priority'
    | 'subject'
    | 'category'
    | 'type'
    | 'assignee_id'
    | 'tags'
    | 'custom_fields'
    | 'links'
    | 'resolution_notes'
    | 'action_taken'
    | 'snoozed_until'
    | 'country'
    | 'store_region'
    | 'external_ticket_id'
    | 'preferred_language'
    | 'csat_score'
    | 'csat_comment'
    | 'csat_at'
    | 'merged_into'
  >
>

/** Fields that their customer does not see: changing them changes no byte of theirs. */
const agentsOnly = new Set<string>([
  'tags',
  'resolution_notes',
  'action_taken',
  'snoozed_until',
  'country',
  'store_region',
  'external_ticket_id',
  'preferred_language',
] satisfies (keyof Fields)[])

/** True if the customer sees anything of it. */
export const isPublic = (changes: readonly Change[]) => changes.some((one) => !agentsOnly.has(one.field))

/** Merges a change of custom fields or links; null removes. Throws `invalid_request` if there are then too many. */
export function mergeFields<T extends string | number | boolean>(
  name: 'custom_fields' | 'links',
  fields: Record<string, T>,
  patch: Record<string, T | null>,
): Record<string, T> {
  const entries = Object.entries({ ...fields, ...patch }).filter((entry): entry is [string, T] => entry[1] !== null)
  if (entries.length > limits.customFields) throw badInput(`body.${name}`, `must have at most ${limits.customFields} keys after the merge`)
  return Object.fromEntries(entries)
}

/**
 * Sets the fields that differ, writes history and tells everybody; nothing happens if none does. Answers the ticket as it then is. Throws `ticket_closed` for another
 * status of a merged ticket: its conversation goes on elsewhere.
 */
export async function applyChanges(tx: Tx, actor: Actor, ticket: TicketRow, fields: Fields): Promise<TicketView> {
  const changes: Change[] = []
  for (const [field, to] of Object.entries(fields)) {
    const from = ticket[field as keyof Fields]
    if (!same(from, to)) changes.push({ field, from, to })
  }
  if (changes.length === 0) return seeTicket(tx.db, actor, ticket.id)
  const status = fields.status ?? ticket.status
  const moved = status !== ticket.status
  if (moved && ticket.merged_into !== null) throw ticketClosed(ticket)
  await tx.db
    .updateTable('tickets')
    .set({
      ...(Object.fromEntries(changes.map((one) => [one.field, one.to])) as Fields),
      ...(moved ? { ...timesAfter(ticket, status, tx.now), waiting_on: turnAfter(status, ticket.waiting_on) } : {}),
      version: ticket.version + 1,
      updated_at: tx.now,
      ...(isPublic(changes) ? { public_updated_at: tx.now } : {}),
    })
    .where('app_id', '=', ticket.app_id)
    .where('id', '=', ticket.id)
    .execute()
  if (fields.subject !== undefined) await indexTicket(tx.db, { ...ticket, subject: fields.subject })
  const view = await seeTicket(tx.db, actor, ticket.id)
  await tx.record({ type: 'ticket_updated', changes }, view)
  return view
}

const same = (from: unknown, to: unknown) => JSON.stringify(from) === JSON.stringify(to)
