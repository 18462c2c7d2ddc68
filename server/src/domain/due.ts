import { defaultSettings } from '@support-widget/shared/app.ts'
import { sql } from 'kysely'
import type { Db } from '../db/orm.ts'
import { say } from './append.ts'
import { applyChanges } from './changes.ts'
import type { Core, SystemActor } from './core.ts'
import { lockTicket } from './lock.ts'
import { change } from './record.ts'

/** So many tickets are looked up at once. */
const batch = 100

/** A ticket whose time has come. */
interface Due {
  id: string
  app_id: string
  /** How long it had to be resolved. */
  days: number
}
type Find = (db: Db, now: Date, except: readonly string[]) => Promise<Due[]>
/** Does what is due to one ticket, in a transaction of its own; false if it is no longer due, because somebody was faster. */
type Work = (core: Core, actor: SystemActor, due: Due) => Promise<boolean>

/**
 * Closes the tickets that have been resolved for their app's `auto_close_days`, and says so in their threads. Answers how many it closed. Several processes may do it at
 * once.
 */
export const closeResolved = (core: Core): Promise<number> => forAll(core, resolvedTooLong, closeOne)

/** Ends the snoozes whose time has come. Answers how many. Several processes may do it at once. */
export const wakeSnoozed = (core: Core): Promise<number> => forAll(core, snoozedLongEnough, wakeOne)

const resolvedTooLong: Find = (db, now, except) => {
  const days = sql<number>`case when jsonb_exists(apps.settings, 'auto_close_days') then (apps.settings->>'auto_close_days')::int
    else ${defaultSettings.auto_close_days}::int end`
  return (
    db
      .selectFrom('tickets as t')
      .innerJoin('apps', 'apps.id', 't.app_id')
      .select(['t.id', 't.app_id', days.as('days')])
      .where('apps.disabled_at', 'is', null)
      .where('t.status', '=', 'resolved')
      // A day at least, so that the index is of use; then the app's own number of them.
      .where('t.resolved_at', '<=', new Date(now.getTime() - 86_400_000))
      .where(sql<boolean>`t.resolved_at <= ${now}::timestamptz - make_interval(secs => ${days} * 86400)`)
      .$if(except.length > 0, (query) => query.where('t.id', 'not in', except))
      .orderBy('t.resolved_at')
      .orderBy('t.id')
      .limit(batch)
      .execute()
  )
}

const snoozedLongEnough: Find = (db, now, except) =>
  db
    .selectFrom('tickets as t')
    .innerJoin('apps', 'apps.id', 't.app_id')
    .select(['t.id', 't.app_id', sql<number>`0`.as('days')])
    .where('apps.disabled_at', 'is', null)
    .where('t.snoozed_until', '<=', now)
    .$if(except.length > 0, (query) => query.where('t.id', 'not in', except))
    .orderBy('t.snoozed_until')
    .orderBy('t.id')
    .limit(batch)
    .execute()

/** Goes through all that are due, the oldest first. What cannot be done is left for the next time. */
async function forAll(core: Core, find: Find, work: Work): Promise<number> {
  const now = core.clock.now()
  const left: string[] = []
  for (let done = 0; ; ) {
    const found = await find(core.orm.db(), now, left)
    for (const due of found) {
      if (await attempt(core, due, work)) done++
      else left.push(due.id)
    }
    if (found.length < batch || left.length >= batch) return done
  }
}

async function attempt(core: Core, due: Due, work: Work): Promise<boolean> {
  try {
    const app = await core.apps.byId(due.app_id)
    return app !== null && (await work(core, { type: 'system', app }, due))
  } catch (err) {
    core.log.error({ err, ticket_id: due.id }, 'a ticket that was due could not be changed')
    return false
  }
}

const closeOne: Work = (core, actor, { id, days }) =>
  change(core, actor, async (tx) => {
    const ticket = await lockTicket(tx, actor, id)
    if (ticket.status !== 'resolved' || !ticket.resolved_at || tx.now.getTime() - ticket.resolved_at.getTime() < days * 86_400_000) return false
    await applyChanges(tx, actor, ticket, { status: 'closed' })
    await say(tx, actor, ticket, `This ticket was closed because it had been resolved for ${days} ${days === 1 ? 'day' : 'days'}.`)
    return true
  })

const wakeOne: Work = (core, actor, { id }) =>
  change(core, actor, async (tx) => {
    const ticket = await lockTicket(tx, actor, id)
    if (!ticket.snoozed_until || ticket.snoozed_until > tx.now) return false
    await applyChanges(tx, actor, ticket, { snoozed_until: null })
    return true
  })
