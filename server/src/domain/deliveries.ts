import { limits } from '@support-widget/shared/limits.ts'
import type { DeliveryStatus, WebhookType } from '@support-widget/shared/webhook.ts'
import { type Selectable, sql } from 'kysely'
import { arrayOf } from '../db/array.ts'
import type { Db, Tables } from '../db/orm.ts'
import { notFound, Refusal } from '../errors.ts'
import { audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'

export type Delivery = Selectable<Tables['webhook_deliveries']>
export type Attempt = Selectable<Tables['webhook_attempts']>
/** What people are shown of one. */
export type DeliveryView = Omit<Delivery, 'body'>
/** What an endpoint wants to be told, and in which words. */
export type Wish = Pick<Selectable<Tables['webhook_endpoints']>, 'flavour' | 'types'>

/** The queue whose jobs say that a delivery is due. */
export const webhookQueue = 'webhooks'

const columns = [
  'id',
  'app_id',
  'endpoint_id',
  'ticket_id',
  'message_id',
  'event_id',
  'type',
  'state',
  'attempts',
  'tries',
  'due_at',
  'taken_until',
  'created_at',
  'ended_at',
] as const satisfies (keyof DeliveryView)[]

/** True if an endpoint that wants this would be told so: of a type that it takes, in its own words. Only the `pgi` API's say `event`. */
export const suits = ({ type, body }: Pick<Delivery, 'type' | 'body'>, { flavour, types }: Wish): boolean =>
  Object.hasOwn(body, 'event') === (flavour === 'pgi') && (types === null || types.includes(type))

/** The same of rows. */
const suitsWish = ({ flavour, types }: Wish) =>
  sql<boolean>`(jsonb_exists(body, 'event') = ${flavour === 'pgi'} and (${types === null} or type = any(${arrayOf(types ?? [])}::text[])))`

/** Of a delivery that is open: it is no longer. As many as one statement should change; the others are cancelled as they come due. */
const cancelledAtOnce = 10_000

/** Cancels what is open of an endpoint, with a wish what it no longer wants: it stays visible, and can be sent again once the endpoint takes it. */
export async function cancelOpen(db: Db, appId: string, endpointId: string, now: Date, wish?: Wish): Promise<void> {
  let open = db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('app_id', '=', appId)
    .where('endpoint_id', '=', endpointId)
    .where('state', '=', 'pending')
    .limit(cancelledAtOnce)
  if (wish) open = open.where((eb) => eb.not(suitsWish(wish)))
  await db
    .updateTable('webhook_deliveries')
    .set({ state: 'cancelled', taken_until: null, ended_at: now })
    .where('app_id', '=', appId)
    .where('id', 'in', open)
    .where('state', '=', 'pending')
    .execute()
}

/** What the endpoint wants. Throws `not_found`, and `webhook_disabled` if it must be on. */
async function checkEndpoint(db: Db, appId: string, id: string, mustBeOn = false): Promise<Wish> {
  const endpoint = await db
    .selectFrom('webhook_endpoints')
    .select(['enabled', 'flavour', 'types'])
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!endpoint) throw notFound()
  if (mustBeOn && !endpoint.enabled) throw new Refusal('webhook_disabled', { detail: 'Switch the endpoint on before you send something again.' })
  return endpoint
}

export interface DeliveryFilter {
  status?: readonly DeliveryStatus[] | undefined
  type?: readonly WebhookType[] | undefined
  after?: string | undefined
  before?: string | undefined
  page: number
  per_page: number
}

/** What was sent to an endpoint or is to be, newest first. `total` counts all pages. Throws `not_found`. */
export async function listDeliveries(core: Core, actor: AgentActor, endpointId: string, filter: DeliveryFilter) {
  const db = core.orm.db()
  await checkEndpoint(db, actor.app.id, endpointId)
  let query = db.selectFrom('webhook_deliveries').where('app_id', '=', actor.app.id).where('endpoint_id', '=', endpointId)
  if (filter.status) query = query.where('state', 'in', filter.status)
  if (filter.type) query = query.where('type', 'in', filter.type)
  if (filter.after !== undefined) query = query.where('created_at', '>=', new Date(filter.after))
  if (filter.before !== undefined) query = query.where('created_at', '<', new Date(filter.before))
  const { total } = await query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const deliveries = await query
    .select(columns)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.per_page)
    .offset((filter.page - 1) * filter.per_page)
    .execute()
  return { deliveries, total: Number(total) }
}

/** A delivery with its latest attempts, in order. Throws `not_found`. */
export async function readDelivery(core: Core, actor: AgentActor, id: string): Promise<{ delivery: DeliveryView; attempts: Attempt[] }> {
  const db = core.orm.db()
  const delivery = await find(db, actor, id)
  const attempts = await db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('app_id', '=', actor.app.id)
    .where('delivery_id', '=', id)
    .orderBy('number', 'desc')
    .limit(limits.webhookLog)
    .execute()
  return { delivery, attempts: attempts.reverse() }
}

