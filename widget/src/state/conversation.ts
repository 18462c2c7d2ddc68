import { batch, type Signal, signal } from '@preact/signals-core'
import type { Message } from '@support-widget/shared/message.ts'
import type { Ticket, TicketWithMessages } from '@support-widget/shared/ticket.ts'
import { ApiError, type Call } from '../net/api.ts'
import { inOrder, lastSeq, mergeMessages, withMessage } from './merge.ts'
import type { Load, Tickets } from './tickets.ts'

export interface Thread {
  messages: readonly Message[]
  load: Load | 'missing'
}

export interface Conversation {
  /** The messages of a ticket, live. */
  thread: (id: string) => Signal<Thread>
  /** First load, or whatever came after the last known message; to the end. Rejects as the calls do. */
  catchUp: (id: string) => Promise<void>
  earlier: (id: string) => Promise<void>
  /** A ticket that came with its messages. */
  take: (ticket: TicketWithMessages) => Ticket
  /** A message from whichever road: a frame, an answer. */
  receive: (message: Message) => void
  close: (id: string) => Promise<void>
  /** Tells the server that the customer has seen everything in this thread. */
  read: (id: string) => Promise<void>
}

interface Ways {
  call: Call
  tickets: Tickets
  /** An agent's message that was not known here. */
  onMessage: (message: Message) => void
}

const firstPage = 50

export function createConversation({ call, tickets, onMessage }: Ways): Conversation {
  const threads = new Map<string, Signal<Thread>>()
  const thread = (id: string) => {
    const known = threads.get(id)
    if (known) return known
    const made = signal<Thread>({ messages: [], load: 'idle' })
    threads.set(id, made)
    return made
  }
  const merge = (id: string, incoming: readonly Message[]) => {
    const one = thread(id)
    const before = lastSeq(one.value.messages)
    one.value = { ...one.value, messages: mergeMessages(one.value.messages, incoming) }
    return before
  }
  const announce = (messages: readonly Message[], after: number) => {
    for (const message of messages) if (message.seq > after && message.author.type === 'agent') onMessage(message)
  }

  const take = ({ messages, ...ticket }: TicketWithMessages) => {
    tickets.put(ticket)
    merge(ticket.id, messages)
    thread(ticket.id).value = { ...thread(ticket.id).value, load: 'ready' }
    return ticket
  }
  const loadFirst = async (id: string) => {
    const one = thread(id)
    one.value = { ...one.value, load: 'loading' }
    try {
      take(await call('getTicket', { params: { id }, query: { last: firstPage } }))
    } catch (error) {
      one.value = { ...one.value, load: error instanceof ApiError && error.status === 404 ? 'missing' : 'error' }
      throw error
    }
  }
  const loadAfter = async (id: string) => {
    for (let more = true; more; ) {
      const after_seq = lastSeq(thread(id).value.messages)
      const answer = await call('listMessages', { params: { id }, query: { after_seq } })
      tickets.put(answer.ticket)
      announce(answer.data, merge(id, answer.data))
      more = answer.has_more && lastSeq(thread(id).value.messages) > after_seq
    }
  }
  const gap = (id: string) => thread(id).value.messages.length !== inOrder(thread(id).value.messages).length
  const catchUp = async (id: string) => {
    if (thread(id).value.load === 'loading') return
    if (thread(id).value.load !== 'ready') await loadFirst(id)
    else await loadAfter(id)
    if (gap(id)) await loadAfter(id)
  }

  return {
    thread,
    catchUp,
    take,
    earlier: async (id) => {
      const before_seq = thread(id).value.messages[0]?.seq ?? 1
      const { data } = await call('listMessages', { params: { id }, query: { before_seq, limit: firstPage } })
      merge(id, data)
    },
    receive: (message) => {
      const id = message.ticket_id
      const ticket = tickets.find(id)
      const load = threads.get(id)?.value.load
      const known = load === 'ready' ? lastSeq(thread(id).value.messages) : (ticket?.last_seq ?? 0)
      batch(() => {
        if (ticket) tickets.put(withMessage(ticket, message))
        if (load === 'ready' || load === 'loading') merge(id, [message])
      })
      // Beyond a gap it is announced when the gap is filled, in its turn.
      if (load === 'ready' && gap(id)) void catchUp(id).catch(() => {})
      else announce([message], known)
    },
    close: async (id) => {
      tickets.put(await call('closeTicket', { params: { id } }))
    },
    read: async (id) => {
      const seq = lastSeq(thread(id).value.messages)
      if (!tickets.find(id)?.unread_count || seq <= tickets.readSeq(id)) return
      tickets.markRead(id, seq)
      await call('readTicket', { params: { id }, body: { seq } }).catch((error: unknown) => {
        // The next answer brings the count back, and with it the next try.
        tickets.markRead(id, 0)
        throw error
      })
    },
  }
}
