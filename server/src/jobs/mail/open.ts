import type { Config } from '../../config.ts'
import type { Core } from '../../domain/core.ts'
import { planMail } from '../../domain/mail-plan.ts'
import { mailQueue, readMailBacklog } from '../../domain/mail-queue.ts'
import type { Worker } from '../worker.ts'
import { createMailer } from './mailer.ts'
import { type MailTransport, smtpTransport } from './transport.ts'

export interface MailOptions {
  /** Instead of the SMTP server of the config. */
  transport?: MailTransport | undefined
  /** False leaves what is due to whoever calls `drain`. */
  isStarted: boolean
}

/** From now on events have mails. Without an SMTP server they stay queued; null is then the answer. */
export async function openMail(
  core: Core,
  { smtp, publicUrl }: Pick<Config, 'smtp' | 'publicUrl'>,
  { transport, isStarted }: MailOptions,
): Promise<Worker | null> {
  core.effects.push(planMail)
  if (smtp === null) return null
  const sender = { publicUrl, from: smtp.from, replyDomain: smtp.replyDomain, links: core.mailLinks }
  const mailer = createMailer(core, { sender, transport: transport ?? smtpTransport(smtp) })
  const opened: Worker = {
    ...mailer,
    async start() {
      core.wakers.set(mailQueue, mailer.wake)
      // What is due at once is sent at once.
      core.listeners.push(({ event }) => {
        if (event.type === 'ticket_created') mailer.wake()
      })
      await mailer.start()
    },
  }
  if (isStarted) await opened.start()
  return opened
}

/** Says once what nobody might otherwise notice: there is no SMTP server. */
export async function sayMailWaits(core: Core): Promise<void> {
  const { queued } = await readMailBacklog(core)
  core.log.info({ queued }, 'SMTP_URL is not set: mail stays queued')
}
