import type { Delivery } from './deliveries.ts'
import type { Outcome } from './webhook-request.ts'

/** Requests at once in one process, and who may have how many of them: so that neither a receiver that hangs nor an app with many of them holds up the others. */
export const shares = {
  total: 64,
  /** Only for endpoints that answered in time, and for an app of which nothing is under way. */
  reserve: 16,
  perEndpoint: 4,
  /** An app has less where many are busy: as many at most as half of what is free. */
  perApp: 16,
  /** For endpoints that hang: one request each, so many together, and so many of one app. */
  stuck: 24,
  stuckPerApp: 8,
} as const

/** How an endpoint answered the last time: soon, whatever it said; not in time; otherwise, or not yet. */
export type Health = 'quick' | 'stuck' | 'unknown'

/** What a process knows of the endpoints that it has called. */
export interface Pulse {
  note(endpointId: string, outcome: Pick<Outcome, 'error' | 'durationMs'>): void
  of(endpointId: string): Health
  /** True if the last answer of any of them did not come in time. */
  hasStuck(): boolean
}

/** Whoever needs longer is not quick, and is stuck if nothing came of it, milliseconds. */
const slowMs = 5_000
/** Endpoints that are remembered of each kind: the oldest are forgotten. */
const remembered = 10_000

export function createPulse(): Pulse {
  const [quick, stuck] = [new Set<string>(), new Set<string>()]
  const remember = (set: Set<string>, id: string) => {
    set.add(id)
    const [oldest] = set
    if (set.size > remembered && oldest !== undefined) set.delete(oldest)
  }
  return {
    note(id, { error, durationMs }) {
      for (const set of [quick, stuck]) set.delete(id)
      if (error === 'timeout' || (error !== null && durationMs >= slowMs)) remember(stuck, id)
      else if (durationMs < slowMs) remember(quick, id)
    },
    of: (id) => (stuck.has(id) ? 'stuck' : quick.has(id) ? 'quick' : 'unknown'),
    hasStuck: () => stuck.size > 0,
  }
}

type Group = Pick<Delivery, 'app_id' | 'endpoint_id'>
/** So many requests to an endpoint are under way. */
export type Busy = Group & { count: number }
export type Due = Group & Pick<Delivery, 'id'>

/** What is under way, and whether there is room for one more. */
function countedRoom(underWay: readonly Busy[], healthOf: Pulse['of']) {
  const counts = new Map<string, number>()
  const count = (key: string) => counts.get(key) ?? 0
  const add = ({ app_id, endpoint_id }: Group, more = 1) => {
    const health = healthOf(endpoint_id)
    for (const key of ['all', app_id, endpoint_id, health, `${health} ${app_id}`]) counts.set(key, count(key) + more)
  }
  for (const one of underWay) add(one, one.count)

  const ofApp = (appId: string) => Math.min(shares.perApp, Math.max(1, Math.floor((shares.total - count('all')) / 2))) - count(appId)
  const hasReserve = ({ app_id }: Group) => count(app_id) === 0 || count('all') - count('quick') < shares.total - shares.reserve
  const forStuck = ({ app_id, endpoint_id }: Group) =>
    count(endpoint_id) === 0 && count('stuck') < shares.stuck && count(`stuck ${app_id}`) < shares.stuckPerApp
  return {
    count,
    add,
    hasRoom(one: Group): boolean {
      if (count('all') >= shares.total || count(one.endpoint_id) >= shares.perEndpoint || ofApp(one.app_id) <= 0) return false
      const health = healthOf(one.endpoint_id)
      return health === 'quick' || (hasReserve(one) && (health === 'unknown' || forStuck(one)))
    },
  }
}

/**
 * Of what is due, as much as there are hands for and as endpoints and apps have left of their shares: always the next of the app, and of its endpoint, that has the least
 * under way, of those that have the same the oldest. Of one endpoint in the order given.
 */
export function shareOut(due: readonly Due[], most: number, underWay: readonly Busy[], healthOf: Pulse['of']): Due[] {
  const room = countedRoom(underWay, healthOf)
  const queues = Map.groupBy(due, (one) => one.endpoint_id)
  const isBefore = (one: Due, other: Due) =>
    (room.count(one.app_id) - room.count(other.app_id) || room.count(one.endpoint_id) - room.count(other.endpoint_id)) < 0
  const chosen: Due[] = []
  while (chosen.length < most) {
    let next: Due | undefined
    for (const [one] of queues.values()) if (one && room.hasRoom(one) && (!next || isBefore(one, next))) next = one
    if (!next) break
    queues.get(next.endpoint_id)?.shift()
    room.add(next)
    chosen.push(next)
  }
  return chosen
}
