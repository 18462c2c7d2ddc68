import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

/** A message as the model keeps it; `read` by the other side. */
interface Said {
  body: string
  by: 'customer' | 'agent' | 'note' | 'system'
  read: boolean
}

/** A thread as the model keeps it: `number` is the ticket's, `into` the thread in which it goes on. */
interface Thread {
  id: string
  number: string
  messages: { said: Said; shared: { body: string } }[]
  into: Thread | null
}

type Step = { do: 'reply' | 'answer' | 'note' | 'fields' | 'readCustomer' | 'readAgents' | 'redact' | 'merge'; on: number; at: number }

const step = fc.record({
  do: fc.constantFrom<Step['do'][]>('reply', 'answer', 'note', 'note', 'fields', 'readCustomer', 'readAgents', 'redact', 'merge'),
  on: fc.nat({ max: 2 }),
  at: fc.nat({ max: 30 }),
})

const isPublic = (said: Said) => said.by !== 'note'
const others = { customer: 'agent', agents: 'customer' } as const
/** The other side's messages that this side has not read. */
const unread = (thread: Thread, side: keyof typeof others) => thread.messages.filter(({ said }) => said.by === others[side] && !said.read).length

async function play(steps: readonly Step[]): Promise<void> {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const threads: Thread[] = []
  for (const body of ['One', 'Two', 'Three']) {
    const { id, number } = await newTicket(alice, { body })
    threads.push({ id, number, into: null, messages: [add(body, 'customer')] })
  }
  const world = { alice, sam, threads }
  let before = await customerSees(world)
  for (const [n, one] of steps.entries()) {
    const hidden = await take(world, one, `Text ${n}`)
    const after = await customerSees(world)
    if (hidden) expect(after).toEqual(before)
    // What agents have read is all that their reading shows.
    if (one.do === 'readAgents') expect(after.map(unseen)).toEqual(before.map(unseen))
    before = after
  }
  for (const thread of threads) await compare(world, thread)
  const open = threads.filter(({ into }) => into === null)
  expect(await alice.call('getMe', {})).toMatchObject({
    open_tickets: open.length,
    unread_count: open.reduce((sum, thread) => sum + unread(thread, 'customer'), 0),
  })
}

interface World {
  alice: Client
  sam: Client
  threads: Thread[]
}

const add = (body: string, by: Said['by']) => ({ said: { body, by, read: false }, shared: { body } })

/** Everything that the customer can ask for, byte by byte. */
async function customerSees({ alice, threads }: World): Promise<string[]> {
  const answers = [await alice.send('listTickets'), await alice.send('getMe')]
  for (const { id } of threads) answers.push(await alice.send('getTicket', { params: { id } }), await alice.send('listMessages', { params: { id } }))
  return answers.map(({ text }) => text)
}

const unseen = (answer: string) => answer.replace(/"agent_read_seq":\d+/g, '')

/** Takes one step in the product and in the model; true if the customer must see nothing of it. */
async function take(world: World, { do: what, on, at }: Step, body: string): Promise<boolean> {
  const thread = world.threads[on] as Thread
  const params = { id: thread.id }
  if (what === 'redact') return redact(world, thread, at)
  if (what === 'merge') return merge(world, thread, world.threads[at % 3] as Thread)
  if (what === 'readCustomer' || what === 'readAgents') return read(world, thread, what === 'readAgents' ? 'agents' : 'customer', at)
  if (what === 'fields') {
    await world.sam.call('agentUpdateTicket', { params, body: { tags: [body], resolution_notes: body, country: body } })
    return true
  }
  const by = ({ reply: 'customer', answer: 'agent', note: 'note' } as const)[what]
  const answer =
    by === 'customer'
      ? await world.alice.send('sendMessage', { params, body: { body } })
      : await world.sam.send('agentSendMessage', { params, body: { body, is_internal: by === 'note' } })
  const shut = thread.into !== null && by !== 'note'
  expect(answer.status).toBe(shut ? 409 : 201)
  if (!shut) thread.messages.push(add(body, by))
  return shut || by === 'note'
}

async function redact({ sam }: World, thread: Thread, at: number): Promise<boolean> {
  const { messages } = await sam.call('agentGetTicket', { params: { id: thread.id } })
  const index = at % messages.length
  await sam.call('agentRedactMessage', { params: { id: thread.id, message_id: messages[index]?.id ?? '' } })
  const one = thread.messages[index]
  if (one) one.shared.body = ''
  return one?.said.by === 'note'
}

async function merge({ sam }: World, source: Thread, target: Thread): Promise<boolean> {
  const answer = await sam.send('agentMergeTicket', { params: { id: source.id }, body: { into: target.id } })
  const possible = source !== target && source.into === null && target.into === null
  expect(answer.status).toBe(possible ? 200 : 409)
  if (!possible) return true
  const [customerBehind, agentsBehind] = [unread(target, 'customer') > 0, unread(target, 'agents') > 0]
  target.messages.push(add(`Ticket ${source.number} was merged into this one. Its messages follow.`, 'system'))
  for (const { said, shared } of source.messages) {
    const behind = said.by === 'agent' ? customerBehind : agentsBehind
    target.messages.push({ said: { ...said, read: said.read && !behind }, shared })
  }
  source.messages.push(add(`This ticket was merged into ${target.number} and goes on there.`, 'system'))
  for (const { said } of source.messages) said.read = true
  source.into = target
  return false
}

