import { limits } from '@support-widget/shared/limits.ts'
import type { DeliveryStatus } from '@support-widget/shared/webhook.ts'
import { sql } from 'kysely'
import type { Core } from './core.ts'
import { type Delivery, webhookQueue } from './deliveries.ts'
import type { Outcome } from './webhook-request.ts'
import { disableGone, type Endpoint, lockEndpoint } from './webhooks.ts'

/** A delivery that this process has for a while. */
export interface Taken {
  id: string
  app_id: string
  endpoint_id: string
}

const [second, minute, hour] = [1_000, 60_000, 3_600_000]

/** What is waited after each failed attempt, before the next one. The first is made at once, the tenth is the last. */
export const delays = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour] as const
/** So much is added to a delay at most, as a part of it. */
const jitter = 0.05
/** Longer than a request may take, and with the worker's own look less than a minute: then somebody else may have it. */
const leaseMs = 30 * second
/** Of what is due so much is looked at together. */
const window = 200

/** Takes what is due, the oldest first, `most` at most and of no endpoint more than `perEndpoint` together with those that are `busy`. */
export async function takeDue(core: Core, most: number, perEndpoint: number, busy: ReadonlyMap<string, number>): Promise<Taken[]> {
  const now = core.clock.now()
  const [ids, counts] = [[...busy.keys()], [...busy.values()]]
  const full = ids.filter((id) => (busy.get(id) ?? 0) >= perEndpoint)
  const { rows } = await sql<Taken>`
    with due as (
      select id, endpoint_id, due_at from webhook_deliveries
      where state = 'pending' and due_at <= ${now} and (taken_until is null or taken_until <= ${now})
        and endpoint_id <> all(${`{${full.join(',')}}`}::uuid[])
      order by due_at, id limit ${window}
      for update skip locked
    ), ranked as (
      select due.*, row_number() over (partition by endpoint_id order by due_at, id) as nth from due
    ), chosen as (
      select ranked.id from ranked
      left join unnest(${`{${ids.join(',')}}`}::uuid[], ${`{${counts.join(',')}}`}::int[]) as busy (endpoint_id, count) using (endpoint_id)
      where ranked.nth + coalesce(busy.count, 0) <= ${perEndpoint}
      order by ranked.due_at, ranked.id limit ${most}
    )
    update webhook_deliveries d set taken_until = ${new Date(now.getTime() + leaseMs)}
    from chosen where d.id = chosen.id
    returning d.id, d.app_id, d.endpoint_id`.execute(core.orm.db())
  return rows
}

/** What is taken, with where it goes; null if it is gone. `isWanted` is false if nobody must be told of it any more. */
export async function loadTaken(core: Core, { id, app_id }: Taken): Promise<{ delivery: Delivery; endpoint: Endpoint; isWanted: boolean } | null> {
  const db = core.orm.db()
  const delivery = await db.selectFrom('webhook_deliveries').selectAll().where('app_id', '=', app_id).where('id', '=', id).executeTakeFirst()
  if (!delivery) return null
  const endpoint = await db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('app_id', '=', app_id)
    .where('id', '=', delivery.endpoint_id)
    .executeTakeFirst()
  if (!endpoint) return null
  const ticket = await db
    .selectFrom('tickets as t')
    .innerJoin('customers as c', (join) => join.onRef('c.id', '=', 't.customer_id').onRef('c.app_id', '=', 't.app_id'))
    .select('c.erased_at')
    .where('t.app_id', '=', app_id)
    .where('t.id', '=', delivery.ticket_id)
    .executeTakeFirst()
  const app = await core.apps.byId(app_id)
  return { delivery, endpoint, isWanted: app !== null && endpoint.enabled && ticket?.erased_at === null }
}

/** What a delivery is after an attempt, and when the next one is due if there is to be one. */
export function nextOf(core: Pick<Core, 'clock' | 'outbound'>, attempts: number, outcome: Outcome): { state: DeliveryStatus; dueAt: Date | null } {
  if (outcome.error === null) return { state: 'delivered', dueAt: null }
  if (outcome.status === 410) return { state: 'failed', dueAt: null }
  const delay = delays[attempts - 1]
  if (delay === undefined) return { state: 'exhausted', dueAt: null }
  const wait = Math.max(delay, outcome.retryAfterMs ?? 0) * (1 + jitter * core.outbound.random())
  return { state: 'pending', dueAt: new Date(core.clock.now().getTime() + wait) }
}

/**
 * Writes down an attempt, and with it the job for the next one. An attempt that took so long that somebody else made it too changes nothing. Answers what the delivery is
 * then, and whether the endpoint was switched off by it; null if there was nothing to change.
 */
