import type { ServerResponse } from 'node:http'
import { delays } from '@support-widget/server/domain/delivery-work.ts'
import { type HookScene, isSame, withHooks, writeEvents } from './hook-scene.ts'
import { broken, type Fault, type Verdict } from './verdict.ts'

const [second, hour] = [1_000, 3_600_000]
/** Of a delay, the longest that its random part makes it. */
const longest = (delay: number) => delay * 1.05 + second
const everything = { after: '2020-01-01T00:00:00Z', before: '2099-01-01T00:00:00Z' }

/** Sends again what could not be delivered; answers how much it was. */
async function replay({ admin, endpoint }: HookScene): Promise<number> {
  for (let done = 0; ; ) {
    const { redelivered, has_more } = await admin.call('agentRedeliverWebhook', { ...endpoint, body: everything })
    done += redelivered
    if (!has_more) return done
  }
}

/** Of deliveries with so many attempts, `fewest` of them at least: the shortest and the longest wait until the next, as a part of the documented delay; null if there are fewer. */
async function waits({ db }: HookScene, attempts: number, fewest: number): Promise<[shortest: number, longest: number] | null> {
  const { rows } = await db.query<{ n: number; least: number; most: number }>(
    `select count(*)::int as n, min(wait)::float8 as least, max(wait)::float8 as most from (
      select extract(epoch from d.due_at - a.at) * 1000 - a.duration_ms as wait
      from webhook_deliveries d join webhook_attempts a on a.delivery_id = d.id and a.number = d.tries where d.attempts = $1) one`,
    [attempts],
  )
  const delay = delays[attempts - 1] ?? 0
  const [row] = rows
  return row && row.n >= fewest ? [row.least / delay, (row.most - second) / delay] : null
}

async function sixHours(scene: HookScene): Promise<Verdict> {
  const events = 500
  await writeEvents(scene.stage, events)
  let gone = 0
  for (const [at, delay] of delays.slice(0, 4).entries()) {
    await scene.until(`attempts <= ${at}`)
    await scene.jump(longest(delay))
    gone += longest(delay)
  }
  await scene.until('attempts <= 4')
  scene.respond = (_, response) => response.writeHead(204).end()
  await scene.jump(6 * hour - gone)
  const early = await scene.count(`state = 'delivered'`)
  await scene.jump(longest(delays[4]) - (6 * hour - gone))
  const took = await scene.until(`state = 'pending'`)
  const [written, delivered] = [await scene.written(), await scene.count(`state = 'delivered' and attempts = 6`)]
  return {
    figures: { events: written.size, 'delivered in the next slot': delivered, 'drained after ms': Math.round(took) },
    faults: broken({
      'everything arrived in the first slot after it was back': delivered === events && early === 0,
      'what arrived is what was written': isSame(scene.got.keys(), written) && written.size === events,
    }),
  }
}

async function eightyHours(scene: HookScene): Promise<Verdict> {
  const events = 500
  await writeEvents(scene.stage, events)
  const slots: ([number, number] | null)[] = []
  for (const [at, delay] of delays.entries()) {
    await scene.until(`attempts <= ${at}`)
    // The first wait is so short that for most it is over.
    slots.push(await waits(scene, at + 1, at === 0 ? 1 : events))
    await scene.jump(longest(delay))
  }
  await scene.until(`state = 'pending'`)
  const exhausted = await scene.count(`state = 'exhausted' and attempts = 10`)
  const { data } = await scene.admin.call('agentListDeliveries', { ...scene.endpoint, query: { status: ['exhausted'], page: 5, per_page: 100 } })
  const { rows } = await scene.db.query<{ n: number }>('select count(*)::int as n from webhook_attempts')
  const attempts = rows[0]?.n
  scene.respond = (_, response) => response.writeHead(204).end()
  const replayed = await replay(scene)
  await scene.until(`state = 'pending'`)
  const [written, delivered] = [await scene.written(), await scene.count(`state = 'delivered'`)]
  const [least, most] = [Math.min(...slots.map((one) => one?.[0] ?? 0)), Math.max(...slots.map((one) => one?.[1] ?? 9))]
  return {
    figures: {
      events: written.size,
      attempts: attempts ?? 0,
      exhausted,
      replayed,
      delivered,
      'shortest delay': least.toFixed(3),
      'longest delay': most.toFixed(3),
    },
    faults: broken({
      'ten attempts each': attempts === 10 * events,
      'at the documented delays, 0 to 5 % later': least >= 0.999 && most <= 1.05,
      'all are exhausted then, and can be seen': exhausted === events && data.length === 100,
      'sent again, all arrive': replayed === events && delivered === events,
      'what arrived is what was written': isSame(scene.got.keys(), written) && written.size === events,
    }),
  }
}

/** What a receiver knows that keeps messages by ticket and `seq`, whatever it answers. */
type Known = Map<string, Map<number, string>>

