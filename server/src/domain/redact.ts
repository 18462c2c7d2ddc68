import { decodeId, encodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { arrayOf } from '../db/array.ts'
import { notFound } from '../errors.ts'
import { dropAttachments } from './attachments.ts'
import { audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'
import { scrubDeliveries } from './deliveries.ts'
import { lockTickets, seeTicket, type TicketRow } from './lock.ts'
import { isForeign } from './once.ts'
import { change, type Tx } from './record.ts'
import { indexTicket } from './search.ts'
import { type MessageView, messageViews } from './views.ts'

/**
 * Empties a message or a note for good, and with it every copy that a merge made of it: text, attachments, what search found by it, and what was kept to answer a
 * repeated request. Twice is the same as once. Throws `not_found`.
 */
export function redactMessage(core: Core, actor: AgentActor, ticketId: string, messageId: string): Promise<MessageView> {
  return change(core, actor, async (tx) => {
    const message = await find(tx, actor, ticketId, messageId)
    const root = message.copy_of ?? message.id
    const tickets = await lockAll(tx, actor, root)
    const emptied = await tx.db
      .updateTable('messages')
      .set({ body: '', redacted_at: tx.now })
      .where('app_id', '=', actor.app.id)
      .where((eb) => eb.or([eb('id', '=', root), eb('copy_of', '=', root)]))
      .where('redacted_at', 'is', null)
      .returning(['id', 'ticket_id', 'seq', 'is_internal'])
      .execute()
    if (emptied.length > 0) {
      await dropAttachments(tx, actor.app.id, root)
      await forgetAnswers(tx, actor, message.body, root, emptied)
      await scrubDeliveries(
        tx.db,
        actor.app.id,
        emptied.map((one) => one.id),
        tx.now,
      )
      await audit(tx.db, {
        appId: actor.app.id,
        actor: causeOf(actor),
        action: 'message_redacted',
        object: { type: 'message', id: root },
        data: { ticket_id: ticketId },
        now: tx.now,
      })
    }
    for (const one of emptied) {
      const ticket = tickets.get(one.ticket_id)
      if (ticket) await tell(tx, actor, ticket, one)
    }
    return messageViews(tx.db, actor.app.id).where('m.id', '=', message.id).executeTakeFirstOrThrow()
  })
}

async function find(tx: Tx, actor: AgentActor, ticketId: string, messageId: string) {
  const id = decodeId(messageId)
  const row = id
    ? await tx.db
        .selectFrom('messages')
        .select(['id', 'copy_of', 'body'])
        .where('app_id', '=', actor.app.id)
        .where('ticket_id', '=', ticketId)
        .where('id', '=', id)
        .executeTakeFirst()
    : undefined
  if (!row) throw notFound()
  return row
}

/** Locks every ticket that has a copy, also one that a merge made while we waited for the locks. */
async function lockAll(tx: Tx, actor: AgentActor, root: string): Promise<Map<string, TicketRow>> {
  for (;;) {
    const rows = await lockTickets(tx, actor, await ticketsOf(tx, actor, root))
    const now = await ticketsOf(tx, actor, root)
    if (now.every((id) => rows.has(id))) return rows
  }
}

async function ticketsOf(tx: Tx, actor: AgentActor, root: string): Promise<string[]> {
  const rows = await tx.db
    .selectFrom('messages')
    .select('ticket_id')
    .where('app_id', '=', actor.app.id)
    .where((eb) => eb.or([eb('id', '=', root), eb('copy_of', '=', root)]))
    .execute()
  return rows.map((row) => row.ticket_id)
}

async function tell(tx: Tx, actor: AgentActor, ticket: TicketRow, one: { id: string; seq: number; is_internal: boolean }): Promise<void> {
  await tx.db
    .updateTable('tickets')
    .set({
      updated_at: tx.now,
      ...(one.is_internal ? {} : { public_updated_at: tx.now }),
    })
    .where('app_id', '=', ticket.app_id)
    .where('id', '=', ticket.id)
    .execute()
  if (one.seq === 1) await indexTicket(tx.db, ticket)
  const view = await seeTicket(tx.db, actor, ticket.id)
  const message = await messageViews(tx.db, actor.app.id).where('m.id', '=', one.id).executeTakeFirstOrThrow()
  await tx.record({ type: 'message_redacted', message_id: one.id, is_internal: one.is_internal }, view, message)
}

/** The answers that are kept for repeated requests hold the message as it was: they are brought to what it is now. */
async function forgetAnswers(tx: Tx, actor: AgentActor, text: string, messageId: string, emptied: readonly { ticket_id: string }[]): Promise<void> {
  const tickets = arrayOf(emptied.map((one) => one.ticket_id))
  const kept = await tx.db
    .selectFrom('idempotency_keys')
    .select(['principal', 'operation', 'key', 'answer'])
    .where('app_id', '=', actor.app.id)
    .where((eb) => eb.or([sql<boolean>`tickets && ${tickets}::uuid[]`, sql<boolean>`strpos(answer, ${encodeId(messageId)}) > 0`]))
    .execute()
  for (const { principal, operation, key, answer } of kept) {
    await tx.db
      .updateTable('idempotency_keys')
      .set({ answer: withoutMessage(answer, isForeign(operation) ? { text } : { id: encodeId(messageId), now: tx.now }) })
      .where('app_id', '=', actor.app.id)
      .where('principal', '=', principal)
      .where('operation', '=', operation)
      .where('key', '=', key)
      .execute()
  }
}

/** A message of ours is known by its id; in the words of other APIs, which have no common shape, by its text. */
function withoutMessage(answer: string, one: { text: string } | { id: string; now: Date }): string {
  const foreign = (text: string) => (value: unknown) => (value === text && text !== '' ? '' : value)
  const native = (id: string, now: Date) => (value: unknown) => (isMessage(value, id) ? emptied(value, now) : value)
  const without = 'text' in one ? foreign(one.text) : native(one.id, one.now)
  return JSON.stringify(JSON.parse(answer, (_, value) => without(value)))
}

const isMessage = (value: unknown, id: string): value is object =>
  value !== null && typeof value === 'object' && 'body' in value && 'id' in value && value.id === id

const emptied = (message: object, at: Date) => ({ ...message, body: '', attachments: [], redacted_at: at.toISOString() })
