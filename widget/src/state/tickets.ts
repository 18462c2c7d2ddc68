import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import type { Call } from '../net/api.ts'
import { mergeTickets } from './merge.ts'

export type Load = 'idle' | 'loading' | 'ready' | 'error'

export interface Tickets {
  list: ReadonlySignal<readonly Ticket[]>
  load: ReadonlySignal<Load>
  /** Older ones are on the server. */
  more: ReadonlySignal<boolean>
  unread: ReadonlySignal<number>
  /** Some ticket is not closed: an answer may come. */
  waiting: ReadonlySignal<boolean>
  /** What the server said of this customer before the list was asked for. */
  summary: Signal<{ unread_count: number; open_tickets: number }>
  find: (id: string) => Ticket | undefined
  put: (...tickets: Ticket[]) => void
  /** Asks for the first page. Rejects as the call does. */
  refresh: () => Promise<void>
  next: () => Promise<void>
  /** Everything up to `seq` has been read, here or in another tab; 0: not even that could be told. */
  markRead: (id: string, seq: number) => void
  readSeq: (id: string) => number
}

export function createTickets(call: Call): Tickets {
  const list = signal<readonly Ticket[]>([])
  const load = signal<Load>('idle')
  const summary = signal({ unread_count: 0, open_tickets: 0 })
  const pages = signal({ known: 1, total: 1 })
  const read = new Map<string, number>()
  const readSeq = (id: string) => read.get(id) ?? 0
  const put = (...tickets: Ticket[]) => {
    list.value = mergeTickets(list.value, tickets, readSeq)
  }
  const ready = computed(() => load.value === 'ready')
  const fetchPage = async (page: number) => {
    const { data, pagination } = await call('listTickets', { query: { page } })
    put(...data)
    pages.value = { known: Math.max(pages.value.known, page), total: pagination.total_pages }
  }

  return {
    list,
    load,
    more: computed(() => pages.value.known < pages.value.total),
    unread: computed(() => (ready.value ? list.value.reduce((sum, one) => sum + one.unread_count, 0) : summary.value.unread_count)),
    waiting: computed(() => (ready.value ? list.value.some((one) => one.status !== 'closed') : summary.value.open_tickets > 0)),
    summary,
    find: (id) => list.value.find((one) => one.id === id),
    put,
    refresh: async () => {
      if (!ready.value) load.value = 'loading'
      try {
        await fetchPage(1)
        load.value = 'ready'
      } catch (error) {
        if (!ready.value) load.value = 'error'
        throw error
      }
    },
    next: () => fetchPage(pages.value.known + 1),
    markRead: (id, seq) => {
      if (seq && seq <= readSeq(id)) return
      read.set(id, seq)
      put()
    },
    readSeq,
  }
}
