import { limits } from '@support-widget/shared/limits.ts'
import type { DeliveryStatus } from '@support-widget/shared/webhook.ts'
import { sql } from 'kysely'
import { arrayOf } from '../db/array.ts'
import type { Db } from '../db/orm.ts'
import type { Core } from './core.ts'
import { type Delivery, suits, type Wish, webhookQueue } from './deliveries.ts'
import { type Busy, type Due, type Pulse, shareOut, shares } from './delivery-shares.ts'
import { type Destination, longestDelayMs, type Outcome } from './webhook-request.ts'
import { disableGone, lockEndpoint } from './webhooks.ts'

/** A delivery that this process has for a while, and where it goes as it was when it was taken. */
export interface Taken extends Delivery, Omit<Destination, 'id'>, Wish {
  enabled: boolean
  /** Since when its customer is on their way out. */
  erased_at: Date | null
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

/** What is due and nobody has: all of it or, if that is too much, the oldest of each endpoint. By time. */
async function seeDue(core: Core, now: Date): Promise<Due[]> {
  const isFree = sql`state = 'pending' and due_at <= ${now} and (taken_until is null or taken_until <= ${now})`
  const { rows: oldest } =
    await sql<Due>`select id, app_id, endpoint_id from webhook_deliveries where ${isFree} order by due_at, id limit ${window}`.execute(core.orm.db())
  if (oldest.length < window) return oldest
  // From one endpoint to the next along an index: what one has waiting does not have to be read to see the others.
  const { rows: heads } = await sql<Due>`with recursive open as (
      (select app_id, endpoint_id from webhook_deliveries where state = 'pending' order by app_id, endpoint_id limit 1)
      union all
      select next.app_id, next.endpoint_id from open cross join lateral (
        select app_id, endpoint_id from webhook_deliveries where state = 'pending' and (app_id, endpoint_id) > (open.app_id, open.endpoint_id)
        order by app_id, endpoint_id limit 1
      ) next
    )
    select head.id, head.app_id, head.endpoint_id from open cross join lateral (
      select id, app_id, endpoint_id, due_at from webhook_deliveries
      where app_id = open.app_id and endpoint_id = open.endpoint_id and ${isFree}
      order by due_at, id limit ${shares.perEndpoint}
    ) head order by head.due_at, head.id`.execute(core.orm.db())
  return heads
}

/** Takes what is due, `most` at most, and of no endpoint or app more than its share together with what this process has under way; see {@link shareOut}. */
export async function takeDue(core: Core, most: number, underWay: readonly Busy[] = [], healthOf: Pulse['of'] = () => 'unknown'): Promise<Taken[]> {
  const now = core.clock.now()
  const chosen = shareOut(await seeDue(core, now), most, underWay, healthOf)
  if (chosen.length === 0) return []
  // Somebody else may have been faster with some of them.
  const { rows } = await sql<Taken>`
    update webhook_deliveries d set taken_until = ${new Date(now.getTime() + leaseMs)}
    from (
      select id from webhook_deliveries
      where id = any(${arrayOf(chosen.map(({ id }) => id))}::uuid[]) and state = 'pending' and (taken_until is null or taken_until <= ${now})
      for update skip locked
    ) free, webhook_endpoints e, tickets t, customers c
    where d.id = free.id and e.app_id = d.app_id and e.id = d.endpoint_id
      and t.app_id = d.app_id and t.id = d.ticket_id and c.app_id = t.app_id and c.id = t.customer_id
    returning d.*, e.url, e.secret, e.previous_secret, e.previous_until, e.enabled, e.flavour, e.types, c.erased_at`.execute(core.orm.db())
  return rows
}

/** False if nobody must be told of it any more: the endpoint or the app is switched off, the endpoint wants something else by now, the customer is being erased. */
export const isWanted = async (core: Core, taken: Taken): Promise<boolean> =>
  taken.enabled && suits(taken, taken) && taken.erased_at === null && (await core.apps.byId(taken.app_id)) !== null

/** What a delivery is after an attempt, and when the next one is due if there is to be one. */
export function nextOf(core: Pick<Core, 'clock' | 'outbound'>, attempts: number, outcome: Outcome): { state: DeliveryStatus; dueAt: Date | null } {
  if (outcome.error === null) return { state: 'delivered', dueAt: null }
  if (outcome.status === 410) return { state: 'failed', dueAt: null }
  const delay = delays[attempts - 1]
  if (delay === undefined) return { state: 'exhausted', dueAt: null }
  const later = 1 + jitter * core.outbound.random()
  const wait = Math.max(delay * later, Math.min((outcome.retryAfterMs ?? 0) * later, longestDelayMs))
  return { state: 'pending', dueAt: new Date(core.clock.now().getTime() + wait) }
}

/**
 * Writes down an attempt, and with it the job for the next one. An attempt that took so long that somebody else made it too changes nothing. Answers what the delivery is
 * then, and whether the endpoint was switched off by it; null if there was nothing to change.
 */
export async function settle(core: Core, delivery: Delivery, outcome: Outcome): Promise<{ state: DeliveryStatus; isOff: boolean } | null> {
  const { id, app_id, endpoint_id, tries } = delivery
  const attempts = delivery.attempts + 1
  const { state, dueAt } = nextOf(core, attempts, outcome)
  const now = core.clock.now()
  // What was cancelled meanwhile has arrived all the same, or was refused by the one who said that it is gone.
  const isGone = outcome.status === 410
  const from: DeliveryStatus[] = state === 'delivered' || isGone ? ['pending', 'cancelled'] : ['pending']
  const write = async (db: Db) => {
    const { rows } = await sql<{ settled: number }>`
      with settled as (
        update webhook_deliveries set state = ${state}, attempts = ${attempts}, tries = ${tries + 1}, taken_until = null,
          ended_at = ${dueAt ? null : now}::timestamptz, due_at = coalesce(${dueAt}::timestamptz, due_at)
        where app_id = ${app_id} and id = ${id} and tries = ${tries} and state = any(${arrayOf(from)}::text[])
        returning id, app_id
      ), noted as (
        insert into webhook_attempts (delivery_id, number, app_id, at, duration_ms, status, error)
        select id, ${tries + 1}::int, app_id, ${outcome.at}::timestamptz, ${outcome.durationMs}::int, ${outcome.status}::int, ${outcome.error} from settled
      )
      select count(*)::int as settled from settled`.execute(db)
    return rows[0]?.settled === 1
  }
  // One statement is all or nothing by itself.
  if (!dueAt && !isGone) return (await write(core.orm.db())) ? { state, isOff: false } : null
  return core.orm.transaction(async (db) => {
    // The endpoint before its deliveries, as whoever switches it off does.
    if (isGone) await lockEndpoint(db, app_id, endpoint_id)
    if (!(await write(db))) return null
    if (dueAt) await core.queue.enqueueAll(db, webhookQueue, [{ startAfter: dueAt }])
    return { state, isOff: isGone && (await disableGone(db, app_id, endpoint_id, now)) }
  })
}

/** Of what nobody must be told any more. */
export async function cancelTaken(core: Core, { id, app_id }: Pick<Delivery, 'id' | 'app_id'>): Promise<void> {
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
