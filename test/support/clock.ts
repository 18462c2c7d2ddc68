import { expect, onTestFinished, vi } from 'vitest'
import type { TestServer } from './server.ts'

/** Until the test ends the server's clock goes on only where a test moves it: nothing becomes due, or runs out, because the machine is slow. */
export function stopClock({ clock }: TestServer): void {
  const { now, monotonic } = clock
  const [time, steady] = [now().getTime() - clock.ahead, monotonic() - clock.ahead]
  Object.assign(clock, { now: () => new Date(time + clock.ahead), monotonic: () => steady + clock.ahead })
  onTestFinished(() => void Object.assign(clock, { now, monotonic }))
}

/** What `open` opens, a worker that never looks by itself: it acts when it is woken, and only then. */
export async function neverLooking<T>(open: () => Promise<T>): Promise<T> {
  const looks = vi.spyOn(globalThis, 'setInterval').mockReturnValue(setTimeout(() => {}, 0))
  try {
    const opened = await open()
    expect(looks).toHaveBeenCalledOnce()
    return opened
  } finally {
    looks.mockRestore()
  }
}

const linkStep = 5 * 60_000

/** Links of attachments are signed anew every five minutes: from now on they stay as they are for a minute at least. */
export function keepLinks({ clock }: TestServer): void {
  const left = linkStep - (clock.now().getTime() % linkStep)
  if (left < 60_000) clock.ahead += left + 1
}