async function find(db: Db, actor: AgentActor, id: string): Promise<DeliveryView> {
  const delivery = await db
    .selectFrom('webhook_deliveries')
    .select(columns)
    .where('app_id', '=', actor.app.id)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!delivery) throw notFound()
  await checkEndpoint(db, actor.app.id, delivery.endpoint_id)
  return delivery
}

/** As it was when it was queued, but for its id, its log and the count of all tries. */
const queuedAgain = (now: Date) => ({ state: 'pending' as const, attempts: 0, due_at: now, taken_until: null, ended_at: null })

/** Sends one delivery again, at once. One that is open does not wait any longer, and keeps its count. Throws `not_found`, `webhook_disabled`, `webhook_unwanted`. */
export async function redeliver(core: Core, actor: AgentActor, id: string): Promise<DeliveryView> {
  const now = core.clock.now()
  const delivery = await core.orm.transaction(async (db) => {
    const before = await find(db, actor, id)
    const wish = await checkEndpoint(db, actor.app.id, before.endpoint_id, true)
    const again = { ...queuedAgain(now) }
    const delivery = await db
      .updateTable('webhook_deliveries')
      .set((eb) => ({
        ...again,
        attempts: eb.case().when('state', '=', 'pending').then(eb.ref('attempts')).else(0).end(),
        // A process that has it now goes on.
        taken_until: eb.case().when('state', '=', 'pending').then(eb.ref('taken_until')).else(null).end(),
      }))
      .where('app_id', '=', actor.app.id)
      .where('id', '=', id)
      .where(suitsWish(wish))
      .returning(columns)
      .executeTakeFirst()
    if (!delivery) {
      // It may have gone meanwhile.
      await find(db, actor, id)
      throw new Refusal('webhook_unwanted', {
        detail: 'The endpoint has another flavour now, or takes other types: change it back before you send this again.',
      })
    }
    await noteRedelivery(db, actor, before.endpoint_id, now, 1)
    await core.queue.enqueueAll(db, webhookQueue, [{}])
    return delivery
  })
  core.wakers.get(webhookQueue)?.()
  return delivery
}

export interface Stretch {
  after: string
  before: string
  all: boolean
}

/**
 * Sends again what an endpoint did not get of the events from `after` on and before `before`, with `all` what it got too, the oldest first and so many at once: as far as it still wants
 * it. Throws `not_found`, `webhook_disabled`.
 */
export async function redeliverStretch(core: Core, actor: AgentActor, endpointId: string, { after, before, all }: Stretch) {
  const now = core.clock.now()
  const states: DeliveryStatus[] = ['exhausted', 'failed', 'cancelled', ...(all ? (['delivered'] as const) : [])]
  const done = await core.orm.transaction(async (db) => {
    const wish = await checkEndpoint(db, actor.app.id, endpointId, true)
    const found = await db
      .selectFrom('webhook_deliveries')
      .select(['id', 'created_at'])
      .where('app_id', '=', actor.app.id)
      .where('endpoint_id', '=', endpointId)
      .where('state', 'in', states)
      .where('created_at', '>=', new Date(after))
      .where('created_at', '<', new Date(before))
      .where(suitsWish(wish))
      .orderBy('created_at')
      .orderBy('id')
      .limit(limits.webhookReplay + 1)
      .forUpdate()
      .execute()
    const chosen = found.slice(0, limits.webhookReplay)
    if (chosen.length > 0) {
      await db
        .updateTable('webhook_deliveries')
        .set(queuedAgain(now))
        .where('app_id', '=', actor.app.id)
        .where('id', '=', sql<string>`any(${arrayOf(chosen.map((one) => one.id))}::uuid[])`)
        .execute()
      await noteRedelivery(db, actor, endpointId, now, chosen.length)
      await core.queue.enqueueAll(db, webhookQueue, [{}])
    }
    return { redelivered: chosen.length, nextAfter: found[limits.webhookReplay]?.created_at ?? null }
  })
  core.wakers.get(webhookQueue)?.()
  return done
}

const noteRedelivery = (db: Db, actor: AgentActor, endpointId: string, now: Date, count: number) =>
  audit(db, {
    appId: actor.app.id,
    actor: causeOf(actor),
    action: 'webhook_redelivered',
    object: { type: 'webhook', id: endpointId },
    data: { count },
    now,
  })

/** Empties a message in what is still kept to be sent: a copy of it must not outlive it. */
export async function scrubDeliveries(db: Db, appId: string, messageIds: readonly string[], now: Date): Promise<void> {
  const emptied = JSON.stringify({ body: '', attachments: [], redacted_at: now.toISOString() })
  await db
    .updateTable('webhook_deliveries')
    .set({
      body: sql`case when jsonb_exists(body, 'data')
        then jsonb_set(body, '{data,message}', (body #> '{data,message}') || ${emptied}::jsonb)
        else jsonb_set(body, '{message,content}', '""') end`,
    })
    .where('app_id', '=', appId)
    .where('message_id', 'in', messageIds)
    .execute()
}
