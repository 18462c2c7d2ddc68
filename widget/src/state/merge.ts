import type { Message } from '@support-widget/shared/message.ts'
import type { Input } from '@support-widget/shared/operations.ts'
import type { Ticket } from '@support-widget/shared/ticket.ts'

/** What else goes with a new ticket: the answers to the app's own questions, facts of the page to which its author has agreed, the ticket that it goes on with. */
export type More = Pick<Input<'createTicket'>['body'], 'custom_fields' | 'context' | 'follow_up_of'>

/** A message that the server has not confirmed, or a whole ticket (`ticket_id` null). `client_id` names it for ever, so it may be sent twice. */
export interface Unsent {
  client_id: string
  ticket_id: string | null
  subject?: string
  category?: string | null
  priority?: Ticket['priority']
  more?: More | null
  body: string
  files?: readonly File[]
  /** When it was written, in ms. */
  at: number
  /** Its files have arrived and its own request has gone out: whatever is heard of it, it may have been taken. */
  tried?: boolean
  /** `late`: it has waited for a day, and is sent only if its author still wants it. */
  state: 'sending' | 'failed' | 'late'
}

/** 128 random bits: the name of a message or ticket, given by its author's device. */
export const newClientId = () => crypto.getRandomValues(new Uint32Array(4)).join('-')

/**
 * One message for each `seq`, in order. Answers, frames and catch-up all come through here; repeats change nothing, and what was taken back stays so,
 * whatever an overtaken answer says.
 */
export function mergeMessages(known: readonly Message[], incoming: readonly Message[]): readonly Message[] {
  const bySeq = new Map(known.map((one) => [one.seq, one]))
  for (const one of incoming) if (one.redacted_at || !bySeq.get(one.seq)?.redacted_at) bySeq.set(one.seq, one)
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

/** The messages up to the first gap. What lies beyond it is held back until the gap is filled, so that nothing ever jumps in above. */
export function inOrder(messages: readonly Message[]): readonly Message[] {
  const gap = messages.findIndex((one, at) => at > 0 && one.seq !== (messages[at - 1]?.seq ?? 0) + 1)
  return gap < 0 ? messages : messages.slice(0, gap)
}

/** What is shown of them: beyond a gap what the customer wrote themselves, which never leaves the screen. The same list where there is no gap, so that it is not drawn again. */
export const shownOf = (messages: readonly Message[]) => {
  const shown = inOrder(messages)
  return shown === messages ? shown : messages.filter(({ author }, at) => at < shown.length || author.type === 'customer')
}

/** The `seq` to ask after. */
export const lastSeq = (messages: readonly Message[]) => inOrder(messages).at(-1)?.seq ?? 0

/** What is still on its way to a ticket, or the ticket itself: an entry whose message has come back by any road is not shown twice. */
export const waitingFor = (ticketId: string, messages: readonly Message[], unsent: readonly Unsent[]) =>
  unsent.filter((one) => (one.ticket_id ?? one.client_id) === ticketId && !messages.some((message) => message.client_id === one.client_id))

const changed = (ticket: Ticket) => Date.parse(ticket.updated_at)
/** An answer can be overtaken by a frame: the older state of a ticket never replaces the newer. */
const older = (a: Ticket, b: Ticket) => a.last_seq < b.last_seq || changed(a) < changed(b)

/** Tickets by id, last changed first. `readSeq`: what this customer has read here, which an answer under way may not know yet. */
export function mergeTickets(known: readonly Ticket[], incoming: readonly Ticket[], readSeq: (id: string) => number = () => 0): readonly Ticket[] {
  const byId = new Map(known.map((one) => [one.id, one]))
  for (const one of incoming) {
    const old = byId.get(one.id)
    if (!old || !older(one, old)) byId.set(one.id, { ...one, agent_read_seq: Math.max(one.agent_read_seq, old?.agent_read_seq ?? 0) })
  }
  return [...byId.values()]
    .map((one) => (one.unread_count > 0 && one.last_seq <= readSeq(one.id) ? { ...one, unread_count: 0 } : one))
    .sort((a, b) => changed(b) - changed(a))
}

/** A ticket after a message that it does not count yet. */
export const withMessage = (ticket: Ticket, message: Message): Ticket =>
  message.seq <= ticket.last_seq
    ? ticket
    : {
        ...ticket,
        last_seq: message.seq,
        message_count: ticket.message_count + 1,
        unread_count: ticket.unread_count + (message.author.type === 'agent' ? 1 : 0),
        updated_at: message.created_at,
      }
