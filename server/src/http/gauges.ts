import { Gauge, type Registry } from 'prom-client'

interface Figure<T> {
  name: string
  help: string
  of(state: T): number
}

/** Figures of one state, which is read once when somebody looks, however many there are of it; while it cannot be read they stay as they were. */
export function measureState<T>(registry: Registry, read: () => Promise<T>, figures: readonly Figure<T>[]): void {
  let reading: Promise<T | null> | undefined
  const once = () => {
    reading ??= read()
      .catch(() => null)
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  for (const { name, help, of } of figures) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const state = await once()
        if (state !== null) this.set(of(state))
      },
    })
  }
}

/** For how long something has been due, seconds; 0 if nothing is. */
export const secondsSince = (due: Date | null, now: Date): number => (due === null ? 0 : Math.max(0, now.getTime() - due.getTime()) / 1000)
