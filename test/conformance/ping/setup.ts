import { decodeId } from '@support-widget/shared/ids.ts'
import type * as z from 'zod'
import { type Answer, request } from '../../support/client.ts'
import { newApp, type TestApp } from '../../support/factories.ts'
import { sharedServer, type TestServer } from '../../support/server.ts'
import { Added, Comments, Created, Failed, Got, List, type Ticket, Updated } from './document.ts'

export const path = '/compat/ping/v1/api/tickets'

type Made = z.infer<typeof Created>['ticket']
type Comment = z.infer<typeof Added>['comment']

export interface Ping {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  create(body?: object): Promise<Made>
  list(query?: Record<string, string>): Promise<z.infer<typeof List>>
  get(number: string): Promise<Ticket>
  update(number: string, body: object): Promise<Ticket>
  comment(number: string, body: object): Promise<Comment>
  comments(number: string, query?: Record<string, string>): Promise<Comment[]>
}

export const least = { subject: 'No connection', description: 'Since this morning.' }

/** A client that was written for the document; answers that are not as it says throw. */
export function pingClient(server: TestServer, key: string): Ping {
  const send: Ping['send'] = (method, to, body, headers = {}) =>
    request(server.url + to, {
      method,
      headers: { 'X-Ping-Api-Key': key, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const bodyOf = (answer: Answer, status: number) => {
    if (answer.status !== status || !answer.headers.get('content-type')?.startsWith('application/json'))
      throw new Error(`${answer.status} ${answer.text}`)
    return answer.body
  }
  const search = (query: Record<string, string> = {}) => `?${new URLSearchParams(query)}`
  return {
    send,
    create: async (body = least) => Created.parse(bodyOf(await send('POST', path, body), 201)).ticket,
    list: async (query) => List.parse(bodyOf(await send('GET', path + search(query)), 200)),
    get: async (number) => Got.parse(bodyOf(await send('GET', `${path}/${number}`), 200)).ticket,
    update: async (number, body) => Updated.parse(bodyOf(await send('PUT', `${path}/${number}`, body), 200)).ticket,
    comment: async (number, body) => Added.parse(bodyOf(await send('POST', `${path}/${number}/comments`, body), 201)).comment,
    comments: async (number, query) => Comments.parse(bodyOf(await send('GET', `${path}/${number}/comments${search(query)}`), 200)).comments,
  }
}

/** The message of a refusal; throws if it has not the document's shape. */
export function failure(answer: Answer): [status: number, message: string] {
  if (!answer.headers.get('content-type')?.startsWith('application/json')) throw new Error(answer.text)
  return [answer.status, Failed.parse(answer.body).message]
}

/** The last 8 digits of an id, as a ticket's publicId has them. */
export const publicIdOf = (id: string) => `TKT-${(decodeId(id) ?? '').slice(-8).toUpperCase()}`

/** An app with its backend, an agent and a customer. */
export async function setUp(within?: TestApp) {
  const server = await sharedServer()
  const app = within ?? (await newApp(server))
  return {
    server,
    app,
    ping: pingClient(server, app.adminKey),
    asAgent: pingClient(server, await app.token('sam', { role: 'agent' })),
    agent: await app.agent(),
    alice: await app.customer('alice'),
    backend: app.backend,
    /** The native ticket behind a number. */
    native: async (number: string) => {
      const { data } = await app.backend.call('agentListTickets', { query: { search: number } })
      const [ticket] = data
      if (!ticket) throw new Error(`no ticket ${number}`)
      return app.backend.call('agentGetTicket', { params: { id: ticket.id } })
    },
  }
}
