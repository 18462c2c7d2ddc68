import type { Core } from '../domain/core.ts'

/** Something due that was taken: nobody else gets it until its lease is over. */
export interface Errands<T> {
  /** The queue whose jobs say that something is due now; whatever they hold, they are only the bell. */
  queue: string
  /** At once in this process, and of the smallest group that has a share: who hangs holds up nobody but their own. */
  mostAtOnce: number
  mostPerGroup: number
  /**
   * Takes what is due by `core.clock`, the oldest first, `most` at most and of no group more than `mostPerGroup` together with those that are `busy` already, in one
   * transaction of its own that writes a lease. Several processes may do it at once.
   */
  take(most: number, busy: ReadonlyMap<string, number>): Promise<T[]>
  groupOf(item: T): string
  /** Does it and writes down what became of it, with the job for the next attempt if there is to be one. What throws is due again when the lease is over. */
  perform(item: T): Promise<void>
}

export interface Worker {
  /** Takes what is due now, as far as there are hands, and goes on by itself. Answers at once. */
  wake(): void
  /** Does all that is due, and what becomes due meanwhile. Answers how much it was. Tests move the clock and call this. */
  drain(): Promise<number>
  /** Begins to listen to the queue, and looks by itself now and then. */
  start(): Promise<void>
  /** Takes nothing any more and waits for what is under way, ten seconds at most: what is left then is taken by others when its lease is over. */
  stop(): Promise<void>
}

/** A look without any bell: for leases of processes that died, and for bells that were rung by another clock. With the lease it must be less than a minute. */
const lookEveryMs = 15_000
const stopWithinMs = 10_000
/** Bells that are heard at once. */
const batchSize = 500

/** Does what is due in rows of ours. The row is the truth and is taken with a lease; the job in the queue, committed with the row, is only the bell. */
export function createWorker<T>(core: Pick<Core, 'queue' | 'log'>, errands: Errands<T>): Worker {
  const busy = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  let isRunning = false
  let isStopped = false
  let filling: Promise<number> | null = null
  let rungMeanwhile = false
  /** False if the last look has surely left nothing. */
  let mayBeMore = false
  let timer: NodeJS.Timeout | undefined

  async function perform(item: T): Promise<void> {
    const group = errands.groupOf(item)
    busy.set(group, (busy.get(group) ?? 0) + 1)
    try {
      await errands.perform(item)
    } catch (err) {
      if (!isStopped) core.log.error({ err, queue: errands.queue }, 'something that was due could not be done')
    } finally {
      const left = (busy.get(group) ?? 1) - 1
      if (left > 0) busy.set(group, left)
      else busy.delete(group)
    }
  }

  function begin(item: T): void {
    const work = perform(item).finally(() => {
      underWay.delete(work)
      if (isRunning && (mayBeMore || filling)) wake()
    })
    underWay.add(work)
  }

  /** Takes as much as there are hands for. */
  async function fill(): Promise<number> {
    for (let taken = 0; ; ) {
      const before = underWay.size
      if (isStopped || before >= errands.mostAtOnce) return taken
      const items = await errands.take(errands.mostAtOnce - before, busy)
      items.forEach(begin)
      taken += items.length
      // Something is left lying only where a group had its share, or all hands were full: that takes so many.
      mayBeMore = before + items.length >= errands.mostPerGroup
      if (items.length === 0 || !mayBeMore) return taken
    }
  }

  /** One after the other: two that take at once would see the same free hands. */
  function fillAlone(): Promise<number> {
    filling ??= fill().finally(() => {
      filling = null
    })
    return filling
  }

  function wake(): void {
    if (filling) {
      rungMeanwhile = true
      return
    }
    fillAlone()
      .catch((err: unknown) => {
        if (!isStopped) core.log.error({ err, queue: errands.queue }, 'what is due could not be taken')
      })
      .finally(() => {
        if (!rungMeanwhile) return
        rungMeanwhile = false
        wake()
      })
  }

  return {
    wake,
    async drain() {
      for (let done = 0; ; ) {
        const taken = await fillAlone()
        done += taken
        if (underWay.size > 0) await Promise.race(underWay)
        else if (taken === 0) return done
      }
    },
    async start() {
      isRunning = true
      await core.queue.boss.work(errands.queue, { batchSize, pollingIntervalSeconds: 2 }, async () => wake())
      timer = setInterval(wake, lookEveryMs)
      timer.unref()
      wake()
    },
    async stop() {
      isRunning = false
      isStopped = true
      clearInterval(timer)
      const late = Promise.withResolvers<void>()
      const deadline = setTimeout(late.resolve, stopWithinMs)
      await Promise.race([Promise.all([filling?.catch(() => {}), ...underWay]), late.promise])
      clearTimeout(deadline)
    },
  }
}
