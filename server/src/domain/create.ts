import { decodeId } from '@support-widget/shared/ids.ts'
import type { NewAgentTicket, NewTicket } from '@support-widget/shared/ticket.ts'
import { v7 as uuidv7 } from 'uuid'
import type * as z from 'zod'
import type { Db } from '../db/orm.ts'
import { badInput, erased, isUniqueViolation, Refusal } from '../errors.ts'
import { settingsOf } from './apps.ts'
import { findAssignee } from './assignee.ts'
import { claimAttachments } from './attachments.ts'
import type { AgentActor, Caller, Core, CustomerActor } from './core.ts'
import { checkForm } from './form.ts'
import { seeTicket, type TicketRow } from './lock.ts'
import { nextNumber } from './numbers.ts'
import { change, type Tx } from './record.ts'
import { findRequester } from './requester.ts'
import { indexTicket } from './search.ts'
import { type MessageView, messageViews, type TicketView } from './views.ts'

export type NewTicketInput = z.output<typeof NewTicket>
export type NewAgentTicketInput = z.output<typeof NewAgentTicket>
type AnyInput = NewTicketInput & Partial<Pick<NewAgentTicketInput, 'tags' | 'country' | 'store_region' | 'external_ticket_id' | 'preferred_language'>>

export interface Thread {
  ticket: TicketView
  messages: MessageView[]
}

/** Who asks, whose ticket it is, and which side its first message is from. */
interface Opening {
  actor: Caller
  customerId: string
  author: 'customer' | 'agent'
  assigneeId: string | null
}

/**
 * A customer's new ticket with its first message. The same `client_id` from the same customer is the same ticket. Throws `invalid_request` for a category or
 * a form field that is not the app's (unless `form` is false: it was written where the app's form is not known), `link_not_allowed` for a link that the
 * credential does not grant.
 */
export async function createTicket(core: Core, actor: CustomerActor, input: NewTicketInput, { form } = { form: true }): Promise<Thread> {
  if (form) checkFormOf(actor, input)
  checkLinks(actor, input.links ?? {})
  const opening: Opening = { actor, customerId: actor.customerId, author: 'customer', assigneeId: null }
  return once(core, opening, input, () => change(core, actor, (tx) => insert(tx, opening, input)))
}

function checkFormOf(actor: CustomerActor, input: NewTicketInput): void {
  const settings = settingsOf(actor.app)
  const categories = settings.categories.map((category) => category.id)
  if (input.category && !categories.includes(input.category)) throw badInput('body.category', `must be one of ${categories.join(', ')}`)
  checkForm(settings.form_fields, input.custom_fields ?? {})
}

/** A ticket that an agent opens for a customer. Throws `invalid_request` for an unknown requester or assignee, `already_exists` for an external id in use. */
export async function createTicketFor(core: Core, actor: AgentActor, input: NewAgentTicketInput): Promise<Thread> {
  let opening: Opening | null = null
  const create = () =>
    change(core, actor, async (tx) => {
      const customerId = await findRequester(tx, actor, input.requester)
      const assigneeId = input.assignee_id ? await findAssignee(tx.db, actor, input.assignee_id) : null
      opening = { actor, customerId, author: input.author_type ?? 'customer', assigneeId }
      return insert(tx, opening, { ...input, channel: undefined }, input.channel)
    })
  try {
    return await create()
  } catch (err) {
    if (isUniqueViolation(err, 'tickets_external_ticket_id')) throw externalIdTaken()
    if (isUniqueViolation(err, 'tickets_client_id') && opening) return create()
    throw err
  }
}

export const externalIdTaken = () =>
  new Refusal('already_exists', {
    detail: 'Another ticket of the app has this external_ticket_id.',
    faults: [{ location: 'body.external_ticket_id', message: 'is in use' }],
  })

async function once(core: Core, opening: Opening, input: { client_id?: string | undefined }, create: () => Promise<Thread>): Promise<Thread> {
  try {
    return await create()
  } catch (err) {
    const again =
      isUniqueViolation(err, 'tickets_client_id') && input.client_id ? await findByClientId(core.orm.db(), opening, input.client_id) : null
    if (again) return again
    throw err
  }
}

function checkLinks(actor: CustomerActor, links: Record<string, string>): void {
  for (const [key, value] of Object.entries(links)) {
    const granted = actor.links && Object.hasOwn(actor.links, key) ? actor.links[key] : undefined
    if (granted && !granted.includes(value)) throw new Refusal('link_not_allowed', { detail: `The credential does not grant this ${key}.` })
  }
}

