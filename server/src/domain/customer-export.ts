import type { Selectable } from 'kysely'
import type { Tables } from '../db/orm.ts'
import { audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'
import { type CustomerView, readCustomer } from './customers.ts'
import { type MessageView, messageViews, type TicketView, ticketViews } from './views.ts'

/** What one read holds in memory. */
const ticketBatch = 50
const messageBatch = 500

export interface CustomerHead {
  customer: CustomerView
  keys: Pick<Selectable<Tables['api_keys']>, 'id' | 'name' | 'links' | 'created_at'>[]
  unsent: MessageView['attachments']
}

/** A customer and what hangs on them alone; written down in the audit log, because their tickets follow. Throws `not_found`. */
export async function beginCustomerExport(core: Core, actor: AgentActor, customerId: string): Promise<CustomerHead> {
  const db = core.orm.db()
  const appId = actor.app.id
  const customer = await readCustomer(core, actor, customerId)
  const keys = await db
    .selectFrom('api_keys')
    .select(['id', 'name', 'links', 'created_at'])
    .where('app_id', '=', appId)
    .where('customer_id', '=', customerId)
    .orderBy('id')
    .execute()
  const unsent = await db
    .selectFrom('attachments')
    .select(['id', 'filename', 'content_type', 'size', 'width', 'height'])
    .where('app_id', '=', appId)
    .where('customer_id', '=', customerId)
    .where('message_id', 'is', null)
    .orderBy('id')
    .execute()
  const object = { type: 'customer' as const, id: customerId }
  await audit(db, { appId, actor: causeOf(actor), action: 'customer_exported', object, now: core.clock.now() })
  return { customer, keys, unsent }
}

/** The customer's tickets in batches, oldest first; nothing is held between two batches. */
export async function* exportTickets(core: Core, actor: AgentActor, customerId: string): AsyncGenerator<TicketView> {
  for (let after: string | undefined, more = true; more; ) {
    let query = ticketViews(core.orm.db(), actor.app.id).where('t.customer_id', '=', customerId)
    if (after !== undefined) query = query.where('t.id', '>', after)
    const rows = await query.orderBy('t.id').limit(ticketBatch).execute()
    yield* rows
    after = rows.at(-1)?.id
    more = rows.length === ticketBatch
  }
}

/** The public messages of a ticket in batches, in their order. */
export async function* exportMessages(core: Core, actor: AgentActor, ticketId: string): AsyncGenerator<MessageView[]> {
  for (let after = 0, more = true; more; ) {
    const rows = await messageViews(core.orm.db(), actor.app.id)
      .where('m.ticket_id', '=', ticketId)
      .where('m.public_seq', '>', after)
      .orderBy('m.public_seq')
      .limit(messageBatch)
      .execute()
    if (rows.length > 0) yield rows
    after = rows.at(-1)?.public_seq ?? after
    more = rows.length === messageBatch
  }
}
