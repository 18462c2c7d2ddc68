import { type Selectable, sql } from 'kysely'
import type { MailClaims } from '../auth/mail-link.ts'
import { hashAddress } from '../auth/tombstone.ts'
import type { Db, Tables } from '../db/orm.ts'
import type { Core } from './core.ts'
import type { TakenMail } from './mail-queue.ts'

/**
 * True if an address for which nobody vouches may get a mail: the first one, or one after the customer wrote again. The customer's row must be locked.
 */
export async function mayWriteTo(db: Db, mail: TakenMail, customerId: string, address: string, now: Date): Promise<boolean> {
  const { rows } = await sql<{ written: boolean }>`
    select exists (
      select from mails m join tickets t on t.app_id = m.app_id and t.id = m.ticket_id
      where m.app_id = ${mail.app_id} and t.customer_id = ${customerId} and m.kind = 'customer_unread' and m.id <> ${mail.id} and lower(m.recipient) = lower(${address})
        and m.state in ('queued', 'sending', 'sent') and coalesce(m.ended_at, ${now}) > coalesce((
          select max(w.created_at) from messages w join tickets o on o.app_id = w.app_id and o.id = w.ticket_id
          where w.app_id = ${mail.app_id} and o.customer_id = ${customerId} and w.author_type = 'customer'), '-infinity')
    ) as written`.execute(db)
  return rows[0]?.written === false
}

type Consent = Pick<Selectable<Tables['customers']>, 'email' | 'email_verified' | 'by_agent' | 'confirmed_email' | 'muted_at'>

/** The address is theirs: the app's own signature says so, or whoever reads what is sent there. */
export const isTheirs = (customer: Consent, to: string): boolean =>
  (customer.email === to && customer.email_verified) || customer.confirmed_email === to.toLowerCase()

/** Somebody vouches for the address: it is theirs, or an agent wrote it down. */
export const isTrusted = (customer: Consent, to: string): boolean => isTheirs(customer, to) || (customer.email === to && customer.by_agent)

/** Whoever reads mail at the address has said that they want none, and has not changed their mind. */
export async function isRefused(db: Db, appId: string, address: string): Promise<boolean> {
  const row = await db
    .selectFrom('mail_refusals')
    .select('created_at')
    .where('app_id', '=', appId)
    .where('address_hash', '=', hashAddress(appId, address))
    .executeTakeFirst()
  return row !== undefined
}

/** Whether mail to the customer is welcome: to them, and where the address is not known to be theirs, to whoever reads mail there. */
export async function takesMail(db: Db, appId: string, customer: Consent): Promise<boolean> {
  const { email, muted_at } = customer
  if (muted_at !== null || email === null || isTheirs(customer, email)) return muted_at === null
  return !(await isRefused(db, appId, email))
}

/**
 * Whoever reads mail at the address wants no more, whoever names it, and whoever had confirmed it. Those who are known to the app and have that address are muted, and may say
 * otherwise; a visitor's other addresses are not theirs to answer for. Twice is once.
 */
export async function unsubscribe(core: Core, { appId, address }: MailClaims): Promise<boolean> {
  const now = core.clock.now()
  const haveIt = sql<boolean>`(lower(email) = lower(${address}) and (external_id is not null or by_agent or confirmed_email = lower(${address})))`
  await core.orm.transaction(async (db) => {
    await db
      .insertInto('mail_refusals')
      .values({ app_id: appId, address_hash: hashAddress(appId, address), created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await db
      .updateTable('customers')
      .set({ muted_at: now, updated_at: now })
      .where('app_id', '=', appId)
      .where(haveIt)
      .where('erased_at', 'is', null)
      .where('muted_at', 'is', null)
      .execute()
    await db
      .updateTable('customers')
      .set({ confirmed_email: null })
      .where('app_id', '=', appId)
      .where('confirmed_email', '=', address.toLowerCase())
      .execute()
  })
  return true
}

/** Whoever reads mail at the address wants it. It says nothing about who they are: the address stays unverified. False, and nothing happens, if the customer has another address by now. */
export function confirmAddress(core: Core, { appId, customerId, address }: MailClaims): Promise<boolean> {
  return core.orm.transaction(async (db) => {
    const { numUpdatedRows } = await db
      .updateTable('customers')
      .set({ confirmed_email: address.toLowerCase(), muted_at: null, updated_at: core.clock.now() })
      .where('app_id', '=', appId)
      .where('id', '=', customerId)
      .where(sql<boolean>`(email is null or lower(email) = lower(${address}))`)
      .where('erased_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await forgetRefusal(db, appId, address)
    return true
  })
}

/** Whoever the address belongs to wants mail there again. */
export async function forgetRefusal(db: Db, appId: string, address: string): Promise<void> {
  await db.deleteFrom('mail_refusals').where('app_id', '=', appId).where('address_hash', '=', hashAddress(appId, address)).execute()
}
