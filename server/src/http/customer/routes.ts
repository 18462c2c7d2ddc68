import { createTicket } from '../../domain/create.ts'
import { listOwnTickets } from '../../domain/list.ts'
import { markRead, readMessages, readThread, sendMessage } from '../../domain/messages.ts'
import { readMe } from '../../domain/people.ts'
import { closeTicket } from '../../domain/tickets.ts'
import { notFound } from '../../errors.ts'
import { presentMessageForCustomer } from '../../present/message.ts'
import { presentMe, presentWidgetConfig } from '../../present/people.ts'
import { presentTicketForCustomer } from '../../present/ticket.ts'
import { ticketId } from '../ids.ts'
import type { Handlers } from '../operation.ts'
import { pageOf } from '../paging.ts'

type Names =
  | 'getWidgetConfig'
  | 'getMe'
  | 'createTicket'
  | 'listTickets'
  | 'getTicket'
  | 'sendMessage'
  | 'listMessages'
  | 'closeTicket'
  | 'readTicket'

/** What customers may do, with their own tickets alone. */
export const customerHandlers: Handlers<Names> = {
  async getWidgetConfig({ core, query }) {
    const app = await core.apps.byPublicId(query.app)
    if (!app) throw notFound()
    return presentWidgetConfig(app, core.clock.now(), core.sendsMail)
  },

  async getMe({ core, actor }) {
    return presentMe(actor.app, await readMe(core, actor))
  },

  async createTicket({ core, actor, body }) {
    const { ticket, messages } = await createTicket(core, actor, body)
    return { ...presentTicketForCustomer(ticket), messages: messages.map((one) => presentMessageForCustomer(one, core.links)) }
  },

  async listTickets({ core, actor, query }) {
    const { tickets, total } = await listOwnTickets(core, actor, query)
    return pageOf(tickets.map(presentTicketForCustomer), total, query)
  },

  async getTicket({ core, actor, params, query }) {
    const { ticket, messages } = await readThread(core, actor, ticketId(params), query.last)
    return { ...presentTicketForCustomer(ticket), messages: messages.map((one) => presentMessageForCustomer(one, core.links)) }
  },

  async sendMessage({ core, actor, params, body }) {
    return presentMessageForCustomer(await sendMessage(core, actor, ticketId(params), body), core.links)
  },

  async listMessages({ core, actor, params, query }) {
    const { ticket, messages, hasMore } = await readMessages(core, actor, ticketId(params), query)
    return { ticket: presentTicketForCustomer(ticket), data: messages.map((one) => presentMessageForCustomer(one, core.links)), has_more: hasMore }
  },

  async closeTicket({ core, actor, params }) {
    return presentTicketForCustomer(await closeTicket(core, actor, ticketId(params)))
  },

  async readTicket({ core, actor, params, body }) {
    return presentTicketForCustomer(await markRead(core, actor, ticketId(params), body.seq))
  },
}
