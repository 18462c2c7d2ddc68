import { encodeId } from '@support-widget/shared/ids.ts'
import type { Status } from '@support-widget/shared/vocabulary.ts'
import type { MessageView, TicketView } from '../domain/views.ts'
import { wholeSeconds } from './time.ts'

/** Tickets and messages in the words of the `pgi` API, as its answers and its webhooks have them. */

const statusOf = {
  open: 'open',
  in_progress: 'pending',
  // Resolved is over for the partner, though a reply still reopens it.
  resolved: 'closed',
  closed: 'closed',
} as const satisfies Record<Status, string>

export function presentPgiHead({ id, subject, status, links }: TicketView) {
  return {
    ticket_id: encodeId(id),
    subject,
    status: statusOf[status],
    policy_number: linkOf(links, 'policy_number'),
    // The document prints it nowhere; without it a client could not read what it linked.
    application_id: linkOf(links, 'application_id'),
  }
}

const linkOf = (links: Record<string, string>, key: string) => (Object.hasOwn(links, key) ? (links[key] ?? null) : null)

/** A ticket as the list has it. */
export const presentPgiListed = (ticket: TicketView) => ({
  ...presentPgiHead(ticket),
  message_count: ticket.public_seq,
  created_at: wholeSeconds(ticket.created_at),
})

/** A message as a thread has it. Throws on a note. */
export function presentPgiMessage(view: MessageView) {
  if (view.is_internal) throw new Error('a note must never be presented to a customer')
  return {
    // There are two sides alone: what the system says comes from the one that is not the partner's.
    sender: view.author_type === 'customer' ? ('partner' as const) : ('pgi_underwriter' as const),
    content: view.body,
    created_at: wholeSeconds(view.created_at),
  }
}

/** A message as the answer to sending it has it. */
export const presentPgiSent = (view: MessageView) => ({ message_id: encodeId(view.id), ...presentPgiMessage(view) })
