import { encodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type { Status } from '@support-widget/shared/vocabulary.ts'
import type * as z from 'zod'
import type { NewTicketInput, Thread } from '../../../domain/create.ts'
import type { MessageView, TicketView } from '../../../domain/views.ts'
import { Refusal } from '../../../errors.ts'
import { wholeSeconds } from '../../../present/time.ts'
import type * as schemas from './schemas.ts'

/** Tickets on a page. */
export const perPage = 20

const statusOf: Record<Status, schemas.Ticket['status']> = {
  open: 'open',
  in_progress: 'pending',
  // Resolved is over for the partner, though a reply still reopens it.
  resolved: 'closed',
  closed: 'closed',
}

/** What a new ticket is natively. Throws nothing: its links are judged by the domain. */
export function ticketFrom({ subject, message, policy_number, application_id }: z.output<typeof schemas.NewTicket>): NewTicketInput {
  // Null says the same as leaving it out: a client may send back what it got.
  const links = Object.fromEntries(Object.entries({ policy_number, application_id }).filter(([, value]) => typeof value === 'string'))
  return { subject, body: message, links: links as Record<string, string> }
}

/** The number of the page that is asked for, from 1 on. Throws `not_found` for anything else. */
export function pageFrom(given: unknown): number {
  // Of a page that is named twice the last one counts; an empty one is the first.
  const text = [given].flat().at(-1) || '1'
  const page = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0
  // What is no page is answered like one beyond the last.
  if (page < 1 || page > limits.page) throw noSuchPage()
  return page
}

const noSuchPage = () => new Refusal('not_found', { detail: 'There is no such page.' })

/** A page of the list at `url`. Throws `not_found` beyond the last one; the first is there even if it is empty. */
export function listOf(url: string, page: number, { tickets, total }: { tickets: TicketView[]; total: number }): schemas.TicketPage {
  const last = Math.max(1, Math.ceil(total / perPage))
  if (page > last) throw noSuchPage()
  return {
    count: total,
    next: page < last ? `${url}?page=${page + 1}` : null,
    previous: page > 1 ? `${url}?page=${page - 1}` : null,
    // As many as are listed by GET, so that a client can tell by it whether there is something new.
    results: tickets.map((ticket) => ({ ...headOf(ticket), message_count: ticket.public_seq, created_at: wholeSeconds(ticket.created_at) })),
  }
}

export const threadOf = ({ ticket, messages }: Thread): schemas.Ticket => ({
  ...headOf(ticket),
  messages: messages.map(messageOf),
  created_at: wholeSeconds(ticket.created_at),
})

export const sentOf = (message: MessageView): schemas.SentMessage => ({ message_id: encodeId(message.id), ...messageOf(message) })

function headOf({ id, subject, status, links }: TicketView) {
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

function messageOf(view: MessageView): schemas.Message {
  if (view.is_internal) throw new Error('a note must never be presented to a customer')
  return {
    // There are two sides alone: what the system says comes from the one that is not the partner's.
    sender: view.author_type === 'customer' ? 'partner' : 'pgi_underwriter',
    content: view.body,
    created_at: wholeSeconds(view.created_at),
  }
}
