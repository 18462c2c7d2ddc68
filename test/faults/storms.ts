import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentMessage } from '@support-widget/shared/message.ts'
import { socketPath } from '@support-widget/shared/socket.ts'
import { io } from 'socket.io-client'
import { openStage, type Stage } from './stage.ts'
import { broken, type Fault, quantile } from './verdict.ts'

/** Runs `work` on a stage, which is gone afterwards. */
async function onStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await openStage()
  try {
    return await work(stage)
  } finally {
    await stage.close()
  }
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

async function post<T>(
  stage: Stage,
  token: string,
  route: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: T; ms: number }> {
  const started = performance.now()
  const response = await fetch(stage.url + route, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as T, ms: performance.now() - started }
}

/** Reads a ticket again and again, each time what is after the last `seq`; answers the ids that it met. */
async function read(stage: Stage, token: string, route: string, isOver: () => boolean): Promise<string[]> {
  const met: AgentMessage[] = []
  for (let last = false; !last; ) {
    last = isOver()
    const response = await fetch(`${stage.url}${route}?after_seq=${met.at(-1)?.seq ?? 0}&limit=200`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    met.push(...((await response.json()) as { data: AgentMessage[] }).data)
  }
  return met.map((one) => one.id)
}

const commitOrder: Fault = {
  id: 'D16',
  about: 'eight agents write at once, readers ask after the last they have',
  run: () =>
    onStage(async (stage) => {
      const agents = await Promise.all(times(8, (n) => stage.sign(`agent-${n}`, 'agent')))
      const { body: ticket } = await post<{ id: string }>(stage, await stage.sign('ann'), '/v1/support/tickets', { subject: 'Order', body: 'x' })
      const route = `/v1/admin/support/tickets/${ticket.id}/messages`
      let isOver = false
      const [first = ''] = agents
      const readers = times(3, () => read(stage, first, route, () => isOver))
      await Promise.all(
        agents.map(async (token) => {
          for (let n = 0; n < 23; n++) await post(stage, token, route, { body: `${n}` })
        }),
      )
      isOver = true
      const met = await Promise.all(readers)
      const skipped = met.map((ids) => 8 * 23 + 1 - new Set(ids).size)
      return {
        figures: { messages: 8 * 23 + 1, skipped: skipped.join(' ') },
        faults: broken({ 'nobody skips': skipped.every((count) => count === 0) }),
      }
    }),
}

const duplicates: Fault = {
  id: 'D19',
  about: 'fifty at once with the same key, key after key',
  run: ({ seconds }) =>
    onStage(async (stage) => {
      const token = await stage.sign('ann')
      const keys = seconds * 3
      const answers = []
      for (let key = 0; key < keys; key++) {
        const one = () =>
          post<{ id?: string }>(stage, token, '/v1/support/tickets', { subject: `Key ${key}`, body: 'x' }, { 'Idempotency-Key': `key-${key}` })
        answers.push(await Promise.all(times(50, one)))
      }
      const all = answers.flat()
      const statuses = Object.fromEntries(Object.entries(Object.groupBy(all, (one) => one.status)).map(([status, list]) => [status, list?.length]))
      const ids = new Set(all.flatMap((one) => one.body.id ?? []))
      const list = await fetch(`${stage.url}/v1/support/tickets?per_page=1`, { headers: { Authorization: `Bearer ${token}` } })
      const { pagination } = (await list.json()) as { pagination: { total: number } }
      const ms = all.map((one) => one.ms)
      return {
        figures: { keys, rows: pagination.total, answers: JSON.stringify(statuses), 'p50 / p99 ms': `${quantile(ms, 0.5)} / ${quantile(ms, 0.99)}` },
        faults: broken({
          'one row for each key': pagination.total === keys && ids.size === keys,
          'each is done or told to wait': all.every((one) => one.status === 201 || one.status === 409),
          'each key is answered': answers.every((of) => of.some((one) => one.status === 201)),
        }),
      }
    }),
}

const storm: Fault = {
  id: 'D11',
  about: 'a thousand idle widgets come back after a kill',
  run: () =>
    onStage(async (stage) => {
      const count = 1_000
      const tokens = await Promise.all(times(100, (n) => stage.sign(`idle-${n}`)))
      const sockets = times(count, (n) => {
        const socket = io(stage.url, {
          path: socketPath,
          auth: { token: tokens[n % 100] },
          transports: ['websocket'],
          forceNew: true,
          reconnectionDelayMax: 5_000,
        })
        // The stock client takes a refusal for the last word; the widget asks again.
        socket.on('connect_error', () => socket.active || setTimeout(() => socket.connect(), 1_000 + Math.random() * 2_000))
        return socket
      })
      const up = () => sockets.filter((socket) => socket.connected).length
      const untilAll = async (most: number) => {
        const started = performance.now()
        while (up() < count && performance.now() - started < most) await sleep(50)
        return performance.now() - started
      }
      await untilAll(60_000)
      await stage.killServer()
      while (up() > 0) await sleep(20)
      await stage.startServer()
      const probes: number[] = []
      let isOver = false
      const probing = (async () => {
        while (!isOver) {
          const started = performance.now()
          await fetch(`${stage.url}/v1/support/me`, { headers: { Authorization: `Bearer ${tokens[0]}` } }).catch(() => null)
          probes.push(performance.now() - started)
          await sleep(50)
        }
      })()
      const back = await untilAll(60_000)
      isOver = true
      await probing
      const missing = count - up()
      for (const socket of sockets) socket.close()
      return {
        figures: { widgets: count, 'all back after ms': Math.round(back), 'p99 of the API meanwhile ms': quantile(probes, 0.99) },
        faults: broken({ 'all are back within 30 s': missing === 0 && back <= 30_000 }),
      }
    }),
}

/** A connection that sends a byte now and then. Answers how long the server bore it once it was connected, ms. */
function dawdle(stage: Stage, head: string): Promise<number> {
  const { hostname, port } = new URL(stage.url)
  let started = performance.now()
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let timer: NodeJS.Timeout | undefined
    socket.on('connect', () => {
      started = performance.now()
      socket.write(head)
      timer = setInterval(() => socket.write('x'), 1_000)
    })
    socket.on('error', () => {})
    socket.resume()
    socket.on('close', () => {
      clearInterval(timer)
      resolve(performance.now() - started)
    })
  })
}

