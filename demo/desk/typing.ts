import { signal } from '@preact/signals'
import type { Author } from '@support-widget/shared/message.ts'
import type { AgentSignals } from '@support-widget/shared/socket.ts'
import type { Ask } from './live.ts'

/** One sign that somebody types is enough for this long, milliseconds. */
const signEvery = 3_000
/** Who gives no further sign for this long types no more, milliseconds; the server goes by the same time. */
const silentAfter = 8_000

/** Tells the others that the agent writes a reply: a sign every three seconds at most, and one when it is over. */
export function createTypingSigns(ask: Ask, now: () => number) {
  let said: { ticketId: string; at: number } | null = null

  function stop() {
    if (said) void ask('typing', { ticket_id: said.ticketId, typing: false })
    said = null
  }

  return {
    /** The text of the reply has changed. */
    typed(ticketId: string, text: string) {
      if (text.trim() === '') return stop()
      if (said?.ticketId === ticketId && now() - said.at < signEvery) return
      if (said && said.ticketId !== ticketId) stop()
      said = { ticketId, at: now() }
      void ask('typing', { ticket_id: ticketId, typing: true })
    },
    /** Sent, left, or on to something else. */
    stop,
    /** The connection is gone, and with it what was said. */
    forget() {
      said = null
    },
  }
}

type Typing = AgentSignals['typing']
type Typists = ReadonlyMap<string, readonly Author[]>

const isSame = (a: Author, b: Author) => a.type === b.type && a.id === b.id

/** Who types in which ticket, oneself (`myId`) left out: another tab of one's own is no colleague. */
export function createTypists(myId: string | null) {
  const typists = signal<Typists>(new Map())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const keyOf = (ticketId: string, author: Author) => `${ticketId} ${author.type} ${author.id}`

  function change(ticketId: string, author: Author, isTyping: boolean) {
    const others = (typists.value.get(ticketId) ?? []).filter((one) => !isSame(one, author))
    const next = new Map(typists.value)
    if (isTyping || others.length > 0) next.set(ticketId, isTyping ? [...others, author] : others)
    else next.delete(ticketId)
    typists.value = next
  }

  function end(ticketId: string, author: Author) {
    const key = keyOf(ticketId, author)
    if (!timers.has(key)) return
    clearTimeout(timers.get(key))
    timers.delete(key)
    change(ticketId, author, false)
  }

  return {
    typists,
    heard({ ticket_id, author, typing }: Typing) {
      if (author.type === 'agent' && author.id !== null && author.id === myId) return
      if (!typing) return end(ticket_id, author)
      const key = keyOf(ticket_id, author)
      const isKnown = timers.has(key)
      clearTimeout(timers.get(key))
      timers.set(
        key,
        setTimeout(() => end(ticket_id, author), silentAfter),
      )
      if (!isKnown) change(ticket_id, author, true)
    },
    /** What was typed has come. */
    wrote: end,
    /** Nothing is heard any more, so nothing is known. */
    clear() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      typists.value = new Map()
    },
  }
}
