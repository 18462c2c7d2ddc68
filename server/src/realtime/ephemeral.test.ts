import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEphemeral, type Watched } from './ephemeral.ts'

const ticket: Watched = { appId: 'app', customerId: 'customer', publicId: 'T1', blocked: false }
const author = { type: 'customer' as const, id: 'c', name: 'Alice', avatar_url: null }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('TYPING-2: who goes silent has stopped after eight seconds, and every further sign begins them anew', () => {
  const told: boolean[] = []
  const ephemeral = createEphemeral({
    agents: (_app, name, payload) => {
      if (name === 'typing' && 'typing' in payload) told.push(payload.typing)
    },
    customer: () => {},
  })
  ephemeral.typing('s', ticket, { side: 'customer', author }, true)
  vi.advanceTimersByTime(7_900)
  ephemeral.typing('s', ticket, { side: 'customer', author }, true)
  vi.advanceTimersByTime(7_900)
  expect(told).toEqual([true, true])
  vi.advanceTimersByTime(200)
  expect(told).toEqual([true, true, false])
  vi.advanceTimersByTime(60_000)
  ephemeral.leave('s')
  expect(told).toEqual([true, true, false])
})
