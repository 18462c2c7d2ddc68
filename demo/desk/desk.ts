import { effect, type Signal, signal } from '@preact/signals'
import type { Agent, AgentMe } from '@support-widget/shared/people.ts'
import type { AgentFrames, Listeners } from '@support-widget/shared/socket.ts'
import type { Call } from './api.ts'
import { createChanges } from './changes.ts'
import { createConversations } from './conversations.ts'
import type { LiveOptions } from './live.ts'
import type { Filter } from './merge.ts'
import { createOutbox, type Kept } from './outbox.ts'
import { createTickets } from './tickets.ts'

const every = 30_000
/** How often to ask where the socket does not come through or the last answer did not. */
const inTrouble = 5_000
const countsAfter = 400

export interface DeskOptions {
  call: Call
  me: AgentMe
  connect: (handlers: Pick<LiveOptions, 'on' | 'connected'>) => { isConnected: Signal<boolean>; stop: () => void }
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
  const conversations = createConversations(call, tickets, (messages) => outbox.settle(messages))
  const changes = createChanges(call, tickets)
  const outbox = createOutbox({
    call,
    kept: readKept(options.storage.getItem(storageKey)),
    keep: (state) => options.storage.setItem(storageKey, JSON.stringify(state)),
    receive: conversations.receive,
    now: () => new Date(),
    newId: () => crypto.randomUUID(),
  })
  const isVisible = signal(window.document.visibilityState === 'visible')
  let countsTimer: ReturnType<typeof setTimeout> | undefined
  let asked = 0

  async function refresh(fromScratch = false) {
    asked = Date.now()
    const id = conversations.openId.value
    await Promise.all([tickets.refresh(id, fromScratch), id === null ? null : conversations.catchUp(id)])
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

  const on: Listeners<AgentFrames> = {
    'ticket.created': ({ ticket }) => {
      tickets.merge([ticket])
      countSoon()
    },
    'ticket.updated': ({ ticket }) => {
      if (tickets.known.value.get(ticket.id)?.status !== ticket.status) countSoon()
      tickets.merge([ticket])
    },
    'message.created': ({ message }) => conversations.receive(message),
    'message.updated': ({ message }) => conversations.receive(message),
    'ticket.read': ({ ticket_id, by, seq }) => by === 'agent' && tickets.markRead(ticket_id, seq),
  }

  const live = options.connect({
    on,
    connected: () => {
      void refresh(true)
      void loadAgents()
    },
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
    isConnected: live.isConnected,
    refresh,
    setFilter(filter: Filter) {
      tickets.filter.value = filter
      void tickets.refresh(conversations.openId.value)
    },
    stop() {
      live.stop()
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