export function settle(core: Core, delivery: Delivery, outcome: Outcome): Promise<{ state: DeliveryStatus; isOff: boolean } | null> {
  const { id, app_id, endpoint_id, tries } = delivery
  const attempts = delivery.attempts + 1
  const { state, dueAt } = nextOf(core, attempts, outcome)
  const now = core.clock.now()
  // What was cancelled meanwhile has arrived all the same, or was refused by the one who said that it is gone.
  const isGone = outcome.status === 410
  const from: DeliveryStatus[] = state === 'delivered' || isGone ? ['pending', 'cancelled'] : ['pending']
  return core.orm.transaction(async (db) => {
    // The endpoint before its deliveries, as whoever switches it off does.
    if (isGone) await lockEndpoint(db, app_id, endpoint_id)
    const settled = await db
      .updateTable('webhook_deliveries')
      .set({
        state,
        attempts,
        tries: tries + 1,
        taken_until: null,
        ended_at: dueAt ? null : now,
        ...(dueAt ? { due_at: dueAt } : {}),
      })
      .where('app_id', '=', app_id)
      .where('id', '=', id)
      .where('tries', '=', tries)
      .where('state', 'in', from)
      .returning('id')
      .executeTakeFirst()
    if (!settled) return null
    await db
      .insertInto('webhook_attempts')
      .values({
        delivery_id: id,
        number: tries + 1,
        app_id,
        at: outcome.at,
        duration_ms: outcome.durationMs,
        status: outcome.status,
        error: outcome.error,
      })
      .execute()
    if (dueAt) await core.queue.enqueueAll(db, webhookQueue, [{ startAfter: dueAt }])
    const isOff = isGone && (await disableGone(db, app_id, endpoint_id, now))
    return { state, isOff }
  })
}

/** Of what nobody must be told any more. */
export async function cancelTaken(core: Core, { id, app_id }: Taken): Promise<void> {
  await core.orm
    .db()
    .updateTable('webhook_deliveries')
    .set({ state: 'cancelled', taken_until: null, ended_at: core.clock.now() })
    .where('app_id', '=', app_id)
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .execute()
}

/** Rows that are deleted together, and how often in one go. */
const batch = 1_000
const mostBatches = 20

/** Forgets deliveries that have been over for 30 days, with their attempts. Answers how many. */
export function forgetDeliveries(core: Core): Promise<number> {
  const oldest = new Date(core.clock.now().getTime() - limits.webhookDays * 24 * hour)
  return inBatches(() => deleteOver(core, oldest))
}

async function deleteOver(core: Core, oldest: Date): Promise<number> {
  const { numAffectedRows } = await sql`delete from webhook_deliveries where id in (
    select id from webhook_deliveries where ended_at <= ${oldest} order by ended_at limit ${batch} for update skip locked)`.execute(core.orm.db())
  return Number(numAffectedRows ?? 0)
}

/** Removes what is left of deleted endpoints, and secrets that are no longer good. Answers how many deliveries and endpoints it was. */
export async function forgetWebhooks(core: Core): Promise<number> {
  const done = await inBatches(() => deleteOfDeleted(core))
  await dropOldSecrets(core)
  return done + (await deleteEmpty(core))
}

async function deleteOfDeleted(core: Core): Promise<number> {
  const { numAffectedRows } = await sql`delete from webhook_deliveries where id in (
    select d.id from webhook_endpoints e join webhook_deliveries d on d.app_id = e.app_id and d.endpoint_id = e.id
    where e.deleted_at is not null limit ${batch} for update of d skip locked)`.execute(core.orm.db())
  return Number(numAffectedRows ?? 0)
}

async function deleteEmpty(core: Core): Promise<number> {
  // A change that saw the endpoint before it was deleted may still be about to queue something for it.
  const surely = new Date(core.clock.now().getTime() - minute)
  const { numAffectedRows } = await sql`delete from webhook_endpoints e where e.deleted_at <= ${surely}
    and not exists (select from webhook_deliveries d where d.app_id = e.app_id and d.endpoint_id = e.id)`.execute(core.orm.db())
  return Number(numAffectedRows ?? 0)
}

async function dropOldSecrets(core: Core): Promise<void> {
  await core.orm
    .db()
    .updateTable('webhook_endpoints')
    .set({ previous_secret: null, previous_until: null })
    .where('previous_until', '<=', core.clock.now())
    .execute()
}

async function inBatches(work: () => Promise<number>): Promise<number> {
  let done = 0
  for (let round = 0; round < mostBatches; round++) {
    const count = await work()
    done += count
    if (count < batch) break
  }
  return done
}

/** What waits, of all apps. */
export interface Backlog {
  open: number
  /** When the oldest that is due and that nobody has became due. */
  oldestDue: Date | null
}

export async function readBacklog(core: Core): Promise<Backlog> {
  const now = core.clock.now()
  const { rows } = await sql<{ open: number; oldest: Date | null }>`select count(*)::int as open,
    min(due_at) filter (where due_at <= ${now} and (taken_until is null or taken_until <= ${now})) as oldest
    from webhook_deliveries where state = 'pending'`.execute(core.orm.db())
  return { open: rows[0]?.open ?? 0, oldestDue: rows[0]?.oldest ?? null }
}

/** What has been due for longer than this, while nothing at all was attempted, is stuck, milliseconds. */
const stuckMs = 5 * minute

/** True if something has long been due and nobody does anything. */
export async function isStuck(core: Core): Promise<boolean> {
  const since = new Date(core.clock.now().getTime() - stuckMs)
  const { rows } = await sql<{ stuck: boolean }>`select exists (
      select from webhook_deliveries where state = 'pending' and due_at <= ${since} and (taken_until is null or taken_until <= ${since})
    ) and not exists (select from webhook_attempts where at > ${since}) as stuck`.execute(core.orm.db())
  return rows[0]?.stuck ?? false
}
