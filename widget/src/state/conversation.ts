import { batch, type Signal, signal } from '@preact/signals-core'
import type { Message } from '@support-widget/shared/message.ts'
import type { NewCsat, Ticket, TicketWithMessages } from '@support-widget/shared/ticket.ts'
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
  /** First load, or whatever has come and changed since; to the end. Rejects as the calls do. */
  catchUp: (id: string) => Promise<void>
  earlier: (id: string) => Promise<void>
  /** The thread that is being read, and the `seq` of what was its first unread message as the customer came; 0: there was none. */
  unread: Signal<{ id: string; seq: number } | null>
  /** A ticket that came with its messages. */
  take: (ticket: TicketWithMessages) => Ticket
  /** A message from whichever road: a frame, an answer. */
  receive: (message: Message) => void
  close: (id: string) => Promise<void>
  rate: (id: string, rating: NewCsat) => Promise<void>
  /** All messages of a ticket, the older ones fetched. */
  whole: (id: string) => Promise<readonly Message[]>
  /** Tells the server that the customer has seen everything in this thread. */
  read: (id: string) => Promise<void>
}

interface Ways {
  call: Call
  tickets: Tickets
  /** An agent's message that was not known here. */
  onMessage: (message: Message) => void
  /** The customer has read so far, here. */
  onRead: (ticketId: string, seq: number) => void
}

const firstPage = 50
const catchUpPage = 200
/** Links of files hold for ten minutes at least, ms. */
const linksLast = 480_000

export function createConversation({ call, tickets, onMessage, onRead }: Ways): Conversation {
  const unread = signal<{ id: string; seq: number } | null>(null)
  const threads = new Map<string, Signal<Thread>>()
  /** `updated_at` of the ticket when all that is known of its thread was read, and when that was. */
  const readAt = new Map<string, readonly [updatedAt: string, at: number]>()
  const reading = new Map<string, Promise<void>>()
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

  const take = ({ messages, ...ticket }: TicketWithMessages) =>
    batch(() => {
      tickets.put(ticket)
      merge(ticket.id, messages)
      thread(ticket.id).value = { ...thread(ticket.id).value, load: 'ready' }
      return ticket
    })
  const loadFirst = async (id: string) => {
    const one = thread(id)
    one.value = { ...one.value, load: 'loading' }
    try {
      readAt.set(id, [take(await call('getTicket', { params: { id }, query: { last: firstPage } })).updated_at, Date.now()])
    } catch (error) {
      one.value = { ...one.value, load: error instanceof ApiError && error.status === 404 ? 'missing' : 'error' }
      throw error
    }
  }
  /** Reads on to the end; `updated_at` as it was before that. */
  const readFrom = async (id: string, after_seq: number) => {
    let updatedAt = ''
    for (let more = true; more; ) {
      const { ticket, data, has_more } = await call('listMessages', { params: { id }, query: { after_seq, limit: catchUpPage } })
      updatedAt ||= ticket.updated_at
      tickets.put(ticket)
      announce(data, merge(id, data))
      more = has_more && data.length > 0
      after_seq = data.at(-1)?.seq ?? after_seq
    }
    return updatedAt
  }
  const loadAfter = async (id: string) => {
    const { messages } = thread(id).value
    const last = await readFrom(id, lastSeq(messages))
    const [before, at = 0] = readAt.get(id) ?? []
    // What changed may also be a message that was there: one that was taken back has no new `seq`. And the links of files end.
    const ended = Date.now() > at + linksLast && messages.some(({ attachments }) => attachments.length > 0)
    if (last !== before || ended) readAt.set(id, [await readFrom(id, (messages[0]?.seq ?? 1) - 1), Date.now()])
  }
  /** Of so many unread answers the first that is here. */
  const firstUnread = (messages: readonly Message[], count: number) =>
    messages.filter(({ author }) => author.type === 'agent').slice(-count)[0]?.seq ?? 0
  const gap = (id: string) => thread(id).value.messages.length !== inOrder(thread(id).value.messages).length
  const catchUp = async (id: string) => {
    if (thread(id).value.load === 'loading') return
    if (thread(id).value.load !== 'ready') await loadFirst(id)
    else await loadAfter(id)
    if (gap(id)) await readFrom(id, lastSeq(thread(id).value.messages))
  }

  const readBefore = async (id: string, limit: number) => {
    const before_seq = thread(id).value.messages[0]?.seq ?? 1
    const { data } = await call('listMessages', { params: { id }, query: { before_seq, limit } })
    merge(id, data)
  }
  /** However often the reader comes to the top, a page at a time. */
  const earlier = (id: string, limit = firstPage) => {
    const going = reading.get(id) ?? readBefore(id, limit).finally(() => reading.delete(id))
    reading.set(id, going)
    return going
  }

  return {
    thread,
    unread,
    catchUp,
    take,
    earlier,
    whole: async (id) => {
      for (let top = 0; top !== thread(id).value.messages[0]?.seq; ) {
        top = thread(id).value.messages[0]?.seq ?? 0
        if (top > 1) await earlier(id, catchUpPage)
      }
      return inOrder(thread(id).value.messages)
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
    rate: async (id, body) => {
      tickets.put(await call('rateTicket', { params: { id }, body }))
    },
    read: async (id) => {
      const seq = lastSeq(thread(id).value.messages)
      const { unread_count: count = 0, last_seq = 0 } = tickets.find(id) ?? {}
      if (unread.peek()?.id !== id && seq >= last_seq) unread.value = { id, seq: count && firstUnread(inOrder(thread(id).value.messages), count) }
      if (!count || seq <= tickets.readSeq(id)) return
      tickets.markRead(id, seq)
      onRead(id, seq)
      await call('readTicket', { params: { id }, body: { seq } }).catch((error: unknown) => {
        // The next answer brings the count back, and with it the next try.
        tickets.markRead(id, 0)
        throw error
      })
    },
  }
}
