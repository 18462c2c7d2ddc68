import { describe, expect, test } from 'vitest'
import { type Busy, createPulse, type Due, type Health, shareOut, shares } from './delivery-shares.ts'

/** What an app has due at so many endpoints, so much at each. */
const dueOf = (app: string, endpoints: number, each: number): Due[] =>
  Array.from({ length: endpoints * each }, (_, n) => ({ id: `${app} ${n}`, app_id: app, endpoint_id: `${app} endpoint ${n % endpoints}` }))
const appsOf = (names: string, count: number) => Array.from({ length: count }, (_, n) => `${names} ${n}`)

/** What is under way after so much was chosen, beside what was. */
function underWayOf(chosen: readonly Due[], before: readonly Busy[] = []): Busy[] {
  return [...before, ...chosen.map(({ app_id, endpoint_id }) => ({ app_id, endpoint_id, count: 1 }))]
}

const share = (due: readonly Due[], underWay: readonly Busy[] = [], healthOf: (id: string) => Health = () => 'unknown') =>
  shareOut(due, shares.total - underWay.reduce((sum, { count }) => sum + count, 0), underWay, healthOf)
const countOf = (chosen: readonly Due[], of: (one: Due) => string) => {
  const groups = Map.groupBy(chosen, of)
  return Object.fromEntries([...groups].map(([key, some]) => [key, some.length]))
}

describe('HOOK-15: what is due', () => {
  test('HOOK-15: is shared out with four for an endpoint and sixteen for an app, the oldest of an endpoint first', () => {
    expect(share(dueOf('a', 1, 9)).map((one) => one.id)).toEqual(['a 0', 'a 1', 'a 2', 'a 3'])
    expect(countOf(share(dueOf('a', 8, 8)), (one) => one.endpoint_id)).toEqual(
      Object.fromEntries(dueOf('a', 8, 1).map((one) => [one.endpoint_id, 2])),
    )
  })

  test.each([2, 4, 5, 6])('HOOK-27: of %i apps that fill all they may, another finds its share', (count) => {
    const busy = underWayOf(share(appsOf('slow', count).flatMap((app) => dueOf(app, 20, 9))))
    expect(busy.length).toBeLessThan(shares.total)
    expect(share(dueOf('fresh', 1, 9), busy).length).toBeGreaterThan(0)
  })

  test('HOOK-27: of a hundred apps that were never heard of, one of which nothing is under way finds room, and so do all who answered soon', () => {
    const many = appsOf('slow', 48).flatMap((app) => dueOf(app, 1, 9))
    const busy = underWayOf(share(many))
    expect(busy).toHaveLength(shares.total - shares.reserve)
    expect(share(many, busy)).toEqual([])
    expect(share(dueOf('fresh', 1, 9), busy)).toHaveLength(1)
    expect(share(dueOf('slow 1', 20, 1), busy, () => 'quick').length).toBeGreaterThan(1)
  })

  test('HOOK-27: the app with least under way is next, whatever is older', () => {
    const due = [...dueOf('a', 20, 9), ...dueOf('b', 1, 1)]
    expect(shareOut(due, 2, [], () => 'quick').map((one) => one.id)).toEqual(['a 0', 'b 0'])
    expect(shareOut(due, 1, [{ app_id: 'a', endpoint_id: 'a endpoint 3', count: 1 }], () => 'quick').map((one) => one.id)).toEqual(['b 0'])
    const [next] = shareOut(dueOf('a', 2, 2), 1, [{ app_id: 'a', endpoint_id: 'a endpoint 0', count: 1 }], () => 'quick')
    expect(next?.endpoint_id).toBe('a endpoint 1')
  })

  test('HOOK-27: endpoints that hang have one request each, eight of one app, twenty-four of all', () => {
    const stuck = () => 'stuck' as const
    expect(share(dueOf('a', 1, 9), [], stuck)).toHaveLength(1)
    expect(share(dueOf('a', 20, 9), [], stuck)).toHaveLength(shares.stuckPerApp)
    const busy = underWayOf(
      share(
        appsOf('slow', 9).flatMap((app) => dueOf(app, 20, 9)),
        [],
        stuck,
      ),
    )
    expect(busy).toHaveLength(shares.stuck)
    expect(share(dueOf('fresh', 1, 1), busy, stuck)).toEqual([])
    expect(share(dueOf('fresh', 4, 4), busy, (id) => (id.startsWith('fresh') ? 'quick' : 'stuck')).length).toBeGreaterThan(shares.perEndpoint)
  })
})

test('HOOK-27: an endpoint is stuck by an answer that did not come in time, until one does', () => {
  const pulse = createPulse()
  const heard = (error: 'timeout' | 'http' | 'network' | null, durationMs: number) => {
    pulse.note('a', { error, durationMs })
    return [pulse.of('a'), pulse.hasStuck()]
  }
  expect([pulse.of('a'), pulse.hasStuck()]).toEqual(['unknown', false])
  expect(heard('timeout', 300)).toEqual(['stuck', true])
  expect(heard('http', 40)).toEqual(['quick', false])
  expect(heard('network', 9_000)).toEqual(['stuck', true])
  expect(heard(null, 9_000)).toEqual(['unknown', false])
  expect(heard(null, 40)).toEqual(['quick', false])
})