async function read({ alice, sam }: World, thread: Thread, side: keyof typeof others, seq: number): Promise<boolean> {
  const input = { params: { id: thread.id }, body: { seq } }
  if (side === 'customer') await alice.call('readTicket', input)
  else await sam.call('agentReadTicket', input)
  const seen = side === 'customer' ? thread.messages.filter(({ said }) => isPublic(said)) : thread.messages
  for (const { said } of seen.slice(0, seq)) if (said.by === others[side]) said.read = true
  return false
}

async function compare({ alice, sam }: World, thread: Thread): Promise<void> {
  const params = { id: thread.id }
  const sides = [
    { seen: await sam.call('agentGetTicket', { params }), expected: thread.messages, unread: unread(thread, 'agents') },
    {
      seen: await alice.call('getTicket', { params }),
      expected: thread.messages.filter(({ said }) => isPublic(said)),
      unread: unread(thread, 'customer'),
    },
  ]
  for (const { seen, expected, unread: count } of sides) {
    expect(seen.messages.map(({ body }) => body)).toEqual(expected.map(({ shared }) => shared.body))
    expect(seen.messages.map(({ seq }) => seq)).toEqual(expected.map((_, at) => at + 1))
    expect(seen).toMatchObject({
      message_count: expected.length,
      last_seq: expected.length,
      unread_count: count,
      merged_into: thread.into?.id ?? null,
    })
  }
}

test('THREAD-1: whatever is written, noted, read, redacted and merged, both sides see the model’s thread, and a note changes no byte of the customer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => play(steps)),
    { numRuns: 10 },
  )
})

test('THREAD-2: 50 mixed operations at once leave both orders gapless and the same', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const [ticket, other] = [await newTicket(alice), await newTicket(alice)]
  const params = { id: ticket.id }
  const first = ticket.messages[0]?.id ?? ''
  const kinds = [
    () => alice.send('sendMessage', { params, body: { body: 'Question' } }),
    () => sam.send('agentSendMessage', { params, body: { body: 'Answer' } }),
    () => sam.send('agentSendMessage', { params, body: { body: 'Note', is_internal: true } }),
    (n: number) => sam.send('agentUpdateTicket', { params, body: { tags: [String(n)] } }),
    () => sam.send('agentRedactMessage', { params: { ...params, message_id: first } }),
    () => alice.send('sendMessage', { params: { id: other.id }, body: { body: 'Elsewhere' } }),
    () => sam.send('agentMergeTicket', { params: { id: other.id }, body: { into: ticket.id } }),
    (n: number) => alice.send('readTicket', { params, body: { seq: n } }),
  ]
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => (kinds[n % kinds.length] as (n: number) => ReturnType<Client['send']>)(n)))
  expect(answers.filter(({ status }) => status >= 400 && status !== 409).map(({ text }) => text)).toEqual([])
  for (const { id } of [ticket, other]) {
    const [agents, customer] = [await sam.call('agentGetTicket', { params: { id } }), await alice.call('getTicket', { params: { id } })]
    for (const side of [agents, customer]) {
      expect(side.messages.map(({ seq }) => seq)).toEqual(side.messages.map((_, at) => at + 1))
      expect(side).toMatchObject({ last_seq: side.messages.length, message_count: side.messages.length })
    }
    expect(customer.messages.map((one) => one.id)).toEqual(agents.messages.filter((one) => !one.is_internal).map((one) => one.id))
  }
  const merged = (await sam.call('agentGetTicket', { params })).messages.filter(({ merged_from }) => merged_from === other.id)
  const left = (await sam.call('agentGetTicket', { params: { id: other.id } })).messages
  expect(merged.map(({ body }) => body)).toEqual(left.slice(0, -1).map(({ body }) => body))
})

const value = fc.oneof(
  fc.string({ maxLength: 20, unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
)
const key = fc.constantFrom('order', 'size', 'constructor', 'toString', 'hasOwnProperty', 'Ü', '0', '10', '2', 'a.b', '__proto')

test('FIELD-1: changes of custom fields are merged as in a map, null removes', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const patches = fc.array(fc.uniqueArray(fc.tuple(key, fc.option(value)), { maxLength: 6, selector: ([name]) => name }), {
    minLength: 1,
    maxLength: 6,
  })
  const run = async (changes: [string, string | number | boolean | null][][]) => {
    const { id } = await newTicket(alice)
    const model = new Map<string, unknown>()
    for (const patch of changes) {
      for (const [name, to] of patch) {
        if (to === null) model.delete(name)
        else model.set(name, Object.is(to, -0) ? 0 : to)
      }
      const body = { custom_fields: Object.fromEntries(patch) }
      const answer = await sam.send('agentUpdateTicket', { params: { id }, body })
      expect([answer.status, (answer.body as { custom_fields: object }).custom_fields]).toEqual([200, Object.fromEntries(model)])
    }
    expect((await alice.call('getTicket', { params: { id } })).custom_fields).toEqual(Object.fromEntries(model))
  }
  await fc.assert(
    fc.asyncProperty(patches, (changes) => run(changes)),
    { numRuns: 30 },
  )
})

test('FIELD-2: 50 keys after a merge are kept, one more is refused and changes nothing', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const { id } = await newTicket(alice)
  const set = (custom_fields: object) => sam.send('agentUpdateTicket', { params: { id }, body: { custom_fields } })
  const keys = (from: number, to: number, to_value: unknown = 1) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`k${from + n}`, to_value]))
  expect((await set(keys(0, 50))).status).toBe(200)
  const refused = await set({ more: 1 })
  expect([refused.status, refused.body]).toMatchObject([400, { errors: [{ location: 'body.custom_fields' }] }])
  expect((await set({ ...keys(0, 10, null), ...keys(50, 60) })).status).toBe(200)
  expect(Object.keys((await alice.call('getTicket', { params: { id } })).custom_fields)).toHaveLength(50)
})
