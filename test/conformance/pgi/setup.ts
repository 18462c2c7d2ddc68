import { type Answer, client, request } from '../../support/client.ts'
import { newApp, type TestApp } from '../../support/factories.ts'
import { sharedServer, type TestServer } from '../../support/server.ts'
import { createBody, Page, policy, Sent, Ticket } from './document.ts'

export const path = '/compat/pgi/api/v2/support/tickets/'

export interface Pgi {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  create(body?: object): Promise<ReturnType<typeof Ticket.parse>>
  read(id: string): Promise<ReturnType<typeof Ticket.parse>>
  reply(id: string, content: string): Promise<ReturnType<typeof Sent.parse>>
  list(url?: string): Promise<ReturnType<typeof Page.parse>>
}

/** A client that was written for the document; answers that are not as it says throw. */
export function pgiClient(server: TestServer, token: string): Pgi {
  const send: Pgi['send'] = (method, to, body, headers = {}) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    return request(to.startsWith('http') ? to : server.url + to, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...json,
    })
  }
  const expecting = (answer: Answer, status: number) => {
    if (answer.status !== status || !answer.headers.get('content-type')?.startsWith('application/json'))
      throw new Error(`${answer.status} ${answer.text}`)
    return answer.body
  }
  return {
    send,
    create: async (body = createBody) => Ticket.parse(expecting(await send('POST', path, body), 201)),
    read: async (id) => Ticket.parse(expecting(await send('GET', `${path}${id}/`), 200)),
    reply: async (id, content) => Sent.parse(expecting(await send('POST', `${path}${id}/messages/`, { content }), 201)),
    list: async (url = path) => Page.parse(expecting(await send('GET', url), 200)),
  }
}

/** A partner with a key that may link two policies, the same person with a token, another one, and an agent. */
export async function setUp(app?: TestApp) {
  const server = await sharedServer()
  const used = app ?? (await newApp(server))
  const key = await used.partnerKey('acme', { policy_number: [policy, 'PGI-2026-CA-00143'] })
  const token = await used.token('acme')
  return {
    server,
    app: used,
    key,
    partner: pgiClient(server, key),
    person: pgiClient(server, token),
    other: pgiClient(server, await used.partnerKey('other')),
    native: client(server.url, token),
    agent: await used.agent(),
  }
}
