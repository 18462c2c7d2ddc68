import { expect, test } from 'vitest'
import { createVisitorRecord, createVisitorSession } from './visitor.ts'

/** One browser: what its tabs store, and a server that gives tokens. */
function browser() {
  const stored = new Map<string, string>()
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  } as unknown as Storage
  const state = { asked: 0, ended: 0, last: Promise.resolve<unknown>(null) }
  const tab = (id = 'v') => {
    const record = createVisitorRecord('support', () => storage)
    const session = createVisitorSession({
      id,
      record,
      ask: async () => `token ${++state.asked}`,
      onEnd: () => state.ended++,
      alone: (task) => {
        const turn = state.last.then(task)
        state.last = turn
        return turn
      },
    })
    return { record, ...session }
  }
  return { stored, state, tab }
}

test('a token is asked for once, whichever tab needs it first, and used from then on', async () => {
  const { state, tab } = browser()
  const [first, second] = [tab(), tab()]
  first.record.write({ id: 'v' })
  expect(await Promise.all([first.getToken(), first.getToken(), second.getToken()])).toEqual(['token 1', 'token 1', 'token 1'])
  expect(state.asked).toBe(1)
  expect(first.record.read()).toEqual({ id: 'v', token: 'token 1' })
  expect(await tab().getToken()).toBe('token 1')
})

test('a refused token is forgotten here and in the other tabs, and none is asked for in its place', async () => {
  const { state, tab } = browser()
  const [first, second] = [tab(), tab()]
  first.record.write({ id: 'v' })
  await first.getToken()
  await second.getToken()
  expect(await first.getToken({ fresh: true })).toBeNull()
  expect(first.record.read()).toEqual({ id: 'v' })
  expect(await second.getToken()).toBeNull()
  expect([state.asked, state.ended]).toEqual([1, 2])
})

test('where another visitor has taken the place, or none is left, nothing is given', async () => {
  const { state, tab } = browser()
  const first = tab()
  first.record.write({ id: 'v', token: 'mine' })
  expect(await first.getToken()).toBe('mine')
  first.record.write({ id: 'w', token: 'theirs' })
  expect(await first.getToken({ fresh: true })).toBeNull()
  expect(first.record.read()).toEqual({ id: 'w', token: 'theirs' })
  first.record.write(null)
  expect(await first.getToken()).toBeNull()
  expect(state).toMatchObject({ asked: 0, ended: 1 })
})

test('what is not ours is no visitor; a storage that throws is survived by this page', async () => {
  const { stored, tab } = browser()
  for (const value of ['', '{', 'null', '5', '[]', '{"id":5}', '{"token":"t"}']) {
    stored.set('support', value)
    expect(tab().record.read()).toBeNull()
  }
  const blocked = createVisitorRecord('support', () => {
    throw new DOMException('denied', 'SecurityError')
  })
  expect(blocked.read()).toBeNull()
  blocked.write({ id: 'v' })
  expect(blocked.read()).toEqual({ id: 'v' })
  blocked.write(null)
  expect(blocked.read()).toBeNull()
})
