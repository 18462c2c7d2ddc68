import { computed, signal } from '@preact/signals'
import type { Output } from '@support-widget/shared/operations.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import { ApiError, type Call } from './api.ts'
import { type Filter, filterStatuses, mergeTickets, pruned, rowsOf, type Tickets, withRead } from './merge.ts'

const pageSize = 50

/** How far a filter's list is loaded: down to `floor` (the time of its oldest row; null: all of it), none of it before the first answer. */
interface Loaded {
  floor: string | null
}

export type Counts = Record<Filter, number>

/** All tickets that the desk knows, and the list that shows some of them. */
export function createTickets(call: Call) {
  const known = signal<Tickets>(new Map())
  const filter = signal<Filter>('open')
  const loaded = signal<Partial<Record<Filter, Loaded>>>({})
  /** What is looked for; empty for nothing. */
  const words = signal('')
  /** The tickets in which it was found so far. */
  const found = signal<ReadonlySet<string>>(new Set())
  const counts = signal<Counts | null>(null)
  /** Why the last answer did not come; null when it did. */
  const failed = signal<ApiError | null>(null)
  const loadingMore = signal(false)
  const reads = new Map<string, number>()
  /** By ticket: up to which message the server's own account of it reaches. */
  const told = new Map<string, number>()
  const rows = computed(() => {
    const list = loaded.value[filter.value]
    const all = list ? rowsOf(known.value, filter.value, list.floor) : []
    return words.value === '' ? all : all.filter((ticket) => found.value.has(ticket.id))
  })

  const ask = (which: Filter, page: number, perPage: number) => {
    const search = words.value === '' ? {} : { search: words.value }
    return call('agentListTickets', { query: { status: [...filterStatuses[which]], page, per_page: perPage, ...search } })
  }

  const merge = (tickets: readonly AgentTicket[]) => {
    for (const { id, last_seq } of tickets) told.set(id, Math.max(last_seq, told.get(id) ?? 0))
    known.value = mergeTickets(known.value, tickets, reads)
  }

  /** A page of the list, unless something else is looked for since it was asked for. False if it is not wanted any more. */
  const take = (answer: Output<'agentListTickets'>, asked: string): boolean => {
    merge(answer.data)
    if (asked !== words.value) return false
    found.value = new Set([...found.value, ...answer.data.map((ticket) => ticket.id)])
    return true
  }

  const floorOf = (answer: Output<'agentListTickets'>) =>
    answer.pagination.page >= answer.pagination.total_pages ? null : (answer.data.at(-1)?.updated_at ?? null)

  async function refreshCounts() {
    const asked = words.value
    const [open, resolved, closed] = await Promise.all([ask('open', 1, 1), ask('resolved', 1, 1), ask('closed', 1, 1)])
    if (asked !== words.value) return
    const totals = { open: open.pagination.total, resolved: resolved.pagination.total, closed: closed.pagination.total }
    counts.value = { ...totals, all: totals.open + totals.resolved + totals.closed }
  }

  async function refreshList(keep: string | null, fromScratch: boolean) {
    const [which, asked] = [filter.value, words.value]
    const before = known.value
    const answer = await ask(which, 1, pageSize)
    const floor = floorOf(answer)
    if (!take(answer, asked)) return
    if (asked === '') known.value = pruned(known.value, before, answer.data, which, floor, keep)
    const previous = loaded.value[which]
    const deeper = previous && !fromScratch && floor !== null && (previous.floor === null || previous.floor < floor)
    loaded.value = { ...loaded.value, [which]: deeper ? previous : { floor } }
  }

  /** Asks for the first page and the counts again. `fromScratch` after a time without contact: deeper pages may have changed and are loaded anew. */
  async function refresh(keep: string | null, fromScratch = false) {
    try {
      await Promise.all([refreshList(keep, fromScratch), refreshCounts()])
      failed.value = null
    } catch (error) {
      failed.value = error instanceof ApiError ? error : new ApiError(0)
    }
  }

  /** The page after the rows that are there. Rows may have left the list since, so the page is counted from those that remain: it overlaps rather than skips. */
  async function loadMore() {
    const [which, asked] = [filter.value, words.value]
    if (loadingMore.value) return
    loadingMore.value = true
    try {
      const answer = await ask(which, Math.floor(rows.value.length / pageSize) + 1, pageSize)
      if (take(answer, asked)) loaded.value = { ...loaded.value, [which]: { floor: floorOf(answer) } }
    } catch (error) {
      failed.value = error instanceof ApiError ? error : new ApiError(0)
    } finally {
      loadingMore.value = false
    }
  }

  function markRead(ticketId: string, seq: number) {
    reads.set(ticketId, Math.max(seq, reads.get(ticketId) ?? 0))
    known.value = withRead(known.value, ticketId, seq)
  }

  return {
    known,
    filter,
    words,
    rows,
    counts,
    failed,
    loadingMore,
    isLoaded: computed(() => loaded.value[filter.value] !== undefined),
    hasMore: computed(() => (loaded.value[filter.value]?.floor ?? null) !== null),
    unread: computed(() => [...known.value.values()].filter((ticket) => ticket.unread_count > 0 && ticket.status !== 'closed').length),
    merge,
    /** True while a ticket has messages that its last account did not have: its status and version may be others by now. */
    isBehind: (id: string) => (known.value.get(id)?.last_seq ?? 0) > (told.get(id) ?? 0),
    refresh,
    refreshCounts,
    loadMore,
    markRead,
    /** From here on the lists have the tickets with these words alone; all of them again for none. They are to be asked for anew. */
    lookFor(wanted: string) {
      words.value = wanted
      found.value = new Set()
      loaded.value = {}
    },
  }
}

export type TicketList = ReturnType<typeof createTickets>
