import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentMessage, Message } from '@support-widget/shared/message.ts'
import { socketPath } from '@support-widget/shared/socket.ts'
import { io } from 'socket.io-client'
import type { Stage } from './stage.ts'

export interface LoadOptions {
  users: number
  /** Messages of each user in a second. */
  rate: number
  /** False breaks what makes a repeated attempt harmless: each goes under a name of its own. */
  named: boolean
}

/** What acknowledged writes and later reads say of each other. */
export interface Report {
  acked: number
  lost: number
  duplicated: number
  outOfOrder: number
  /** Places where a ticket's `seq` is not the one before and 1. */
  gaps: number
  /** Messages that a reader who asked `after_seq` all the time did not get exactly once and in order. */
  misread: number
  unackedButPresent: number
  /** Longest time without any acknowledgement, ms. */
  outage: number
  /** Refusals by status; 0 is no answer. */
  refused: Record<string, number>
  /** 503 without `Retry-After`. */
  bare: number
  /** Times of answers that were refusals, ms. */
  refusals: number[]
  /** Attempts without an answer for ten seconds. */
  hung: number
}

export interface Load {
  /** Lets every user finish the message at hand, reads everything back, and compares. */
  finish(): Promise<Report>
  acked(): number
  /** Resolves when each user has their ticket. */
  allCame(): Promise<void>
}

interface Acked {
  ticket: string
  body: string
}

/** One attempt in twenty is given up early and made again, as on a bad network. */
const impatience = 0.05
const patience = 10_000
/** They come one after the other: a crowd before a cold server is no fault of what is broken then. */
const comeEveryMs = 15
/** Whoever has been refused for so long says that the server does not come back by itself. */
const graceMs = 60_000

/** Users who write all the time, each acknowledged message kept in a file of its own before the next one; readers who ask after what is new; an agent who listens. */
export async function startLoad(stage: Stage, { users, rate, named }: LoadOptions): Promise<Load> {
  const path = join(stage.folder, 'ledger.jsonl')
  const file = openSync(path, 'w')
  const report: Report = {
    acked: 0,
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
    gaps: 0,
    misread: 0,
    unackedButPresent: 0,
    outage: 0,
    refused: {},
    bare: 0,
    refusals: [],
    hung: 0,
  }
  let stopping = false
  let lastAck = performance.now()

  const acknowledge = (entry: Acked) => {
    writeSync(file, `${JSON.stringify(entry)}\n`)
    fsyncSync(file)
    report.acked++
    report.outage = Math.max(report.outage, performance.now() - lastAck)
    lastAck = performance.now()
  }

  const note = (response: Response | null, took: number) => {
    const status = String(response?.status ?? 0)
    report.refused[status] = (report.refused[status] ?? 0) + 1
    if (!response && took >= patience - 100) report.hung++
    if (response) report.refusals.push(took)
    if (response?.status === 503 && !response.headers.has('retry-after')) report.bare++
  }

  /** Null if it was refused, or there was no answer. */
  const attempt = async <T>(token: string, route: string, body: object): Promise<T | null> => {
    const given = Math.random() < impatience ? Math.ceil(Math.random() * 50) : patience
    const started = performance.now()
    const response = await fetch(stage.url + route, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(given),
    }).catch(() => null)
    const answer = response && (await response.json().catch(() => null))
    if (response?.status === 201) return answer as T
    if (response || given === patience) note(response, performance.now() - started)
    return null
  }

  /** Repeats a write until it is acknowledged. */
  const insist = async <T>(token: string, route: string, body: object, name: string): Promise<T> => {
    for (let times = 0; ; times++) {
      const answer = await attempt<T>(token, route, { ...body, client_id: named ? name : `${name}-${times}` })
      if (answer) return answer
      if (performance.now() - lastAck > graceMs)
        throw new Error(`nothing was acknowledged for ${graceMs / 1000} s: ${JSON.stringify(report.refused)}`)
      await sleep(50 + Math.random() * 100)
    }
  }

  let begun = 0
  const user = async (n: number) => {
    const token = await stage.sign(`user-${n}`)
    await sleep(n * comeEveryMs)
    const { id: ticket } = await insist<{ id: string }>(token, '/v1/support/tickets', { subject: `Load ${n}`, body: `${n} 0` }, `ticket-${n}`)
    acknowledge({ ticket, body: `${n} 0` })
    begun++
    let isDone = false
    const read = n % 4 === 0 ? follow(stage, token, ticket, () => isDone) : null
    for (let i = 1; !stopping; i++) {
      const next = sleep(1000 / rate)
      const body = `${n} ${i}`
      await insist(token, `/v1/support/tickets/${ticket}/messages`, { body }, `message-${i}`)
      acknowledge({ ticket, body })
      await next
    }
    isDone = true
    return { ticket, token, followed: (await read) ?? null }
  }

  const order = await hearAgents(stage)
  const all = Promise.all(Array.from({ length: users }, (_, n) => user(n)))
  return {
    acked: () => report.acked,
    async allCame() {
      while (begun < users) await sleep(50)
    },
    async finish() {
      stopping = true
      const done = await all
      order.close()
      report.outOfOrder += order.backwards()
      closeSync(file)
      const lines = readFileSync(path, 'utf8').trim().split('\n')
      const acked = Map.groupBy(
        lines.map((line) => JSON.parse(line) as Acked),
        (one) => one.ticket,
      )
      for (const { ticket, token, followed } of done) {
        const messages = await readFrom(stage, token, ticket, 0)
        compare(
          report,
          messages,
          (acked.get(ticket) ?? []).map((one) => one.body),
        )
        const bodies = messages.map((one) => one.body)
        if (followed) report.misread += bodies.filter((body, at) => followed[at] !== body).length + Math.max(0, followed.length - bodies.length)
      }
      return report
    },
  }
}

