import type { Change } from '@support-widget/shared/events.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type { Status } from '@support-widget/shared/vocabulary.ts'
import type { Db } from '../db/orm.ts'
import { badInput, isUniqueViolation, Refusal } from '../errors.ts'
import { append, isFull } from './append.ts'
import { claimAttachments } from './attachments.ts'
import type { Caller, Core } from './core.ts'
import { lockTicket, seeTicket, type TicketRow, ticketClosed } from './lock.ts'
import { change, type Tx } from './record.ts'
import { statusAfterMessage, timesAfter, turnAfter } from './status.ts'
import { type MessageView, messageViews, type TicketView } from './views.ts'

export interface NewMessageInput {
  body: string
  attachments?: string[] | undefined
  client_id?: string | undefined
  is_internal?: boolean | undefined
  /** The status that the ticket has afterwards, whatever it would be by itself; from agents alone. */
  status?: Status | undefined
  /** Whose words they are; `customer` from an agent is what the app's backend wrote down for them. */
  author_type?: Side | undefined
}

type Side = 'customer' | 'agent'

/**
 * Writes a message, or with `is_internal` a note, into a ticket. The next numbers are taken under the ticket's lock, so both sequences are gapless. The same
 * `client_id` from the same sender is the same message, whatever its body. Throws `not_found`, `ticket_full`, and `ticket_closed` for customers and in a merged ticket.
 */
export async function sendMessage(core: Core, actor: Caller, ticketId: string, input: NewMessageInput): Promise<MessageView> {
  try {
    return await change(core, actor, (tx) => write(tx, actor, ticketId, input))
  } catch (err) {
    const again = isUniqueViolation(err, 'messages_client_id') && input.client_id ? await findByClientId(core.orm.db(), actor, ticketId, input) : null
    if (again) return again
    throw err
  }
}

async function write(tx: Tx, actor: Caller, ticketId: string, input: NewMessageInput): Promise<MessageView> {
  const ticket = await lockTicket(tx, actor, ticketId)
  const side = sideOf(actor, input)
  const before = input.client_id ? await findByClientId(tx.db, actor, ticketId, input) : null
  if (before) return before
  const isInternal = side === 'agent' && input.is_internal === true
  const status = input.status ?? statusAfterMessage(ticket.status, side, isInternal)
  if (isShut(ticket, side, isInternal, status)) throw ticketClosed(ticket)
  if (isFull(ticket)) throw new Refusal('ticket_full', { detail: `A ticket holds at most ${limits.messagesPerTicket} messages.` })
  const changes = changesBy(ticket, side, status)
  const fields = Object.fromEntries(changes.map((one) => [one.field, one.to])) as Partial<TicketRow>
  const messageId = await append(tx, ticket, rowOf(actor, side, { ...input, is_internal: isInternal }), {
    ...fields,
    ...timesAfterMessage(tx, ticket, isInternal ? null : side, status),
    version: changes.length === 0 ? ticket.version : ticket.version + 1,
  })
  await claimAttachments(tx, actor, messageId, input.attachments ?? [])
  const message = await messageViews(tx.db, actor.app.id).where('m.id', '=', messageId).executeTakeFirstOrThrow()
  const view = await seeTicket(tx.db, actor, ticketId)
  await tx.record({ type: 'message_created', message_id: messageId, is_internal: isInternal, by: side }, view, message)
  if (changes.length > 0) await tx.record({ type: 'ticket_updated', changes }, view)
  return message
}

const rowOf = (actor: Caller, side: Side, input: NewMessageInput & { is_internal: boolean }) => ({
  author_type: side,
  agent_id: senderOf(actor, side),
  client_id: input.client_id ?? null,
  body: input.body,
  is_internal: input.is_internal,
})

/** The agent who writes; null for the customer and for the app's backend. */
const senderOf = (actor: Caller, side: Side) => (actor.type === 'agent' && side === 'agent' ? actor.agentId : null)

/** Whose turn it is and when what happened, after a public message of this side, or a note (null). */
const timesAfterMessage = (tx: Tx, ticket: TicketRow, publicBy: Side | null, status: Status) => ({
  ...(status === ticket.status ? {} : timesAfter(ticket, status, tx.now)),
  waiting_on: turnAfter(status, ticket.waiting_on, publicBy ?? undefined),
  first_response_at: ticket.first_response_at ?? (publicBy === 'agent' ? tx.now : null),
})

/** A closed ticket takes nothing from its customer; a merged one takes notes alone, and stays closed. */
function isShut(ticket: TicketRow, side: Side, isInternal: boolean, status: Status): boolean {
  if (ticket.merged_into !== null) return !isInternal || status !== 'closed'
  return ticket.status === 'closed' && side === 'customer'
}

