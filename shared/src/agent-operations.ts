import * as z from 'zod'
import { stretch } from './customer-operations.ts'
import { AgentMessage, NewAgentMessage } from './message.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { Agent, AgentMe } from './people.ts'
import { idParam, queryList } from './text.ts'
import { AgentTicket, priorities, statuses, TicketPatch } from './ticket.ts'

const ticketId = z.strictObject({ id: idParam() })

export const agentOperations = {
  agentGetMe: { summary: 'Which agent is calling', access: 'agent', status: 200, output: AgentMe, errors: [] },
  agentListAgents: { summary: 'The agents of the app', access: 'agent', status: 200, query: paging, output: pageOf(Agent), errors: [] },
  agentListTickets: {
    summary: 'All tickets of the app, last changed first',
    access: 'agent',
    status: 200,
    query: paging.extend({ status: queryList(z.enum(statuses)).optional(), priority: queryList(z.enum(priorities)).optional() }),
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
  agentUpdateTicket: {
    summary: 'Change status, priority, category, type or assignee',
    access: 'agent',
    status: 200,
    params: ticketId,
    body: TicketPatch,
    output: AgentTicket,
    errors: ['not_found', 'version_conflict'],
  },
  agentSendMessage: {
    summary: 'Answer a customer, or leave a note that only agents see',
    access: 'agent',
    status: 201,
    params: ticketId,
    body: NewAgentMessage,
    output: AgentMessage,
    errors: ['not_found', 'ticket_full'],
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
