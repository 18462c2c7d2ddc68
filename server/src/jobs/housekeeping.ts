import type { Clock } from '../clock.ts'
import { sweepTables } from '../db/pglite.ts'
import type { Core } from '../domain/core.ts'
import { forgetDeliveries, forgetWebhooks } from '../domain/delivery-work.ts'
import { forgetDeskCodes } from '../domain/desk-codes.ts'
import { closeResolved, wakeSnoozed } from '../domain/due.ts'
import { finishErasures } from '../domain/erase.ts'
import { forgetMails } from '../domain/mail-queue.ts'
import { forgetOldKeys } from '../domain/once.ts'
import { purgeUnusedUploads, removeStrayFiles } from '../domain/uploads.ts'
import { forgetVisitors } from '../domain/visitors.ts'

export const housekeepingQueue = 'housekeeping'
export const sweepQueue = 'sweep'

const everyMinute = '* * * * *'
const everyHour = '23 * * * *'
/** A wall clock that went this much further than time did cannot be trusted with what is deleted or closed, milliseconds. */
const mostJump = 3_600_000

/** What is done again and again; each answers how much there was to do. Uploads become strays before strays are removed. */
const chores: Record<string, (core: Core) => Promise<number>> = {
  'unused uploads purged': purgeUnusedUploads,
  'stray files removed': removeStrayFiles,
  'idempotency keys forgotten': forgetOldKeys,
  'desk codes forgotten': forgetDeskCodes,
  'erasures finished': finishErasures,
  'resolved tickets closed': closeResolved,
  'snoozes ended': wakeSnoozed,
  'visitors forgotten': forgetVisitors,
  'webhook deliveries forgotten': forgetDeliveries,
  'deleted webhooks forgotten': forgetWebhooks,
  'mails forgotten': forgetMails,
}

/** Starts to watch the clock. What it answers is true as long as the wall clock has gone as far as the steady one since, give or take an hour. */
export function watchClock(clock: Clock): () => boolean {
  const offset = () => clock.now().getTime() - clock.monotonic()
  const start = offset()
  return () => Math.abs(offset() - start) <= mostJump
}

/** Does every chore once, whatever becomes of the others; none on a clock that jumped. Several processes may do it at once. */
export async function keepHouse(core: Core, isSteady: () => boolean): Promise<void> {
  for (const [what, chore] of Object.entries(chores)) {
    if (!isSteady()) return core.log.error('the clock jumped by more than an hour since the start: nothing is deleted or closed until a restart')
    try {
      const count = await chore(core)
      if (count > 0) core.log.info({ count }, what)
    } catch (err) {
      core.log.error({ err }, `housekeeping failed: ${what}`)
    }
  }
}

/** Keeps house every minute, in whichever process takes the job; sweeps the embedded database at once and every hour. */
export async function startHousekeeping(core: Core): Promise<void> {
  const isSteady = watchClock(core.clock)
  const { boss } = core.queue
  if (core.orm.pglite) {
    await boss.work(sweepQueue, () => sweepTables(core.orm.db()))
    await boss.schedule(sweepQueue, everyHour)
    // Nobody waits for it at the start.
    await boss.send(sweepQueue, {})
  }
  await boss.work(housekeepingQueue, () => keepHouse(core, isSteady))
  await boss.schedule(housekeepingQueue, everyMinute)
}
