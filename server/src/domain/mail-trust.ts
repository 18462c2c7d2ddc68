import { sql } from 'kysely'
import type { MailClaims } from '../auth/mail-link.ts'
import type { Db } from '../db/orm.ts'
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

/** The language in which to speak to who opened a link of a mail; null if nobody knows, or the customer is gone. */
export async function languageOf(core: Core, { appId, customerId }: MailClaims): Promise<string | null> {
  const row = await core.orm
    .db()
    .selectFrom('customers')
    .select('locale')
    .where('app_id', '=', appId)
    .where('id', '=', customerId)
    .where('erased_at', 'is', null)
    .executeTakeFirst()
  return row?.locale ?? null
}

/** The customer wants no more mail. Twice is once; of a contact that has become somebody else's, it is whoever has the address now. */
export async function unsubscribe(core: Core, { appId, customerId, address }: MailClaims): Promise<void> {
  const now = core.clock.now()
  await core.orm
    .db()
    .updateTable('customers')
    .set({ muted_at: now, updated_at: now })
    .where('app_id', '=', appId)
    .where(
      sql<boolean>`(id = ${customerId} or (lower(email) = lower(${address}) and not exists (
        select from customers gone where gone.app_id = ${appId} and gone.id = ${customerId})))`,
    )
    .where('erased_at', 'is', null)
    .where('muted_at', 'is', null)
    .execute()
}

/** Whoever reads mail at the address wants it. It says nothing about who they are: the address stays unverified. */
export async function confirmAddress(core: Core, { appId, customerId, address }: MailClaims): Promise<void> {
  await core.orm
    .db()
    .updateTable('customers')
    .set({ confirmed_email: address.toLowerCase(), muted_at: null, updated_at: core.clock.now() })
    .where('app_id', '=', appId)
    .where('id', '=', customerId)
    .where('erased_at', 'is', null)
    .execute()
}
