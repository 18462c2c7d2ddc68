import { signal } from '@preact/signals'
import type { Acknowledged } from '@support-widget/shared/socket.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Ask } from './live.ts'
import { createWatching } from './watching.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const refused = (status: number) => ({ ok: false, error: { status } }) as Acknowledged

function desk(myId: string | null = 'A1', answers: (Acknowledged | null)[] = []) {
  const said: string[] = []
  const ask = async (name: string, input: { ticket_id: string }) => {
    said.push(`${name} ${input.ticket_id}`)
    return answers.length > 0 ? (answers.shift() ?? null) : ({ ok: true } as const)
  }
  const state = { openId: signal<string | null>(null), isVisible: signal(true), isConnected: signal(true) }
  return { said, ...state, watching: createWatching({ ask: ask as unknown as Ask, myId, ...state }) }
}

describe('watching', () => {
  it('says which ticket is open, one at a time, and when it is left', () => {
    const { said, openId, watching } = desk()
    openId.value = 'T1'
    openId.value = 'T2'
    openId.value = null
    expect(said).toEqual(['watch T1', 'unwatch T1', 'watch T2', 'unwatch T2'])
    openId.value = 'T3'
    watching.stop()
    expect(said.slice(4)).toEqual(['watch T3', 'unwatch T3'])
  })

  it('looks only while the page is in front', () => {
    const { said, openId, isVisible } = desk()
    isVisible.value = false
    openId.value = 'T1'
    expect(said).toEqual([])
    isVisible.value = true
    isVisible.value = false
    expect(said).toEqual(['watch T1', 'unwatch T1'])
  })

  it('says it again on a new connection, which knows nothing', () => {
    const { said, openId, isConnected, watching } = desk()
    openId.value = 'T1'
    watching.heard({ ticket_id: 'T1', agents: [{ id: 'A2', name: 'Ada', avatar_url: null }] })
    isConnected.value = false
    expect(watching.watchers.value.size).toBe(0)
    isConnected.value = true
    expect(said.filter((one) => one === 'watch T1')).toHaveLength(2)
  })

  it('names colleagues, not oneself', () => {
    const { watching } = desk()
    const [me, ada] = [
      { id: 'A1', name: 'Sam', avatar_url: null },
      { id: 'A2', name: 'Ada', avatar_url: null },
    ]
    watching.heard({ ticket_id: 'T1', agents: [me, ada] })
    expect(watching.watchers.value.get('T1')).toEqual([ada])
    watching.heard({ ticket_id: 'T1', agents: [me] })
    expect(watching.watchers.value.size).toBe(0)
  })

  it('asks again after what passes, not after what stays, and not for a ticket that was left', async () => {
    const { said, openId } = desk('A1', [refused(429), null, refused(404)])
    openId.value = 'T1'
    await vi.advanceTimersByTimeAsync(60_000)
    expect(said).toEqual(['watch T1', 'watch T1', 'watch T1'])
    const other = desk('A1', [refused(503)])
    other.openId.value = 'T1'
    await vi.advanceTimersByTimeAsync(0)
    other.openId.value = null
    await vi.advanceTimersByTimeAsync(60_000)
    expect(other.said).toEqual(['watch T1', 'unwatch T1'])
  })

  it('does not look in the name of an API key', () => {
    const { said, openId } = desk(null)
    openId.value = 'T1'
    expect(said).toEqual([])
  })
})
