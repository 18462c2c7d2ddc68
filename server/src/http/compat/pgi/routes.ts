import { createTicket } from '../../../domain/create.ts'
import { listOwnTickets } from '../../../domain/list.ts'
import { readThread, sendMessage } from '../../../domain/messages.ts'
import { ticketId } from '../../ids.ts'
import { type Dialect, route } from '../dialect.ts'
import * as schemas from './schemas.ts'
import { listOf, pageFrom, perPage, sentOf, threadOf, ticketFrom } from './translate.ts'

const tickets = '/api/v2/support/tickets/'
const idIn = ({ ticket_id = '' }: Record<string, string>) => ticketId({ id: ticket_id })

export const pgi: Dialect = {
  name: 'pgi',
  title: 'pgi',
  description:
    'Tickets of a partner, linked to policies and applications, and the messages exchanged with its underwriters. Call it with a partner key or a customer token.',
  keyHeaders: ['X-Api-Key'],
  routes: [
    route({
      name: 'createTicket',
      method: 'POST',
      path: tickets,
      summary: 'Create a support ticket',
      access: 'customer',
      status: 201,
      body: schemas.NewTicket,
      output: schemas.Ticket,
      once: true,
      example: {
        subject: 'Cover note for PGI-2026-CA-00142',
        message: 'Which version of the cover note is the one that counts?',
        policy_number: 'PGI-2026-CA-00142',
      },
      handle: async ({ core, actor, body }) => threadOf(await createTicket(core, actor, ticketFrom(body), { form: false })),
    }),
    route({
      name: 'listTickets',
      method: 'GET',
      path: tickets,
      summary: 'List tickets, newest first',
      access: 'customer',
      status: 200,
      query: schemas.ListQuery,
      output: schemas.TicketPage,
      async handle({ core, actor, query, base }) {
        const page = pageFrom(query.page)
        return listOf(base + tickets, page, await listOwnTickets(core, actor, { page, per_page: perPage }, 'created_at'))
      },
    }),
    route({
      name: 'getTicket',
      method: 'GET',
      path: `${tickets}:ticket_id/`,
      summary: 'Get a ticket with its messages',
      access: 'customer',
      status: 200,
      output: schemas.Ticket,
      handle: async ({ core, actor, params }) => threadOf(await readThread(core, actor, idIn(params))),
    }),
    route({
      name: 'sendMessage',
      method: 'POST',
      path: `${tickets}:ticket_id/messages/`,
      summary: 'Send a message; to a closed ticket that was only resolved it reopens it',
      access: 'customer',
      status: 201,
      body: schemas.NewMessage,
      output: schemas.SentMessage,
      once: true,
      example: { content: 'The signed version is attached to the policy.' },
      handle: async ({ core, actor, params, body }) => sentOf(await sendMessage(core, actor, idIn(params), { body: body.content })),
    }),
  ],
}
