import type { AgentFrames, CustomerFrames } from '@support-widget/shared/socket.ts'
import type { Happening } from '../domain/core.ts'
import { presentMessageForAgent, presentMessageForCustomer } from '../present/message.ts'
import { presentTicketForAgent, presentTicketForCustomer } from '../present/ticket.ts'

type Each<F> = { [K in keyof F]: [K, F[K]] }[keyof F]
export interface FramesOf {
  agents: Each<AgentFrames>[]
  customer: Each<CustomerFrames>[]
}

/** A committed event → the frames of either side. A note, and what it changes, makes none for the customer. */
export function framesOf({ event, ticket, message }: Happening): FramesOf {
  const forAgent = presentTicketForAgent(ticket)
  const forCustomer = presentTicketForCustomer(ticket)
  const ticketId = forAgent.id
  switch (event.type) {
    case 'ticket_created':
      return {
        agents: [['ticket.created', { ticket: forAgent }], ...messageFrames(message, ticketId, presentMessageForAgent)],
        customer: [['ticket.created', { ticket: forCustomer }], ...messageFrames(message, ticketId, presentMessageForCustomer)],
      }
    case 'message_created':
      return {
        agents: [...messageFrames(message, ticketId, presentMessageForAgent), ['ticket.updated', { ticket: forAgent }]],
        customer: event.is_internal
          ? []
          : [...messageFrames(message, ticketId, presentMessageForCustomer), ['ticket.updated', { ticket: forCustomer }]],
      }
    case 'ticket_updated':
      return { agents: [['ticket.updated', { ticket: forAgent }]], customer: [['ticket.updated', { ticket: forCustomer }]] }
    case 'ticket_read':
      return {
        agents: [['ticket.read', { ticket_id: ticketId, by: event.by, seq: event.seq }]],
        customer: event.public_seq === null ? [] : [['ticket.read', { ticket_id: ticketId, by: event.by, seq: event.public_seq }]],
      }
  }
}

function messageFrames<M>(view: Happening['message'], ticketId: string, present: (view: NonNullable<Happening['message']>) => M) {
  return view ? [['message.created', { ticket_id: ticketId, message: present(view) }] as ['message.created', { ticket_id: string; message: M }]] : []
}

/** The UUIDs that decide who gets the frames. */
export const addressees = ({ ticket }: Happening) => ({ appId: ticket.app_id, customerId: ticket.customer_id })
