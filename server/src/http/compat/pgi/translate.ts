import { limits } from '@support-widget/shared/limits.ts'
import type * as z from 'zod'
import type { NewTicketInput, Thread } from '../../../domain/create.ts'
import type { MessageView, TicketView } from '../../../domain/views.ts'
import { Refusal } from '../../../errors.ts'
import { presentPgiHead, presentPgiListed, presentPgiMessage, presentPgiSent } from '../../../present/pgi.ts'
import { wholeSeconds } from '../../../present/time.ts'
import type * as schemas from './schemas.ts'

/** Tickets on a page. */
export const perPage = 20

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
    results: tickets.map(presentPgiListed),
  }
}

export const threadOf = ({ ticket, messages }: Thread): schemas.Ticket => ({
  ...presentPgiHead(ticket),
  messages: messages.map(presentPgiMessage),
  created_at: wholeSeconds(ticket.created_at),
})

export const sentOf = (message: MessageView): schemas.SentMessage => presentPgiSent(message)
