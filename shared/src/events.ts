/** One changed field of a ticket, as history shows it. */
export interface Change {
  field: string
  from: unknown
  to: unknown
}

/** Who caused an event: UUID of the customer, the agent or the API key; null for the system. */
export interface Cause {
  type: 'customer' | 'agent' | 'key' | 'system'
  id: string | null
}

/**
 * What happened, as one closed union. Every change of the domain writes its event in its own transaction; sockets, webhooks and mail hang off it.
 * Ids are UUIDs. `seq` counts all messages, `public_seq` those that the customer sees; null
 * if nothing of theirs was read (an agent read a note).
 */
export type DomainEvent =
  | { type: 'ticket_created'; message_id: string }
  | { type: 'ticket_updated'; changes: Change[] }
  | { type: 'message_created'; message_id: string; is_internal: boolean; by: 'customer' | 'agent' | 'system' }
  /** A merge brought the message into this ticket; it has been told of where it was written. */
  | { type: 'message_merged'; message_id: string; is_internal: boolean }
  | { type: 'message_redacted'; message_id: string; is_internal: boolean }
  | { type: 'ticket_read'; by: 'customer' | 'agent'; seq: number; public_seq: number | null }

export type EventType = DomainEvent['type']
