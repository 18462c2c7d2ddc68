import { agent, agentMessages, agentTicket, appRef, ids, listOf, message, note, answer as publicAnswer } from './example-objects.ts'

const params = { id: ids.ticket }
const answer = { ...publicAnswer, client_id: 'd7a0', is_internal: false }

export const agentExamples = {
  agentGetMe: { output: { app: appRef, agent, role: 'agent' as const } },
  agentListAgents: { query: { page: 1, per_page: 20 }, output: listOf([{ ...agent, online: true }]) },
  agentListTickets: { query: { status: ['open' as const, 'in_progress' as const], page: 1, per_page: 20 }, output: listOf([agentTicket]) },
  agentGetTicket: { params, output: { ...agentTicket, messages: agentMessages } },
  agentCreateTicket: {
    body: {
      requester: { external_id: 'alice' },
      subject: agentTicket.subject,
      body: message.body,
      category: 'billing',
      priority: 'high' as const,
      channel: 'phone' as const,
      tags: agentTicket.tags,
      assignee_id: 'me',
    },
    output: { ...agentTicket, channel: 'phone' as const, messages: agentMessages.slice(0, 1) },
  },
  agentUpdateTicket: {
    params,
    body: { status: 'resolved' as const, assignee_id: 'me', resolution_notes: 'Paid out on 3 March.' },
    output: {
      ...agentTicket,
      version: 4,
      status: 'resolved' as const,
      waiting_on: null,
      resolution_notes: 'Paid out on 3 March.',
      resolved_at: '2026-03-03T10:00:00.000Z',
      updated_at: '2026-03-03T10:00:00.000Z',
    },
  },
  agentSendMessage: { params, body: { body: answer.body, client_id: answer.client_id, status: 'in_progress' as const }, output: answer },
  agentListMessages: { params, query: { after_seq: 2, limit: 100 }, output: { ticket: agentTicket, data: [note], has_more: false } },
  agentReadTicket: { params, body: { seq: 3 }, output: agentTicket },
}
