import { AgentMessage, Message } from '@support-widget/shared/message.ts'
import { AgentTicket, Ticket } from '@support-widget/shared/ticket.ts'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { newApp, newTicket } from '../support/factories.ts'
import { whileEventsFail } from '../support/sabotage.ts'
import { sharedServer } from '../support/server.ts'
import { type Frame, type Listener, listen } from '../support/sockets.ts'

/** What is pushed, to whom, and nothing more. */

const read = z.strictObject({ ticket_id: z.string(), by: z.enum(['customer', 'agent']), seq: z.int().min(0) })
const shapes = {
  customer: {
    'ticket.created': z.strictObject({ ticket: Ticket }),
    'ticket.updated': z.strictObject({ ticket: Ticket }),
    'message.created': z.strictObject({ ticket_id: z.string(), message: Message }),
    'ticket.read': read,
  },
  agent: {
    'ticket.created': z.strictObject({ ticket: AgentTicket }),
    'ticket.updated': z.strictObject({ ticket: AgentTicket }),
    'message.created': z.strictObject({ ticket_id: z.string(), message: AgentMessage }),
    'ticket.read': read,
  },
}

async function setUp() {
  const server = await sharedServer()
  const [app, other] = [await newApp(server), await newApp(server)]
  const open = async (token: string) => listen(server.url, token)
  const listeners = {
    alice: await open(await app.token('alice')),
    aliceByKey: await open(await app.partnerKey('alice')),
    bob: await open(await app.token('bob')),
    sam: await open(await app.token('sam', { role: 'agent' })),
    backend: await open(app.adminKey),
    otherAlice: await open(await other.token('alice')),
    otherSam: await open(await other.token('sam', { role: 'admin' })),
  }
  const [alice, agent] = [await app.customer('alice'), await app.agent('sam')]
  /** Everybody's frames up to a last change of their own, by which all before must have come; the sockets are closed. */
  const settle = async () => {
    const closing = [
      await newTicket(await app.customer('bob')),
      await newTicket(await app.customer('alice')),
      await newTicket(await other.customer('alice')),
    ].map(({ id }) => id)
    const result = {} as Record<keyof typeof listeners, Frame[]>
    for (const [name, listener] of Object.entries(listeners) as [keyof typeof listeners, Listener][]) {
      const own = name === 'bob' ? closing[0] : name.startsWith('other') ? closing[2] : closing[1]
      await listener.frame(({ type, payload }) => type === 'message.created' && payload.ticket_id === own)
      result[name] = listener.frames.filter(({ payload }) => !closing.includes(String(payload.ticket_id ?? (payload.ticket as { id?: string })?.id)))
      listener.close()
    }
    return result
  }
  return { server, app, other, listeners, alice, agent, settle }
}

const types = (frames: Frame[]) => frames.map(({ type }) => type)

function expectShapes(frames: Frame[], side: 'customer' | 'agent'): void {
  for (const { type, payload } of frames) shapes[side][type as keyof (typeof shapes)['agent']].parse(payload)
}

