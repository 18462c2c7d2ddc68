import { batch, computed, type ReadonlySignal, signal } from '@preact/signals-core'
import type { Me } from '@support-widget/shared/people.ts'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import { tidy } from '@support-widget/shared/tidy.ts'
import type { Call } from '../net/api.ts'
import { mergeTickets } from './merge.ts'

export type Load = 'idle' | 'loading' | 'ready' | 'error'

type Counts = Pick<Me, 'unread_count' | 'open_tickets'>

export interface Tickets {
  list: ReadonlySignal<readonly Ticket[]>
  load: ReadonlySignal<Load>
  /** Older ones are on the server. */
  more: ReadonlySignal<boolean>
  unread: ReadonlySignal<number>
  /** Some ticket is not closed: an answer may come. */
  waiting: ReadonlySignal<boolean>
  /** What the server says of this customer, for as long as the list has not been asked for. */
  expect: (counts: Counts) => void
  find: (id: string) => Ticket | undefined
  put: (...tickets: Ticket[]) => void
  /** Asks for the first page. Rejects as the call does. */
  refresh: () => Promise<void>
  next: () => Promise<void>
  /** What is looked for, and what was found for it on the server; null: nothing is looked for, or no answer has come. */
  wanted: ReadonlySignal<string>
  found: ReadonlySignal<readonly Ticket[] | null>
  /** Rejects as the call does. */
  search: (text: string) => Promise<void>
  /** Everything up to `seq` has been read, here or in another tab; 0: not even that could be told. */
  markRead: (id: string, seq: number) => void
  readSeq: (id: string) => number
}

export function createTickets(call: Call): Tickets {
  const list = signal<readonly Ticket[]>([])
  const load = signal<Load>('idle')
  /** What the tickets that are not loaded add. */
  const rest = signal({ unread: 0, open: 0 })
  const pages = signal({ known: 1, total: 1 })
  const read = new Map<string, number>()
  const readSeq = (id: string) => read.get(id) ?? 0
  const put = (...tickets: Ticket[]) => {
    const { unread, open } = rest.value
    const known = list.value
    // What stands in the list is not counted with the rest.
    const fresh = tickets.reduce((sum, { id, unread_count }) => sum + (known.some((one) => one.id === id) ? 0 : unread_count), 0)
    if (fresh) rest.value = { unread: Math.max(unread - fresh, 0), open }
    list.value = mergeTickets(known, tickets, readSeq)
  }
  const ready = computed(() => load.value === 'ready')
  const sum = () => list.value.reduce((sum, one) => sum + one.unread_count, 0)
  const setRest = (all?: Counts) => {
    rest.value = all ? { unread: Math.max(all.unread_count - sum(), 0), open: all.open_tickets } : { unread: 0, open: 0 }
  }
  const wanted = signal('')
  const found = signal<readonly Ticket[] | null>(null)
  const fetchPage = async (page: number) => {
    const { data, pagination } = await call('listTickets', { query: { page } })
    const known = Math.max(pages.value.known, page)
    const total = pagination.total_pages
    const all = known < total ? await call('getMe') : undefined
    batch(() => {
      put(...data)
      pages.value = { known, total }
      setRest(all)
    })
  }

  const search = async (text: string) => {
    wanted.value = text
    found.value = null
    if (!tidy(text)) return
    const { data } = await call('listTickets', { query: { search: text, per_page: 50 } })
    // Something else may be looked for by now.
    if (wanted.value === text) found.value = data
  }

  return {
    list,
    load,
    more: computed(() => pages.value.known < pages.value.total),
    unread: computed(() => sum() + rest.value.unread),
    waiting: computed(() => rest.value.open > 0 || list.value.some((one) => one.status !== 'closed')),
    expect: (counts) => {
      if (!ready.value) setRest(counts)
    },
    find: (id) => list.value.find((one) => one.id === id),
    put,
    refresh: async () => {
      if (!ready.value) load.value = 'loading'
      try {
        await fetchPage(1)
        load.value = 'ready'
        if (wanted.value && !found.value) await search(wanted.value)
      } catch (error) {
        if (!ready.value) load.value = 'error'
        throw error
      }
    },
    next: () => fetchPage(pages.value.known + 1),
    wanted,
    found,
    search,
    markRead: (id, seq) => {
      if (seq && seq <= readSeq(id)) return
      read.set(id, seq)
      put()
    },
    readSeq,
  }
}
