import type { Change } from '@support-widget/shared/events.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import type { NewTicket, Status, TicketPatch } from '@support-widget/shared/ticket.ts'
import { v7 as uuidv7 } from 'uuid'
import type * as z from 'zod'
import type { Db } from '../db/orm.ts'
import { isUniqueViolation, Refusal } from '../errors.ts'
import { categoriesOf } from './apps.ts'
import type { Actor, AgentActor, Core, CustomerActor } from './core.ts'
import { lockTicket, seeTicket, type TicketRow } from './lock.ts'
import { change, type Tx } from './record.ts'
import { timesAfter } from './status.ts'
import { type MessageView, messageViews, type TicketView, ticketViews } from './views.ts'

export type NewTicketInput = z.output<typeof NewTicket>
export interface Thread {
  ticket: TicketView
  messages: MessageView[]
}

const badCategory = (allowed: string[]) =>
  new Refusal('invalid_request', {
    detail: 'The category is not one of the app.',
    faults: [{ location: 'body.category', message: `must be one of ${allowed.join(', ')}` }],
  })

/**
 * Creates a ticket with its first message. The same `client_id` from the same customer is the same ticket. Throws `invalid_request` for a category that the
 * app does not have.
 */
export async function createTicket(core: Core, actor: CustomerActor, input: NewTicketInput): Promise<Thread> {
  const categories = categoriesOf(actor.app).map((category) => category.id)
  if (input.category && !categories.includes(input.category)) throw badCategory(categories)
  try {
    return await change(core, actor, (tx) => insertTicket(tx, actor, input))
  } catch (err) {
    const again = isUniqueViolation(err, 'tickets_client_id') && input.client_id ? await findByClientId(core.orm.db(), actor, input.client_id) : null
    if (again) return again
    throw err
  }
}

async function insertTicket(tx: Tx, actor: CustomerActor, input: NewTicketInput): Promise<Thread> {
  const before = input.client_id ? await findByClientId(tx.db, actor, input.client_id) : null
  if (before) return before
  const number = await nextNumber(tx, actor.app.id)
  const id = uuidv7()
  const messageId = uuidv7()
  const key = { app_id: actor.app.id, customer_id: actor.customerId, client_id: input.client_id ?? null, created_at: tx.now }
  const ticket: TicketRow = {
    ...key,
    id,
    number,
    subject: input.subject,
    status: 'open',
    priority: input.priority ?? 'normal',
    category: input.category ?? null,
    type: input.type ?? 'support',
    channel: input.channel ?? 'api',
    assignee_id: null,
    version: 1,
    seq: 1,
    public_seq: 1,
    customer_read_seq: 1,
    agent_read_seq: 0,
    updated_at: tx.now,
    public_updated_at: tx.now,
    resolved_at: null,
    closed_at: null,
  }
  await tx.db.insertInto('tickets').values(ticket).execute()
  await tx.db
    .insertInto('messages')
    .values({
      ...key,
      id: messageId,
      ticket_id: id,
      seq: 1,
      public_seq: 1,
      author_type: 'customer',
      agent_id: null,
      body: input.body,
      is_internal: false,
    })
    .execute()
  const thread = await readThreadOf(tx.db, actor, id)
  await tx.record({ type: 'ticket_created', message_id: messageId }, thread.ticket, thread.messages[0])
  return thread
}

/** `TKT-year-number`, at least five digits, counted per app and year (UTC) behind a row lock: no gap and no double, whatever rolls back. */
async function nextNumber(tx: Tx, appId: string): Promise<string> {
  const year = tx.now.getUTCFullYear()
  const { last } = await tx.db
    .insertInto('ticket_counters')
    .values({ app_id: appId, year, last: 1 })
    .onConflict((conflict) => conflict.columns(['app_id', 'year']).doUpdateSet((eb) => ({ last: eb('ticket_counters.last', '+', 1) })))
    .returning('last')
    .executeTakeFirstOrThrow()
  return `TKT-${year}-${String(last).padStart(5, '0')}`
}

async function findByClientId(db: Db, actor: CustomerActor, clientId: string): Promise<Thread | null> {
  const row = await db
    .selectFrom('tickets')
    .select('id')
    .where('app_id', '=', actor.app.id)
    .where('customer_id', '=', actor.customerId)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row ? readThreadOf(db, actor, row.id) : null
}

async function readThreadOf(db: Db, actor: CustomerActor, ticketId: string): Promise<Thread> {
  const ticket = await seeTicket(db, actor, ticketId)
  const messages = await messageViews(db, actor.app.id)
    .where('m.ticket_id', '=', ticketId)
    .where('m.is_internal', '=', false)
    .orderBy('m.public_seq')
    .execute()
  return { ticket, messages }
}

