import type { NewCsat } from '@support-widget/shared/ticket.ts'
import { Refusal } from '../errors.ts'
import { applyChanges } from './changes.ts'
import type { Caller, Core } from './core.ts'
import { lockTicket, type TicketRow } from './lock.ts'
import { change } from './record.ts'
import type { TicketView } from './views.ts'

/** A rating can be changed for so long after it was given first, milliseconds. */
const changeableMs = 7 * 86_400_000

/**
 * The customer's rating of their ticket, from themselves or written down by the app's backend. Throws `not_found`, `forbidden` (agents as persons), `not_resolved`,
 * `csat_final`.
 */
export async function rateTicket(core: Core, actor: Caller, ticketId: string, { score, comment }: NewCsat): Promise<TicketView> {
  if (actor.type === 'agent' && actor.agentId !== null)
    throw new Refusal('forbidden', { detail: "Only the customer, or the app's backend with an API key, may rate." })
  return change(core, actor, async (tx) => {
    const ticket = await lockTicket(tx, actor, ticketId)
    if (ticket.status !== 'resolved' && ticket.status !== 'closed')
      throw new Refusal('not_resolved', { detail: 'A ticket can be rated once it is resolved.' })
    if (isFinal(ticket, tx.now)) throw new Refusal('csat_final', { detail: 'A rating can be changed for seven days.' })
    return applyChanges(tx, actor, ticket, {
      csat_score: score,
      csat_comment: comment === undefined ? ticket.csat_comment : comment,
      csat_at: ticket.csat_at ?? tx.now,
    })
  })
}

const isFinal = ({ csat_at }: TicketRow, now: Date) => csat_at !== null && now.getTime() - csat_at.getTime() > changeableMs