async function insert(tx: Tx, opening: Opening, input: AnyInput, channel?: TicketRow['channel']): Promise<Thread> {
  const before = input.client_id ? await findByClientId(tx.db, opening, input.client_id) : null
  if (before) return before
  const { actor } = opening
  const ticket = rowOf(tx, opening, input, await nextNumber(tx, actor.app.id), channel ?? input.channel ?? 'api')
  ticket.follow_up_of = input.follow_up_of === undefined ? null : await findPrevious(tx.db, opening, input.follow_up_of)
  await tx.db.insertInto('tickets').values(ticket).execute()
  const messageId = uuidv7()
  const byCustomer = opening.author === 'customer'
  await tx.db
    .insertInto('messages')
    .values({
      id: messageId,
      app_id: ticket.app_id,
      ticket_id: ticket.id,
      seq: 1,
      public_seq: 1,
      client_id: ticket.client_id,
      author_type: opening.author,
      customer_id: byCustomer ? opening.customerId : null,
      agent_id: !byCustomer && actor.type === 'agent' ? actor.agentId : null,
      body: input.body,
      is_internal: false,
      created_at: tx.now,
      redacted_at: null,
      merged_from: null,
      copy_of: null,
    })
    .execute()
  await indexTicket(tx.db, ticket)
  await claimAttachments(tx, actor, messageId, input.attachments ?? [])
  const thread = await readNew(tx, opening, ticket.id)
  await tx.record({ type: 'ticket_created', message_id: messageId }, thread.ticket, thread.messages[0])
  return thread
}

/** What has just been written is hidden by the erasure of its customer alone. */
async function readNew(tx: Tx, opening: Opening, ticketId: string): Promise<Thread> {
  try {
    return await readThreadOf(tx.db, opening, ticketId)
  } catch (err) {
    throw err instanceof Refusal && err.code === 'not_found' ? erased(err) : err
  }
}

function rowOf(
  tx: Tx,
  { actor, customerId, author, assigneeId }: Opening,
  input: AnyInput,
  number: string,
  channel: TicketRow['channel'],
): TicketRow {
  const byCustomer = author === 'customer'
  return {
    id: uuidv7(),
    app_id: actor.app.id,
    customer_id: customerId,
    number,
    client_id: input.client_id ?? null,
    subject: input.subject,
    status: byCustomer ? 'open' : 'in_progress',
    priority: input.priority ?? 'normal',
    category: input.category ?? null,
    type: input.type ?? 'support',
    channel,
    assignee_id: assigneeId,
    version: 1,
    seq: 1,
    public_seq: 1,
    customer_read_seq: byCustomer ? 1 : 0,
    agent_read_seq: byCustomer ? 0 : 1,
    ...factsOf(input),
    ...untouched,
    waiting_on: byCustomer ? 'agent' : 'customer',
    first_response_at: byCustomer ? null : tx.now,
    created_at: tx.now,
    updated_at: tx.now,
    public_updated_at: tx.now,
  }
}

const factsOf = (input: AnyInput) => ({
  custom_fields: input.custom_fields ?? {},
  links: input.links ?? {},
  tags: input.tags ?? [],
  context: input.context ?? null,
  country: input.country ?? null,
  store_region: input.store_region ?? null,
  external_ticket_id: input.external_ticket_id ?? null,
  preferred_language: input.preferred_language ?? null,
})

/** What nothing has happened to yet. */
const untouched = {
  resolution_notes: null,
  action_taken: null,
  snoozed_until: null,
  csat_score: null,
  csat_comment: null,
  csat_at: null,
  follow_up_of: null,
  merged_into: null,
  resolved_at: null,
  closed_at: null,
}

/** The ticket that a new one goes on with: of the same customer. Throws `invalid_request`. */
async function findPrevious(db: Db, opening: Opening, given: string): Promise<string> {
  const id = decodeId(given)
  const row = id
    ? await db
        .selectFrom('tickets')
        .select('id')
        .where('app_id', '=', opening.actor.app.id)
        .where('customer_id', '=', opening.customerId)
        .where('id', '=', id)
        .executeTakeFirst()
    : undefined
  if (!row) throw badInput('body.follow_up_of', "must be one of the customer's tickets")
  return row.id
}

async function findByClientId(db: Db, opening: Opening, clientId: string): Promise<Thread | null> {
  const row = await db
    .selectFrom('tickets')
    .select('id')
    .where('app_id', '=', opening.actor.app.id)
    .where('customer_id', '=', opening.customerId)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row ? readThreadOf(db, opening, row.id) : null
}

async function readThreadOf(db: Db, { actor }: Opening, ticketId: string): Promise<Thread> {
  const ticket = await seeTicket(db, actor, ticketId)
  let query = messageViews(db, actor.app.id).where('m.ticket_id', '=', ticketId)
  if (actor.type === 'customer') query = query.where('m.is_internal', '=', false)
  return { ticket, messages: await query.orderBy('m.seq').execute() }
}
