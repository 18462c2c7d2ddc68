import { bare } from '../net/api.ts'

/**
 * Runs `task` while no other tab of this origin runs one under the same name. Whoever holds the name for longer than `patience` ms has been frozen or
 * hangs, and is not waited for; neither is anybody where the browser has no Web Locks (they are for secure contexts alone). So what runs here must
 * stand being done twice.
 */
export async function alone<T>(name: string, task: () => Promise<T>, patience = 40_000): Promise<T> {
  let started = false
  const start = () => {
    started = true
    return task()
  }
  try {
    return await navigator.locks.request(name, bare<LockOptions>({ signal: AbortSignal.timeout(patience) }), start)
  } catch (error) {
    if (started) throw error
    return task()
  }
}
