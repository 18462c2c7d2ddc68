/** The longest time, milliseconds of the processor's time, for which nothing else could run in this thread while `work` was under way. */
async function longestStretch(work: () => unknown): Promise<number> {
  let last = process.threadCpuUsage()
  let most = 0
  const look = () => {
    const { user, system } = process.threadCpuUsage(last)
    most = Math.max(most, (user + system) / 1000)
    last = process.threadCpuUsage()
  }
  const timer = setInterval(look, 5)
  try {
    await work()
    look()
    return Math.round(most)
  } finally {
    clearInterval(timer)
  }
}

/**
 * Throws, with the name of `what` is done, if `work` keeps the thread busy for `mostMs` or more at a stretch, three times of three. It is the processor's time that counts, whoever else is at work on the machine, and one slow run
 * says nothing: what grows with the square takes many seconds each time.
 */
export async function keepsFree(mostMs: number, work: () => unknown, what: string): Promise<void> {
  const runs: number[] = []
  while (runs.length < 3) {
    const stretch = await longestStretch(work)
    if (stretch < mostMs) return
    runs.push(stretch)
  }
  throw new Error(`${what}: nothing else could run for ${runs.join(', ')} ms, where less than ${mostMs} was promised`)
}
