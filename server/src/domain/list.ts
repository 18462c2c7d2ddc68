import { decodeId } from '@support-widget/shared/ids.ts'
import type { TicketFilter, TicketSort } from '@support-widget/shared/ticket-query.ts'
import { priorities, statuses } from '@support-widget/shared/vocabulary.ts'
import { type RawBuilder, sql } from 'kysely'
import type { AgentActor, Caller, Core, CustomerActor } from './core.ts'
import { found, ticketsFound } from './search.ts'
import { type TicketView, ticketViews } from './views.ts'
import { visible } from './visibility.ts'

export interface Page {
  page: number
  per_page: number
}
/** So many from this place on, counted from 0. */
export interface Part {
  limit: number
  offset: number
}
export interface Order {
  sort: TicketSort
  order: 'asc' | 'desc'
}
interface Tickets {
  tickets: TicketView[]
  /** Of all pages. */
  total: number
}

/** The tickets `t` of the app that agents see in lists and for which the whole filter holds. An id that is nobody's matches none. */
export function matching(core: Core, actor: AgentActor, filter: TicketFilter) {
  let query = core.orm.db().selectFrom('tickets as t').where('t.app_id', '=', actor.app.id).where(visible(actor.app.id))
  for (const field of ['status', 'priority', 'channel'] as const) {
    const values = filter[field]
    if (values) query = query.where(`t.${field}`, 'in', values)
  }
  for (const field of ['category', 'type', 'country', 'store_region', 'waiting_on'] as const) {
    const value = filter[field]
    if (value !== undefined) query = query.where(`t.${field}`, '=', value)
  }
  if (filter.tag !== undefined) query = query.where(sql<boolean>`t.tags @> ${[filter.tag]}::text[]`)
  if (filter.assignee !== undefined) query = query.where(isAssigned(actor, filter.assignee))
  if (filter.requester !== undefined) query = query.where('t.customer_id', '=', decodeId(filter.requester))
  if (filter.created_after !== undefined) query = query.where('t.created_at', '>=', new Date(filter.created_after))
  if (filter.created_before !== undefined) query = query.where('t.created_at', '<', new Date(filter.created_before))
  if (filter.snoozed !== undefined) query = query.where(isSnoozed(core.clock.now()), 'is', filter.snoozed === 'true')
  if (filter.search) query = query.where(ticketsFound(actor, filter.search))
  return query
}
type Matching = ReturnType<typeof matching>

function isAssigned(actor: AgentActor, assignee: string) {
  if (assignee === 'none') return sql<boolean>`t.assignee_id is null`
  return sql<boolean>`t.assignee_id = ${assignee === 'me' ? actor.agentId : decodeId(assignee)}`
}

const isSnoozed = (now: Date) => sql<boolean>`(coalesce(t.snoozed_until, '-infinity') > ${now})`

/** The tickets of the app for which the whole filter holds. */
export function listTickets(core: Core, actor: AgentActor, filter: TicketFilter & Order & Page): Promise<Tickets> {
  return readPage(core, actor, matching(core, actor, filter), orderBy(filter), filter)
}

type OwnFilter = Pick<TicketFilter, 'status' | 'type' | 'search'>

/** The customer's own tickets: last changed first, or newest first. */
export function listOwnTickets(
  core: Core,
  actor: CustomerActor,
  filter: OwnFilter & (Page | Part),
  sort: 'updated_at' | 'created_at' = 'updated_at',
): Promise<Tickets> {
  let query = core.orm.db().selectFrom('tickets as t').where('t.app_id', '=', actor.app.id).where('t.customer_id', '=', actor.customerId)
  if (filter.status) query = query.where('t.status', 'in', filter.status)
  if (filter.type !== undefined) query = query.where('t.type', '=', filter.type)
  if (filter.search) query = query.where(ticketsFound(actor, filter.search))
  return readPage(core, actor, query, sort === 'updated_at' ? sql`t.public_updated_at desc, t.id desc` : sql`t.created_at desc, t.id desc`, filter)
}

/** Ids are in the order of creation and decide between equals, so that no ticket is on two pages. */
function orderBy({ sort, order }: Order): RawBuilder<unknown> {
  const direction = order === 'asc' ? sql`asc` : sql`desc`
  return sql.join([...terms[sort], sql`t.id`].map((term) => sql`${term} ${direction}`))
}

const rank = (values: readonly string[], column: RawBuilder<unknown>) => sql`array_position(${sql.lit(`{${values.join()}}`)}::text[], ${column})`

const terms: Record<TicketSort, RawBuilder<unknown>[]> = {
  updated_at: [sql`t.updated_at`],
  created_at: [sql`t.created_at`],
  priority: [rank(priorities, sql`t.priority`)],
  status: [rank(statuses, sql`t.status`)],
  // By year, then by number: from 100,000 on it has a digit more.
  number: [sql`left(t.number, 8) collate "C"`, sql`length(t.number)`, sql`t.number collate "C"`],
}

/**
 * A page and how many there are. A count reads the index alone and a page only its beginning, so they are asked for one by one; a search has to find everything for either,
 * so it is done once.
 */
async function readPage(
  core: Core,
  actor: Caller,
  query: Matching,
  order: RawBuilder<unknown>,
  filter: (Page | Part) & { search?: string | undefined },
): Promise<Tickets> {
  const views = ticketViews(core.orm.db(), actor.app.id).orderBy(order)
  const { limit, offset } = partOf(filter)
  const ids = query.select('t.id').orderBy(order).limit(limit).offset(offset)
  if (filter.search) {
    const page = sql<{ id: string; total: string }>`(${found(sql`${ids.select(sql<string>`count(*) over ()`.as('total'))}`)})`.as<'page'>(
      sql.ref('page'),
    )
    const tickets = await views.innerJoin(page, 'page.id', 't.id').select('page.total').execute()
    const [first] = tickets
    return { tickets, total: first || offset === 0 ? Number(first?.total ?? 0) : await count(query) }
  }
  const total = await count(query)
  return { tickets: await views.where('t.id', 'in', ids).execute(), total }
}

const partOf = (part: Page | Part): Part => ('limit' in part ? part : { limit: part.per_page, offset: (part.page - 1) * part.per_page })

async function count(query: Matching): Promise<number> {
  const { total } = await query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  return Number(total)
}
