import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeId } from '@support-widget/shared/ids.ts'
import { type NewWebhook, WebhookEvent } from '@support-widget/shared/webhook.ts'
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import { onTestFinished, vi } from 'vitest'
import type { Client } from './client.ts'
import { newApp, type TestApp } from './factories.ts'
import { startServer, type TestServer } from './server.ts'

/** A request that reached a receiver. */
export interface Received {
  id: string
  path: string
  headers: IncomingHttpHeaders
  text: string
  body: { type: string; timestamp: string; data: { ticket: Record<string, unknown>; message?: Record<string, unknown> } } & Record<string, unknown>
}

export interface Receiver {
  url: string
  /** Every request, in the order of their arrival. */
  requests: Received[]
  /** What is answered from now on; 204 until it is set. */
  respond: (request: Received, response: ServerResponse) => void
  /** The ids of the requests so far, each once. */
  ids(): string[]
  /** Throws unless the library takes the request for one that was signed with this secret, `seconds` after it was. */
  verify(request: Received, secret: string, seconds?: number): unknown
  /** Stops listening, as a machine that goes down. */
  close(): Promise<void>
}

/** Answers at once with a status. */
export const answering =
  (status: number, headers: Record<string, string> = {}): Receiver['respond'] =>
  (_, response) =>
    response.writeHead(status, headers).end()

/** Somebody's server on this machine that takes webhooks, until the test ends. */
export async function openReceiver(respond: Receiver['respond'] = answering(204), port = 0): Promise<Receiver> {
  const http = createServer((request, response) => {
    let text = ''
    response.on('error', () => {})
    request
      .on('error', () => {})
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk
      })
      .on('end', () => {
        const { headers, url: path = '' } = request
        const received = { id: String(headers['webhook-id']), path, headers, text, body: JSON.parse(text) as Received['body'] }
        // Whatever is sent natively has exactly the fields of its shape: none of an agent's own can be among them.
        if (received.id.startsWith('evt_') && 'type' in received.body) WebhookEvent.parse(received.body)
        receiver.requests.push(received)
        receiver.respond(received, response)
      })
  })
  await new Promise<void>((done) => http.listen(port, '127.0.0.1', done))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/hooks`,
    requests: [],
    respond,
    ids: () => [...new Set(receiver.requests.map((one) => one.id))],
    verify({ headers, text }, secret, seconds = 0) {
      const sent = Number(headers['webhook-timestamp'])
      vi.useFakeTimers({ toFake: ['Date'], now: (sent + seconds) * 1000 })
      try {
        return new Webhook(secret).verify(text, headers as Record<string, string>)
      } finally {
        vi.useRealTimers()
      }
    },
    close: () =>
      new Promise((done) => {
        http.close(() => done())
        http.closeAllConnections()
      }),
  }
  onTestFinished(() => receiver.close())
  return receiver
}

let shared: Promise<TestServer> | undefined

/** A server that may call this machine, shared by all files about webhooks: its workers stand still until a test calls `drain`. */
function webhookServer(): Promise<TestServer> {
  // No jitter, and no waiting for a full second, unless a test says so.
  shared ??= startServer({ DEMO: '1' }, { outbound: { timeoutMs: 10_000, random: () => 0, pause: async () => {} } })
  return shared
}

export interface Hooks {
  server: TestServer
  app: TestApp
  backend: Client
  /** Sends all that is due. */
  drain(): Promise<number>
  /** Moves the clock, then sends all that is due. */
  later(ms: number): Promise<number>
  /** Adds an endpoint; answers its id and secret. */
  endpoint(url: string, more?: Partial<NewWebhook>): Promise<{ id: string; secret: string }>
  /** A customer whose token is good now. */
  customer(sub?: string): Promise<Client>
  /** The latest deliveries of an endpoint, newest first. */
  deliveries(id: string, query?: object): ReturnType<typeof deliveriesOf>
  /** The ids under which everything that an endpoint is to be told was queued. */
  queued(id: string): Promise<string[]>
}

const deliveriesOf = async (backend: Client, id: string, query: object = {}) =>
  (await backend.call('agentListDeliveries', { params: { id }, query: { per_page: 100, ...query } })).data

/** From now on, and until the test ends, a request has so long, milliseconds. */
export function within(server: TestServer, ms: number): void {
  const { outbound } = server.app.core
  const { timeoutMs } = outbound
  outbound.timeoutMs = ms
  onTestFinished(() => {
    outbound.timeoutMs = timeoutMs
  })
}

/** Longer than any test waits: no request ends by itself, however slow the machine is. */
export const patientMs = 240_000

/** An app of its own on the server for webhooks. What other tests have left waits no longer, unless `keep` says that it is of this one. */
export async function setUpHooks(name = 'Kilnshare', { keep } = { keep: false }): Promise<Hooks> {
  const server = await webhookServer()
  const db = server.app.core.orm.db()
  if (!keep) await sql`update webhook_deliveries set state = 'cancelled', ended_at = created_at where state = 'pending'`.execute(db)
  const app = await newApp(server, name)
  const { backend } = app
  const drain = () => server.app.webhooks.drain()
  return {
    server,
    app,
    backend,
    drain,
    later: (ms) => {
      server.clock.ahead += ms
      return drain()
    },
    async endpoint(url, more = {}) {
      const { id, secret } = await backend.call('agentCreateWebhook', { body: { url, ...more } })
      return { id, secret: secret ?? '' }
    },
    customer: (sub = 'alice') => app.customer(sub),
    deliveries: (id, query) => deliveriesOf(backend, id, query),
    async queued(id) {
      const { rows } = await sql<{ event_id: string }>`select event_id from webhook_deliveries where app_id = ${app.app.id}
        and endpoint_id = ${decodeId(id)} order by id`.execute(db)
      return rows.map((row) => row.event_id)
    },
  }
}