describe('frames', () => {
  test("PUSH-1: each change reaches the ticket's customer and the app's agents, in their own shapes, and nobody else", async () => {
    const { alice, agent, settle } = await setUp()
    const ticket = await newTicket(alice)
    const params = { id: ticket.id }
    const answer = await agent.call('agentSendMessage', { params, body: { body: 'Answer' } })
    await alice.call('sendMessage', { params, body: { body: 'Thanks' } })
    await agent.call('agentUpdateTicket', { params, body: { priority: 'high', assignee_id: 'me' } })
    await alice.call('readTicket', { params, body: { seq: 2 } })
    await agent.call('agentReadTicket', { params, body: { seq: 3 } })
    await alice.call('closeTicket', { params })
    const frames = await settle()
    const expected = [
      ...['ticket.created', 'message.created'],
      ...['message.created', 'ticket.updated', 'ticket.updated'],
      ...['message.created', 'ticket.updated'],
      ...['ticket.updated', 'ticket.read', 'ticket.read', 'ticket.updated'],
    ]
    for (const name of ['alice', 'aliceByKey'] as const) {
      expect(types(frames[name])).toEqual(expected)
      expectShapes(frames[name], 'customer')
    }
    for (const name of ['sam', 'backend'] as const) {
      expect(types(frames[name])).toEqual(expected)
      expectShapes(frames[name], 'agent')
    }
    for (const name of ['bob', 'otherAlice'] as const) expect(frames[name]).toEqual([])
    expect(frames.otherSam).toEqual([])
    expect(frames.sam[2]?.payload).toEqual({ ticket_id: ticket.id, message: answer })
    expect(frames.alice.at(-1)?.payload).toEqual({
      ticket: await alice.call('listTickets', {}).then(({ data }) => data.find(({ id }) => id === ticket.id)),
    })
  })

  test("PUSH-2: a note, and reading it, reaches agents alone; no customer's frame has a field or a word of it", async () => {
    const { alice, agent, settle } = await setUp()
    const { id } = await newTicket(alice)
    const params = { id }
    await agent.call('agentSendMessage', { params, body: { body: 'canary note', is_internal: true, client_id: 'canary-id' } })
    await agent.call('agentReadTicket', { params, body: { seq: 1 } })
    await agent.call('agentReadTicket', { params, body: { seq: 2 } })
    await agent.call('agentSendMessage', { params, body: { body: 'Answer' } })
    const frames = await settle()
    expect(types(frames.sam)).toEqual([
      ...['ticket.created', 'message.created', 'message.created', 'ticket.updated'],
      ...['ticket.read', 'ticket.read', 'message.created', 'ticket.updated', 'ticket.updated'],
    ])
    expect(types(frames.alice)).toEqual([
      ...['ticket.created', 'message.created', 'ticket.read'],
      ...['message.created', 'ticket.updated', 'ticket.updated'],
    ])
    expect(frames.alice[3]?.payload).toMatchObject({ message: { seq: 2, body: 'Answer' } })
    for (const name of ['alice', 'aliceByKey', 'bob', 'otherAlice'] as const) {
      expect(JSON.stringify(frames[name])).not.toMatch(/canary|is_internal|requester|"version"|sam@example/)
    }
  })

  test('PUSH-3: what is refused, repeated or rolled back is not pushed', async () => {
    const { server, app, alice, agent, settle } = await setUp()
    const { id } = await newTicket(alice, { client_id: 'c' })
    const params = { id }
    await newTicket(alice, { client_id: 'c' })
    await alice.call('sendMessage', { params, body: { body: 'x', client_id: 'm' } })
    await alice.call('sendMessage', { params, body: { body: 'x', client_id: 'm' } })
    await agent.send('agentUpdateTicket', { params, body: { version: 9, status: 'closed' } })
    await agent.send('agentUpdateTicket', { params, body: { status: 'open' } })
    await alice.send('sendMessage', { params, body: { body: '' } })
    await alice.send('readTicket', { params, body: { seq: 1 } })
    await whileEventsFail(server, app, async () => {
      expect((await alice.send('sendMessage', { params, body: { body: 'lost' } })).status).toBe(500)
      expect((await agent.send('agentUpdateTicket', { params, body: { status: 'closed' } })).status).toBe(500)
    })
    const frames = await settle()
    for (const name of ['alice', 'sam'] as const)
      expect(types(frames[name])).toEqual(['ticket.created', 'message.created', 'message.created', 'ticket.updated'])
  })

  test('PUSH-4: what a frame speaks of is committed: whoever asks at once finds it', async () => {
    const { server, app, alice, agent, listeners, settle } = await setUp()
    const { id } = await newTicket(alice)
    const reads: Promise<{ told: number; found: number }>[] = []
    listeners.sam.socket.on('message.created', (payload: { message: { seq: number } }) => {
      const find = server.app.core.orm
        .db()
        .selectFrom('tickets')
        .select('seq')
        .where('app_id', '=', app.app.id)
        .orderBy('created_at')
        .executeTakeFirstOrThrow()
      reads.push(find.then((row) => ({ told: payload.message.seq, found: row.seq })))
    })
    for (let i = 0; i < 10; i++)
      await (i % 2
        ? alice.call('sendMessage', { params: { id }, body: { body: 'x' } })
        : agent.call('agentSendMessage', { params: { id }, body: { body: 'x' } }))
    await listeners.sam.frame(({ payload }) => (payload.message as { seq?: number } | undefined)?.seq === 11)
    const seen = await Promise.all(reads)
    expect(seen.length).toBeGreaterThanOrEqual(10)
    for (const { told, found } of seen) expect(found).toBeGreaterThanOrEqual(told)
    await settle()
  })

  test('PUSH-5: an agent who is a customer too hears as an agent, once', async () => {
    const { agent, settle } = await setUp()
    const { id } = await newTicket(agent)
    const frames = await settle()
    expect(frames.sam.map(({ payload }) => (payload.ticket as { id?: string } | undefined)?.id ?? payload.ticket_id)).toEqual([id, id])
    expectShapes(frames.sam, 'agent')
    expect(frames.alice).toEqual([])
  })
})

describe('catch-up', () => {
  test("CATCH-4: after a time away, frames and after_seq together give the server's list, each message once", async () => {
    const { server, app, alice, agent } = await setUp()
    const token = await app.token('alice')
    const { id } = await newTicket(alice)
    const params = { id }
    const say = (n: number) =>
      n % 3 === 0
        ? alice.call('sendMessage', { params, body: { body: `m${n}` } })
        : agent.call('agentSendMessage', { params, body: { body: `m${n}`, is_internal: n % 3 === 1 } })
    const known = new Map<number, string>()
    const take = (messages: { seq: number; id: string }[]) => {
      for (const message of messages) known.set(message.seq, message.id)
    }
    const catchUp = async () => take((await alice.call('listMessages', { params, query: { after_seq: Math.max(0, ...known.keys()) } })).data)
    for (let round = 0; round < 3; round++) {
      const socket = await listen(server.url, token)
      await catchUp()
      for (let n = 0; n < 6; n++) await say(n)
      const last = (await alice.call('listMessages', { params, query: { limit: 1 } })).ticket.last_seq
      await socket.frame(({ payload }) => (payload.message as { seq?: number } | undefined)?.seq === last)
      take(socket.frames.filter(({ type }) => type === 'message.created').map(({ payload }) => payload.message as { seq: number; id: string }))
      socket.close()
      await socket.closed
      for (let n = 0; n < 5; n++) await say(n)
    }
    await catchUp()
    const whole = (await alice.call('getTicket', { params })).messages
    expect([...known].sort(([a], [b]) => a - b)).toEqual(whole.map((message) => [message.seq, message.id]))
  })
})
