import { computed, signal } from '@preact/signals'
import type { AgentMessage } from '@support-widget/shared/message.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import { ApiError, type Call } from './api.ts'
import { gaplessUpTo, lastSeen, mergeMessages, withMessage } from './merge.ts'
import type { TicketList } from './tickets.ts'

const stretch = 100
/** Links to files hold for ten minutes at least; in milliseconds, with time to spare. */
const linksHold = 8 * 60_000
const lastSeq = 2 ** 31 - 1

export interface Thread {
  messages: readonly AgentMessage[]
  hasEarlier: boolean
  phase: 'loading' | 'ready' | 'missing' | 'failed'
}

const newThread: Thread = { messages: [], hasEarlier: false, phase: 'loading' }

/** The threads that were opened, and which one is looked at. `arrived` hears of every message that the server has, however it came. */
export function createConversations(call: Call, tickets: TicketList, arrived: (messages: readonly AgentMessage[]) => void, now: () => number) {
  const openId = signal<string | null>(null)
  const threads = signal<ReadonlyMap<string, Thread>>(new Map())
  const catchingUp = new Map<string, Promise<void>>()
  const readUpTo = new Map<string, number>()
  /** By ticket: up to which message its customer has read, as far as that was heard. */
  const customerRead = signal<ReadonlyMap<string, number>>(new Map())
  /** By ticket: since when its links to files are known to hold. */
  const linkedAt = new Map<string, number>()

  const change = (id: string, part: Partial<Thread>) => {
    threads.value = new Map(threads.value).set(id, { ...(threads.value.get(id) ?? newThread), ...part })
  }

  const messagesOf = (id: string) => threads.value.get(id)?.messages ?? []

  const merge = (id: string, messages: readonly AgentMessage[]) => {
    change(id, { messages: mergeMessages(messagesOf(id), messages) })
    arrived(messages)
  }

  const hasGap = (id: string) => gaplessUpTo(messagesOf(id)) < (messagesOf(id).at(-1)?.seq ?? 0)

  async function loadNewest(id: string) {
    change(id, { phase: 'loading' })
    linkedAt.set(id, now())
    const answer = await call('agentListMessages', { params: { id }, query: { before_seq: lastSeq, limit: stretch } })
    tickets.merge([answer.ticket])
    merge(id, answer.data)
    change(id, { phase: 'ready', hasEarlier: answer.has_more })
  }

  async function loadNewer(id: string) {
    for (let more = true; more; ) {
      const answer = await call('agentListMessages', { params: { id }, query: { after_seq: gaplessUpTo(messagesOf(id)), limit: stretch } })
      tickets.merge([answer.ticket])
      merge(id, answer.data)
      more = (answer.has_more || hasGap(id)) && answer.data.length > 0
    }
  }

  /** Brings a thread up to date; a second wish while one is under way waits for that one. */
  function catchUp(id: string): Promise<void> {
    const running = catchingUp.get(id)
    if (running) return running
    const isLoaded = threads.value.get(id)?.phase === 'ready'
    const work = (isLoaded ? loadNewer(id) : loadNewest(id))
      .catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) change(id, { phase: 'missing' })
        else if (!isLoaded) change(id, { phase: 'failed' })
      })
      .finally(() => catchingUp.delete(id))
    catchingUp.set(id, work)
    return work
  }

  function open(id: string | null) {
    openId.value = id
    if (id !== null) void catchUp(id)
  }

  async function loadEarlier(id: string) {
    const first = messagesOf(id)[0]?.seq
    if (first === undefined) return
    try {
      const answer = await call('agentListMessages', { params: { id }, query: { before_seq: first, limit: stretch } })
      merge(id, answer.data)
      change(id, { hasEarlier: answer.has_more })
    } catch {
      // The button stays and can be pressed again; the banner says whether there is a connection at all.
    }
  }

  /** A message that was pushed or that answered a send. Threads that nobody opened are not kept; a jump in seq is asked for. */
  function receive(message: AgentMessage) {
    tickets.known.value = withMessage(tickets.known.value, message)
    const thread = threads.value.get(message.ticket_id)
    if (thread?.phase !== 'ready') return arrived([message])
    merge(message.ticket_id, [message])
    if (hasGap(message.ticket_id)) void catchUp(message.ticket_id)
  }

  /** Asks for the ticket if messages are known that it does not speak of yet: an answer of one's own tells neither status nor version. */
  async function freshTicket(id: string) {
    if (!tickets.isBehind(id)) return
    try {
      const after_seq = tickets.known.value.get(id)?.last_seq
      const answer = await call('agentListMessages', { params: { id }, query: { after_seq, limit: 1 } })
      tickets.merge([answer.ticket])
      for (const message of answer.data) receive(message)
    } catch {
      // The next contact tells.
    }
  }

  /** Has new links to the files of a thread before the old ones end. */
  async function freshLinks(id: string) {
    const withFiles = messagesOf(id).filter((message) => message.attachments.length > 0)
    const [first, last] = [withFiles[0], withFiles.at(-1)]
    const before = linkedAt.get(id) ?? 0
    if (!first || !last || now() - before < linksHold) return
    linkedAt.set(id, now())
    try {
      for (let after_seq = first.seq - 1; after_seq < last.seq; ) {
        const { data } = await call('agentListMessages', { params: { id }, query: { after_seq, limit: stretch } })
        merge(id, data)
        after_seq = data.at(-1)?.seq ?? last.seq
      }
    } catch {
      linkedAt.set(id, before)
    }
  }

  /** The customer has read up to here; positions only grow. */
  function readByCustomer(id: string, seq: number) {
    if (seq > (customerRead.value.get(id) ?? 0)) customerRead.value = new Map(customerRead.value).set(id, seq)
  }

  /** Tells the server that the open thread has been seen, once for each new end of it. */
  async function markRead() {
    const id = openId.value
    const ticket = id === null ? undefined : tickets.known.value.get(id)
    if (id === null || !ticket || ticket.unread_count === 0) return
    const seq = gaplessUpTo(messagesOf(id))
    if (seq === 0 || seq <= (readUpTo.get(id) ?? 0)) return
    readUpTo.set(id, seq)
    tickets.markRead(id, seq)
    try {
      tickets.merge([await call('agentReadTicket', { params: { id }, body: { seq } })])
    } catch {
      readUpTo.delete(id)
    }
  }

  return {
    openId,
    ticket: computed<AgentTicket | null>(() => tickets.known.value.get(openId.value ?? '') ?? null),
    thread: computed<Thread>(() => threads.value.get(openId.value ?? '') ?? newThread),
    /** The message of ours that the customer has seen last, in the open thread. */
    seenId: computed(() => lastSeen(threads.value.get(openId.value ?? '')?.messages ?? [], customerRead.value.get(openId.value ?? '') ?? 0)),
    open,
    catchUp,
    loadEarlier,
    receive,
    freshTicket,
    freshLinks,
    readByCustomer,
    markRead,
  }
}

export type Conversations = ReturnType<typeof createConversations>