const slow: Fault = {
  id: 'D21',
  about: '2,000 connections with slow headers and 500 with slow bodies beside fifty good requests a second',
  run: () =>
    onStage(async (stage) => {
      const token = await stage.sign('ann')
      const heads = times(2_000, () => dawdle(stage, 'GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: '))
      const body = `POST /v1/support/tickets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`
      const bodies = times(500, () => dawdle(stage, body))
      let isOver = false
      const good: { ok: boolean; ms: number }[] = []
      const asking = (async () => {
        while (!isOver) {
          const started = performance.now()
          const done = fetch(`${stage.url}/v1/support/me`, { headers: { Authorization: `Bearer ${token}` } }).then(
            (response) => response.ok,
            () => false,
          )
          void done.then((ok) => good.push({ ok, ms: performance.now() - started }))
          await sleep(20)
        }
      })()
      const [slowestHead, slowestBody] = await Promise.all([heads, bodies].map(async (all) => Math.max(...(await Promise.all(all)))))
      isOver = true
      await asking
      await sleep(500)
      const share = good.filter((one) => one.ok).length / good.length
      return {
        figures: {
          'good requests': good.length,
          'answered %': (share * 100).toFixed(2),
          'p99 ms': quantile(
            good.map((one) => one.ms),
            0.99,
          ),
          'slow headers borne ms': Math.round(slowestHead ?? 0),
          'slow bodies borne ms': Math.round(slowestBody ?? 0),
        },
        faults: broken({
          'good requests are answered': share >= 0.999,
          'slow headers end within 12 s': (slowestHead ?? 0) <= 12_000,
          'slow bodies end within 32 s': (slowestBody ?? 0) <= 32_000,
        }),
      }
    }),
}

export const storms: Fault[] = [storm, commitOrder, duplicates, slow]
