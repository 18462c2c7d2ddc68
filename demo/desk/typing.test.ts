import type { Author } from '@support-widget/shared/message.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Ask } from './live.ts'
import { createTypingSigns, createTypists } from './typing.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function signs() {
  const said: [string, boolean][] = []
  const ask = vi.fn(async (_name: string, input: { ticket_id: string; typing: boolean }) => {
    said.push([input.ticket_id, input.typing])
    return null
  })
  return { said, typing: createTypingSigns(ask as unknown as Ask, Date.now) }
}

describe('typing signs', () => {
  it('says so at once, then every three seconds at most', () => {
    const { said, typing } = signs()
    for (let at = 0; at <= 6_000; at += 500) {
      typing.typed('T1', 'x')
      vi.advanceTimersByTime(500)
    }
    expect(said).toEqual(Array(3).fill(['T1', true]))
  })

  it('says once that it is over: the text is gone, or the agent is', () => {
    const { said, typing } = signs()
    typing.stop()
    typing.typed('T1', ' ')
    expect(said).toEqual([])
    typing.typed('T1', 'x')
    typing.typed('T1', ' ')
    typing.stop()
    typing.typed('T1', 'y')
    typing.stop()
    expect(said.map(([, isTyping]) => isTyping)).toEqual([true, false, true, false])
  })

  it('ends in one ticket before it begins in another', () => {
    const { said, typing } = signs()
    typing.typed('T1', 'x')
    typing.typed('T2', 'x')
    typing.stop()
    expect(said).toEqual([
      ['T1', true],
      ['T1', false],
      ['T2', true],
      ['T2', false],
    ])
  })

  it('says it again on a new connection, and ends nothing there that was said on the old one', () => {
    const { said, typing } = signs()
    typing.typed('T1', 'x')
    typing.forget()
    typing.stop()
    typing.typed('T1', 'xy')
    expect(said).toEqual([
      ['T1', true],
      ['T1', true],
    ])
  })
})

const person = (type: Author['type'], id: string | null, name: string): Author => ({ type, id, name, avatar_url: null })
const alice = person('customer', 'C1', 'Alice')
const ada = person('agent', 'A2', 'Ada')

describe('typists', () => {
  const names = (typists: ReturnType<typeof createTypists>, id = 'T1') => (typists.typists.value.get(id) ?? []).map((one) => one.name)

  it('knows several, each once and per ticket, until they stop', () => {
    const typists = createTypists('A1')
    for (const author of [alice, ada, alice]) typists.heard({ ticket_id: 'T1', author, typing: true })
    typists.heard({ ticket_id: 'T2', author: alice, typing: true })
    expect([names(typists), names(typists, 'T2')]).toEqual([['Alice', 'Ada'], ['Alice']])
    typists.heard({ ticket_id: 'T1', author: alice, typing: false })
    typists.heard({ ticket_id: 'T1', author: alice, typing: false })
    expect([names(typists), names(typists, 'T2')]).toEqual([['Ada'], ['Alice']])
  })

  it('forgets who has been silent for eight seconds, counted from the last sign', () => {
    const typists = createTypists('A1')
    typists.heard({ ticket_id: 'T1', author: alice, typing: true })
    vi.advanceTimersByTime(7_000)
    typists.heard({ ticket_id: 'T1', author: alice, typing: true })
    vi.advanceTimersByTime(7_999)
    expect(names(typists)).toEqual(['Alice'])
    vi.advanceTimersByTime(1)
    expect(typists.typists.value.size).toBe(0)
  })

  it('forgets whose message has come, and everybody with the connection', () => {
    const typists = createTypists('A1')
    typists.heard({ ticket_id: 'T1', author: alice, typing: true })
    typists.heard({ ticket_id: 'T1', author: ada, typing: true })
    typists.wrote('T1', { ...alice, name: 'Alice Moreau' })
    expect(names(typists)).toEqual(['Ada'])
    typists.clear()
    expect(typists.typists.value.size).toBe(0)
    typists.heard({ ticket_id: 'T1', author: ada, typing: true })
    expect(names(typists)).toEqual(['Ada'])
  })

  it('leaves out oneself, but nobody else who has no id either', () => {
    const mine = createTypists('A1')
    mine.heard({ ticket_id: 'T1', author: person('agent', 'A1', 'Me'), typing: true })
    expect(names(mine)).toEqual([])
    const keys = createTypists(null)
    keys.heard({ ticket_id: 'T1', author: person('agent', null, 'Kilnshare'), typing: true })
    expect(names(keys)).toEqual(['Kilnshare'])
  })
})
