import * as z from 'zod'
import { stretch } from './customer-operations.ts'
import { AgentMessage, NewAgentMessage } from './message.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { AgentMe, ListedAgent } from './people.ts'
import { idParam } from './text.ts'
import { AgentTicket, NewAgentTicket, TicketPatch } from './ticket.ts'
import { ticketFilter, ticketOrder } from './ticket-query.ts'

const ticketId = z.strictObject({ id: idParam() })

export const agentOperations = {
  agentGetMe: { summary: 'Which agent is calling', access: 'agent', status: 200, output: AgentMe, errors: [] },
  agentListAgents: { summary: 'The agents of the app by name', access: 'agent', status: 200, query: paging, output: pageOf(ListedAgent), errors: [] },
  agentListTickets: {
    summary: 'The tickets of the app that match, last changed first',
    description: 'All filters hold together. `priority` sorts from low to urgent, `status` from open to closed; ties are in the order of creation.',
    access: 'agent',
    status: 200,
    query: paging.extend({ ...ticketFilter, ...ticketOrder }),
    output: pageOf(AgentTicket),
    errors: [],
  },
  agentGetTicket: {
    summary: 'One ticket with its messages and notes in order',
    access: 'agent',
    status: 200,
    params: ticketId,
    output: AgentTicket.extend({ messages: z.array(AgentMessage) }),
    errors: ['not_found'],
  },
  agentCreateTicket: {
    summary: 'Open a ticket for a customer',
    access: 'agent',
    status: 201,
    once: true,
    body: NewAgentTicket,
    output: AgentTicket.extend({ messages: z.array(AgentMessage) }),
    errors: ['already_exists'],
  },
  agentUpdateTicket: {
    summary: 'Change what is named; custom fields are merged',
    description:
      'With the `version` that the caller has seen, nothing is overwritten: if the ticket has moved on, the answer is 409 `version_conflict` with the ticket as it is now.',
    access: 'agent',
    status: 200,
    params: ticketId,
    body: TicketPatch,
    output: AgentTicket,
    errors: ['not_found', 'version_conflict', 'already_exists', 'ticket_closed'],
  },
  agentSendMessage: {
    summary: 'Answer a customer, or leave a note that only agents see',
    access: 'agent',
    status: 201,
    once: true,
    params: ticketId,
    body: NewAgentMessage,
    output: AgentMessage,
    errors: ['not_found', 'ticket_closed', 'ticket_full'],
  },
  agentListMessages: {
    summary: 'Catch up: the ticket, and its messages and notes after or before a seq',
    access: 'agent',
    status: 200,
    params: ticketId,
    query: stretch,
    output: z.strictObject({ ticket: AgentTicket, data: z.array(AgentMessage), has_more: z.boolean() }),
    errors: ['not_found'],
  },
  agentReadTicket: {
    summary: 'An agent has read everything up to this seq',
    access: 'agent',
    status: 200,
    params: ticketId,
    body: z.strictObject({
      seq: z
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    }),
    output: AgentTicket,
    errors: ['not_found'],
  },
} as const satisfies Record<string, Operation>