/** What a message changes of its ticket's fields. */
function changesBy(ticket: TicketRow, side: Side, status: Status): Change[] {
  const changes: Change[] = []
  if (status !== ticket.status) changes.push({ field: 'status', from: ticket.status, to: status })
  // What a customer writes wakes the ticket.
  if (side === 'customer' && ticket.snoozed_until !== null) changes.push({ field: 'snoozed_until', from: ticket.snoozed_until, to: null })
  return changes
}

/** Whose side a message is on. Throws `forbidden` for a person who would write for a customer, `invalid_request` for a note of a customer's: it would be public. */
function sideOf(actor: Caller, input: NewMessageInput): Side {
  if (actor.type === 'customer' || input.author_type !== 'customer') return actor.type
  if (actor.agentId !== null) throw new Refusal('forbidden', { detail: "Only the app's backend, with an API key, may write for a customer." })
  if (input.is_internal === true) throw badInput('body.is_internal', 'must be false for what a customer says')
  return 'customer'
}

function findByClientId(db: Db, actor: Caller, ticketId: string, input: NewMessageInput): Promise<MessageView | undefined> {
  const side = sideOf(actor, input)
  const agentId = senderOf(actor, side)
  return messageViews(db, actor.app.id)
    .where('m.ticket_id', '=', ticketId)
    .where('m.author_type', '=', side)
    .where('m.agent_id', agentId === null ? 'is' : '=', agentId)
    .where('m.client_id', '=', input.client_id ?? '')
    .executeTakeFirst()
}

export interface Stretch {
  after_seq?: number | undefined
  before_seq?: number | undefined
  limit: number
}

/**
 * The ticket, and its messages after or before a number of the actor's own sequence, in order. Without either it starts at the first. Throws `not_found`.
 */
export async function readMessages(
  core: Core,
  actor: Caller,
  ticketId: string,
  stretch: Stretch,
): Promise<{ ticket: TicketView; messages: MessageView[]; hasMore: boolean }> {
  const db = core.orm.db()
  // The ticket first: messages that arrive in between are more than it counts, never fewer.
  const ticket = await seeTicket(db, actor, ticketId)
  const seq = actor.type === 'customer' ? 'm.public_seq' : 'm.seq'
  const backward = stretch.before_seq !== undefined && stretch.after_seq === undefined
  let query = messageViews(db, actor.app.id).where('m.ticket_id', '=', ticketId)
  if (actor.type === 'customer') query = query.where('m.is_internal', '=', false)
  if (stretch.after_seq !== undefined) query = query.where(seq, '>', stretch.after_seq)
  if (stretch.before_seq !== undefined) query = query.where(seq, '<', stretch.before_seq)
  const rows = await query
    .orderBy(seq, backward ? 'desc' : 'asc')
    .limit(stretch.limit + 1)
    .execute()
  const messages = rows.slice(0, stretch.limit)
  return { ticket, messages: backward ? messages.reverse() : messages, hasMore: rows.length > stretch.limit }
}

/** All messages of a ticket that the actor may see, or the `last` of them, in order. Throws `not_found`. */
export async function readThread(
  core: Core,
  actor: Caller,
  ticketId: string,
  last?: number,
): Promise<{ ticket: TicketView; messages: MessageView[] }> {
  const stretch = last ? { before_seq: 2 ** 31 - 1, limit: last } : { limit: limits.messagesPerTicket }
  return readMessages(core, actor, ticketId, stretch)
}

/** Moves the actor's side's read position forward, never back and never past the last message. Throws `not_found`. */
export async function markRead(core: Core, actor: Caller, ticketId: string, seq: number): Promise<TicketView> {
  return change(core, actor, async (tx) => {
    const ticket = await lockTicket(tx, actor, ticketId)
    const customer = actor.type === 'customer'
    const from = customer ? ticket.customer_read_seq : ticket.agent_read_seq
    const to = Math.min(seq, customer ? ticket.public_seq : ticket.seq)
    if (to > from) {
      await tx.db
        .updateTable('tickets')
        .set(customer ? { customer_read_seq: to } : { agent_read_seq: to })
        .where('app_id', '=', ticket.app_id)
        .where('id', '=', ticket.id)
        .execute()
      const view = await seeTicket(tx.db, actor, ticketId)
      tx.announce(await readEvent(tx.db, view, actor.type, { from, to }), view)
      return view
    }
    return seeTicket(tx.db, actor, ticketId)
  })
}

/** What was read, in both sequences: each side is told in its own, and the customer not at all of notes. */
async function readEvent(db: Db, ticket: TicketView, by: Caller['type'], { from, to }: { from: number; to: number }) {
  const at = by === 'customer' ? 'public_seq' : 'seq'
  const row = await db
    .selectFrom('messages')
    .select((eb) => [eb.fn.max('seq').as('seq'), eb.fn.max('public_seq').as('public_seq')])
    .where('app_id', '=', ticket.app_id)
    .where('ticket_id', '=', ticket.id)
    .where(at, '>', from)
    .where(at, '<=', to)
    .executeTakeFirstOrThrow()
  return { type: 'ticket_read' as const, by, seq: row.seq, public_seq: row.public_seq }
}
