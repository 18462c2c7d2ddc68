import { type ReadonlySignal, signal } from '@preact/signals-core'
import { ApiError, end, retryable } from '../net/api.ts'
import { waitBefore } from '../net/socket.ts'
import type { Unsent } from './merge.ts'

export interface Outbox<R> {
  /** In the order of writing. */
  entries: ReadonlySignal<readonly Unsent[]>
  /** Resolves with the server's answer, rejects with its refusal; stays pending while tries go on. */
  add: (entry: Unsent) => Promise<R>
  /** What is kept now, by this tab and the others. */
  restore: (kept: readonly Unsent[]) => void
  /** Try everything now that the server does not ask us to wait with. */
  kick: () => unknown
  /** Send what is late after all, as if it had been written now. */
  resend: (clientId: string) => void
  discard: (clientId: string) => void
  /** Its own request goes out now: nobody takes it back any more. Settles when other tabs can know. */
  commit: (clientId: string) => Promise<void>
  /** Gives it back with this refusal, unless it was committed, or another tab has sent it or thrown it away. */
  withdraw: (clientId: string, error: ApiError) => Promise<void>
  /** Try everything now; resolves with the number that still waits when each has been tried or `ms` have passed. */
  flush: (ms: number) => Promise<number>
  dispose: () => void
}

interface Ways<R> {
  /** Sends one entry under its `client_id`. */
  deliver: (entry: Unsent) => Promise<R>
  /** The server will never take this entry: its text must not be lost. */
  refused: (entry: Unsent, error: ApiError) => unknown
  /** Settles when that stands where other tabs read it. */
  keep: (clientId: string, entry: Unsent | null) => unknown
  /** Asks for what is kept now, before something of another tab is sent. */
  reread: () => Promise<unknown>
  /** Runs one lane in one tab at a time. */
  alone: (lane: string, task: () => Promise<void>) => Promise<void>
}

interface Lane {
  failures: number
  /** The server asks us to wait until then: ms of the clock that nobody sets. */
  until: number
  timer?: ReturnType<typeof setTimeout>
  running?: Promise<void> | undefined
  /** What is being sent, while this tab has the lane. */
  current?: string | undefined
}

/** Beyond it what was written may no longer be meant. */
const day = 86_400_000
/** A store that does not answer for so long holds nothing up, ms. */
const patience = 2_000

const laneOf = (entry: Unsent) => entry.ticket_id ?? entry.client_id

/**
 * Unsent messages and tickets, in the order in which they were written, one lane for each ticket. The first of a lane is sent until the server has
 * decided on it, and only then the next: so the order holds even if two tabs send the same lane, and `client_id` makes that one message.
 */
