import type { AgentFrames, CustomerFrames } from '@support-widget/shared/socket.ts'
import type { SignedLinks } from '../auth/signed-link.ts'
import { isPublic } from '../domain/changes.ts'
import type { Happening } from '../domain/core.ts'
import { presentMessageForAgent, presentMessageForCustomer } from '../present/message.ts'
import { presentTicketForAgent, presentTicketForCustomer } from '../present/ticket.ts'

type Each<F> = { [K in keyof F]: [K, F[K]] }[keyof F]
export interface FramesOf {
  agents: Each<AgentFrames>[]
  customer: Each<CustomerFrames>[]
}

/**
 * A committed event → the frames of either side. A note, and what customers do not see of a ticket, makes none for them; the ticket of a blocked customer none for
 * agents.
 */
export function framesOf(happening: Happening, links: SignedLinks): FramesOf {
  const { agents, customer } = bothSides(happening, links)
  return { agents: happening.ticket.customer_blocked_at === null ? agents : [], customer }
}

function bothSides({ event, ticket, message }: Happening, links: SignedLinks): FramesOf {
  const forAgent = presentTicketForAgent(ticket)
  const forCustomer = presentTicketForCustomer(ticket)
  const ticketId = forAgent.id
  const agentMessage = message && { ticket_id: ticketId, message: presentMessageForAgent(message, links) }
  const customerMessage = message && message.public_seq !== null && { ticket_id: ticketId, message: presentMessageForCustomer(message, links) }
  switch (event.type) {
    case 'ticket_created':
      return {
        agents: [['ticket.created', { ticket: forAgent }], ...frame('message.created', agentMessage)],
        customer: [['ticket.created', { ticket: forCustomer }], ...frame('message.created', customerMessage)],
      }
    case 'message_created':
      return {
        agents: [...frame('message.created', agentMessage), ['ticket.updated', { ticket: forAgent }]],
        customer: event.is_internal ? [] : [...frame('message.created', customerMessage), ['ticket.updated', { ticket: forCustomer }]],
      }
    case 'message_merged':
      return { agents: frame('message.created', agentMessage), customer: frame('message.created', customerMessage) }
    case 'message_redacted':
      return {
        agents: [...frame('message.updated', agentMessage), ['ticket.updated', { ticket: forAgent }]],
        customer: event.is_internal ? [] : [...frame('message.updated', customerMessage), ['ticket.updated', { ticket: forCustomer }]],
      }
    case 'ticket_updated':
      return {
        agents: [['ticket.updated', { ticket: forAgent }]],
        customer: isPublic(event.changes) ? [['ticket.updated', { ticket: forCustomer }]] : [],
      }
    case 'ticket_read':
      return {
        agents: [['ticket.read', { ticket_id: ticketId, by: event.by, seq: event.seq }]],
        customer: event.public_seq === null ? [] : [['ticket.read', { ticket_id: ticketId, by: event.by, seq: event.public_seq }]],
      }
  }
}

const frame = <K extends string, P>(name: K, payload: P | null | false): [K, P][] => (payload ? [[name, payload]] : [])

/** The UUIDs that decide who gets the frames. */
export const addressees = ({ ticket }: Happening) => ({ appId: ticket.app_id, customerId: ticket.customer_id })
