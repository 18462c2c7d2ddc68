import type { Change } from '@support-widget/shared/events.ts'
import { decodeId, encodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { arrayOf } from '../db/array.ts'
import { badInput, notFound, Refusal } from '../errors.ts'
import { say } from './append.ts'
import { applyChanges } from './changes.ts'
import type { AgentActor, Core } from './core.ts'
import { lockTicket, lockTickets, seeTicket, type TicketRow } from './lock.ts'
import { change, type Tx } from './record.ts'
import { timesAfter, turnAfter } from './status.ts'
import { messageViews, type TicketView } from './views.ts'

/** So many messages are told one by one to who listens; of more they see the ticket's numbers jump, and ask. */
const toldOneByOne = 100

/**
 * Appends the messages and notes of one ticket to another one of the same customer, and closes it. They are copies: the ticket keeps its own, so that its numbers hold
 * and what was written there under a `client_id` stays one message. Answers the other ticket. Throws `not_found`, `invalid_request` for an unknown `into`,
 * `merge_not_possible`, `ticket_full`.
 */
export function mergeTicket(core: Core, actor: AgentActor, sourceId: string, into: string): Promise<TicketView> {
  const targetId = decodeId(into)
  return change(core, actor, async (tx) => {
    const rows = await lockTickets(tx, actor, targetId === null ? [sourceId] : [sourceId, targetId])
    const source = rows.get(sourceId)
    const target = targetId === null ? undefined : rows.get(targetId)
    if (!source) throw notFound()
    if (!target) throw badInput('body.into', 'is not a ticket of the app')
    checkPair(source, target)
    await say(tx, actor, target, `Ticket ${source.number} was merged into this one. Its messages follow.`)
    const changes = await addMessages(tx, actor, source, target)
    await closeSource(tx, actor, source, target)
    const view = await seeTicket(tx.db, actor, target.id)
    await tx.record({ type: 'ticket_updated', changes }, view)
    return view
  })
}

function checkPair(source: TicketRow, target: TicketRow): void {
  const merged = source.merged_into ?? target.merged_into
  const reason = obstacle(source, target)
  if (reason !== null) throw new Refusal('merge_not_possible', { detail: reason, extra: merged ? { merged_into: encodeId(merged) } : {} })
  // One more: the line that says so.
  if (source.seq + target.seq + 1 > limits.messagesPerTicket)
    throw new Refusal('ticket_full', { detail: `Together they would have more than ${limits.messagesPerTicket} messages.` })
}

function obstacle(source: TicketRow, target: TicketRow): string | null {
  if (source.id === target.id) return 'A ticket cannot be merged into itself.'
  if (source.customer_id !== target.customer_id) return 'The tickets are of different customers.'
  if (source.merged_into !== null) return 'The ticket has been merged already.'
  if (target.merged_into !== null) return 'The other ticket has been merged itself: merge into the one in which it goes on.'
  return target.status === 'closed' ? 'The other ticket is closed: reopen it first.' : null
}

/** Copies the messages behind the target's last one and moves it on. Answers what history says of it. */
async function addMessages(tx: Tx, actor: AgentActor, source: TicketRow, told: TicketRow): Promise<Change[]> {
  const target = await lockTicket(tx, actor, told.id)
  const positions = await readPositions(tx, actor, source, target)
  const ids = Array.from({ length: source.seq }, () => uuidv7())
  await sql`
    insert into messages (id, app_id, ticket_id, seq, public_seq, client_id, author_type, customer_id, agent_id, body, is_internal, created_at, redacted_at,
      merged_from, copy_of)
    select fresh.id, m.app_id, ${target.id}::uuid, ${target.seq}::int + m.seq, ${target.public_seq}::int + m.public_seq, null, m.author_type, m.customer_id,
      m.agent_id, m.body, m.is_internal, m.created_at, m.redacted_at, coalesce(m.merged_from, m.ticket_id), coalesce(m.copy_of, m.id)
    from messages m
    join unnest(${arrayOf(ids)}::uuid[]) with ordinality as fresh (id, seq) on fresh.seq = m.seq
    where m.app_id = ${source.app_id} and m.ticket_id = ${source.id}`.execute(tx.db)
  // What waits in the source goes on: a resolved target is taken up again, as a reply of the customer's would.
  const waits = source.status === 'open' || source.status === 'in_progress'
  const status = waits && target.status === 'resolved' ? 'in_progress' : target.status
  const turns = [source.waiting_on, target.waiting_on]
  await tx.db
    .updateTable('tickets')
    .set({
      seq: target.seq + source.seq,
      public_seq: target.public_seq + source.public_seq,
      ...positions,
      status,
      ...(status === target.status ? {} : timesAfter(target, status, tx.now)),
      waiting_on: turnAfter(status, turns.includes('agent') ? 'agent' : (target.waiting_on ?? source.waiting_on)),
      first_response_at: target.first_response_at ?? source.first_response_at,
      version: target.version + 1,
      updated_at: tx.now,
      public_updated_at: tx.now,
    })
    .where('app_id', '=', target.app_id)
    .where('id', '=', target.id)
    .execute()
  await tellMessages(tx, actor, target, ids)
  const moved = status === target.status ? [] : [{ field: 'status', from: target.status, to: status }]
  return [{ field: 'merged_from', from: null, to: source.id }, ...moved]
}

/**
 * Up to where each side has read. If it had read all of the target, it has read there what it had read in the source; else what follows its first unread message counts
 * as unread, because a read position is one number.
 */
async function readPositions(tx: Tx, actor: AgentActor, source: TicketRow, target: TicketRow) {
  const from = await seeTicket(tx.db, actor, source.id)
  const to = await seeTicket(tx.db, actor, target.id)
  const byCustomer = from.customer_unread === 0 ? source.public_seq : source.customer_read_seq
  const byAgents = from.agent_unread === 0 ? source.seq : source.agent_read_seq
  return {
    customer_read_seq: to.customer_unread === 0 ? target.public_seq + byCustomer : target.customer_read_seq,
    agent_read_seq: to.agent_unread === 0 ? target.seq + byAgents : target.agent_read_seq,
  }
}

async function tellMessages(tx: Tx, actor: AgentActor, target: TicketRow, ids: readonly string[]): Promise<void> {
  if (ids.length > toldOneByOne) return
  const view = await seeTicket(tx.db, actor, target.id)
  const messages = await messageViews(tx.db, actor.app.id).where('m.id', 'in', ids).orderBy('m.seq').execute()
  for (const message of messages) tx.announce({ type: 'message_merged', message_id: message.id, is_internal: message.is_internal }, view, message)
}

/** Nothing is unread there any more: it waits in the target. */
async function closeSource(tx: Tx, actor: AgentActor, source: TicketRow, target: TicketRow): Promise<void> {
  await say(tx, actor, source, `This ticket was merged into ${target.number} and goes on there.`)
  await tx.db
    .updateTable('tickets')
    .set((eb) => ({ customer_read_seq: eb.ref('public_seq'), agent_read_seq: eb.ref('seq') }))
    .where('app_id', '=', source.app_id)
    .where('id', '=', source.id)
    .execute()
  await applyChanges(tx, actor, source, { status: 'closed', merged_into: target.id, snoozed_until: null })
}
