import { agentTicket, answer, answered, customer, ids, listOf } from './example-objects.ts'

const params = { id: ids.ticket }
const body = { score: 5, comment: 'Quick and kind.' }
const resolved = { status: 'resolved' as const, unread_count: 0, resolved_at: '2026-03-03T10:00:00.000Z' }
const csat = { ...body, created_at: '2026-03-03T11:00:00.000Z' }
const historyEntry = {
  id: '01JN300B3CM4N5P6Q7R8S9T0X3',
  type: 'ticket_updated' as const,
  actor: { type: 'agent' as const, id: ids.agent, name: 'Sam' },
  changes: [{ field: 'status', from: 'in_progress', to: 'resolved' }],
  message_id: null,
  created_at: '2026-03-03T10:00:00.000Z',
}

export const lifeExamples = {
  rateTicket: { params, body, output: { ...answered, ...resolved, csat } },
  agentRateTicket: { params, body, output: { ...agentTicket, ...resolved, waiting_on: null, csat } },
  agentMergeTicket: {
    params: { id: ids.otherTicket },
    body: { into: ids.ticket },
    output: { ...agentTicket, message_count: 5, last_seq: 5, version: 4 },
  },
  agentGetHistory: { params, query: { page: 1, per_page: 20 }, output: listOf([historyEntry]) },
  agentRedactMessage: {
    params: { ...params, message_id: ids.message },
    output: { ...answer, id: ids.message, seq: 1, body: '', is_internal: false, redacted_at: '2026-03-03T12:00:00.000Z' },
  },
  agentListCustomers: { query: { search: 'moreau', page: 1, per_page: 20 }, output: listOf([customer]) },
  agentGetCustomer: { params: { id: ids.customer }, output: customer },
  agentBlockCustomer: {
    params: { id: ids.customer },
    body: { blocked: true, reason: 'spam' as const },
    output: { ...customer, blocked_at: '2026-03-03T12:00:00.000Z', block_reason: 'spam' as const },
  },
}
