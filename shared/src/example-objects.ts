import type { Message } from './message.ts'
import type { Customer, Requester, Self } from './people.ts'
import type { AgentTicket, Ticket } from './ticket.ts'

/** The people and tickets of the API document's examples. */
export const ids = {
  ticket: '01JN2XG6H7Q8R9S0T1V2W3X4Y5',
  otherTicket: '01JN2XG6H7Q8R9S0T1V2W3X4Z6',
  message: '01JN2XG6H8A1B2C3D4E5F6G7H8',
  answer: '01JN2Y0B3CM4N5P6Q7R8S9T0V1',
  note: '01JN2Y0B3CM4N5P6Q7R8S9T0W2',
  customer: '01JMZZ3K4M5N6P7Q8R9S0T1V2W',
  agent: '01JMZX7A8B9C0D1E2F3G4H5J6K',
  attachment: '01JN2XFZ9D0E1F2G3H4J5K6M7N',
  visitor: '01JN2Z5W8K7J6H5G4F3E2D1C0B',
}
/** The customer as they see themselves. */
export const self: Self = { id: ids.customer, external_id: 'alice', name: 'Alice Moreau', email: 'alice@example.com', verified: true, notify: true }
export const appRef = { id: 'demo', name: 'Kilnshare' }
export const agentRef = { id: ids.agent, name: 'Sam', avatar_url: null }
export const agent = {
  ...agentRef,
  external_id: 'sam',
  email: 'sam@kilnshare.example',
  role: 'agent' as const,
  created_at: '2026-01-05T08:00:00.000Z',
}
export const page = (total: number) => ({ page: 1, per_page: 20, total, total_pages: 1 })
export const listOf = <T>(data: T[]) => ({ success: true as const, data, pagination: page(data.length) })

const times = { created_at: '2026-03-02T09:15:00.000Z', updated_at: '2026-03-02T09:15:00.000Z' }

/** As it was just created. */
export const ticket: Ticket = {
  id: ids.ticket,
  number: 'TKT-2026-00042',
  subject: 'Payment not received',
  status: 'open',
  priority: 'high',
  category: 'billing',
  type: 'support',
  channel: 'widget',
  custom_fields: { booking: 4711 },
  links: { policy_number: 'PGI-2026-CA-00142' },
  assignee: null,
  message_count: 1,
  unread_count: 0,
  last_seq: 1,
  agent_read_seq: 0,
  csat: null,
  follow_up_of: null,
  merged_into: null,
  ...times,
  resolved_at: null,
  closed_at: null,
}

/** After the agent's answer. */
export const answered: Ticket = {
  ...ticket,
  status: 'in_progress',
  assignee: agentRef,
  message_count: 2,
  unread_count: 1,
  last_seq: 2,
  agent_read_seq: 1,
  updated_at: '2026-03-02T09:20:00.000Z',
}

const requester: Requester = {
  id: ids.customer,
  external_id: 'alice',
  name: 'Alice Moreau',
  first_name: 'Alice',
  last_name: 'Moreau',
  email: 'alice@example.com',
  phone: null,
  locale: 'fr',
  verified: true,
}
export const customer: Customer = { ...requester, open_tickets: 2, blocked_at: null, block_reason: null, created_at: '2026-02-27T18:30:00.000Z' }

export const agentTicket: AgentTicket = {
  ...answered,
  unread_count: 0,
  version: 3,
  requester,
  waiting_on: 'customer',
  snoozed_until: null,
  tags: ['payout'],
  context: { page: '/bookings/4711' },
  country: 'CA',
  store_region: null,
  external_ticket_id: null,
  preferred_language: 'fr',
  resolution_notes: null,
  action_taken: null,
  first_response_at: '2026-03-02T09:20:00.000Z',
}

export const attachment = {
  id: ids.attachment,
  filename: 'statement.png',
  content_type: 'image/png',
  size: 48_213,
  width: 1200,
  height: 800,
  url: `https://support.example.com/v1/support/attachments/${ids.attachment}?exp=1772443800&sig=8kQ1vWm0cZrT5yXb2nLd7fHj4sGp9uEa3iOq6wRt0yM`,
}

export const message: Message = {
  id: ids.message,
  ticket_id: ids.ticket,
  seq: 1,
  client_id: null,
  body: 'The payment of yesterday has not appeared in my earnings.',
  is_admin: false,
  author: { type: 'customer', id: ids.customer, name: 'Alice Moreau', avatar_url: null },
  attachments: [attachment],
  redacted_at: null,
  merged_from: null,
  created_at: times.created_at,
}

export const answer: Message = {
  ...message,
  id: ids.answer,
  seq: 2,
  body: 'It left our bank this morning and should arrive tomorrow.',
  is_admin: true,
  author: { type: 'agent', ...agentRef },
  attachments: [],
  created_at: '2026-03-02T09:20:00.000Z',
}

export const note = { ...answer, id: ids.note, seq: 3, body: 'Asked finance; reference 8831.', is_internal: true }
export const agentMessages = [message, answer].map((one) => ({ ...one, is_internal: false }))
