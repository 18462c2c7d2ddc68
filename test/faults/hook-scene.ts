import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client as Database } from 'pg'
import { type Client, client } from '../support/client.ts'
import { openStage, type Stage } from './stage.ts'

/** A server that may call this machine, and whose clock can be set. */
const script = fileURLToPath(new URL('../support/ahead.ts', import.meta.url))
/** Each writer writes so many messages, the first of them as a ticket. */
const perWriter = 100
/** Nothing here takes so long, unless it is stuck. */
const patienceMs = 240_000

type Respond = (body: string, response: ServerResponse) => void

/** A server with one webhook endpoint, whose receiver is ours. */
export interface HookScene {
  stage: Stage
  db: Database
  /** The key of the app's own backend, that no clock ends. */
  admin: Client
  endpoint: { params: { id: string } }
  /** How often each id came. */
  got: Map<string, number>
  /** From now on. */
  respond: Respond
  /** The ids of everything that the endpoint is to be told. */
  written(): Promise<Set<string>>
  /** Of the deliveries, how many are so. */
  count(where: string): Promise<number>
  /** Until none of the deliveries is so; throws if that takes minutes. Answers how long it took, ms. */
  until(where: string): Promise<number>
  /** The server is killed and comes back, its clock `ms` further on. */
  jump(ms: number): Promise<void>
  /** The server's clock. */
  now(): Date
}

/** Takes a request in, and says under which id it came. */
async function openReceiver(take: (id: string, body: string, response: ServerResponse) => void) {
  const http = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => take(String(request.headers['webhook-id']), body, response))
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const close = () => {
    http.closeAllConnections()
    http.close()
  }
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, close }
}

/** Opens it for as long as `play` takes. */
export async function withHooks<T>(respond: Respond, play: (scene: HookScene) => Promise<T>): Promise<T> {
  const stage = await openStage([], script)
  const db = new Database({ connectionString: stage.database })
  const got = new Map<string, number>()
  const receiver = await openReceiver((id, body, response) => {
    got.set(id, (got.get(id) ?? 0) + 1)
    scene.respond(body, response)
  })
  let ahead = 0
  const scene: HookScene = {
    stage,
    db,
    admin: client(stage.url, ''),
    endpoint: { params: { id: '' } },
    got,
    respond,
    async written() {
      const { rows } = await db.query<{ event_id: string }>('select event_id from webhook_deliveries')
      return new Set(rows.map((row) => row.event_id))
    },
    async count(where) {
      const { rows } = await db.query<{ n: number }>(`select count(*)::int as n from webhook_deliveries where ${where}`)
      return rows[0]?.n ?? 0
    },
    async until(where) {
      const started = performance.now()
      while ((await scene.count(where)) > 0) {
        if (performance.now() - started > patienceMs) throw new Error(`still so after minutes: ${where}`)
        await sleep(100)
      }
      return performance.now() - started
    },
    async jump(ms) {
      ahead += ms
      await stage.killServer()
      await stage.startServer({ AHEAD: String(ahead) })
    },
    now: () => new Date(Date.now() + ahead),
  }
  try {
    await db.connect()
    const { secret } = await client(stage.url, await stage.sign('ada', 'admin', 3600)).call('agentCreateKey', {
      body: { kind: 'admin', name: 'backend' },
    })
    scene.admin = client(stage.url, secret ?? '')
    const { id } = await scene.admin.call('agentCreateWebhook', {
      body: { url: receiver.url, types: ['support.ticket_created', 'support.message_sent'] },
    })
    scene.endpoint.params.id = id
    return await play(scene)
  } finally {
    await db.end()
    receiver.close()
    await stage.close()
  }
}

/** So many events, by customers who write at once and try again until each message is acknowledged. */
export async function writeEvents(stage: Stage, events: number): Promise<void> {
  const persist = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await attempt()
      } catch {
        await sleep(200)
      }
    }
  }
  const one = async (name: string, count: number) => {
    const customer = client(stage.url, await stage.sign(name, 'customer', 3600))
    const { id } = await persist(() => customer.call('createTicket', { body: { subject: 'Hooks', body: 'Message 1', client_id: name } }))
    for (let n = 2; n <= count; n++)
      await persist(() => customer.call('sendMessage', { params: { id }, body: { body: `Message ${n}`, client_id: `${name}-${n}` } }))
  }
  const writers = Array.from(
    { length: Math.ceil(events / perWriter) },
    (_, at) => [`writer-${at}`, Math.min(perWriter, events - at * perWriter)] as const,
  )
  const hands = Array.from({ length: 10 }, async () => {
    for (let next = writers.shift(); next; next = writers.shift()) await one(...next)
  })
  await Promise.all(hands)
}

/** Each of `some` is one of `others`, and the other way round. */
export const isSame = (some: Iterable<string>, others: ReadonlySet<string>): boolean => {
  const set = new Set(some)
  return set.size === others.size && [...set].every((one) => others.has(one))
}
