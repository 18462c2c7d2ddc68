import type { TicketPatch } from '@support-widget/shared/ticket.ts'
import { badInput, isUniqueViolation } from '../errors.ts'
import { findAssignee } from './assignee.ts'
import { applyChanges, type Fields, mergeFields } from './changes.ts'
import type { AgentActor, Core, CustomerActor } from './core.ts'
import { externalIdTaken } from './create.ts'
import { lockTicket, seeTicket, type TicketRow } from './lock.ts'
import { change, type Tx } from './record.ts'
import type { TicketView } from './views.ts'

/** Closes the customer's ticket; a closed one stays as it is. Throws `not_found`. */
export async function closeTicket(core: Core, actor: CustomerActor, ticketId: string): Promise<TicketView> {
  return change(core, actor, async (tx) => applyChanges(tx, actor, await lockTicket(tx, actor, ticketId), { status: 'closed' }))
}

/**
 * Changes a ticket. With an old `version` nothing changes and `conflict` is true; `ticket` is always the ticket as it is now. Throws `not_found`, `invalid_request`
 * for an assignee who is not an agent of the app, `already_exists` for an external id in use.
 */
export async function updateTicket(
  core: Core,
  actor: AgentActor,
  ticketId: string,
  patch: TicketPatch,
): Promise<{ ticket: TicketView; conflict: boolean }> {
  try {
    return await change(core, actor, async (tx) => {
      const ticket = await lockTicket(tx, actor, ticketId)
      if (patch.version !== undefined && patch.version !== ticket.version) {
        return { ticket: await seeTicket(tx.db, actor, ticketId), conflict: true }
      }
      return { ticket: await applyChanges(tx, actor, ticket, await fieldsOf(tx, actor, ticket, patch)), conflict: false }
    })
  } catch (err) {
    throw isUniqueViolation(err, 'tickets_external_ticket_id') ? externalIdTaken() : err
  }
}

async function fieldsOf(tx: Tx, actor: AgentActor, ticket: TicketRow, patch: TicketPatch): Promise<Fields> {
  const { version: _, assignee_id, custom_fields, links, snoozed_until, ...rest } = patch
  const fields: Fields = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  if (assignee_id !== undefined) fields.assignee_id = assignee_id === null ? null : await findAssignee(tx.db, actor, assignee_id)
  if (custom_fields !== undefined) fields.custom_fields = mergeFields('custom_fields', ticket.custom_fields, custom_fields)
  if (links !== undefined) fields.links = mergeFields('links', ticket.links, links)
  if (snoozed_until !== undefined) fields.snoozed_until = snoozed_until === null ? null : snoozeUntil(new Date(snoozed_until), tx.now)
  return fields
}

function snoozeUntil(at: Date, now: Date): Date {
  if (at <= now) throw badInput('body.snoozed_until', 'must be in the future')
  return at
}