export function createOutbox<R>({ deliver, refused, keep, reread, alone }: Ways<R>): Outbox<R> {
  const entries = signal<readonly Unsent[]>([])
  const waiters = new Map<string, { resolve: (answer: R) => void; reject: (error: Error) => void }>()
  const lanes = new Map<string, Lane>()
  /** The last change of what is kept: it stands when those before it do. */
  let kept: unknown
  /** What was kept when last read. */
  let stored: ReadonlyMap<string, Unsent> = new Map()
  let disposed = false

  const laneAt = (name: string) => {
    const lane = lanes.get(name) ?? { failures: 0, until: 0 }
    lanes.set(name, lane)
    return lane
  }
  const set = (all: readonly Unsent[]) => {
    entries.value = [...all].sort((a, b) => a.at - b.at)
  }
  const first = (lane: string) => entries.value.find((one) => one.state !== 'late' && laneOf(one) === lane)
  const as = (one: Unsent, state: Unsent['state']): Unsent => ({ ...one, state: one.at < Date.now() - day ? 'late' : state })
  const mark = (lane: string, state: Unsent['state']) => set(entries.value.map((one) => (laneOf(one) === lane ? as(one, state) : one)))
  const remove = (client_id: string) => {
    set(entries.value.filter((one) => one.client_id !== client_id))
    kept = keep(client_id, null)
    const waiter = waiters.get(client_id)
    waiters.delete(client_id)
    return waiter
  }
  /** Under the lane's lock. What is not kept any more another tab has sent, given back or thrown away. */
  const refuse = async (client_id: string, error: ApiError, unlessTried = false) => {
    await reread()
    const row = stored.get(client_id)
    const one = find(client_id)
    if (!one || (unlessTried && (row ?? one).tried)) return
    const waiter = remove(client_id)
    if (row) refused(row, error)
    waiter?.reject(error)
  }
  const change = (entry: Unsent | undefined, by: Partial<Unsent>) => {
    if (!entry) return
    const changed = { ...entry, ...by }
    kept = keep(entry.client_id, changed)
    set(entries.value.map((one) => (one === entry ? changed : one)))
  }
  const find = (clientId: string) => entries.value.find((one) => one.client_id === clientId)
  /** What was kept last stands in the store. */
  const settled = () => Promise.race([kept, end(AbortSignal.timeout(patience))]).then(String, String)
  /** Its place is behind everything that was written before, even by a clock that has been put back. */
  const place = () => Math.max(Date.now(), (entries.value.at(-1)?.at ?? 0) + 1)

  /** True: on with the next entry of the lane. */
  const step = async (name: string, entry: Unsent) => {
    const lane = laneAt(name)
    try {
      const answer = await deliver(entry)
      lane.failures = 0
      remove(entry.client_id)?.resolve(answer)
      return true
    } catch (error) {
      if (!retryable(error)) {
        await refuse(entry.client_id, error as ApiError)
        return true
      }
      if (disposed) return
      mark(name, 'failed')
      const asked = error instanceof ApiError ? error.retryAfter * 1000 : 0
      lane.until = performance.now() + asked
      const wait = Math.max(asked * (1 + Math.random() / 4), waitBefore(lane.failures++))
      lane.timer = setTimeout(() => run(name), wait)
    }
  }
  const drain = async (name: string) => {
    // What another tab wrote it may have sent by now.
    if (entries.value.some((one) => laneOf(one) === name && !waiters.has(one.client_id))) await reread()
    mark(name, 'sending')
    const lane = laneAt(name)
    for (let entry = first(name); entry && !disposed; ) {
      lane.current = entry.client_id
      entry = (await step(name, entry)) && first(name)
    }
    lane.current = undefined
    // What is sent is gone from the store before another tab may read it.
    await settled()
  }
  /** Settles when the lane is empty or has failed. */
  const run = async (name: string) => {
    const lane = laneAt(name)
    if (disposed || performance.now() < lane.until) return
    clearTimeout(lane.timer)
    mark(name, 'sending')
    lane.running ??= alone(name, () => drain(name)).finally(() => {
      lane.running = undefined
    })
    await lane.running
    // Written, or asked for, while the lane was being let go of.
    if (!lane.running && first(name)?.state === 'sending') await run(name)
  }
  const kick = () => Promise.all([...new Set(entries.value.map(laneOf))].map(run))

  return {
    entries,
    add: (entry) =>
      new Promise<R>((resolve, reject) => {
        const placed = { ...entry, at: place() }
        waiters.set(entry.client_id, { resolve, reject })
        keep(entry.client_id, placed)
        set([...entries.value, placed])
        void run(laneOf(entry))
      }),
    restore: (kept) => {
      const all = new Map(kept.map((one) => [one.client_id, as(one, 'failed')]))
      stored = new Map(all)
      // What is kept says nothing of how it goes; what was added here stays until it is answered.
      for (const one of entries.value) {
        const { client_id, state } = one
        if (waiters.has(client_id) || (state === 'sending' && all.has(client_id))) all.set(client_id, { ...all.get(client_id), ...one })
      }
      set([...all.values()])
    },
    kick,
    resend: (clientId) => {
      change(find(clientId), { at: place(), state: 'failed' })
      void kick()
    },
    discard: (clientId) => {
      remove(clientId)?.reject(new Error('Discarded'))
    },
    commit: async (clientId) => {
      change(find(clientId), { tried: true })
      await settled()
    },
    withdraw: async (clientId, error) => {
      const entry = find(clientId)
      if (!entry) return
      const lane = laneOf(entry)
      const { current } = laneAt(lane)
      const back = () => refuse(clientId, error, true)
      // Behind another one that goes out from here the lane is ours already.
      await (current && current !== clientId ? back() : alone(lane, back))
    },
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
