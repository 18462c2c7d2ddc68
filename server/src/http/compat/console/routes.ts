import { createTicket } from '../../../domain/create.ts'
import { readOwnHistory } from '../../../domain/history.ts'
import { listOwnTickets } from '../../../domain/list.ts'
import { readThread, sendMessage } from '../../../domain/messages.ts'
import { closeTicket } from '../../../domain/tickets.ts'
import { uuidIn } from '../../ids.ts'
import { type Call, type Dialect, route } from '../dialect.ts'
import {
  ErrorModel,
  ListQuery,
  NewSupportTicket,
  NewSupportTicketComment,
  SupportTicket,
  SupportTicketComment,
  schemasAt,
  TicketDetailResponse,
  TicketListResponse,
} from './schemas.ts'
import { commentOf, detailOf, errorModel, listOf, newTicket, type Place, ticketOf } from './translate.ts'

const tickets = '/api/v1/support/tickets'

const placeOf = ({ actor, base }: Pick<Call, 'actor' | 'base'>): Place => ({ app: actor.app, base })

export const consoleDialect: Dialect = {
  name: 'console',
  title: 'Console',
  description: "A customer's own tickets, with the token of the signed-in user. Every object names its JSON Schema.",
  strict: true,
  refuse: errorModel,
  error: ErrorModel,
  errorType: 'application/problem+json',
  published: schemasAt,
  routes: [
    route({
      name: 'listTickets',
      method: 'GET',
      path: tickets,
      summary: 'List my support tickets',
      access: 'customer',
      status: 200,
      query: ListQuery,
      output: TicketListResponse,
      async handle(call) {
        const { limit, offset, status, type } = call.query
        const page = await listOwnTickets(call.core, call.actor, { limit, offset, type, status: status && [status] }, 'created_at')
        return listOf(page, offset, placeOf(call))
      },
    }),
    route({
      name: 'createTicket',
      method: 'POST',
      path: tickets,
      summary: 'Create a support ticket',
      access: 'customer',
      status: 201,
      body: NewSupportTicket,
      example: { description: 'string', title: 'string', type: 'string' },
      output: SupportTicket,
      once: true,
      async handle(call) {
        return ticketOf(await createTicket(call.core, call.actor, newTicket(call.body), { form: false }), placeOf(call))
      },
    }),
    route({
      name: 'getTicket',
      method: 'GET',
      path: `${tickets}/:id`,
      summary: 'Get a support ticket with comments',
      access: 'customer',
      status: 200,
      output: TicketDetailResponse,
      async handle(call) {
        const id = uuidIn(call.params.id)
        const thread = await readThread(call.core, call.actor, id)
        return detailOf(thread, await readOwnHistory(call.core, call.actor, id), placeOf(call))
      },
    }),
    route({
      name: 'closeTicket',
      method: 'POST',
      path: `${tickets}/:id/close`,
      summary: 'Close a support ticket (user)',
      access: 'customer',
      status: 200,
      output: SupportTicket,
      async handle(call) {
        const { id } = await closeTicket(call.core, call.actor, uuidIn(call.params.id))
        return ticketOf(await readThread(call.core, call.actor, id), placeOf(call))
      },
    }),
    route({
      name: 'addComment',
      method: 'POST',
      path: `${tickets}/:id/comments`,
      summary: 'Add a comment to a support ticket',
      access: 'customer',
      status: 201,
      body: NewSupportTicketComment,
      example: { content: 'string' },
      output: SupportTicketComment,
      once: true,
      async handle(call) {
        const id = uuidIn(call.params.id)
        const message = await sendMessage(call.core, call.actor, id, { body: call.body.content })
        const { ticket } = await readThread(call.core, call.actor, id, 1)
        return commentOf(message, ticket, placeOf(call))
      },
    }),
  ],
}
