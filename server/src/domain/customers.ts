import type { BlockReason } from '@support-widget/shared/people.ts'
import { sql } from 'kysely'
import type { Db } from '../db/orm.ts'
import { finds } from '../db/search.ts'
import { notFound, Refusal } from '../errors.ts'
import { type Audited, audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'
import { openTickets } from './views.ts'

export interface CustomerFilter {
  search?: string | undefined
  /** True lists the blocked alone, else they are left out. */
  blocked: boolean
  page: number
  per_page: number
}

function customerViews(db: Db, appId: string) {
  return db.selectFrom('customers as c').where('c.app_id', '=', appId).where('c.erased_at', 'is', null).selectAll('c').select(openTickets)
}
export type CustomerView = Awaited<ReturnType<ReturnType<typeof customerViews>['executeTakeFirstOrThrow']>>

/** The app's customers, newest first; found by part of a name, an address or a phone number, or by the app's own user id. `total` counts all pages. */
export async function listCustomers(core: Core, actor: AgentActor, filter: CustomerFilter): Promise<{ customers: CustomerView[]; total: number }> {
  const db = core.orm.db()
  const { search } = filter
  const matching = db
    .selectFrom('customers as c')
    .where('c.app_id', '=', actor.app.id)
    // Who is being erased is blocked too: the others need not be asked.
    .$if(filter.blocked, (query) => query.where('c.erased_at', 'is', null))
    .where('c.blocked_at', filter.blocked ? 'is not' : 'is', null)
    .$if(search !== undefined, (query) => query.where(sql<boolean>`(${finds('c', actor.app.id, search ?? '')} or c.external_id = ${search})`))
  const { total } = await matching.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const page = matching
    .select('c.id')
    .orderBy('c.id', 'desc')
    .limit(filter.per_page)
    .offset((filter.page - 1) * filter.per_page)
  const customers = await customerViews(db, actor.app.id).where('c.id', 'in', page).orderBy('c.id', 'desc').execute()
  return { customers, total: Number(total) }
}

/** Throws `not_found`. */
export async function readCustomer(core: Core, actor: AgentActor, customerId: string): Promise<CustomerView> {
  const view = await customerViews(core.orm.db(), actor.app.id).where('c.id', '=', customerId).executeTakeFirst()
  if (!view) throw notFound()
  return view
}

/**
 * Blocks a customer or lets them in again; what is so already stays. Credentials are asked for it again and again, so it holds at every door within the minute. Throws
 * `not_found`, and `forbidden` for who is an agent of the app: colleagues do not shut each other out.
 */
export function blockCustomer(
  core: Core,
  actor: AgentActor,
  customerId: string,
  { blocked, reason }: { blocked: boolean; reason?: BlockReason | undefined },
): Promise<CustomerView> {
  const now = core.clock.now()
  return core.orm.transaction(async (db) => {
    const customer = await db
      .selectFrom('customers')
      .selectAll()
      .where('app_id', '=', actor.app.id)
      .where('id', '=', customerId)
      .where('erased_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!customer) throw notFound()
    if (blocked && customer.external_id !== null && (await isAgent(db, actor, customer.external_id)))
      throw new Refusal('forbidden', { detail: 'Who is an agent of the app cannot be blocked.' })
    await db
      .updateTable('customers')
      .set({ blocked_at: blocked ? (customer.blocked_at ?? now) : null, block_reason: blocked ? (reason ?? customer.block_reason) : null })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', customerId)
      .execute()
    if (blocked !== (customer.blocked_at !== null)) await audit(db, entryOf(actor, customer.id, { blocked, reason }, now))
    return customerViews(db, actor.app.id).where('c.id', '=', customerId).executeTakeFirstOrThrow()
  })
}

const entryOf = (actor: AgentActor, id: string, { blocked, reason }: { blocked: boolean; reason?: BlockReason | undefined }, now: Date): Audited => ({
  appId: actor.app.id,
  actor: causeOf(actor),
  action: blocked ? 'customer_blocked' : 'customer_unblocked',
  object: { type: 'customer', id },
  data: blocked ? { reason: reason ?? null } : {},
  now,
})

/** True for who is an agent of the app now. */
export async function isAgent(db: Db, actor: Pick<AgentActor, 'app'>, externalId: string): Promise<boolean> {
  const agent = await db
    .selectFrom('agents')
    .select('id')
    .where('app_id', '=', actor.app.id)
    .where('external_id', '=', externalId)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return agent !== undefined
}
