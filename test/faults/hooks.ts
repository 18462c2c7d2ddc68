import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client as Database } from 'pg'
import { client } from '../support/client.ts'
import { openStage, type Stage } from './stage.ts'
import { broken, type Fault } from './verdict.ts'

/** Of one endpoint so many requests are under way at most. */
const underWay = 4
const events = 1_000
/** Whoever was killed has nothing any more after that, and so has had time enough to be heard of. */
const graceMs = 180_000
/** A server that may call this machine. */
const script = fileURLToPath(new URL('../support/ahead.ts', import.meta.url))

/** Somebody's server that takes what comes, in its time; how often each id came. */
async function openReceiver() {
  const got = new Map<string, number>()
  const http = createServer((request, response) => {
    request.resume().on('end', () => {
      const id = String(request.headers['webhook-id'])
      got.set(id, (got.get(id) ?? 0) + 1)
      setTimeout(() => response.writeHead(204).end(), 25)
    })
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const close = () => {
    http.closeAllConnections()
    http.close()
  }
  return { got, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, close }
}

/** Ten customers who write a hundred messages each, and try again until each is acknowledged. */
async function write(stage: Stage): Promise<void> {
  const one = async (name: string) => {
    const customer = client(stage.url, await stage.sign(name, 'customer', 3600))
    const persist = async <T>(attempt: () => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await attempt()
        } catch {
          await sleep(200)
        }
      }
    }
    const { id } = await persist(() => customer.call('createTicket', { body: { subject: 'Hooks', body: 'One', client_id: name } }))
    for (let n = 1; n < events / 10; n++)
      await persist(() => customer.call('sendMessage', { params: { id }, body: { body: `Message ${n}`, client_id: `${name}-${n}` } }))
  }
  await Promise.all(Array.from({ length: 10 }, (_, n) => one(`writer-${n}`)))
}

async function killWhileSending(stage: Stage, seconds: number) {
  const receiver = await openReceiver()
  const db = new Database({ connectionString: stage.database })
  await db.connect()
  try {
    const admin = client(stage.url, await stage.sign('ada', 'admin', 3600))
    await admin.call('agentCreateWebhook', { body: { url: receiver.url, types: ['support.ticket_created', 'support.message_sent'] } })
    const writing = write(stage)
    let kills = 0
    for (let rest = seconds; rest > 0; rest -= 3) {
      await sleep(3_000)
      await stage.killServer()
      kills++
      await stage.startServer()
    }
    await writing
    const started = performance.now()
    const open = async () => Number((await db.query(`select count(*) as n from webhook_deliveries where state <> 'delivered'`)).rows[0].n)
    while ((await open()) > 0 && performance.now() - started < graceMs) await sleep(500)
    const { rows } = await db.query<{ event_id: string }>('select event_id from webhook_deliveries')
    const written = new Set(rows.map((row) => row.event_id))
    return { kills, written, got: receiver.got, open: await open(), took: performance.now() - started }
  } finally {
    await db.end()
    receiver.close()
  }
}

export const hooks: Fault[] = [
  {
    id: 'D7',
    about: `the server is killed every 3 s while it sends ${events} events to an endpoint`,
    async run({ seconds }) {
      const stage = await openStage([], script)
      try {
        const { kills, written, got, open, took } = await killWhileSending(stage, seconds)
        const twice = [...got.values()].reduce((sum, count) => sum + count - 1, 0)
        const missing = [...written].filter((id) => !got.has(id)).length
        return {
          figures: { events: written.size, kills, missing, 'sent again': twice, 'not delivered': open, 'drained after ms': Math.round(took) },
          faults: broken({
            'every event arrived': missing === 0 && written.size === events,
            'nothing else arrived': [...got.keys()].every((id) => written.has(id)),
            'sent again is at most what was under way': twice <= kills * underWay,
            'nothing is stuck': open === 0,
          }),
        }
      } finally {
        await stage.close()
      }
    },
  },
]
