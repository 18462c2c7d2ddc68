import type { AgentMessage } from '@support-widget/shared/message.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'

/** A ticket for unit tests, with what the test cares about. */
export const ticket = (part: Partial<AgentTicket> = {}): AgentTicket => ({
  id: 'T1',
  number: 'TKT-2026-00001',
  subject: 'Charged twice',
  status: 'open',
  priority: 'normal',
  category: null,
  type: 'support',
  channel: 'widget',
  assignee: null,
  message_count: 1,
  unread_count: 0,
  last_seq: 1,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  resolved_at: null,
  closed_at: null,
  version: 1,
  requester: {
    id: 'C1',
    external_id: 'alice',
    name: 'Alice',
    first_name: null,
    last_name: null,
    email: null,
    phone: null,
    locale: null,
    verified: true,
  },
  ...part,
})

/** A customer's message for unit tests; its id follows from its seq. */
export const message = (seq: number, part: Partial<AgentMessage> = {}): AgentMessage => ({
  id: `M${seq}`,
  ticket_id: 'T1',
  seq,
  client_id: null,
  body: `Message ${seq}`,
  is_admin: false,
  is_internal: false,
  author: { type: 'customer', id: 'C1', name: 'Alice', avatar_url: null },
  created_at: new Date(Date.UTC(2026, 0, 2) + seq * 1000).toISOString(),
  ...part,
})
