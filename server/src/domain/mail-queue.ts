import { limits } from '@support-widget/shared/limits.ts'
import type { MailFault, MailKind, MailReason, MailState } from '@support-widget/shared/mail.ts'
import { type Selectable, sql } from 'kysely'
import { arrayOf } from '../db/array.ts'
import type { Db, Tables } from '../db/orm.ts'
import type { Core } from './core.ts'

/** The queue whose jobs say that a mail is due. */
export const mailQueue = 'mail'

export type MailRow = Selectable<Tables['mails']>

/** A mail in our hands. `attempts` counts this one too: it says who has it, if the lease ran out and somebody else took it. */
export type TakenMail = Pick<MailRow, 'id' | 'app_id' | 'ticket_id' | 'webhook_id' | 'kind' | 'attempts' | 'upto_seq' | 'message_id' | 'created_at'>

/** After so long whoever took a mail is taken for dead, milliseconds: with the worker's look now and then less than a minute. */
const leaseMs = 40_000
const minutes = (count: number) => count * 60_000
/** Between one attempt and the next; from then on as the last one. */
const pauses = [minutes(1), minutes(5), minutes(30), minutes(120), minutes(360)]

/** Milliseconds from attempt number `attempts` (from 1) to the next. */
export const pauseAfter = (attempts: number): number => pauses[Math.min(attempts, pauses.length) - 1] as number

/**
 * Takes what is due, the oldest first, `most` at most and of no app more than `perApp` together with those that are `busy` already, with a lease. Several processes may do it at once; mail of
 * disabled apps waits.
 */
export async function takeDueMail(core: Core, most: number, perApp = most, busy: ReadonlyMap<string, number> = new Map()): Promise<TakenMail[]> {
  const now = core.clock.now()
  const full = [...busy].filter(([, count]) => count >= perApp).map(([app]) => app)
  const { rows } = await sql<TakenMail>`
    with due as (
      select m.id, m.app_id, m.due_at from mails m join apps on apps.id = m.app_id
      where m.state in ('queued', 'sending') and m.due_at <= ${now} and apps.disabled_at is null and m.app_id <> all(${arrayOf(full)}::uuid[])
      order by m.due_at, m.id limit ${most} for update of m skip locked
    ), ranked as (
      select due.id, due.app_id, row_number() over (partition by due.app_id order by due.due_at, due.id) as nth from due
    ), chosen as (
      select ranked.id from ranked left join unnest(${arrayOf(busy.keys())}::uuid[], ${arrayOf(busy.values())}::int[]) as busy (app_id, count) using (app_id)
      where ranked.nth + coalesce(busy.count, 0) <= ${perApp}
    )
    update mails set state = 'sending', attempts = attempts + 1, due_at = ${new Date(now.getTime() + leaseMs)}
    from chosen where mails.id = chosen.id
    returning mails.id, mails.app_id, mails.ticket_id, mails.webhook_id, mails.kind, mails.attempts, mails.upto_seq, mails.message_id, mails.created_at`.execute(
    core.orm.db(),
  )
  return rows
}

/** The row of a mail as long as it is ours. */
const ours = (db: Db, mail: TakenMail) =>
  db
    .updateTable('mails')
    .where('app_id', '=', mail.app_id)
    .where('id', '=', mail.id)
    .where('state', '=', 'sending')
    .where('attempts', '=', mail.attempts)

/** Writes down, before it is sent, what must not change from one attempt to the next. */
export async function fixMail(db: Db, mail: TakenMail, fixed: Pick<MailRow, 'upto_seq' | 'recipient' | 'message_id'>): Promise<void> {
  await ours(db, mail).set(fixed).execute()
}

/** Ends a mail. Whoever lost it meanwhile changes nothing. */
export async function endMail(db: Db, mail: TakenMail, state: 'sent' | 'failed' | 'cancelled', reason: MailReason | null, now: Date): Promise<void> {
  await ours(db, mail).set({ state, reason, ended_at: now }).execute()
}

/**
 * Puts a mail back for the next attempt. `isUntold`: the server certainly did not take it, so the next attempt tells of whatever is unread by then; else, or if it may have taken an earlier
 * one, it must tell the same under the same Message-ID, because a receiver drops the second of two.
 */
export async function postponeMail(
  db: Db,
  mail: TakenMail,
  { fault, isUntold, now }: { fault: MailFault; isUntold: boolean; now: Date },
): Promise<void> {
  await ours(db, mail)
    .set({
      state: 'queued',
      reason: fault,
      due_at: new Date(now.getTime() + pauseAfter(mail.attempts)),
      ...(isUntold && mail.upto_seq === null ? { upto_seq: null } : {}),
    })
    .execute()
}

/** How the mail of all apps stands. `oldestDue` is null if nothing is late. */
export interface MailBacklog {
  queued: number
  failed: number
  oldestDue: Date | null
}

/** For probes and metrics. */
export async function readMailBacklog(core: Core): Promise<MailBacklog> {
  const now = core.clock.now()
  const { rows } = await sql<{ queued: number; failed: number; oldest_due: Date | null }>`
    select (count(*) filter (where m.state in ('queued', 'sending')))::int as queued, (count(*) filter (where m.state = 'failed'))::int as failed,
      min(m.due_at) filter (where m.state in ('queued', 'sending') and m.due_at <= ${now}) as oldest_due
    from mails m join apps on apps.id = m.app_id
    where m.state in ('queued', 'sending', 'failed') and apps.disabled_at is null`.execute(core.orm.db())
  const row = rows[0]
  return { queued: row?.queued ?? 0, failed: row?.failed ?? 0, oldestDue: row?.oldest_due ?? null }
}

/** How many mails of an app are in which state. */
export async function countMails(db: Db, appId: string): Promise<Record<MailState, number>> {
  const rows = await db
    .selectFrom('mails')
    .select(['state', sql<number>`count(*)::int`.as('count')])
    .where('app_id', '=', appId)
    .groupBy('state')
    .execute()
  const counts: Record<MailState, number> = { queued: 0, sending: 0, sent: 0, failed: 0, cancelled: 0 }
  for (const { state, count } of rows) counts[state] = count
  return counts
}

/** Where the mail of this kind about a ticket has come to. */
export function findMail(
  db: Db,
  appId: string,
  ticketId: string,
  kind: MailKind,
): Promise<Pick<MailRow, 'state' | 'attempts' | 'created_at' | 'ended_at'> | undefined> {
  return db
    .selectFrom('mails')
    .select(['state', 'attempts', 'created_at', 'ended_at'])
    .where('app_id', '=', appId)
    .where('ticket_id', '=', ticketId)
    .where('kind', '=', kind)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

const batch = 500

/** Forgets mails that ended long ago, but for what tells that an address was written to. Answers how many. */
export async function forgetMails(core: Core): Promise<number> {
  const before = new Date(core.clock.now().getTime() - limits.mailDays * 86_400_000)
  for (let forgotten = 0; ; ) {
    const { numDeletedRows } = await core.orm
      .db()
      .deleteFrom('mails')
      .where((eb) =>
        eb(
          'id',
          'in',
          eb
            .selectFrom('mails')
            .select('id')
            .where('ended_at', '<=', before)
            .where(sql<boolean>`not (kind = 'customer_unread' and state = 'sent')`)
            .limit(batch),
        ),
      )
      .executeTakeFirstOrThrow()
    forgotten += Number(numDeletedRows)
    if (Number(numDeletedRows) < batch) return forgotten
  }
}
