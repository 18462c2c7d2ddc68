import { type Status, statuses } from '@support-widget/shared/vocabulary.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

/** A ticket's whole life against a small model of it: status, times, version, both sequences, both read positions. */

type Step =
  | { type: 'customer' | 'answer' | 'note'; resend: boolean }
  | { type: 'status'; to: Status }
  | { type: 'priority'; to: 'low' | 'high' }
  | { type: 'close' }
  | { type: 'read'; by: 'customer' | 'agent'; seq: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom('customer', 'answer', 'note'), resend: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('status'), to: fc.constantFrom(...statuses) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('priority'), to: fc.constantFrom('low', 'high') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('close') }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('read'), by: fc.constantFrom('customer', 'agent'), seq: fc.nat(8) }) },
)

interface Model {
  status: Status
  resolved: boolean
  closed: boolean
  version: number
  priority: string
  /** Who wrote each message, in order. */
  written: ('customer' | 'answer' | 'note')[]
  read: { customer: number; agent: number }
}

const start: Model = {
  status: 'open',
  resolved: false,
  closed: false,
  version: 1,
  priority: 'normal',
  written: ['customer'],
  read: { customer: 1, agent: 0 },
}

function moved(model: Model, to: Status): Model {
  if (to === model.status) return model
  const times = {
    open: { resolved: false, closed: false },
    in_progress: { resolved: false, closed: false },
    resolved: { resolved: true, closed: false },
    closed: { resolved: model.resolved, closed: true },
  }
  return { ...model, ...times[to], status: to, version: model.version + 1 }
}

function after(model: Model, step: Step): Model {
  switch (step.type) {
    case 'customer':
      if (model.status === 'closed') return model
      return moved({ ...model, written: [...model.written, 'customer'] }, model.status === 'resolved' ? 'in_progress' : model.status)
    case 'answer':
      return moved({ ...model, written: [...model.written, 'answer'] }, model.status === 'open' ? 'in_progress' : model.status)
    case 'note':
      return { ...model, written: [...model.written, 'note'] }
    case 'status':
      return moved(model, step.to)
    case 'priority':
      return step.to === model.priority ? model : { ...model, priority: step.to, version: model.version + 1 }
    case 'close':
      return moved(model, 'closed')
    case 'read': {
      const end = step.by === 'customer' ? open(model).length : model.written.length
      return { ...model, read: { ...model.read, [step.by]: Math.max(model.read[step.by], Math.min(step.seq, end)) } }
    }
  }
}

const open = (model: Model) => model.written.filter((kind) => kind !== 'note')

/** What either side must see. */
function views(model: Model) {
  const seen = open(model)
  const common = { status: model.status, priority: model.priority, isResolved: model.resolved, isClosed: model.closed }
  return {
    customer: {
      ...common,
      message_count: seen.length,
      last_seq: seen.length,
      agent_read_seq: model.written.slice(0, model.read.agent).filter((kind) => kind !== 'note').length,
      unread_count: seen.slice(model.read.customer).filter((kind) => kind === 'answer').length,
      messages: seen.map((kind, i) => [i + 1, kind === 'answer']),
    },
    agent: {
      ...common,
      version: model.version,
      message_count: model.written.length,
      last_seq: model.written.length,
      agent_read_seq: model.read.agent,
      unread_count: model.written.slice(model.read.agent).filter((kind) => kind === 'customer').length,
      messages: model.written.map((kind, i) => [i + 1, kind !== 'customer', kind === 'note']),
    },
  }
}

interface World {
  alice: Client
  agent: Client
  id: string
}

/** Everything that the customer can ask for, as text. */
async function bytes({ alice, id }: World): Promise<string[]> {
  const answers = [
    await alice.send('getTicket', { params: { id } }),
    await alice.send('listTickets'),
    await alice.send('listMessages', { params: { id } }),
    await alice.send('getMe'),
  ]
  return answers.map((answer) => answer.text)
}

async function seen({ alice, agent, id }: World) {
  const [mine, theirs] = [await alice.call('getTicket', { params: { id } }), await agent.call('agentGetTicket', { params: { id } })]
  const common = (ticket: typeof mine) => ({
    status: ticket.status,
    priority: ticket.priority,
    isResolved: ticket.resolved_at !== null,
    isClosed: ticket.closed_at !== null,
    message_count: ticket.message_count,
    last_seq: ticket.last_seq,
    agent_read_seq: ticket.agent_read_seq,
    unread_count: ticket.unread_count,
  })
  const { version, messages, ...rest } = theirs
  return {
    customer: { ...common(mine), messages: mine.messages.map((one) => [one.seq, one.is_admin]) },
    agent: { ...common({ ...rest, messages: [] }), version, messages: messages.map((one) => [one.seq, one.is_admin, one.is_internal]) },
  }
}

