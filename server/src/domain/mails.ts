import { decodeId } from '@support-widget/shared/ids.ts'
import type { MailKind, MailState } from '@support-widget/shared/mail.ts'
import { notFound } from '../errors.ts'
import type { AgentActor, Core } from './core.ts'
import { type MailRow, mailQueue } from './mail-queue.ts'

export interface MailFilter {
  state?: readonly MailState[] | undefined
  kind?: readonly MailKind[] | undefined
  /** As it is written outside; one that is malformed is nobody's. */
  ticket?: string | undefined
  page: number
  per_page: number
}

const nobody = '00000000-0000-0000-0000-000000000000'

/** The app's mails, newest first. `total` counts all pages. */
export async function listMails(
  core: Core,
  actor: AgentActor,
  { state, kind, ticket, page, per_page }: MailFilter,
): Promise<{ mails: MailRow[]; total: number }> {
  let all = core.orm.db().selectFrom('mails').where('app_id', '=', actor.app.id)
  if (state) all = all.where('state', 'in', state)
  if (kind) all = all.where('kind', 'in', kind)
  if (ticket !== undefined) all = all.where('ticket_id', '=', decodeId(ticket) ?? nobody)
  const { total } = await all.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const mails = await all
    .selectAll()
    .orderBy('id', 'desc')
    .limit(per_page)
    .offset((page - 1) * per_page)
    .execute()
  return { mails, total: Number(total) }
}

/** Makes a mail due now that waits or was given up, and has it sent. Any other stays what it is. Throws `not_found`. */
export async function retryMail(core: Core, actor: AgentActor, mailId: string): Promise<MailRow> {
  const now = core.clock.now()
  const mail = await core.orm.transaction(async (db) => {
    const mail = await db.selectFrom('mails').selectAll().where('app_id', '=', actor.app.id).where('id', '=', mailId).forUpdate().executeTakeFirst()
    if (!mail) throw notFound()
    if (mail.state !== 'queued' && mail.state !== 'failed') return mail
    return db
      .updateTable('mails')
      .set({ state: 'queued', due_at: now, attempts: 0, ended_at: null })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', mailId)
      .returningAll()
      .executeTakeFirstOrThrow()
  })
  core.wakers.get(mailQueue)?.()
  return mail
}