/** Holds a ticket's messages against what was acknowledged. */
function compare(report: Report, messages: readonly Message[], acked: readonly string[]): void {
  const bodies = messages.map((one) => one.body)
  const present = new Set(bodies)
  report.lost += acked.filter((body) => !present.has(body)).length
  report.duplicated += bodies.length - present.size
  report.unackedButPresent += [...present].filter((body) => !acked.includes(body)).length
  report.gaps += messages.filter((one, at) => one.seq !== at + 1).length
  const places = bodies.map((body) => Number(body.split(' ')[1]))
  report.outOfOrder += places.filter((place, at) => place < (places[at - 1] ?? 0)).length
}

/** Everything after `seq`, page by page; asks again until it is answered. */
export async function readFrom(stage: Stage, token: string, ticket: string, seq: number): Promise<Message[]> {
  const found: Message[] = []
  for (;;) {
    const after = found.at(-1)?.seq ?? seq
    const response = await fetch(`${stage.url}/v1/support/tickets/${ticket}/messages?after_seq=${after}&limit=200`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(patience),
    }).catch(() => null)
    const page = response?.status === 200 ? ((await response.json().catch(() => null)) as { data: Message[]; has_more: boolean } | null) : null
    await (response?.bodyUsed ? null : response?.body?.cancel())
    if (!page) {
      await sleep(200)
      continue
    }
    found.push(...page.data)
    if (!page.has_more) return found
  }
}

/** Asks after what is new until all is over, and once more. Answers the bodies as they came. */
async function follow(stage: Stage, token: string, ticket: string, isOver: () => boolean): Promise<string[]> {
  const read: Message[] = []
  for (let last = false; !last; ) {
    last = isOver()
    read.push(...(await readFrom(stage, token, ticket, read.at(-1)?.seq ?? 0)))
    if (!last) await sleep(200)
  }
  return read.map((one) => one.body)
}

/** An agent's socket that comes back by itself: counts the messages that came after a later one of their ticket. */
async function hearAgents(stage: Stage): Promise<{ backwards(): number; close(): void }> {
  const last = new Map<string, number>()
  let backwards = 0
  const socket = io(stage.url, {
    path: socketPath,
    auth: { token: await stage.sign('sam', 'agent') },
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelayMax: 500,
  })
  socket.on('message.created', ({ ticket_id, message }: { ticket_id: string; message: AgentMessage }) => {
    if (message.seq < (last.get(ticket_id) ?? 0)) backwards++
    last.set(ticket_id, message.seq)
  })
  return { backwards: () => backwards, close: () => socket.close() }
}
