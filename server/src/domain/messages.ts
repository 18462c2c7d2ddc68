import { limits } from '@support-widget/shared/limits.ts'
import { v7 as uuidv7 } from 'uuid'
import type { Db } from '../db/orm.ts'
import { isUniqueViolation, Refusal } from '../errors.ts'
import type { Actor, Core } from './core.ts'
import { lockTicket, seeTicket, type TicketRow } from './lock.ts'
import { change, type Tx } from './record.ts'
import { statusAfterMessage, timesAfter } from './status.ts'
import { type MessageView, messageViews, type TicketView } from './views.ts'

export interface NewMessageInput {
  body: string
  client_id?: string | undefined
  is_internal?: boolean | undefined
}

/**
 * Writes a message, or with `is_internal` a note, into a ticket. The next numbers are taken under the ticket's lock, so both sequences are gapless. The same
 * `client_id` from the same sender is the same message, whatever its body. Throws `not_found`, `ticket_closed` (customers), `ticket_full`.
 */
export async function sendMessage(core: Core, actor: Actor, ticketId: string, input: NewMessageInput): Promise<MessageView> {
  try {
    return await change(core, actor, (tx) => write(tx, actor, ticketId, input))
  } catch (err) {
    const again =
      isUniqueViolation(err, 'messages_client_id') && input.client_id ? await findByClientId(core.orm.db(), actor, ticketId, input.client_id) : null
    if (again) return again
    throw err
  }
}

async function write(tx: Tx, actor: Actor, ticketId: string, input: NewMessageInput): Promise<MessageView> {
  const ticket = await lockTicket(tx, actor, ticketId)
  const before = input.client_id ? await findByClientId(tx.db, actor, ticketId, input.client_id) : null
  if (before) return before
  if (actor.type === 'customer' && ticket.status === 'closed') {
    throw new Refusal('ticket_closed', { detail: 'This ticket is closed. Create a new one, which may follow it up.' })
  }
  if (ticket.seq >= limits.messagesPerTicket) {
    throw new Refusal('ticket_full', { detail: `A ticket holds at most ${limits.messagesPerTicket} messages.` })
  }
  const isInternal = actor.type === 'agent' && input.is_internal === true
  const status = statusAfterMessage(ticket.status, actor.type, isInternal)
  const messageId = await append(tx, actor, ticket, { ...input, is_internal: isInternal }, status)
  const message = await messageViews(tx.db, actor.app.id).where('m.id', '=', messageId).executeTakeFirstOrThrow()
  const view = await seeTicket(tx.db, actor, ticketId)
  await tx.record({ type: 'message_created', message_id: messageId, is_internal: isInternal, by: actor.type }, view, message)
  if (status !== ticket.status) {
    await tx.record({ type: 'ticket_updated', changes: [{ field: 'status', from: ticket.status, to: status }] }, view)
  }
  return message
}

/** Inserts the message and moves the ticket on, in one statement. Answers the message's id. */
async function append(tx: Tx, actor: Actor, ticket: TicketRow, input: NewMessageInput, status: TicketRow['status']): Promise<string> {
  const id = uuidv7()
  const isInternal = input.is_internal === true
  const seq = ticket.seq + 1
  const publicSeq = isInternal ? ticket.public_seq : ticket.public_seq + 1
  const row = {
    id,
    app_id: ticket.app_id,
    ticket_id: ticket.id,
    seq,
    public_seq: isInternal ? null : publicSeq,
    client_id: input.client_id ?? null,
    author_type: actor.type,
    customer_id: actor.type === 'customer' ? actor.customerId : null,
    agent_id: actor.type === 'agent' ? actor.agentId : null,
    body: input.body,
    is_internal: isInternal,
    created_at: tx.now,
  }
  await tx.db
    .with('message', (db) => db.insertInto('messages').values(row).returning('id'))
    .updateTable('tickets')
    .set({
      seq,
      public_seq: publicSeq,
      status,
      version: status === ticket.status ? ticket.version : ticket.version + 1,
      updated_at: tx.now,
      public_updated_at: isInternal ? ticket.public_updated_at : tx.now,
      ...(status === ticket.status ? {} : timesAfter(ticket, status, tx.now)),
    })
    .where('id', '=', ticket.id)
    .execute()
  return id
}

function findByClientId(db: Db, actor: Actor, ticketId: string, clientId: string): Promise<MessageView | undefined> {
  const agentId = actor.type === 'agent' ? actor.agentId : null
  return messageViews(db, actor.app.id)
    .where('m.ticket_id', '=', ticketId)
    .where('m.author_type', '=', actor.type)
    .where('m.agent_id', agentId === null ? 'is' : '=', agentId)
    .where('m.client_id', '=', clientId)
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
  actor: Actor,
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
  actor: Actor,
  ticketId: string,
  last?: number,
): Promise<{ ticket: TicketView; messages: MessageView[] }> {
  const stretch = last ? { before_seq: 2 ** 31 - 1, limit: last } : { limit: limits.messagesPerTicket }
  return readMessages(core, actor, ticketId, stretch)
}

/** Moves the actor's side's read position forward, never back and never past the last message. Throws `not_found`. */
export async function markRead(core: Core, actor: Actor, ticketId: string, seq: number): Promise<TicketView> {
  return change(core, actor, async (tx) => {
    const ticket = await lockTicket(tx, actor, ticketId)
    const customer = actor.type === 'customer'
    const from = customer ? ticket.customer_read_seq : ticket.agent_read_seq
    const to = Math.min(seq, customer ? ticket.public_seq : ticket.seq)
    if (to > from) {
      await tx.db
        .updateTable('tickets')
        .set(customer ? { customer_read_seq: to } : { agent_read_seq: to })
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
async function readEvent(db: Db, ticket: TicketView, by: Actor['type'], { from, to }: { from: number; to: number }) {
  const at = by === 'customer' ? 'public_seq' : 'seq'
  const row = await db
    .selectFrom('messages')
    .select((eb) => [eb.fn.max('seq').as('seq'), eb.fn.max('public_seq').as('public_seq')])
    .where('ticket_id', '=', ticket.id)
    .where(at, '>', from)
    .where(at, '<=', to)
    .executeTakeFirstOrThrow()
  return { type: 'ticket_read' as const, by, seq: row.seq, public_seq: row.public_seq }
}
