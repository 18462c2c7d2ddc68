import { describe, expect, test } from 'vitest'
import type { Core } from '../domain/core.ts'
import { createWorker } from './worker.ts'

const turn = () => new Promise((done) => setImmediate(done))
/** Lets so many other things happen first. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn()
}

const core = { queue: { boss: { work: async () => '' } }, log: { error: () => {} } } as unknown as Core

/** Forty things of two groups, each of which takes between no time and some, as looking for them does. */
function setUp(seed: number) {
  const random = (most: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % most
  }
  const waiting = Array.from({ length: 40 }, (_, n) => ({ n, group: n % 5 === 0 ? 'b' : 'a' }))
  const [done, now] = [new Set<number>(), new Map<string, number>()]
  let most = 0
  const worker = createWorker<{ n: number; group: string }>(core, {
    queue: 'test',
    mostAtOnce: 5,
    mostPerGroup: 3,
    async take(free, busy) {
      const counts = new Map(busy)
      await turns(random(4))
      const taken = waiting.filter(({ group }) => {
        const count = counts.get(group) ?? 0
        if (count >= 3 || free <= 0) return false
        counts.set(group, count + 1)
        free--
        return true
      })
      for (const one of taken) waiting.splice(waiting.indexOf(one), 1)
      await turns(random(4))
      return taken
    },
    groupOf: ({ group }) => group,
    async perform({ n, group }) {
      now.set(group, (now.get(group) ?? 0) + 1)
      most = Math.max(most, now.get(group) ?? 0)
      await turns(random(6))
      now.set(group, (now.get(group) ?? 0) - 1)
      done.add(n)
    },
  })
  return { worker, done, most: () => most }
}

describe('HOOK-26: a worker', () => {
  test('HOOK-26: woken once goes on until nothing is left, whatever ends while it takes, and gives no group more than its share', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { worker, done, most } = setUp(seed)
      await worker.start()
      for (let round = 0; round < 2_000 && done.size < 40; round++) await turn()
      await worker.stop()
      expect([seed, done.size, most() <= 3]).toEqual([seed, 40, true])
    }
  })
})
