import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { AgentRef } from '@support-widget/shared/people.ts'
import type { AgentSignals } from '@support-widget/shared/socket.ts'
import type { Ask } from './live.ts'

/** How long to wait before asking again what was refused for now, milliseconds. */
const askAgainAfter = 10_000

export interface WatchingOptions {
  ask: Ask
  /** Who works here; null for an API key, which looks at nothing. */
  myId: string | null
  openId: ReadonlySignal<string | null>
  isVisible: ReadonlySignal<boolean>
  isConnected: ReadonlySignal<boolean>
}

/** Says which ticket the agent looks at, and knows who else does. A new connection knows nothing of what was said on the one before. */
export function createWatching({ ask, myId, openId, isVisible, isConnected }: WatchingOptions) {
  const watchers = signal<ReadonlyMap<string, readonly AgentRef[]>>(new Map())
  const wanted = computed(() => (myId !== null && isConnected.value && isVisible.value ? openId.value : null))
  let again: ReturnType<typeof setTimeout> | undefined

  async function watch(ticketId: string) {
    const answer = await ask('watch', { ticket_id: ticketId })
    if (wanted.peek() !== ticketId || !isConnected.peek()) return
    const isPassing = answer === null || (!answer.ok && (answer.error.status === 429 || answer.error.status >= 500))
    clearTimeout(again)
    if (isPassing) again = setTimeout(() => void watch(ticketId), askAgainAfter)
  }

  const stopWatching = effect(() => {
    const ticketId = wanted.value
    if (ticketId === null) return
    void watch(ticketId)
    return () => {
      clearTimeout(again)
      void ask('unwatch', { ticket_id: ticketId })
    }
  })
  const stopForgetting = effect(() => {
    if (!isConnected.value) watchers.value = new Map()
  })

  return {
    /** The colleagues who look at a ticket, by its id. */
    watchers,
    heard({ ticket_id, agents }: AgentSignals['presence']) {
      const others = agents.filter((agent) => agent.id !== myId)
      const next = new Map(watchers.value)
      if (others.length > 0) next.set(ticket_id, others)
      else next.delete(ticket_id)
      watchers.value = next
    },
    stop() {
      stopWatching()
      stopForgetting()
    },
  }
}