function moody(known: Known) {
  const answers = [
    [0.003, 410],
    [0.2, 500],
    [0.35, 429, { 'Retry-After': '1' }],
    [0.45, 302, { Location: '/elsewhere' }],
  ] as const
  return (body: string, response: ServerResponse) => {
    const { ticket, message } = (JSON.parse(body) as { data: { ticket: { id: string }; message?: { seq: number; body: string } } }).data
    if (message) known.set(ticket.id, (known.get(ticket.id) ?? new Map()).set(message.seq, message.body))
    const dice = Math.random()
    const [, status, headers = {}] = answers.find(([chance]) => dice < chance) ?? [1, 204]
    setTimeout(() => response.writeHead(status, headers).end(), Math.random() * 40)
  }
}

async function atRandom(scene: HookScene): Promise<Verdict> {
  const known: Known = new Map()
  const events = 2_000
  // Who is switched off is told nothing of what is written then.
  await writeEvents(scene.stage, events)
  scene.respond = moody(known)
  let on = 0
  for (let round = 0; round < 100 && (await scene.count(`state <> 'delivered'`)) > 0; round++) {
    await scene.until(`state = 'pending' and due_at <= '${scene.now().toISOString()}'`)
    const { enabled } = await scene.admin.call('agentGetWebhook', scene.endpoint)
    const pending = await scene.count(`state = 'pending'`)
    if (!enabled) {
      on++
      await scene.admin.call('agentUpdateWebhook', { ...scene.endpoint, body: { enabled: true } })
    }
    if (!enabled || pending === 0) await replay(scene)
    else await scene.jump(24 * hour * 1.1)
  }
  const off = (await scene.admin.call('agentListAudit', { query: { action: ['webhook_disabled'], per_page: 100 } })).data.length
  const isOff = !(await scene.admin.call('agentGetWebhook', scene.endpoint)).enabled
  const [written, delivered] = [await scene.written(), await scene.count(`state = 'delivered'`)]
  const { rows } = await scene.db.query<{ n: number }>(`select count(*)::int as n from messages where author_type = 'customer' and seq > 1`)
  const kept = [...known.values()].flatMap((thread) => [...thread])
  const requests = [...scene.got.values()].reduce((sum, count) => sum + count, 0)
  return {
    figures: { events: written.size, requests, delivered, 'switched off': off, 'switched on again': on },
    faults: broken({
      'everything was delivered in the end': delivered === events && isSame(scene.got.keys(), written),
      'what the receiver knows is what was written':
        kept.filter(([seq]) => seq > 1).length === rows[0]?.n && kept.every(([seq, body]) => body === `Message ${seq}`),
      'a 410 switches it off once': off === on + (isOff ? 1 : 0) && off > 0,
    }),
  }
}

async function poisoned(scene: HookScene): Promise<Verdict> {
  const events = 10_000
  await writeEvents(scene.stage, events)
  await scene.until(`state = 'pending'`)
  const { rows } = await scene.db.query<{ id: string; body: unknown }>('select id, body from webhook_deliveries order by id limit 1')
  const [first] = rows
  const setBody = (body: unknown) => scene.db.query('update webhook_deliveries set body = $2 where id = $1', [first?.id, JSON.stringify(body)])
  const isOther = `id <> '${first?.id}'`
  /** Everything once more; how long the others take, ms. */
  const drain = async (body: unknown) => {
    await scene.stage.killServer()
    await setBody(body)
    await scene.db.query(`update webhook_deliveries set state = 'pending', attempts = 0, ended_at = null, taken_until = null, due_at = created_at`)
    scene.got.clear()
    await scene.stage.startServer()
    return scene.until(`state = 'pending' and ${isOther}`)
  }
  const [clean, bad]: [number[], number[]] = [[], []]
  for (let round = 0; round < 3; round++) {
    clean.push(await drain(first?.body))
    bad.push(await drain({ data: { message: { attachments: 5 } } }))
  }
  const others = scene.got.size
  for (const [at, delay] of delays.entries()) {
    await scene.until(`state = 'pending' and attempts <= ${at}`)
    await scene.jump(longest(delay))
  }
  await scene.until(`state = 'pending'`)
  const parked = await scene.count(`state = 'exhausted' and attempts = 10 and not ${isOther}`)
  const [fast, slow] = [Math.min(...clean), Math.min(...bad)]
  return {
    figures: {
      events,
      'drained in ms': Math.round(fast),
      'with one that cannot be sent': Math.round(slow),
      ratio: (slow / fast).toFixed(3),
      others,
      parked,
    },
    faults: broken({
      'it is parked after ten attempts': parked === 1,
      'all others arrive': others === events - 1 && (await scene.count(`state = 'delivered'`)) === events - 1,
      'they take hardly longer': slow / fast < 1.05,
    }),
  }
}

const down = (_: string, response: ServerResponse) => response.writeHead(503).end()

export const outages: Fault[] = [
  { id: 'D8', about: 'a receiver is down for 6 hours', run: () => withHooks(down, sixHours) },
  { id: 'D8', about: 'a receiver is down for 80 hours', run: () => withHooks(down, eightyHours) },
  {
    id: 'D10',
    about: 'a receiver answers 500, 429, 410 and 302 at random, and in another order than it is asked',
    run: () => withHooks(down, atRandom),
  },
  {
    id: 'D20',
    about: 'one event among many can never be sent',
    run: () => withHooks((_, response) => response.writeHead(204).end(), poisoned),
  },
]
