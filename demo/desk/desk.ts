import { effect, type Signal, signal } from '@preact/signals'
import type { Agent, AgentMe } from '@support-widget/shared/people.ts'
import type { Call } from './api.ts'
import { createChanges } from './changes.ts'
import { createConversations } from './conversations.ts'
import type { Ask, Heard, LiveOptions } from './live.ts'
import type { Filter } from './merge.ts'
import { createOutbox, type Kept } from './outbox.ts'
import { createReferences } from './references.ts'
import { createTickets } from './tickets.ts'
import { createTypingSigns, createTypists } from './typing.ts'
import { createWatching } from './watching.ts'

const every = 30_000
/** How often to ask where the socket does not come through or the last answer did not. */
const inTrouble = 5_000
const countsAfter = 400

export interface DeskOptions {
  call: Call
  me: AgentMe
  connect: (handlers: Pick<LiveOptions, 'on' | 'connected'>) => { isConnected: Signal<boolean>; ask: Ask; stop: () => void }
  storage: Pick<Storage, 'getItem' | 'setItem'>
  window: Window
}

function readKept(text: string | null): Kept {
  try {
    const kept: Kept | null = JSON.parse(text ?? 'null')
    if (kept && typeof kept.drafts === 'object' && Array.isArray(kept.pending)) return kept
  } catch {
    // Written by an older page: nothing that could be shown.
  }
  return { drafts: {}, pending: [] }
}

/** The desk of one signed-in agent: what it knows, what the agent can do, and what keeps it up to date until `stop()`. */
export function createDesk(options: DeskOptions) {
  const { call, me, window } = options
  const storageKey = `desk.outbox.${me.app.id}.${me.agent?.id ?? 'key'}`
  const agents = signal<readonly Agent[]>([])
  const tickets = createTickets(call)
  const conversations = createConversations(call, tickets, (messages) => outbox.settle(messages), Date.now)
  const references = createReferences(call, tickets)
  const typists = createTypists(me.agent?.id ?? null)
  const changes = createChanges(call, tickets, async (ticketId) => {
    await outbox.idle(ticketId)
    await conversations.freshTicket(ticketId)
  })
  const outbox = createOutbox({
    call,
    kept: readKept(options.storage.getItem(storageKey)),
    keep: (state) => options.storage.setItem(storageKey, JSON.stringify(state)),
    receive: (message) => {
      conversations.receive(message)
      // Otherwise the ticket comes over the socket.
      if (!live.isConnected.value) void conversations.freshTicket(message.ticket_id)
    },
    now: () => new Date(),
    newId: () => crypto.randomUUID(),
  })
  const isVisible = signal(window.document.visibilityState === 'visible')
  let countsTimer: ReturnType<typeof setTimeout> | undefined
  let asked = 0

  async function refresh(fromScratch = false) {
    asked = Date.now()
    const id = conversations.openId.value
    await Promise.all([tickets.refresh(id, fromScratch), id === null ? null : conversations.catchUp(id).then(() => conversations.freshLinks(id))])
    outbox.retryPassing()
  }

  function countSoon() {
    clearTimeout(countsTimer)
    countsTimer = setTimeout(() => void tickets.refreshCounts().catch(() => undefined), countsAfter)
  }

  async function loadAgents() {
    try {
      agents.value = (await call('agentListAgents', { query: { per_page: 100 } })).data
    } catch {
      // The select offers "me" and nobody until the next connection.
    }
  }

  const on: Heard = {
    'ticket.created': ({ ticket }) => {
      tickets.merge([ticket])
      countSoon()
    },
    'ticket.updated': ({ ticket }) => {
      if (tickets.known.value.get(ticket.id)?.status !== ticket.status) countSoon()
      tickets.merge([ticket])
    },
    'message.created': ({ message }) => {
      typists.wrote(message.ticket_id, message.author)
      conversations.receive(message)
    },
    'message.updated': ({ message }) => conversations.receive(message),
    'ticket.read': ({ ticket_id, by, seq }) => (by === 'agent' ? tickets.markRead(ticket_id, seq) : conversations.readByCustomer(ticket_id, seq)),
    typing: typists.heard,
    presence: (heard) => watching.heard(heard),
  }

  const live = options.connect({
    on,
    connected: () => {
      void refresh(true)
      void loadAgents()
    },
  })

  const { openId } = conversations
  const watching = createWatching({ ask: live.ask, myId: me.agent?.id ?? null, openId, isVisible, isConnected: live.isConnected })
  const typing = createTypingSigns(live.ask, Date.now)
  const stopHearing = effect(() => {
    if (live.isConnected.value) return
    typing.forget()
    typists.clear()
  })

  const onVisibility = () => {
    isVisible.value = window.document.visibilityState === 'visible'
    if (isVisible.value) void refresh()
  }
  const onNetwork = () => void refresh()
  window.document.addEventListener('visibilitychange', onVisibility)
  window.addEventListener('online', onNetwork)
  window.addEventListener('offline', onNetwork)
  const ticking = setInterval(() => {
    const pause = live.isConnected.value && tickets.failed.value === null ? every : inTrouble
    if (isVisible.value && Date.now() - asked >= pause) void refresh()
  }, 1_000)
  const stopReading = effect(() => {
    if (isVisible.value && conversations.thread.value.phase === 'ready' && (conversations.ticket.value?.unread_count ?? 0) > 0)
      void conversations.markRead()
  })
  void refresh()
  void loadAgents()

  return {
    me,
    agents,
    tickets,
    conversations,
    changes,
    outbox,
    references,
    typists: typists.typists,
    typing,
    watchers: watching.watchers,
    isConnected: live.isConnected,
    refresh,
    setFilter(filter: Filter) {
      tickets.filter.value = filter
      void tickets.refresh(conversations.openId.value)
    },
    /** Lists the tickets with these words alone; all of them for none. */
    lookFor(typed: string) {
      const wanted = typed.trim()
      if (wanted === tickets.words.value) return
      tickets.lookFor(wanted)
      void tickets.refresh(conversations.openId.value)
    },
    stop() {
      typing.stop()
      watching.stop()
      live.stop()
      stopHearing()
      typists.clear()
      outbox.stop()
      stopReading()
      clearInterval(ticking)
      clearTimeout(countsTimer)
      window.document.removeEventListener('visibilitychange', onVisibility)
      window.removeEventListener('online', onNetwork)
      window.removeEventListener('offline', onNetwork)
    },
  }
}

export type Desk = ReturnType<typeof createDesk>
