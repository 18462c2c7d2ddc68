import { decodeId } from '@support-widget/shared/ids.ts'
import type { Core } from './core.ts'
import { findMail } from './mail-queue.ts'

/** Within so long after the ticket the server must have taken the mail, milliseconds. */
const withinMs = 3_000
const lookEveryMs = 50

/**
 * True if the mail to the inbox about a new ticket (its id as written outside) was taken by the mail server in time. Waits for that as long as it still may be, so it must not be called inside a
 * transaction. Asked again later, also for a repeated request, it answers the same.
 */
export async function inboxMailSent(core: Core, appId: string, ticketId: string): Promise<boolean> {
  const id = decodeId(ticketId)
  if (!core.sendsMail || id === null) return false
  for (;;) {
    const mail = await findMail(core.orm.db(), appId, id, 'new_ticket')
    if (!mail) return false
    const { state, ended_at, created_at, attempts } = mail
    if (state === 'sent' && ended_at) return ended_at.getTime() - created_at.getTime() <= withinMs
    const mayBe = state === 'sending' || (state === 'queued' && attempts === 0)
    if (!mayBe || core.clock.now().getTime() - created_at.getTime() > withinMs) return false
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
}
