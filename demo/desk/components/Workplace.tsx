import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { ApiError } from '../api.ts'
import type { Desk } from '../desk.ts'
import { hrefOf } from '../route.ts'
import { ThreadPane } from './ThreadPane.tsx'
import { TicketList } from './TicketList.tsx'

const bannerAfter = 3_000

/** True once the socket has been away for a moment: a short gap is nobody's concern. */
function useSocketAway(desk: Desk) {
  const isAway = useSignal(false)
  useSignalEffect(() => {
    if (desk.isConnected.value) {
      isAway.value = false
      return
    }
    const timer = setTimeout(() => {
      isAway.value = true
    }, bannerAfter)
    return () => clearTimeout(timer)
  })
  return isAway.value
}

/** What the agent should know about the connection; null when all is well. */
function troubleOf(failed: ApiError | null, isSocketAway: boolean): string | null {
  if (failed?.status === 0) return 'Offline. Trying to connect again; what you write is kept.'
  if (failed) return `The list is not up to date: ${failed.message}. Trying again.`
  return isSocketAway ? 'No live connection. New messages come a few seconds later than usual.' : null
}

/** A clock for relative times. */
function useNow() {
  const now = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now()
    }, 20_000)
    return () => clearInterval(timer)
  }, [now])
  return now.value
}

/** Back from a ticket, the focus is on its row, or on the list where it has none: what had it went with the ticket. */
function useWayBack(openId: string | null) {
  const list = useRef<HTMLElement>(null)
  const before = useRef(openId)
  useLayoutEffect(() => {
    const left = before.current
    before.current = openId
    if (openId !== null || left === null || document.activeElement !== document.body) return
    const row = list.current?.querySelector<HTMLElement>(`a[href="${hrefOf(left)}"]`)
    const target = row ?? list.current
    target?.focus()
  }, [openId])
  return list
}

export function Workplace({ desk, signOut }: { desk: Desk; signOut: () => void }) {
  const isSocketAway = useSocketAway(desk)
  const trouble = desk.tickets.isLoaded.value ? troubleOf(desk.tickets.failed.value, isSocketAway) : null
  const now = useNow()
  const openId = desk.conversations.openId.value
  const list = useWayBack(openId)
  const { me } = desk
  return (
    <div class="desk" data-view={openId === null ? 'list' : 'thread'}>
      <header class="top">
        <h1>
          Support desk <span class="soft">{me.app.name}</span>
        </h1>
        <p class="me">
          <bdi>{me.agent?.name ?? 'API key'}</bdi>
          <button type="button" class="plain" onClick={signOut}>
            Sign out
          </button>
        </p>
      </header>
      <div class="banner" role="status">
        {trouble !== null && <p>{trouble}</p>}
      </div>
      <TicketList desk={desk} now={now} box={list} />
      {openId === null ? (
        <section class="thread-pane nothing" aria-label="Ticket">
          <p class="soft">Choose a ticket to read it.</p>
        </section>
      ) : (
        <ThreadPane key={openId} desk={desk} ticketId={openId} now={now} />
      )}
    </div>
  )
}
