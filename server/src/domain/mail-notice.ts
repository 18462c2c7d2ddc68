import type { CancelReason } from '@support-widget/shared/mail.ts'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { AppRef } from '../auth/principal.ts'
import type { Db } from '../db/orm.ts'
import { settingsOf } from './apps.ts'
import type { TakenMail } from './mail-queue.ts'

/** Tells the inbox that an endpoint has been switched off because its receiver is gone. */
export interface Notice {
  kind: 'webhook_off'
  app: AppRef
  webhook: { id: string; url: string; description: string }
  to: string
  messageId: string
}

/** Writes such a mail down, beside what it tells of, if the app has an inbox. */
export async function planNotice(db: Db, appId: string, webhookId: string, now: Date): Promise<void> {
  await sql`
    insert into mails (id, app_id, webhook_id, kind, state, due_at, attempts, created_at)
    select ${uuidv7()}::uuid, apps.id, ${webhookId}::uuid, 'webhook_off', 'queued', ${now}::timestamptz, 0, ${now}::timestamptz
    from apps where apps.id = ${appId} and apps.settings->>'inbox_email' is not null`.execute(db)
}

/** What is to be told, to whom; or why there is nothing: whoever has switched it on again, or deleted it, knows. */
export async function noticeFor(db: Db, mail: TakenMail, app: AppRef): Promise<Pick<Notice, 'webhook' | 'to'> | CancelReason> {
  const { inbox_email } = settingsOf(app)
  if (inbox_email === null) return 'no_address'
  const webhook = await db
    .selectFrom('webhook_endpoints')
    .select(['id', 'url', 'description'])
    .where('app_id', '=', mail.app_id)
    .where('id', '=', mail.webhook_id)
    .where('disabled_reason', '=', 'gone')
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return webhook ? { webhook, to: inbox_email } : 'read'
}
