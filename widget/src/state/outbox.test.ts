import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError, NetworkError } from '../net/api.ts'
import type { Unsent } from './merge.ts'
import { createOutbox } from './outbox.ts'

const entry = (client_id: string, ticket_id: string | null = 'T'): Unsent => ({
  client_id,
  ticket_id,
  body: client_id,
  at: Date.now(),
  state: 'sending',
})
const refusal = (status: number, retryAfter = 0) => new ApiError({ code: 'invalid_request', detail: 'no' }, status, retryAfter)

interface Slow {
  /** Before the server answers. */
  answer?: Promise<void>
  /** Before something is gone from the store. */
  store?: Promise<void>
  /** Before a lane that is done may be another's. */
  release?: Promise<void>
}

function setUp(restored: Unsent[] = [], stored = restored, slow: Slow = {}) {
  let rereads = 0
  const sent: string[] = []
  const answers: (Error | 'ok')[] = []
  const refused: string[] = []
  const kept = new Map<string, Unsent | null>()
  let released = 0
  const outbox = createOutbox<string>({
    deliver: async ({ client_id }) => {
      sent.push(client_id)
      await slow.answer
      const answer = answers.shift() ?? 'ok'
      if (answer !== 'ok') throw answer
      return `stored ${client_id}`
    },
    refused: ({ client_id }) => refused.push(client_id),
    keep: async (id, one) => {
      if (!one) await slow.store
      kept.set(id, one)
      stored = [...stored.filter((other) => other.client_id !== id), ...(one ? [one] : [])]
    },
    reread: async () => {
      rereads++
      outbox.restore(stored)
    },
    alone: async (_, task) => {
      await task()
      released++
      await slow.release
    },
  })
  outbox.restore(restored)
  /** Another tab keeps what these are, and nothing else. */
  const byOthers = (...rows: Unsent[]) => {
    stored = rows
  }
  return { outbox, sent, answers, refused, kept, byOthers, rereads: () => rereads, released: () => released }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('sends in the order of writing, one at a time for each ticket, and forgets what is stored', async () => {
  const { outbox, sent, kept } = setUp()
  const answers = [outbox.add(entry('a')), outbox.add(entry('b')), outbox.add(entry('x', 'U'))]
  expect(sent).toEqual(['a', 'x'])
  expect(await Promise.all(answers)).toEqual(['stored a', 'stored b', 'stored x'])
  expect(sent).toEqual(['a', 'x', 'b'])
  expect(outbox.entries.value).toEqual([])
  expect([...kept]).toEqual([
    ['a', null],
    ['b', null],
    ['x', null],
  ])
})

test('without an answer the lane waits, later ones stay behind, and the same names are tried again', async () => {
  const { outbox, sent, answers, kept } = setUp()
  answers.push(new NetworkError('down'), new NetworkError('down'))
  const first = outbox.add(entry('a'))
  const second = outbox.add(entry('b'))
  await vi.advanceTimersByTimeAsync(0)
  expect(outbox.entries.value.map((one) => one.state)).toEqual(['failed', 'failed'])
  expect(kept.get('a')?.body).toBe('a')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual(['a', 'a', 'a', 'b'])
  expect(await first).toBe('stored a')
  expect(await second).toBe('stored b')
})

test('a kick does not wait, and does not send twice what is under way', async () => {
  const { outbox, sent, answers } = setUp()
  answers.push(new NetworkError('down'))
  void outbox.add(entry('a'))
  await vi.advanceTimersByTimeAsync(0)
  outbox.kick()
  outbox.kick()
  await vi.advanceTimersByTimeAsync(0)
  expect(sent).toEqual(['a', 'a'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual(['a', 'a'])
})

test('Retry-After is kept to', async () => {
  const { outbox, sent, answers } = setUp()
  answers.push(refusal(429, 90))
  void outbox.add(entry('a'))
  await vi.advanceTimersByTimeAsync(89_000)
  expect(sent).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual(['a', 'a'])
})

test('a final refusal gives the text back and lets the next one go', async () => {
  const { outbox, sent, answers, refused } = setUp()
  answers.push(refusal(400))
  const first = outbox.add(entry('a'))
  const second = outbox.add(entry('b'))
  await expect(first).rejects.toMatchObject({ status: 400 })
  expect(await second).toBe('stored b')
  expect(refused).toEqual(['a'])
  expect(sent).toEqual(['a', 'b'])
})

test('what was kept is sent after a reload; a flush tells what stays', async () => {
  const { outbox, sent, answers } = setUp([entry('a'), entry('b', 'U')])
  answers.push('ok', new NetworkError('down'))
  expect(await outbox.flush(3000)).toBe(1)
  expect(sent).toEqual(['a', 'b'])
  outbox.dispose()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(sent).toEqual(['a', 'b'])
  expect(vi.getTimerCount()).toBe(0)
})

test('after dispose nothing is sent and nobody waits for ever', async () => {
  const { outbox, sent, answers } = setUp()
  answers.push(new NetworkError('down'))
  const waiting = outbox.add(entry('a'))
  await vi.advanceTimersByTimeAsync(0)
  outbox.dispose()
  await expect(waiting).rejects.toThrow()
  outbox.kick()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(sent).toEqual(['a'])
})

test('what another tab has sent meanwhile is not sent again, what it wrote is sent in its place', async () => {
  const [a, b, c] = [entry('a'), { ...entry('b'), at: Date.now() + 1 }, { ...entry('c'), at: Date.now() + 2 }]
  const { outbox, sent, rereads } = setUp([a, c], [b, c])
  await outbox.kick()
  expect(rereads()).toBe(1)
  expect(sent).toEqual(['b', 'c'])
})

test('what was added here stays until it is answered, whatever is kept', async () => {
  const { outbox, sent, answers } = setUp()
  answers.push(new NetworkError('down'))
  const waiting = outbox.add(entry('a'))
  await vi.advanceTimersByTimeAsync(0)
  outbox.restore([])
  expect(outbox.entries.value).toHaveLength(1)
  outbox.kick()
  expect(await waiting).toBe('stored a')
  expect(sent).toEqual(['a', 'a'])
})

test('after a day it is asked about, and keeps nobody behind it; sent after all it goes last, under the same name', async () => {
  const old = { ...entry('a'), at: Date.now() - 86_400_001 }
  const { outbox, sent, kept } = setUp([old, entry('b')])
  await outbox.kick()
  expect(sent).toEqual(['b'])
  expect(outbox.entries.value.map(({ client_id, state }) => [client_id, state])).toEqual([['a', 'late']])
  outbox.resend('a')
  await vi.advanceTimersByTimeAsync(0)
  expect(sent).toEqual(['b', 'a'])
  expect(kept.get('a')).toBeNull()
})

test('what waits becomes late where it waits', async () => {
  const { outbox, answers, sent } = setUp()
  answers.push(...Array.from({ length: 20_000 }, () => new NetworkError('down')))
  void outbox.add(entry('a')).catch(() => {})
  await vi.advanceTimersByTimeAsync(0)
  vi.setSystemTime(Date.now() + 86_400_001)
  await vi.advanceTimersByTimeAsync(60_000)
  const tries = sent.length
  expect(outbox.entries.value[0]?.state).toBe('late')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(sent).toHaveLength(tries)
  outbox.discard('a')
  expect(outbox.entries.value).toEqual([])
})

test('a clock that is put back does not turn the order around', async () => {
  const { outbox, answers, sent } = setUp()
  answers.push(new NetworkError('down'))
  void outbox.add(entry('a'))
  await vi.advanceTimersByTimeAsync(0)
  vi.setSystemTime(Date.now() - 3_600_000)
  void outbox.add(entry('b'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual(['a', 'a', 'b'])
})

test('a lane becomes that of another tab when what was sent is gone from the store', async () => {
  const store = Promise.withResolvers<void>()
  const { outbox, kept, released } = setUp([], [], { store: store.promise })
  expect(await outbox.add(entry('a'))).toBe('stored a')
  await vi.advanceTimersByTimeAsync(100)
  expect(released()).toBe(0)
  store.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(released()).toBe(1)
  expect(kept.get('a')).toBeNull()
})

test('what is written while a lane is let go of is sent', async () => {
  const release = Promise.withResolvers<void>()
  const { outbox, sent, released } = setUp([], [], { release: release.promise })
  await outbox.add(entry('a'))
  await vi.advanceTimersByTimeAsync(0)
  expect(released()).toBe(1)
  const second = outbox.add(entry('b'))
  await vi.advanceTimersByTimeAsync(0)
  release.resolve()
  expect(await second).toBe('stored b')
  expect(sent).toEqual(['a', 'b'])
})

test('a store that never answers holds nobody up for long', async () => {
  vi.useRealTimers()
  const { outbox, released } = setUp([], [], { store: new Promise(() => {}) })
  expect(await outbox.add(entry('a'))).toBe('stored a')
  await expect.poll(released).toBe(1)
})

test('what is taken back is sent by nobody, and given back once', async () => {
  const { outbox, sent, refused, kept } = setUp([entry('a'), entry('b')])
  await Promise.all([outbox.withdraw('a', refusal(400)), outbox.withdraw('a', refusal(400))])
  expect(refused).toEqual(['a'])
  expect(kept.get('a')).toBeNull()
  await outbox.kick()
  expect(sent).toEqual(['b'])
})

test('what may have been taken is not given back, whichever tab has sent it', async () => {
  const { outbox, answers, refused, kept, byOthers } = setUp()
  answers.push(new NetworkError('down'), new NetworkError('down'))
  const [a, b] = [outbox.add(entry('a')), outbox.add(entry('b', 'U'))]
  await vi.advanceTimersByTimeAsync(0)
  await outbox.commit('a')
  expect(kept.get('a')).toMatchObject({ client_id: 'a', tried: true })
  byOthers({ ...entry('a'), tried: true }, { ...entry('b', 'U'), tried: true })
  for (const id of ['a', 'b']) await outbox.withdraw(id, refusal(400))
  // Sent by another tab, and gone from what is kept.
  byOthers()
  for (const id of ['a', 'b']) await outbox.withdraw(id, refusal(400))
  expect(refused).toEqual([])
  expect(outbox.entries.value.map(({ client_id, tried }) => [client_id, tried])).toEqual([
    ['a', true],
    ['b', true],
  ])
  await outbox.kick()
  expect(await Promise.all([a, b])).toEqual(['stored a', 'stored b'])
})

test('what another tab has given back is not given back again, however this one hears of the refusal', async () => {
  const { outbox, answers, refused, byOthers } = setUp()
  answers.push(new NetworkError('down'), refusal(409))
  const waiting = outbox.add(entry('a'))
  await vi.advanceTimersByTimeAsync(0)
  byOthers()
  const over = expect(waiting).rejects.toMatchObject({ status: 409 })
  await outbox.kick()
  await over
  answers.push(new NetworkError('down'))
  const other = expect(outbox.add(entry('b', 'U'))).rejects.toMatchObject({ status: 400 })
  await vi.advanceTimersByTimeAsync(0)
  byOthers()
  await outbox.withdraw('b', refusal(400))
  await other
  expect(refused).toEqual([])
  expect(outbox.entries.value).toEqual([])
})

test('behind another one that is on its way it is taken back at once', async () => {
  const { outbox, refused, sent } = setUp([], [], { answer: new Promise(() => {}) })
  void outbox.add(entry('a'))
  outbox.add(entry('b')).catch(() => {})
  await vi.advanceTimersByTimeAsync(0)
  await outbox.withdraw('b', refusal(400))
  expect(refused).toEqual(['b'])
  expect(sent).toEqual(['a'])
})
