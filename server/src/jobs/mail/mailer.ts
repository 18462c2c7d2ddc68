import { limits } from '@support-widget/shared/limits.ts'
import type { MailKind } from '@support-widget/shared/mail.ts'
import type { Core, MailOutcome } from '../../domain/core.ts'
import { prepareMail } from '../../domain/mail-letter.ts'
import { endMail, mailQueue, postponeMail, type TakenMail, takeDueMail } from '../../domain/mail-queue.ts'
import { createWorker, type Worker } from '../worker.ts'
import { renderMail, type Sender } from './render.ts'
import type { MailTransport, Outcome } from './transport.ts'

export interface MailerOptions {
  sender: Sender
  transport: MailTransport
}

/** Sends what is due. The rows are the queue; no transaction is open while a server is spoken to. */
export function createMailer(core: Core, { sender, transport }: MailerOptions): Worker {
  const domain = sender.replyDomain ?? (sender.from.split('@').at(-1) as string)

  async function attempt(mail: TakenMail): Promise<MailOutcome> {
    const letter = await prepareMail(core, mail, domain)
    if (!letter) return 'cancelled'
    const outcome = await transport.send(renderMail(letter, sender))
    return settle(mail, outcome)
  }

  async function settle(mail: TakenMail, outcome: Outcome): Promise<MailOutcome> {
    const db = core.orm.db()
    const now = core.clock.now()
    if (outcome.sent) {
      await endMail(db, mail, 'sent', null, now)
      return 'sent'
    }
    const { fault, isFinal, isUntold } = outcome
    // No address in it: who it was for stands with the mail.
    core.log.warn({ mail_id: mail.id, kind: mail.kind, fault, attempts: mail.attempts }, 'a mail could not be sent')
    if (isFinal || mail.attempts >= limits.mailAttempts) {
      await endMail(db, mail, 'failed', fault, now)
      return 'failed'
    }
    await postponeMail(db, mail, { fault, isUntold, now })
    return 'postponed'
  }

  /** What throws is a fault of ours with this one mail: it is tried again like any other, and given up in the end, so that it holds up none. */
  async function perform(mail: TakenMail): Promise<void> {
    let outcome: MailOutcome
    try {
      outcome = await attempt(mail)
    } catch (err) {
      core.log.error({ err, mail_id: mail.id }, 'a mail could not be made')
      outcome = await settle(mail, { sent: false, fault: 'other', isFinal: false, isUntold: false })
    }
    count(core, mail.kind, outcome)
  }

  const worker = createWorker<TakenMail>(core, {
    queue: mailQueue,
    mostAtOnce: limits.mailConnections,
    mostPerGroup: limits.mailConnectionsPerApp,
    take: (most, busy) => takeDueMail(core, most, limits.mailConnectionsPerApp, busy),
    groupOf: ({ app_id }) => app_id,
    perform,
  })
  return {
    ...worker,
    async stop() {
      await worker.stop()
      transport.close()
    },
  }
}

function count({ mailTally }: Core, kind: MailKind, outcome: MailOutcome): void {
  const key = `${kind} ${outcome}`
  mailTally.set(key, { kind, outcome, count: (mailTally.get(key)?.count ?? 0) + 1 })
}
