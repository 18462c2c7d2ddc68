import { Counter, Gauge, type Registry } from 'prom-client'
import type { Core } from '../domain/core.ts'
import { type MailBacklog, readMailBacklog } from '../domain/mail-queue.ts'

/** A mail that has been due for so long is one that nobody takes, milliseconds. */
const stuckMs = 5 * 60_000

/** `off` without an SMTP server, `stuck` if mail has long been due while nobody takes it. What the SMTP server refuses for now is due later, and so is not stuck. */
export async function mailHealth(core: Core): Promise<'ok' | 'off' | 'stuck'> {
  if (!core.sendsMail) return 'off'
  const { oldestDue } = await readMailBacklog(core)
  return oldestDue !== null && core.clock.now().getTime() - oldestDue.getTime() > stuckMs ? 'stuck' : 'ok'
}

/** What this process did with mail, and what waits; without a database there is no figure of the latter. */
export function measureMail(core: Core, registry: Registry): void {
  new Counter({
    name: 'mails_total',
    help: 'Mails dealt with by this process: sent, failed, cancelled, or postponed to another attempt',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { kind, outcome, count } of core.mailTally.values()) this.inc({ kind, outcome }, count)
    },
  })
  const gauge = (name: string, help: string, of: (backlog: MailBacklog) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const backlog = await readMailBacklog(core).catch(() => null)
        if (backlog) this.set(of(backlog))
      },
    })
  gauge('mail_queue_depth', 'Mails that wait, due or not', ({ queued }) => queued)
  gauge('mail_failed', 'Mails that were given up in the last 30 days', ({ failed }) => failed)
  gauge('mail_oldest_due_seconds', 'How long the oldest mail has been due that nobody has', ({ oldestDue }) =>
    oldestDue === null ? 0 : Math.max(0, core.clock.now().getTime() - oldestDue.getTime()) / 1000,
  )
}
