import { useSignal } from '@preact/signals'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import type { Status } from '@support-widget/shared/vocabulary.ts'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Desk } from '../desk.ts'
import { GoesOn } from './GoesOn.tsx'
import { Log } from './Log.tsx'
import { requesterName, statusLabels, typingLine, watchingLine } from './labels.ts'
import { Properties } from './Properties.tsx'

/** The one-press ways on from a status. */
const nextSteps: Record<Status, { to: Status; label: string }[]> = {
  open: [
    { to: 'resolved', label: 'Resolve' },
    { to: 'closed', label: 'Close' },
  ],
  in_progress: [
    { to: 'resolved', label: 'Resolve' },
    { to: 'closed', label: 'Close' },
  ],
  resolved: [
    { to: 'in_progress', label: 'Reopen' },
    { to: 'closed', label: 'Close' },
  ],
  closed: [{ to: 'in_progress', label: 'Reopen' }],
}

const narrow = '(max-width: 47.99rem)'

interface HeadProps {
  desk: Desk
  ticket: AgentTicket
  details: { isOpen: boolean; toggle: () => void }
  heading: RefObject<HTMLHeadingElement | null>
}

function Head({ desk, ticket, details, heading }: HeadProps) {
  const status = desk.changes.wanted.value.get(ticket.id)?.status ?? ticket.status
  useEffect(() => {
    // On a small screen the list, and the focus in it, has just given way to the thread.
    if (matchMedia(narrow).matches) heading.current?.focus()
  }, [heading])
  const take = (to: Status) => {
    // The button goes with the step. What takes its place has another meaning and is not for a key that is still held.
    heading.current?.focus()
    void desk.changes.update(ticket.id, { status: to })
  }
  return (
    <header class="thread-head">
      <a class="back" href="#/">
        <span aria-hidden="true">‹</span> Tickets
      </a>
      <div class="thread-title">
        <h2 ref={heading} tabIndex={-1}>
          <bdi>{ticket.subject}</bdi>
        </h2>
        <p class="soft">
          <span class={`status ${status}`}>{statusLabels[status]}</span> {ticket.number} · <bdi>{requesterName(ticket.requester)}</bdi>
        </p>
      </div>
      <p class="watchers soft" role="status">
        {watchingLine(desk.watchers.value.get(ticket.id) ?? [])}
      </p>
      <div class="steps">
        <button type="button" class="details-toggle" aria-expanded={details.isOpen} aria-controls="properties" onClick={details.toggle}>
          Details
        </button>
        {(ticket.merged_into === null ? nextSteps[status] : []).map((step) => (
          <button key={step.to} type="button" onClick={() => take(step.to)}>
            {step.label}
          </button>
        ))}
      </div>
    </header>
  )
}

function ChangeNotice({ desk, ticketId, heading }: { desk: Desk; ticketId: string; heading: RefObject<HTMLHeadingElement | null> }) {
  const dismiss = () => {
    heading.current?.focus()
    desk.changes.dismiss(ticketId)
  }
  const notice = desk.changes.notices.value.get(ticketId)
  return (
    <div role="alert">
      {notice && (
        <p class={`notice ${notice.tone}`}>
          <span>{notice.text}</span>
          <button type="button" class="plain" onClick={dismiss}>
            Got it
          </button>
        </p>
      )}
    </div>
  )
}

/** Without a ticket: it is on its way, does not exist, or could not be loaded. */
function NoTicket({ desk, ticketId }: { desk: Desk; ticketId: string }) {
  const { phase } = desk.conversations.thread.value
  return (
    <section class="thread-pane nothing" aria-label="Ticket" aria-busy={phase === 'loading'}>
      <a class="back" href="#/">
        <span aria-hidden="true">‹</span> Tickets
      </a>
      {phase === 'missing' && <p>This ticket does not exist.</p>}
      {phase === 'loading' && <p class="soft">Loading…</p>}
      {phase === 'failed' && (
        <div role="alert">
          <p>The ticket could not be loaded.</p>
          <button type="button" onClick={() => void desk.conversations.catchUp(ticketId)}>
            Try again
          </button>
        </div>
      )}
    </section>
  )
}

export function ThreadPane({ desk, ticketId, now }: { desk: Desk; ticketId: string; now: number }) {
  const showsDetails = useSignal(false)
  const heading = useRef<HTMLHeadingElement>(null)
  const ticket = desk.conversations.ticket.value
  if (!ticket || desk.conversations.thread.value.phase === 'missing') return <NoTicket desk={desk} ticketId={ticketId} />
  const details = {
    isOpen: showsDetails.value,
    toggle: () => {
      showsDetails.value = !showsDetails.value
    },
  }
  return (
    <section class="thread-pane" aria-label={`Ticket ${ticket.number}`}>
      <Head desk={desk} ticket={ticket} details={details} heading={heading} />
      <ChangeNotice desk={desk} ticketId={ticketId} heading={heading} />
      <Properties desk={desk} ticket={ticket} isOpen={details.isOpen} />
      <Log desk={desk} ticketId={ticketId} now={now} />
      <p class="typing soft" role="status" dir="auto">
        {typingLine(desk.typists.value.get(ticketId) ?? [])}
      </p>
      <GoesOn desk={desk} ticket={ticket} />
    </section>
  )
}
