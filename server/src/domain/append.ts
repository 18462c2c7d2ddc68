import { limits } from '@support-widget/shared/limits.ts'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from './core.ts'
import { seeTicket, type TicketRow } from './lock.ts'
import type { Tx } from './record.ts'
import { messageViews } from './views.ts'

/** Who wrote what. */
export interface NewRow {
  author_type: 'customer' | 'agent' | 'system'
  agent_id: string | null
  client_id: string | null
  body: string
  is_internal: boolean
}

/** True if the ticket takes no further message. */
export const isFull = (ticket: TicketRow) => ticket.seq >= limits.messagesPerTicket

/**
 * Inserts a message into a locked ticket and moves the ticket on, in one statement; `fields` are set besides. A note moves the customer's times only if `fields` have a
 * new status. Answers the message's id.
 */
export async function append(tx: Tx, ticket: TicketRow, message: NewRow, fields: Partial<TicketRow>): Promise<string> {
  const id = uuidv7()
  const seq = ticket.seq + 1
  const publicSeq = message.is_internal ? ticket.public_seq : ticket.public_seq + 1
  const moved = fields.status !== undefined && fields.status !== ticket.status
  const row = {
    ...message,
    id,
    app_id: ticket.app_id,
    ticket_id: ticket.id,
    seq,
    public_seq: message.is_internal ? null : publicSeq,
    customer_id: message.author_type === 'customer' ? ticket.customer_id : null,
    created_at: tx.now,
    redacted_at: null,
    merged_from: null,
    copy_of: null,
  }
  await tx.db
    .with('message', (db) => db.insertInto('messages').values(row).returning('id'))
    .updateTable('tickets')
    .set({
      ...fields,
      seq,
      public_seq: publicSeq,
      updated_at: tx.now,
      public_updated_at: message.is_internal && !moved ? ticket.public_updated_at : tx.now,
    })
    .where('app_id', '=', ticket.app_id)
    .where('id', '=', ticket.id)
    .execute()
  return id
}

/**
 * Says something in the thread of a locked ticket in nobody's name. It is in both orders, but unread for nobody and no answer. A full ticket is told nothing.
 */
export async function say(tx: Tx, actor: Actor, ticket: TicketRow, body: string): Promise<void> {
  if (isFull(ticket)) return
  const id = await append(tx, ticket, { author_type: 'system', agent_id: null, client_id: null, body, is_internal: false }, {})
  const message = await messageViews(tx.db, ticket.app_id).where('m.id', '=', id).executeTakeFirstOrThrow()
  const view = await seeTicket(tx.db, actor, ticket.id)
  await tx.record({ type: 'message_created', message_id: id, is_internal: false, by: 'system' }, view, message)
}
