import { decodeId } from '@support-widget/shared/ids.ts'
import type { TicketPatch } from '@support-widget/shared/ticket.ts'
import { notFound, Refusal, toRefusal } from '../errors.ts'
import type { AgentActor, Core } from './core.ts'
import { updateTicket } from './tickets.ts'
import type { TicketView } from './views.ts'

export type BulkResult = { id: string; ticket: TicketView } | { id: string; refusal: Refusal }

/** Changes each ticket in a transaction of its own, one after the other. The results are in the order of the ids; of equal ones the first counts. */
export async function updateTickets(core: Core, actor: AgentActor, ids: readonly string[], set: Omit<TicketPatch, 'version'>): Promise<BulkResult[]> {
  const given = new Map<string, string>()
  for (const id of ids) {
    const key = decodeId(id) ?? id
    if (!given.has(key)) given.set(key, id)
  }
  const results: BulkResult[] = []
  for (const [key, id] of given) results.push(await updateOne(core, actor, { key, id }, set))
  return results
}

async function updateOne(core: Core, actor: AgentActor, { key, id }: { key: string; id: string }, set: TicketPatch): Promise<BulkResult> {
  try {
    if (decodeId(id) === null) throw notFound()
    return { id, ticket: (await updateTicket(core, actor, key, set)).ticket }
  } catch (err) {
    const refusal = toRefusal(err)
    if (refusal.status >= 500) core.log.error({ err, ticket: key }, 'one ticket of many failed')
    return { id, refusal: located(refusal) }
  }
}

/** Names faults by where they stand in the input of many. */
function located(refusal: Refusal): Refusal {
  if (!refusal.faults) return refusal
  const faults = refusal.faults.map((fault) => ({ ...fault, location: fault.location.replace(/^body\./, 'body.set.') }))
  return new Refusal(refusal.code, { detail: refusal.message, faults, extra: refusal.extra })
}
