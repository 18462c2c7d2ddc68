import * as z from 'zod'
import { limits } from './limits.ts'
import { Message, NewMessage } from './message.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { Me, WidgetConfig } from './people.ts'
import { idParam, queryInt, safeString } from './text.ts'
import { NewTicket, Ticket, TicketWithMessages } from './ticket.ts'
import { customerTicketFilter } from './ticket-query.ts'

const ticketId = z.strictObject({ id: idParam() })

/** A stretch of a ticket's messages: `after_seq` walks forward, `before_seq` backward; both exclusive, in the caller's own `seq`. */
export const stretch = z.strictObject({
  after_seq: queryInt(0, 2 ** 31 - 1).optional(),
  before_seq: queryInt(1, 2 ** 31 - 1).optional(),
  limit: queryInt(1, limits.messagesPage).default(limits.messagesPageDefault),
})

export const customerOperations = {
  getWidgetConfig: {
    summary: 'What the widget needs before anybody signs in',
    access: 'public',
    status: 200,
    query: z.strictObject({ app: safeString().min(1).max(100) }),
    output: WidgetConfig,
    errors: ['not_found'],
  },
  getMe: { summary: 'Who is calling, and what waits for them', access: 'customer', status: 200, output: Me, errors: [] },
  createTicket: {
    summary: 'Create a ticket with its first message',
    access: 'customer',
    status: 201,
    once: true,
    body: NewTicket,
    output: TicketWithMessages,
    errors: ['link_not_allowed'],
  },
  listTickets: {
    summary: "The customer's tickets, last changed first",
    access: 'customer',
    status: 200,
    query: paging.extend(customerTicketFilter),
    output: pageOf(Ticket),
    errors: [],
  },
  getTicket: {
    summary: 'One ticket with its messages in order',
    access: 'customer',
    status: 200,
    params: ticketId,
    query: z.strictObject({ last: queryInt(1, limits.messagesPage).optional() }),
    output: TicketWithMessages,
    errors: ['not_found'],
  },
  sendMessage: {
    summary: 'Write into a ticket',
    access: 'customer',
    status: 201,
    once: true,
    params: ticketId,
    body: NewMessage,
    output: Message,
    errors: ['not_found', 'ticket_closed', 'ticket_full'],
  },
  listMessages: {
    summary: 'Catch up: the ticket, and its messages after or before a seq',
    access: 'customer',
    status: 200,
    params: ticketId,
    query: stretch,
    output: z.strictObject({ ticket: Ticket, data: z.array(Message), has_more: z.boolean() }),
    errors: ['not_found'],
  },
  closeTicket: {
    summary: 'Close a ticket; closing twice is fine',
    access: 'customer',
    status: 200,
    params: ticketId,
    output: Ticket,
    errors: ['not_found'],
  },
  readTicket: {
    summary: 'Everything up to this seq has been read',
    access: 'customer',
    status: 200,
    params: ticketId,
    body: z.strictObject({
      seq: z
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    }),
    output: Ticket,
    errors: ['not_found'],
  },
} as const satisfies Record<string, Operation>
