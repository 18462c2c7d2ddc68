/** The time, passed in so that tests can move it. */
export interface Clock {
  now(): Date
  /** Milliseconds since some moment; unlike `now` it never jumps, so that what is remembered for a while is not remembered longer. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => new Date(), monotonic: () => performance.now() }
