import type { AgentMessage } from '@support-widget/shared/message.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'

export type Tickets = ReadonlyMap<string, AgentTicket>
export type Filter = 'open' | 'resolved' | 'closed' | 'all'

export const filterStatuses = {
  open: ['open', 'in_progress'],
  resolved: ['resolved'],
  closed: ['closed'],
  all: ['open', 'in_progress', 'resolved', 'closed'],
} as const satisfies Record<Filter, readonly AgentTicket['status'][]>

const matches = (filter: Filter, ticket: AgentTicket) => filterStatuses[filter].some((status) => status === ticket.status)

/** A snapshot never goes back: not in version, not in messages, not in time. */
function isOlder(incoming: AgentTicket, known: AgentTicket): boolean {
  if (incoming.version !== known.version) return incoming.version < known.version
  if (incoming.last_seq !== known.last_seq) return incoming.last_seq < known.last_seq
  return incoming.updated_at < known.updated_at
}

/**
 * Tickets with what came in, from whatever side and in whatever order. `reads` holds up to which seq agents have read: an answer that left the
 * server before the reading does not bring the unread mark back.
 */
export function mergeTickets(known: Tickets, incoming: readonly AgentTicket[], reads: ReadonlyMap<string, number> = new Map()): Tickets {
  const merged = new Map(known)
  for (const ticket of incoming) {
    const current = merged.get(ticket.id)
    if (current && isOlder(ticket, current)) continue
    const isRead = (reads.get(ticket.id) ?? -1) >= ticket.last_seq
    merged.set(ticket.id, isRead ? { ...ticket, unread_count: 0 } : ticket)
  }
  return merged
}

/** Messages by id, in the order of seq, each once; a later copy replaces an earlier one. */
export function mergeMessages(known: readonly AgentMessage[], incoming: readonly AgentMessage[]): readonly AgentMessage[] {
  if (incoming.length === 0) return known
  const byId = new Map(known.map((message) => [message.id, message]))
  for (const message of incoming) byId.set(message.id, message)
  return [...byId.values()].sort((a, b) => a.seq - b.seq)
}

/** The last seq up to which nothing is missing; 0 for an empty thread. A catch-up asks after it. */
export function gaplessUpTo(messages: readonly AgentMessage[]): number {
  let last = messages[0]?.seq ?? 0
  for (const message of messages) {
    if (message.seq > last + 1) break
    last = message.seq
  }
  return last
}

/** The id of the last message to the customer that they have read, when they have read up to `seq`; null if there is none. */
export const lastSeen = (messages: readonly AgentMessage[], seq: number): string | null =>
  messages.findLast((message) => message.seq <= seq && message.author.type === 'agent' && !message.is_internal)?.id ?? null

/** The later of two times; ISO 8601 in UTC sorts as text. */
function later(a: string, b: string): string {
  return [a, b].sort()[1] ?? a
}

/** What a new message alone tells about its ticket, until the ticket itself comes. */
export function withMessage(tickets: Tickets, message: AgentMessage): Tickets {
  const ticket = tickets.get(message.ticket_id)
  if (!ticket || ticket.last_seq >= message.seq) return tickets
  const unread = message.author.type === 'customer' ? 1 : 0
  return new Map(tickets).set(ticket.id, {
    ...ticket,
    last_seq: message.seq,
    message_count: Math.max(ticket.message_count, message.seq),
    unread_count: ticket.unread_count + unread,
    updated_at: later(message.created_at, ticket.updated_at),
  })
}

/** An agent, here or elsewhere, has read the ticket up to `seq`. */
export function withRead(tickets: Tickets, ticketId: string, seq: number): Tickets {
  const ticket = tickets.get(ticketId)
  if (!ticket || ticket.unread_count === 0 || seq < ticket.last_seq) return tickets
  return new Map(tickets).set(ticketId, { ...ticket, unread_count: 0 })
}

const newestFirst = (a: AgentTicket, b: AgentTicket) => {
  if (a.updated_at !== b.updated_at) return a.updated_at < b.updated_at ? 1 : -1
  return a.id < b.id ? 1 : -1
}

/**
 * The rows of a filter, last changed first. `floor` is the time of the oldest row that the list has loaded: older tickets may be known from
 * elsewhere, but showing them would leave holes. Null: all is loaded.
 */
export const rowsOf = (tickets: Tickets, filter: Filter, floor: string | null): AgentTicket[] =>
  [...tickets.values()].filter((ticket) => matches(filter, ticket) && (floor === null || ticket.updated_at >= floor)).sort(newestFirst)

/**
 * Forgets tickets that a fresh page should have contained and does not, because they changed while nobody told us. What changed since the page was
 * asked for (`before`) stays, and so does the ticket `keep`.
 */
export function pruned(
  tickets: Tickets,
  before: Tickets,
  page: readonly AgentTicket[],
  filter: Filter,
  floor: string | null,
  keep: string | null,
): Tickets {
  const listed = new Set(page.map((ticket) => ticket.id))
  const gone = [...tickets.values()].filter(
    (ticket) =>
      matches(filter, ticket) &&
      !listed.has(ticket.id) &&
      ticket.id !== keep &&
      before.get(ticket.id) === ticket &&
      (floor === null || ticket.updated_at > floor),
  )
  if (gone.length === 0) return tickets
  const left = new Map(tickets)
  for (const ticket of gone) left.delete(ticket.id)
  return left
}
