import { type ReadonlySignal, signal } from '@preact/signals-core'
import { ApiError, end, retryable } from '../net/api.ts'
import { waitBefore } from '../net/socket.ts'
import type { Unsent } from './merge.ts'

export interface Outbox<R> {
  entries: ReadonlySignal<readonly Unsent[]>
  /** Resolves with the server's answer, rejects with its refusal; stays pending while tries go on. */
  add: (entry: Unsent) => Promise<R>
  /** Try everything now. */
  kick: () => unknown
  /** Try everything now; resolves with the number that still waits when each has been tried or `ms` have passed. */
  flush: (ms: number) => Promise<number>
  dispose: () => void
}

interface Ways<R> {
  /** Sends one entry under its `client_id`. */
  deliver: (entry: Unsent) => Promise<R>
  /** The server will never take this entry: its text must not be lost. */
  refused: (entry: Unsent, error: ApiError) => unknown
  keep: (clientId: string, entry: Unsent | null) => void
  restored: readonly Unsent[]
}

interface Lane {
  failures: number
  timer?: ReturnType<typeof setTimeout>
  running?: Promise<void> | undefined
}

/** Unsent messages and tickets, in the order in which they were written, one lane for each ticket. */
export function createOutbox<R>({ deliver, refused, keep, restored }: Ways<R>): Outbox<R> {
  const entries = signal(restored)
  const waiters = new Map<string, { resolve: (answer: R) => void; reject: (error: Error) => void }>()
  const lanes = new Map<string, Lane>()
  let disposed = false

  const laneOf = (entry: Unsent) => entry.ticket_id ?? entry.client_id
  const laneAt = (name: string) => {
    const lane = lanes.get(name) ?? { failures: 0 }
    lanes.set(name, lane)
    return lane
  }
  const inLane = (lane: string) => entries.value.filter((one) => laneOf(one) === lane)
  const mark = (lane: string, state: Unsent['state']) => {
    entries.value = entries.value.map((one) => (laneOf(one) === lane ? { ...one, state } : one))
  }
  const remove = ({ client_id }: Unsent) => {
    entries.value = entries.value.filter((one) => one.client_id !== client_id)
    keep(client_id, null)
    const waiter = waiters.get(client_id)
    waiters.delete(client_id)
    return waiter
  }
  /** True: on with the next entry of the lane. */
  const step = async (name: string, entry: Unsent) => {
    const lane = laneAt(name)
    try {
      const answer = await deliver(entry)
      lane.failures = 0
      remove(entry)?.resolve(answer)
      return true
    } catch (error) {
      if (!retryable(error)) {
        const waiter = remove(entry)
        refused(entry, error as ApiError)
        waiter?.reject(error as ApiError)
        return true
      }
      if (disposed) return
      mark(name, 'failed')
      const asked = error instanceof ApiError ? error.retryAfter * 1000 : 0
      const wait = Math.max(asked * (1 + Math.random() / 4), waitBefore(lane.failures++))
      lane.timer = setTimeout(() => run(name), wait)
    }
  }
  const drain = async (name: string) => {
    mark(name, 'sending')
    for (let entry = inLane(name)[0]; entry && (await step(name, entry)); ) entry = inLane(name)[0]
  }
  /** Settles when the lane is empty or has failed. */
  const run = async (name: string) => {
    const lane = laneAt(name)
    clearTimeout(lane.timer)
    if (disposed) return
    lane.running ??= drain(name).finally(() => {
      lane.running = undefined
    })
    await lane.running
  }
  const kick = () => Promise.all([...new Set(entries.value.map(laneOf))].map(run))

  return {
    entries,
    add: (entry) =>
      new Promise<R>((resolve, reject) => {
        waiters.set(entry.client_id, { resolve, reject })
        keep(entry.client_id, entry)
        entries.value = [...entries.value, entry]
        void run(laneOf(entry))
      }),
    kick,
    flush: async (ms) => {
      await Promise.race([kick(), end(AbortSignal.timeout(ms))]).catch(() => {})
      return entries.value.length
    },
    dispose: () => {
      disposed = true
      for (const { timer } of lanes.values()) clearTimeout(timer)
      for (const { reject } of waiters.values()) reject(new Error('Signed out'))
      waiters.clear()
    },
  }
}
