import { listAgents, readAgent } from '../../domain/agents.ts'
import { createTicketFor } from '../../domain/create.ts'
import { listTickets } from '../../domain/list.ts'
import { markRead, readMessages, readThread, sendMessage } from '../../domain/messages.ts'
import { updateTicket } from '../../domain/tickets.ts'
import { Refusal } from '../../errors.ts'
import { presentMessageForAgent } from '../../present/message.ts'
import { presentAgentMe, presentListedAgent } from '../../present/people.ts'
import { presentTicketForAgent } from '../../present/ticket.ts'
import { ticketId } from '../ids.ts'
import type { Handlers } from '../operation.ts'
import { pageOf } from '../paging.ts'

type Names =
  | 'agentGetMe'
  | 'agentListAgents'
  | 'agentListTickets'
  | 'agentCreateTicket'
  | 'agentGetTicket'
  | 'agentUpdateTicket'
  | 'agentSendMessage'
  | 'agentListMessages'
  | 'agentReadTicket'

/** What agents and the app's backend may do, with every ticket of the app. */
export const agentHandlers: Handlers<Names> = {
  async agentGetMe({ core, actor }) {
    return presentAgentMe(actor.app, await readAgent(core, actor))
  },

  async agentListAgents({ core, actor, query }) {
    const { agents, total } = await listAgents(core, actor, query)
    return pageOf(agents.map(presentListedAgent), total, query)
  },

  async agentListTickets({ core, actor, query }) {
    const { tickets, total } = await listTickets(core, actor, query)
    return pageOf(tickets.map(presentTicketForAgent), total, query)
  },

  async agentCreateTicket({ core, actor, body }) {
    const { ticket, messages } = await createTicketFor(core, actor, body)
    return { ...presentTicketForAgent(ticket), messages: messages.map((one) => presentMessageForAgent(one, core.links)) }
  },

  async agentGetTicket({ core, actor, params }) {
    const { ticket, messages } = await readThread(core, actor, ticketId(params))
    return { ...presentTicketForAgent(ticket), messages: messages.map((one) => presentMessageForAgent(one, core.links)) }
  },

  async agentUpdateTicket({ core, actor, params, body }) {
    const { ticket, conflict } = await updateTicket(core, actor, ticketId(params), body)
    if (conflict) throw new Refusal('version_conflict', { extra: { ticket: presentTicketForAgent(ticket) } })
    return presentTicketForAgent(ticket)
  },

  async agentSendMessage({ core, actor, params, body }) {
    return presentMessageForAgent(await sendMessage(core, actor, ticketId(params), body), core.links)
  },

  async agentListMessages({ core, actor, params, query }) {
    const { ticket, messages, hasMore } = await readMessages(core, actor, ticketId(params), query)
    return { ticket: presentTicketForAgent(ticket), data: messages.map((one) => presentMessageForAgent(one, core.links)), has_more: hasMore }
  },

  async agentReadTicket({ core, actor, params, body }) {
    return presentTicketForAgent(await markRead(core, actor, ticketId(params), body.seq))
  },
}
