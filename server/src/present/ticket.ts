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
    custom_fields: view.custom_fields,
    links: view.links,
    csat:
      view.csat_score === null
        ? null
        : { score: view.csat_score, comment: view.csat_comment, created_at: (view.csat_at ?? view.updated_at).toISOString() },
    follow_up_of: view.follow_up_of && encodeId(view.follow_up_of),
    merged_into: view.merged_into && encodeId(view.merged_into),
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
    agent_read_seq: view.agent_read_public_seq ?? 0,
    updated_at: view.public_updated_at.toISOString(),
  }
}

export function presentTicketForAgent(view: TicketView): AgentTicket {
  return {
    ...common(view),
    message_count: view.seq,
    unread_count: view.agent_unread,
    last_seq: view.seq,
    agent_read_seq: view.agent_read_seq,
    updated_at: view.updated_at.toISOString(),
    version: view.version,
    waiting_on: view.waiting_on,
    snoozed_until: view.snoozed_until?.toISOString() ?? null,
    tags: view.tags,
    context: view.context,
    country: view.country,
    store_region: view.store_region,
    external_ticket_id: view.external_ticket_id,
    preferred_language: view.preferred_language,
    resolution_notes: view.resolution_notes,
    action_taken: view.action_taken,
    first_response_at: view.first_response_at?.toISOString() ?? null,
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
