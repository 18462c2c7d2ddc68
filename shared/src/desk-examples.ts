import { agent, agentTicket, ids, listOf } from './example-objects.ts'

const canned = {
  id: '01JMZX9A8B9C0D1E2F3G4H5J7M',
  name: 'Payout times',
  body: 'Hello {{customer.first_name}}, a payout takes two working days.',
  created_at: '2026-01-05T08:00:00.000Z',
  updated_at: '2026-01-05T08:00:00.000Z',
}
const params = { id: canned.id }
const closed = { ...agentTicket, version: 4, status: 'closed' as const, waiting_on: null, closed_at: '2026-03-09T10:00:00.000Z' }
const missing = {
  type: 'urn:support-widget:error:not_found',
  title: 'Not found',
  status: 404,
  detail: 'There is no such object, or it is not yours.',
  instance: 'urn:uuid:0f9c5e1a-3b57-4d6e-9a52-6f1f0a1c2b3d',
  code: 'not_found' as const,
}

export const deskExamples = {
  agentBulkUpdateTickets: {
    body: { ids: [ids.ticket, ids.otherTicket], set: { status: 'closed' as const } },
    output: {
      results: [
        { id: ids.ticket, ok: true as const, ticket: closed },
        { id: ids.otherTicket, ok: false as const, error: missing },
      ],
    },
  },
  agentExportTickets: {
    query: { status: ['open' as const], created_after: '2026-03-01T00:00:00Z' },
    output: '\uFEFFid,number,subject,status\r\n01JN2XG6H7Q8R9S0T1V2W3X4Y5,TKT-2026-00042,Payment not received,open\r\n',
  },
  agentListCannedReplies: { query: { search: 'payout', page: 1, per_page: 20 }, output: listOf([canned]) },
  agentCreateCannedReply: { body: { name: canned.name, body: canned.body }, output: canned },
  agentUpdateCannedReply: {
    params,
    body: { name: 'How long a payout takes' },
    output: { ...canned, name: 'How long a payout takes', updated_at: '2026-03-02T08:00:00.000Z' },
  },
  agentDeleteCannedReply: { params, output: canned },
  agentRenderCannedReply: {
    params,
    body: { ticket_id: ids.ticket },
    output: { body: 'Hello Alice, a payout takes two working days.' },
  },
  agentRemoveAgent: { params: { id: ids.agent }, output: agent },
  agentGetStats: {
    query: { created_after: '2026-03-01T00:00:00Z', created_before: '2026-04-01T00:00:00Z' },
    output: {
      total: 42,
      by_status: { open: 3, in_progress: 7, resolved: 12, closed: 20 },
      by_waiting_on: { agent: 4, customer: 6 },
      first_response_seconds: { median: 540, p90: 7_200 },
      resolution_seconds: { median: 86_400, p90: 259_200 },
      csat: { count: 9, average: 4.6 },
    },
  },
}
