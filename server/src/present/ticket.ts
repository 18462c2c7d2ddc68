import { encodeId } from '@support-widget/shared/ids.ts'
import type { AgentTicket, Ticket } from '@support-widget/shared/ticket.ts'
import type { TicketView } from '../domain/views.ts'
import { agentName } from './people.ts'

function common(view: TicketView) {
  return {
    id: encodeId(view.id),
    number: view.number,
    subject: view.subject,
    status: view.status,
    priority: view.priority,
    category: view.category,
    type: view.type,
    channel: view.channel,
    assignee: view.assignee_id ? { id: encodeId(view.assignee_id), name: agentName(view.assignee_name), avatar_url: null } : null,
    created_at: view.created_at.toISOString(),
    resolved_at: view.resolved_at?.toISOString() ?? null,
    closed_at: view.closed_at?.toISOString() ?? null,
  }
}

/** The ticket as its customer sees it: every number and time of public messages alone. */
export function presentTicketForCustomer(view: TicketView): Ticket {
  return {
    ...common(view),
    message_count: view.public_seq,
    unread_count: view.customer_unread,
    last_seq: view.public_seq,
    updated_at: view.public_updated_at.toISOString(),
  }
}

export function presentTicketForAgent(view: TicketView): AgentTicket {
  return {
    ...common(view),
    message_count: view.seq,
    unread_count: view.agent_unread,
    last_seq: view.seq,
    updated_at: view.updated_at.toISOString(),
    version: view.version,
    requester: {
      id: encodeId(view.customer_id),
      external_id: view.customer_external_id,
      name: view.customer_name,
      first_name: view.customer_first_name,
      last_name: view.customer_last_name,
      email: view.customer_email,
      phone: view.customer_phone,
      locale: view.customer_locale,
      verified: view.customer_verified,
    },
  }
}
