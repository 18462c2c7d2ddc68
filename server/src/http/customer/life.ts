import { rateTicket } from '../../domain/rate.ts'
import { presentTicketForCustomer } from '../../present/ticket.ts'
import { ticketId } from '../ids.ts'
import type { Handlers } from '../operation.ts'

/** What customers do with a ticket beside writing into it. */
export const customerLifeHandlers: Handlers<'rateTicket'> = {
  async rateTicket({ core, actor, params, body }) {
    return presentTicketForCustomer(await rateTicket(core, actor, ticketId(params), body))
  },
}
