import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import type { ComponentChildren } from 'preact'
import type { Desk } from '../desk.ts'
import { inFull } from '../time.ts'
import { requesterName, valueText } from './labels.ts'
import { TicketLink } from './TicketLink.tsx'

function Fact({ label, children }: { label: ComponentChildren; children: ComponentChildren }) {
  if (children === null) return null
  return (
    <div>
      <dt>
        <bdi>{label}</bdi>
      </dt>
      <dd>
        <bdi>{children}</bdi>
      </dd>
    </div>
  )
}

/** What the host app or an agent wrote down under names of their own. */
function Named({ title, values }: { title: string; values: Record<string, unknown> | null }) {
  const entries = Object.entries(values ?? {})
  if (entries.length === 0) return null
  return (
    <section class="named" aria-label={title}>
      <h3>{title}</h3>
      <dl class="facts">
        {entries.map(([name, value]) => (
          <Fact key={name} label={name}>
            {valueText(value)}
          </Fact>
        ))}
      </dl>
    </section>
  )
}

function Requester({ ticket: { requester } }: { ticket: AgentTicket }) {
  // A user of the app without an address has nothing to verify; a visitor is nobody that the app vouches for.
  const isUnverified = !requester.verified && (requester.email !== null || requester.external_id === null)
  return (
    <>
      <Fact label="Customer">
        {requesterName(requester)}
        {isUnverified && <span class="mark">unverified</span>}
      </Fact>
      <Fact label="E-mail">{requester.email}</Fact>
      <Fact label="Phone">{requester.phone}</Fact>
      <Fact label="User">{requester.external_id}</Fact>
      <Fact label="Locale">{requester.locale}</Fact>
    </>
  )
}

function Rating({ csat }: Pick<AgentTicket, 'csat'>) {
  if (!csat) return null
  return (
    <Fact label="Rating">
      {csat.score} of 5{csat.comment !== null && <q dir="auto">{csat.comment}</q>}
    </Fact>
  )
}

/** All that is known of a ticket and its customer and cannot be changed here; every word of it is text. */
export function Facts({ desk, ticket }: { desk: Desk; ticket: AgentTicket }) {
  const { merged_into } = ticket
  return (
    <>
      <dl class="facts">
        {merged_into !== null && (
          <Fact label="Merged into">
            <TicketLink desk={desk} id={merged_into} onClick={() => desk.outbox.carry(ticket.id, merged_into)} />
          </Fact>
        )}
        {ticket.follow_up_of !== null && (
          <Fact label="Follow-up of">
            <TicketLink desk={desk} id={ticket.follow_up_of} />
          </Fact>
        )}
        <Requester ticket={ticket} />
        <Rating csat={ticket.csat} />
        {ticket.tags.length > 0 && (
          <Fact label="Tags">
            {ticket.tags.map((tag) => (
              <bdi key={tag} class="tag">
                {tag}
              </bdi>
            ))}
          </Fact>
        )}
        <Fact label="Category">{ticket.category}</Fact>
        <Fact label="Type">{ticket.type}</Fact>
        <Fact label="Channel">{ticket.channel.replace('_', ' ')}</Fact>
        <Fact label="Country">{ticket.country}</Fact>
        <Fact label="Store region">{ticket.store_region}</Fact>
        <Fact label="Preferred language">{ticket.preferred_language}</Fact>
        <Fact label="External ticket">{ticket.external_ticket_id}</Fact>
        <Fact label="Action taken">{ticket.action_taken}</Fact>
        <Fact label="Resolution notes">{ticket.resolution_notes}</Fact>
        <Fact label="Created">{inFull(ticket.created_at)}</Fact>
        <Fact label="Snoozed until">{ticket.snoozed_until && inFull(ticket.snoozed_until)}</Fact>
      </dl>
      <Named title="Fields" values={ticket.custom_fields} />
      <Named title="Links" values={ticket.links} />
      <Named title="Context" values={ticket.context} />
    </>
  )
}
