import { Counter, type Registry } from 'prom-client'
import type { Core } from '../domain/core.ts'
import { readMailBacklog } from '../domain/mail-queue.ts'
import { measureState, secondsSince } from './gauges.ts'

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
  measureState(registry, () => readMailBacklog(core), [
    { name: 'mail_queue_depth', help: 'Mails that wait, due or not', of: ({ queued }) => queued },
    { name: 'mail_failed', help: 'Mails that were given up in the last 30 days', of: ({ failed }) => failed },
    {
      name: 'mail_oldest_due_seconds',
      help: 'How long the oldest mail has been due that nobody has',
      of: ({ oldestDue }) => secondsSince(oldestDue, core.clock.now()),
    },
  ])
}
