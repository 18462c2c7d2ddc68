import { useSignal } from '@preact/signals'
import { limits } from '@support-widget/shared/limits.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Desk } from '../desk.ts'
import type { Filter } from '../merge.ts'
import { hrefOf } from '../route.ts'
import { ago, inFull } from '../time.ts'
import { priorityLabels, requesterName, statusLabels } from './labels.ts'

const filters: { id: Filter; label: string; empty: string }[] = [
  { id: 'open', label: 'Open', empty: 'Nothing waiting' },
  { id: 'resolved', label: 'Resolved', empty: 'No resolved tickets' },
  { id: 'closed', label: 'Closed', empty: 'No closed tickets' },
  { id: 'all', label: 'All', empty: 'No tickets yet' },
]

const moves: Record<string, (index: number, last: number) => number> = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
}

/** Arrow keys, Home and End walk through the rows. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }) {
  const move = moves[event.key]
  if (!move) return
  const rows: Element[] = [...event.currentTarget.querySelectorAll('a')]
  const current = document.activeElement ? rows.indexOf(document.activeElement) : -1
  event.preventDefault()
  const next = rows[move(current, rows.length - 1)]
  if (next instanceof HTMLElement) next.focus()
}

function Row({
  ticket,
  isOpen,
  tabIndex,
  now,
  onFocus,
}: {
  ticket: AgentTicket
  isOpen: boolean
  tabIndex: number
  now: number
  onFocus: (row: HTMLElement) => void
}) {
  const isUnread = ticket.unread_count > 0
  return (
    <li>
      <a
        class={isUnread ? 'row unread' : 'row'}
        href={hrefOf(ticket.id)}
        aria-current={isOpen ? 'true' : undefined}
        tabIndex={tabIndex}
        onFocus={(event) => onFocus(event.currentTarget)}
      >
        <span class="row-top">
          <bdi class="row-name">{requesterName(ticket.requester)}</bdi>
          {isUnread && (
            <span class="count">
              {ticket.unread_count}
              <span class="hidden"> unread</span>
            </span>
          )}
          <time dateTime={ticket.updated_at} title={inFull(ticket.updated_at)}>
            {ago(ticket.updated_at, now)}
          </time>
        </span>
        <bdi class="row-subject">{ticket.subject}</bdi>
        <span class="row-facts">
          <span class={`status ${ticket.status}`}>{statusLabels[ticket.status]}</span>
          {ticket.priority !== 'normal' && <span class={`priority ${ticket.priority}`}>{priorityLabels[ticket.priority]}</span>}
          <span>{ticket.number}</span>
          {ticket.assignee && <bdi class="row-assignee">{ticket.assignee.name}</bdi>}
        </span>
      </a>
    </li>
  )
}

function Placeholders() {
  return (
    <ul class="rows" aria-hidden="true">
      {[0, 1, 2, 3, 4, 5].map((index) => (
        <li key={index} class="placeholder" />
      ))}
    </ul>
  )
}

/** Gives the list the focus when the row that had it has left. Answers where to keep that row. */
function useFocusKept(box: RefObject<HTMLElement | null>) {
  const last = useRef<HTMLElement | null>(null)
  useLayoutEffect(() => {
    if (!last.current || last.current.isConnected) return
    last.current = null
    if (document.activeElement === document.body) box.current?.focus()
  })
  return last
}

/** Looks for words, after Enter; an empty field looks for nothing at once. */
function Search({ desk }: { desk: Desk }) {
  const field = useRef<HTMLInputElement>(null)
  const look = () => desk.lookFor(field.current?.value ?? '')
  const submit = (event: Event) => {
    event.preventDefault()
    look()
  }
  return (
    <search class="search">
      <form onSubmit={submit}>
        <input
          ref={field}
          type="search"
          aria-label="Search tickets"
          placeholder="Search, then Enter"
          enterKeyHint="search"
          autocomplete="off"
          maxLength={limits.search}
          defaultValue={desk.tickets.words.peek()}
          onInput={(event) => event.currentTarget.value === '' && look()}
        />
      </form>
    </search>
  )
}

function Rows({ desk, now, empty, box }: { desk: Desk; now: number; empty: string; box: RefObject<HTMLElement | null> }) {
  const focused = useSignal<string | null>(null)
  const last = useFocusKept(box)
  const { tickets, conversations } = desk
  const rows = tickets.rows.value
  const failed = tickets.failed.value
  const openId = conversations.openId.value
  if (!tickets.isLoaded.value) {
    if (failed === null) return <Placeholders />
    return (
      <div class="nothing" role="alert">
        <p>The tickets could not be loaded.</p>
        <p class="soft">{failed.message}.</p>
        <button type="button" onClick={() => void desk.refresh(true)}>
          Try again
        </button>
      </div>
    )
  }
  if (rows.length === 0) {
    return (
      <div class="nothing">
        <p>{tickets.words.value === '' ? empty : 'Nothing found'}</p>
      </div>
    )
  }
  const reachable = [focused.value, openId].find((id) => id !== null && rows.some((row) => row.id === id)) ?? rows[0]?.id
  return (
    <>
      <ul class="rows" aria-label="Tickets" onKeyDown={walk}>
        {rows.map((ticket) => (
          <Row
            key={ticket.id}
            ticket={ticket}
            isOpen={ticket.id === openId}
            tabIndex={ticket.id === reachable ? 0 : -1}
            now={now}
            onFocus={(row) => {
              last.current = row
              focused.value = ticket.id
            }}
          />
        ))}
      </ul>
      {tickets.hasMore.value && (
        <button type="button" class="more" disabled={tickets.loadingMore.value} onClick={() => void tickets.loadMore()}>
          {tickets.loadingMore.value ? 'Loading…' : 'Load more'}
        </button>
      )}
    </>
  )
}

export function TicketList({ desk, now, box }: { desk: Desk; now: number; box: RefObject<HTMLElement | null> }) {
  const current = desk.tickets.filter.value
  const counts = desk.tickets.counts.value
  return (
    <section ref={box} tabIndex={-1} class="list-pane" aria-label="Ticket list" aria-busy={!desk.tickets.isLoaded.value}>
      <Search desk={desk} />
      <fieldset class="filters">
        <legend class="hidden">Show</legend>
        {filters.map((filter) => (
          <button key={filter.id} type="button" aria-pressed={filter.id === current} onClick={() => desk.setFilter(filter.id)}>
            {filter.label} <span class="soft">{counts?.[filter.id] ?? ''}</span>
          </button>
        ))}
      </fieldset>
      <div class="list-scroll">
        <Rows desk={desk} now={now} box={box} empty={filters.find((filter) => filter.id === current)?.empty ?? ''} />
      </div>
    </section>
  )
}
