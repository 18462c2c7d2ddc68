import type { IncomingMessage } from 'node:http'
import { Refusal } from '../errors.ts'

/** How fast the body of an upload has to come. */
export interface Pace {
  /** It is looked at whenever this time is over, milliseconds; the first time is free. */
  windowMs: number
  bytesPerSecond: number
  /** All of it has to be there by then, milliseconds. */
  totalMs: number
}

export const uploadPace: Pace = { windowMs: 10_000, bytesPerSecond: 16 * 1024, totalMs: 600_000 }

/**
 * Calls `refuse` with a `request_timeout` once the body comes too slowly. Time in which we ourselves were not ready to take more is not held against the client. Answers what
 * ends the watch.
 */
export function watchPace(req: IncomingMessage, pace: Pace, refuse: (refusal: Refusal) => void): () => void {
  let arrived = 0
  let first = true
  const held = heldTime(req)
  const count = (chunk: Buffer) => {
    arrived += chunk.length
  }
  const look = () => {
    const enough = arrived >= (pace.bytesPerSecond * (pace.windowMs - held.take())) / 1000
    if (!first && !enough) refuse(late(`An upload needs at least ${pace.bytesPerSecond} bytes a second.`))
    arrived = 0
    first = false
  }
  const windows = setInterval(look, pace.windowMs)
  const total = setTimeout(() => refuse(late(`An upload has to end within ${pace.totalMs / 1000} seconds.`)), pace.totalMs)
  req.on('data', count)
  return () => {
    clearInterval(windows)
    clearTimeout(total)
    req.off('data', count)
    held.stop()
  }
}

const late = (detail: string) => new Refusal('request_timeout', { detail })

/** Milliseconds in which we did not read, since the last time that somebody took them. */
function heldTime(req: IncomingMessage): { take(): number; stop(): void } {
  let since: number | null = null
  let sum = 0
  const add = () => {
    if (since !== null) sum += performance.now() - since
    since = null
  }
  const pause = () => {
    since ??= performance.now()
  }
  req.on('pause', pause)
  req.on('resume', add)
  return {
    take() {
      const paused = since !== null
      add()
      if (paused) pause()
      const taken = sum
      sum = 0
      return taken
    },
    stop() {
      req.off('pause', pause)
      req.off('resume', add)
    },
  }
}
