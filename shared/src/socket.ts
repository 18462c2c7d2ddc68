import type { Problem } from './errors.ts'
import type { AgentMessage, Author, Message } from './message.ts'
import type { AgentRef } from './people.ts'
import type { AgentTicket, Ticket } from './ticket.ts'

/** Where Socket.IO listens; `auth: {token}` in the handshake. */
export const socketPath = '/v1/socket'

/** What the server pushes. The socket is a hint, the API the truth: a lost or doubled frame changes nothing in the end state. */
export interface Frames<T, M> {
  'ticket.created': { ticket: T }
  'ticket.updated': { ticket: T }
  'message.created': { ticket_id: string; message: M }
  'message.updated': { ticket_id: string; message: M }
  'ticket.read': { ticket_id: string; by: 'customer' | 'agent'; seq: number }
}
export type CustomerFrames = Frames<Ticket, Message>
export type AgentFrames = Frames<AgentTicket, AgentMessage>

/** Signals of the moment: never stored, and over by themselves when their sender goes silent. */
export interface CustomerSignals {
  typing: Typing
  /** How many agents have a socket open. */
  presence: { agents_online: number }
}
export interface AgentSignals {
  typing: Typing
  /** Who looks at a ticket now. */
  presence: { ticket_id: string; agents: AgentRef[] }
}
interface Typing {
  ticket_id: string
  author: Author
  typing: boolean
}

/** How every request of a client is acknowledged. */
export type Acknowledged = { ok: true } | { ok: false; error: Problem }

/** Frames as Socket.IO types its listeners. */
export type Listeners<F> = { [K in keyof F]: (payload: F[K]) => void }

/** What a refused handshake carries in `error.data`. */
export interface SocketRefusal {
  code: 'unauthorized' | 'token_expired' | 'origin_not_allowed' | 'key_in_browser' | 'rate_limited' | 'unavailable'
}
