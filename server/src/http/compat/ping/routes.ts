import { createTicketFor } from '../../../domain/create.ts'
import { listTickets } from '../../../domain/list.ts'
import { readMessages, readThread, sendMessage } from '../../../domain/messages.ts'
import { findNumber } from '../../../domain/numbers.ts'
import { rateTicket } from '../../../domain/rate.ts'
import { together } from '../../../domain/record.ts'
import { updateTicket } from '../../../domain/tickets.ts'
import { type Call, type Dialect, route } from '../dialect.ts'
import {
  CommentAdded,
  CommentList,
  commentQuery,
  Failure,
  NewComment,
  NewTicket,
  TicketCreated,
  TicketFound,
  TicketList,
  TicketUpdate,
  TicketUpdated,
  ticketQuery,
} from './schemas.ts'
import { commentOf, filterOf, listedTicket, newlyMade, newTicket, patchOf, refuse, ticketOf } from './translate.ts'

const tickets = '/v1/api/tickets'
const ticket = `${tickets}/:ticket_number`

/** The id of the ticket that the path names. */
const idIn = ({ core, actor, params }: Pick<Call<'agent'>, 'core' | 'actor' | 'params'>) => findNumber(core, actor, params.ticket_number ?? '')

async function readTicket({ core, actor }: Pick<Call<'agent'>, 'core' | 'actor'>, id: string) {
  const { ticket: view, messages } = await readMessages(core, actor, id, { limit: 1 })
  return ticketOf(view, messages[0])
}

export const ping: Dialect = {
  name: 'ping',
  title: 'Ping',
  description: "The app's tickets for its backend, CRM or internal tools: with an API key, or an agent's token.",
  keyHeaders: ['X-Ping-Api-Key', 'X-Api-Key'],
  refuse,
  error: Failure,
  routes: [
    route({
      name: 'createTicket',
      method: 'POST',
      path: tickets,
      summary: 'Create a ticket',
      access: 'agent',
      status: 201,
      body: NewTicket,
      example: {
        subject: 'No connection since this morning',
        description: 'The router shows a red light.',
        priority: 'high',
        channel: 'phone',
        customer_first_name: 'Amina',
        customer_phone: '+263 77 000 0000',
      },
      output: TicketCreated,
      once: true,
      async handle({ core, actor, body }) {
        const { ticket: view, messages } = await createTicketFor(core, actor, newTicket(body))
        return { result: 'success', message: 'Ticket created', ticket: newlyMade(view, messages[0]) }
      },
    }),
    route({
      name: 'listTickets',
      method: 'GET',
      path: tickets,
      summary: 'List tickets',
      access: 'agent',
      status: 200,
      query: ticketQuery,
      output: TicketList,
      async handle({ core, actor, query }) {
        const { tickets: views, total } = await listTickets(core, actor, filterOf(query))
        const { page, per_page: perPage } = query
        return {
          result: 'success',
          tickets: views.map(listedTicket),
          pagination: { page, perPage, total, totalPages: Math.ceil(total / perPage) },
        }
      },
    }),
    route({
      name: 'getTicket',
      method: 'GET',
      path: ticket,
      summary: 'Get a ticket',
      access: 'agent',
      status: 200,
      output: TicketFound,
      async handle(call) {
        return { result: 'success', ticket: await readTicket(call, await idIn(call)) }
      },
    }),
    route({
      name: 'updateTicket',
      method: 'PUT',
      path: ticket,
      summary: 'Update a ticket',
      access: 'agent',
      status: 200,
      body: TicketUpdate,
      example: { status: 'resolved', resolution_notes: 'The router was replaced.', csat_score: 5 },
      output: TicketUpdated,
      async handle({ core, actor, params, body }) {
        // All of it or nothing; the rating last, because a ticket can be rated once it is resolved.
        return together(core, async (inner) => {
          const call = { core: inner, actor, params }
          const id = await idIn(call)
          await updateTicket(inner, actor, id, patchOf(body))
          if (body.csat_score !== undefined) await rateTicket(inner, actor, id, { score: body.csat_score })
          return { result: 'success', message: 'Ticket updated', ticket: await readTicket(call, id) }
        })
      },
    }),
    route({
      name: 'addComment',
      method: 'POST',
      path: `${ticket}/comments`,
      summary: 'Add a comment',
      access: 'agent',
      status: 201,
      body: NewComment,
      example: { content: 'The customer confirmed that it works.', is_internal: false },
      output: CommentAdded,
      once: true,
      async handle(call) {
        const { content, is_internal, author_type } = call.body
        const by = author_type === 'customer' ? 'customer' : 'agent'
        const message = await sendMessage(call.core, call.actor, await idIn(call), { body: content, is_internal, author_type: by })
        return { result: 'success', message: 'Comment added', comment: commentOf(message) }
      },
    }),
    route({
      name: 'listComments',
      method: 'GET',
      path: `${ticket}/comments`,
      summary: 'List comments',
      access: 'agent',
      status: 200,
      query: commentQuery,
      output: CommentList,
      async handle(call) {
        const { messages } = await readThread(call.core, call.actor, await idIn(call))
        const comments = messages.filter((one) => one.seq > 1 && (call.query.include_internal || !one.is_internal))
        return { result: 'success', comments: comments.map(commentOf) }
      },
    }),
  ],
}