export interface TicketFilter {
  status?: readonly Status[] | undefined
  priority?: readonly TicketRow['priority'][] | undefined
  page: number
  per_page: number
}

/** The tickets that the actor may see, last changed first. `total` counts all pages. */
export async function listTickets(core: Core, actor: Actor, filter: TicketFilter): Promise<{ tickets: TicketView[]; total: number }> {
  const db = core.orm.db()
  const matching = db
    .selectFrom('tickets as t')
    .where('t.app_id', '=', actor.app.id)
    .$if(actor.type === 'customer', (query) => query.where('t.customer_id', '=', actor.type === 'customer' ? actor.customerId : ''))
    .$if(filter.status !== undefined, (query) => query.where('t.status', 'in', filter.status ?? []))
    .$if(filter.priority !== undefined, (query) => query.where('t.priority', 'in', filter.priority ?? []))
  const { total } = await matching.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const changed = actor.type === 'customer' ? 't.public_updated_at' : 't.updated_at'
  const page = matching
    .select('t.id')
    .orderBy(changed, 'desc')
    .orderBy('t.id', 'desc')
    .limit(filter.per_page)
    .offset((filter.page - 1) * filter.per_page)
  const tickets = await ticketViews(db, actor.app.id).where('t.id', 'in', page).orderBy(changed, 'desc').orderBy('t.id', 'desc').execute()
  return { tickets, total: Number(total) }
}

/** Closes the customer's ticket; a closed one stays as it is. Throws `not_found`. */
export async function closeTicket(core: Core, actor: CustomerActor, ticketId: string): Promise<TicketView> {
  return change(core, actor, async (tx) => applyPatch(tx, actor, await lockTicket(tx, actor, ticketId), { status: 'closed' }))
}

/**
 * Changes a ticket. With an old `version` nothing changes and `conflict` is true; `ticket` is always the ticket as it is now. Throws `not_found`, and
 * `invalid_request` for an assignee who is not an agent of the app.
 */
export async function updateTicket(
  core: Core,
  actor: AgentActor,
  ticketId: string,
  patch: TicketPatch,
): Promise<{ ticket: TicketView; conflict: boolean }> {
  return change(core, actor, async (tx) => {
    const ticket = await lockTicket(tx, actor, ticketId)
    if (patch.version !== undefined && patch.version !== ticket.version) {
      return { ticket: await seeTicket(tx.db, actor, ticketId), conflict: true }
    }
    const { version, assignee_id, ...fields } = patch
    const set: Fields = { ...fields }
    if (assignee_id !== undefined) set.assignee_id = assignee_id === null ? null : await findAssignee(tx.db, actor, assignee_id)
    return { ticket: await applyPatch(tx, actor, ticket, set), conflict: false }
  })
}

type Fields = { [K in 'status' | 'priority' | 'category' | 'type' | 'assignee_id']?: TicketRow[K] | undefined }

async function applyPatch(tx: Tx, actor: Actor, ticket: TicketRow, fields: Fields): Promise<TicketView> {
  const changes: Change[] = []
  for (const [field, to] of Object.entries(fields)) {
    const from = ticket[field as keyof Fields]
    if (to !== undefined && to !== from) changes.push({ field, from, to })
  }
  if (changes.length === 0) return seeTicket(tx.db, actor, ticket.id)
  await tx.db
    .updateTable('tickets')
    .set({
      ...Object.fromEntries(changes.map((one) => [one.field, one.to])),
      ...(fields.status && fields.status !== ticket.status ? timesAfter(ticket, fields.status, tx.now) : {}),
      version: ticket.version + 1,
      updated_at: tx.now,
      public_updated_at: tx.now,
    })
    .where('id', '=', ticket.id)
    .execute()
  const view = await seeTicket(tx.db, actor, ticket.id)
  await tx.record({ type: 'ticket_updated', changes }, view)
  return view
}

async function findAssignee(db: Db, actor: AgentActor, given: string): Promise<string> {
  const id = given === 'me' ? actor.agentId : decodeId(given)
  const agent = id
    ? await db
        .selectFrom('agents')
        .select('id')
        .where('app_id', '=', actor.app.id)
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .executeTakeFirst()
    : undefined
  if (agent) return agent.id
  throw new Refusal('invalid_request', {
    detail: 'The assignee is not an agent of the app.',
    faults: [
      { location: 'body.assignee_id', message: given === 'me' ? 'an API key is nobody to assign to' : 'must be an agent of the app, "me" or null' },
    ],
  })
}
