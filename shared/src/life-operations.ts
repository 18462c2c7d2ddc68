import * as z from 'zod'
import { HistoryEntry } from './history.ts'
import { limits } from './limits.ts'
import { AgentMessage } from './message.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { blockReasons, Customer } from './people.ts'
import { idParam, text } from './text.ts'
import { AgentTicket, NewCsat, Ticket } from './ticket.ts'

const byId = z.strictObject({ id: idParam() })

/** A ticket's life beside its messages: ratings, merges, redactions, history; the customers behind tickets. */
export const lifeOperations = {
  rateTicket: {
    summary: 'Rate a resolved ticket, 1 to 5; changeable for seven days',
    access: 'customer',
    status: 200,
    params: byId,
    body: NewCsat,
    output: Ticket,
    errors: ['not_found', 'not_resolved', 'csat_final'],
  },
  agentRateTicket: {
    summary: "Write down the customer's rating; API keys alone",
    access: 'agent',
    status: 200,
    params: byId,
    body: NewCsat,
    output: AgentTicket,
    errors: ['not_found', 'not_resolved', 'csat_final'],
  },
  agentMergeTicket: {
    summary: "Bring a ticket's messages into another one of the same customer",
    description:
      'The messages and notes of this ticket are appended to the ticket `into`, with its next `seq`, their old `created_at` and `merged_from`; this ticket keeps its own, is closed and names the other in `merged_into`. Both say so in their thread. `into` must not be closed or merged itself; a resolved one goes on (`in_progress`) if this one was not resolved. A merged ticket cannot be reopened or merged again. Answers the ticket `into`.',
    access: 'agent',
    status: 200,
    params: byId,
    body: z.strictObject({ into: z.string() }),
    output: AgentTicket,
    errors: ['not_found', 'merge_not_possible', 'ticket_full'],
  },
  agentGetHistory: {
    summary: 'What happened to a ticket, oldest first',
    access: 'agent',
    status: 200,
    params: byId,
    query: paging,
    output: pageOf(HistoryEntry),
    errors: ['not_found'],
  },
  agentRedactMessage: {
    summary: 'Remove the text and the attachments of a message for good',
    access: 'agent',
    status: 200,
    params: z.strictObject({ id: idParam(), message_id: idParam() }),
    output: AgentMessage,
    errors: ['not_found'],
  },
  agentListCustomers: {
    summary: 'The customers of the app, newest first',
    description:
      '`search` finds part of a name, an e-mail address or a phone number, in any case, or a whole `external_id`. Blocked customers are listed with `blocked=true` alone.',
    access: 'agent',
    status: 200,
    query: paging.extend({ search: text(1, limits.search).optional(), blocked: z.enum(['true', 'false']).optional() }),
    output: pageOf(Customer),
    errors: [],
  },
  agentGetCustomer: { summary: 'One customer', access: 'agent', status: 200, params: byId, output: Customer, errors: ['not_found'] },
  agentBlockCustomer: {
    summary: 'Block a customer, or let them in again',
    description:
      'A blocked customer is refused at every door within a minute, and their tickets are in no list, count or export; by id they can still be read. Who is an agent of the app cannot be blocked.',
    access: 'agent',
    status: 200,
    params: byId,
    body: z.strictObject({ blocked: z.boolean(), reason: z.enum(blockReasons).optional() }),
    output: Customer,
    errors: ['not_found'],
  },
} as const satisfies Record<string, Operation>
