import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import { useEffect, useRef } from 'preact/hooks'
import type { Desk } from '../desk.ts'
import { hrefOf } from '../route.ts'
import { Composer } from './Composer.tsx'
import { useNumber } from './TicketLink.tsx'

/** Below a ticket that was merged: where it goes on, and the way there, with what was written here. */
function Elsewhere({ desk, ticket, into, isNews }: { desk: Desk; ticket: AgentTicket; into: string; isNews: boolean }) {
  const number = useNumber(desk, into)
  const link = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    // Somebody was writing here, and the focus has gone with the field.
    if (isNews && document.activeElement === document.body) link.current?.focus()
  }, [isNews])
  return (
    <div class="composer goes-on">
      <p role="status">
        This ticket goes on in {number}.{desk.outbox.holds(ticket.id) && ' What you wrote goes along.'}
      </p>
      <a ref={link} href={hrefOf(into)} onClick={() => desk.outbox.carry(ticket.id, into)}>
        Go there
      </a>
    </div>
  )
}

/** Where the agent goes on: by writing, or in the ticket into which this one was merged. */
export function GoesOn({ desk, ticket }: { desk: Desk; ticket: AgentTicket }) {
  const into = ticket.merged_into
  const wasOpen = useRef(into === null)
  return into === null ? <Composer desk={desk} ticket={ticket} /> : <Elsewhere desk={desk} ticket={ticket} into={into} isNews={wasOpen.current} />
}
