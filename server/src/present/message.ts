import { encodeId } from '@support-widget/shared/ids.ts'
import type { AgentMessage, Author, Message } from '@support-widget/shared/message.ts'
import type { SignedLinks } from '../auth/signed-link.ts'
import type { MessageView } from '../domain/views.ts'
import { presentAttachment } from './attachment.ts'
import { agentName } from './people.ts'

function authorOf(view: MessageView): Author {
  if (view.customer_id) return { type: 'customer', id: encodeId(view.customer_id), name: view.customer_name, avatar_url: null }
  if (view.agent_id) return { type: 'agent', id: encodeId(view.agent_id), name: agentName(view.agent_name), avatar_url: null }
  return view.author_type === 'agent'
    ? { type: 'agent', id: null, name: view.app_name, avatar_url: null }
    : { type: 'system', id: null, name: null, avatar_url: null }
}

function common(view: MessageView, links: SignedLinks) {
  return {
    id: encodeId(view.id),
    ticket_id: encodeId(view.ticket_id),
    client_id: view.client_id,
    body: view.body,
    is_admin: view.author_type === 'agent',
    author: authorOf(view),
    attachments: view.attachments.map((one) => presentAttachment(one, links)),
    redacted_at: view.redacted_at?.toISOString() ?? null,
    merged_from: view.merged_from && encodeId(view.merged_from),
    created_at: view.created_at.toISOString(),
  }
}

/** A public message for its customer. Throws on a note: there is no such thing for them. */
export function presentMessageForCustomer(view: MessageView, links: SignedLinks): Message {
  if (view.public_seq === null) throw new Error('a note must never be presented to a customer')
  return { ...common(view, links), seq: view.public_seq }
}

export function presentMessageForAgent(view: MessageView, links: SignedLinks): AgentMessage {
  return { ...common(view, links), seq: view.seq, is_internal: view.is_internal }
}