async function run({ alice, agent, id }: World, step: Step, n: number): Promise<void> {
  const params = { id }
  switch (step.type) {
    case 'customer':
    case 'answer':
    case 'note': {
      const body = { body: `m${n}`, client_id: `m${n}` }
      for (let tries = step.resend ? 2 : 1; tries > 0; tries--) {
        const isNote = step.type === 'note'
        if (step.type === 'customer') await alice.send('sendMessage', { params, body })
        else await agent.call('agentSendMessage', { params, body: { ...body, is_internal: isNote } })
      }
      return
    }
    case 'status':
      return void (await agent.call('agentUpdateTicket', { params, body: { status: step.to } }))
    case 'priority':
      return void (await agent.call('agentUpdateTicket', { params, body: { priority: step.to } }))
    case 'close':
      return void (await alice.call('closeTicket', { params }))
    case 'read':
      if (step.by === 'customer') await alice.call('readTicket', { params, body: { seq: step.seq } })
      else await agent.call('agentReadTicket', { params, body: { seq: step.seq } })
  }
}

/** True for a step that the customer must not be able to see in any byte. */
const hidden = (step: Step) => step.type === 'note' || (step.type === 'read' && step.by === 'agent')

describe('the status machine', () => {
  test('STATUS-1: every sequence of messages, notes, changes and reads leaves what the model says; a note changes no byte of the customer', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const [alice, agent] = [await app.customer(), await app.agent()]
    await newTicket(alice)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const world = { alice, agent, id: (await newTicket(alice)).id }
        let model = start
        for (const [n, one] of steps.entries()) {
          const readByAgent = one.type === 'read' && one.by === 'agent'
          const hide = (answers: string[]) => (readByAgent ? answers.map((text) => text.replace(/"agent_read_seq":\d+/g, '')) : answers)
          const before = hidden(one) ? hide(await bytes(world)) : null
          await run(world, one, n)
          model = after(model, one)
          expect(await seen(world)).toEqual(views(model))
          if (before) expect(hide(await bytes(world))).toEqual(before)
        }
      }),
      { numRuns: 12 },
    )
  })

  const world = async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const [alice, agent] = [await app.customer(), await app.agent()]
    const { id } = await newTicket(alice)
    const set = (status: Status) => agent.call('agentUpdateTicket', { params: { id }, body: { status } })
    return { server, app, alice, agent, id, params: { id }, set }
  }

  test('STATUS-2: resolved_at and closed_at keep their first moment until the ticket goes back to work', async () => {
    const { server, set, alice, params } = await world()
    const tick = () => {
      server.clock.ahead += 1_000
    }
    const resolved = await set('resolved')
    tick()
    expect(await set('resolved')).toEqual(resolved)
    const closed = await set('closed')
    expect(closed.resolved_at).toBe(resolved.resolved_at)
    expect(Date.parse(closed.closed_at ?? '')).toBeGreaterThan(Date.parse(resolved.resolved_at ?? ''))
    tick()
    expect((await alice.call('closeTicket', { params })).closed_at).toBe(closed.closed_at)
    const again = await set('resolved')
    expect([again.resolved_at, again.closed_at]).toEqual([resolved.resolved_at, null])
    const open = await set('open')
    expect([open.resolved_at, open.closed_at]).toEqual([null, null])
    tick()
    expect((await set('resolved')).resolved_at).not.toBe(resolved.resolved_at)
  })

  test('STATUS-3: every status can follow every other', async () => {
    const { set } = await world()
    for (const from of statuses) {
      for (const to of statuses) {
        await set(from)
        expect((await set(to)).status).toBe(to)
      }
    }
  })

  test('STATUS-4: of a close and messages at once, every message stands before the close or is refused', async () => {
    const { alice, params } = await world()
    const sends = Array.from({ length: 10 }, (_, i) => alice.send('sendMessage', { params, body: { body: `m${i}` } }))
    const [answers] = await Promise.all([Promise.all(sends), alice.call('closeTicket', { params })])
    const taken = answers.filter((answer) => answer.status === 201)
    for (const answer of answers) expect([201, 409]).toContain(answer.status)
    const ticket = await alice.call('getTicket', { params })
    expect(ticket).toMatchObject({ status: 'closed', message_count: 1 + taken.length })
  })
})
