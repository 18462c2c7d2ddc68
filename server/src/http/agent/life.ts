import { blockCustomer, listCustomers, readCustomer } from '../../domain/customers.ts'
import { readHistory } from '../../domain/history.ts'
import { mergeTicket } from '../../domain/merge.ts'
import { rateTicket } from '../../domain/rate.ts'
import { redactMessage } from '../../domain/redact.ts'
import { presentHistory } from '../../present/history.ts'
import { presentMessageForAgent } from '../../present/message.ts'
import { presentCustomer } from '../../present/people.ts'
import { presentTicketForAgent } from '../../present/ticket.ts'
import { customerId, ticketId } from '../ids.ts'
import type { Handlers } from '../operation.ts'
import { pageOf } from '../paging.ts'

type Names =
  | 'agentRateTicket'
  | 'agentMergeTicket'
  | 'agentGetHistory'
  | 'agentRedactMessage'
  | 'agentListCustomers'
  | 'agentGetCustomer'
  | 'agentBlockCustomer'

/** What agents do with a ticket beside writing into it, and with the customers behind tickets. */
export const agentLifeHandlers: Handlers<Names> = {
  async agentRateTicket({ core, actor, params, body }) {
    return presentTicketForAgent(await rateTicket(core, actor, ticketId(params), body))
  },

  async agentMergeTicket({ core, actor, params, body }) {
    return presentTicketForAgent(await mergeTicket(core, actor, ticketId(params), body.into))
  },

  async agentGetHistory({ core, actor, params, query }) {
    const { entries, total } = await readHistory(core, actor, ticketId(params), query)
    return pageOf(entries.map(presentHistory), total, query)
  },

  async agentRedactMessage({ core, actor, params }) {
    return presentMessageForAgent(await redactMessage(core, actor, ticketId(params), params.message_id), core.links)
  },

  async agentListCustomers({ core, actor, query }) {
    const { customers, total } = await listCustomers(core, actor, { ...query, blocked: query.blocked === 'true' })
    return pageOf(customers.map(presentCustomer), total, query)
  },

  async agentGetCustomer({ core, actor, params }) {
    return presentCustomer(await readCustomer(core, actor, customerId(params)))
  },

  async agentBlockCustomer({ core, actor, params, body }) {
    return presentCustomer(await blockCustomer(core, actor, customerId(params), body))
  },
}
