import { randomUUID } from 'node:crypto'
import { encodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { Problem } from '@support-widget/shared/problem.ts'
import type { Acknowledged } from '@support-widget/shared/socket.ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { type Listener, listen } from '../support/sockets.ts'

/** What clients say over the socket, and who hears of it. */

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const ticket = await newTicket(await app.customer('alice'))
  const open = async (token: string | Promise<string>) => {
    const listener = await listen(server.url, await token)
    onTestFinished(() => listener.close())
    return listener
  }
  const agent = (sub: string, of: TestApp = app) => open(of.token(sub, { role: 'agent' }))
  return { server, app, ticket, open, agent }
}

function refusalOf(answer: Acknowledged) {
  if (answer.ok) throw new Error('it was not refused')
  return Problem.parse(answer.error)
}

/** Everything that was sent to this listener so far has come: the answer to a request is behind it. */
const settled = (listener: Listener, ticketId: string) => listener.ask('read', { ticket_id: ticketId, seq: 0 })

const typingOf = (listener: Listener) => listener.signals.filter(({ type }) => type === 'typing').map(({ payload }) => payload)

describe('requests', () => {
  test('ASK-1: every request is acknowledged, and bad input names every fault', async () => {
    const { app, ticket, open, agent } = await setUp()
    const [alice, sam] = [await open(app.token('alice')), await agent('sam')]
    const id = { ticket_id: ticket.id }
    expect(await alice.ask('typing', { ...id, typing: true })).toEqual({ ok: true })
    expect(await alice.ask('read', { ...id, seq: 1 })).toEqual({ ok: true })
    expect(await sam.ask('watch', id)).toEqual({ ok: true })
    expect(await sam.ask('unwatch', id)).toEqual({ ok: true })
    const bad: [string, unknown, string[]][] = [
      ['typing', { ticket_id: 7, typing: 'yes', extra: 1 }, ['body.ticket_id', 'body.typing', 'body.extra']],
      ['typing', null, ['body']],
      ['typing', 'x', ['body']],
      ['typing', [], ['body']],
      ['read', { ...id, seq: -1 }, ['body.seq']],
      ['read', { ...id, seq: 1.5 }, ['body.seq']],
      ['read', { ...id, seq: 2 ** 31 }, ['body.seq']],
      ['watch', {}, ['body.ticket_id']],
      ['auth', { token: '' }, ['body.token']],
      ['auth', { token: 'a\0b' }, ['body.token']],
    ]
    for (const [name, payload, locations] of bad) {
      const problem = refusalOf(await alice.ask(name, payload))
      expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
      expect((problem.errors ?? []).map(({ location }) => location).sort(), `${name} ${JSON.stringify(payload)}`).toEqual(locations.sort())
    }
    // Without a payload too: the acknowledgement is then all that comes.
    const empty = await new Promise<Acknowledged>((resolve) => alice.socket.emit('typing', resolve))
    expect(refusalOf(empty)).toMatchObject({ code: 'invalid_request', errors: [{ location: 'body' }] })
    alice.socket.emit('typing', { ...id, typing: true })
    alice.socket.emit('typing')
    alice.socket.emit('read', { ...id, seq: 1 }, 'no function')
    expect(await alice.ask('read', { ...id, seq: 1 })).toEqual({ ok: true })
  })

  test('ASK-2: tickets of others and malformed ids are as unknown as a random one', async () => {
    const { server, app, ticket, open, agent } = await setUp()
    const other = await newApp(server)
    const foreign = await newTicket(await other.customer('alice'))
    const [bob, sam, otherSam] = [await open(app.token('bob')), await agent('sam'), await agent('sam', other)]
    const text = (answer: Acknowledged) => JSON.stringify({ ...refusalOf(answer), instance: '' })
    for (const [listener, ids] of [
      [bob, [ticket.id, foreign.id]],
      [sam, [foreign.id]],
      [otherSam, [ticket.id]],
    ] as const) {
      for (const name of ['typing', 'read', ...(listener === bob ? [] : ['watch'])]) {
        const input = (ticket_id: string) => ({ ticket_id, ...(name === 'typing' ? { typing: true } : name === 'read' ? { seq: 1 } : {}) })
        const unknown = await listener.ask(name, input(encodeId(randomUUID())))
        expect(refusalOf(unknown)).toMatchObject({ status: 404, code: 'not_found' })
        for (const id of [...ids, 'nope', '../x', '', 'x'.repeat(10_000)]) expect(text(await listener.ask(name, input(id)))).toBe(text(unknown))
      }
    }
    expect(refusalOf(await bob.ask('watch', { ticket_id: ticket.id }))).toMatchObject({ status: 403, code: 'forbidden' })
    expect(refusalOf(await bob.ask('unwatch', { ticket_id: ticket.id }))).toMatchObject({ status: 403, code: 'forbidden' })
    const backend = await open(app.adminKey)
    expect(refusalOf(await backend.ask('watch', { ticket_id: ticket.id }))).toMatchObject({ status: 403, code: 'forbidden' })
  })

  test('ASK-3: too many requests are refused, far too many end the socket', async () => {
    const { app, ticket, open } = await setUp()
    const [alice, bob] = [await open(app.token('alice')), await open(app.token('bob'))]
    const input = { ticket_id: ticket.id, seq: 1 }
    const answers = await Promise.all(Array.from({ length: limits.socketRequests + 20 }, () => alice.ask('read', input)))
    const refused = answers.filter((answer) => !answer.ok)
    expect(refused.length).toBeGreaterThanOrEqual(20)
    for (const answer of refused) expect(refusalOf(answer)).toMatchObject({ status: 429, code: 'rate_limited' })
    // So many that it is too much also if ten seconds end in the middle of them.
    for (let sent = 0; sent < limits.socketRequests * 10; sent++) alice.socket.emit('read', input)
    await alice.closed
    expect(refusalOf(await bob.ask('read', input)).status).toBe(404)
  })
})

describe('typing', () => {
  test("TYPING-1: a customer's reaches agents, an agent's the customer and the other agents, and nobody else", async () => {
    const { server, app, ticket, open, agent } = await setUp()
    const other = await newApp(server)
    const [alice, aliceToo, bob] = [await open(app.token('alice')), await open(app.token('alice')), await open(app.token('bob'))]
    const [sam, ada, stranger] = [await agent('sam'), await agent('ada'), await agent('sam', other)]
    const id = { ticket_id: ticket.id }
    await alice.ask('typing', { ...id, typing: true })
    await sam.ask('typing', { ticket_id: ticket.id.toLowerCase(), typing: true })
    const isAgents = ({ type, payload }: { type: string; payload: Record<string, unknown> }) =>
      type === 'typing' && (payload.author as { type: string }).type === 'agent'
    await Promise.all([alice.signal(isAgents), aliceToo.signal(isAgents), ada.signal(isAgents)])
    await settled(sam, ticket.id)
    const samTypes = { ...id, typing: true, author: { type: 'agent', id: expect.any(String), name: 'sam of Test app', avatar_url: null } }
    const aliceTypes = { ...id, typing: true, author: { type: 'customer', id: expect.any(String), name: 'alice of Test app', avatar_url: null } }
    expect(typingOf(alice)).toEqual([samTypes])
    expect(typingOf(aliceToo)).toEqual([samTypes])
    expect(typingOf(ada)).toEqual([aliceTypes, samTypes])
    expect(typingOf(sam)).toEqual([aliceTypes])
    await settled(bob, ticket.id)
    await settled(stranger, ticket.id)
    expect([...typingOf(bob), ...typingOf(stranger)]).toEqual([])
  })

  test('TYPING-2: it is over when it is said, once, and when the socket closes', async () => {
    const { app, ticket, open, agent } = await setUp()
    const [alice, sam] = [await open(app.token('alice')), await agent('sam')]
    const id = { ticket_id: ticket.id }
    await alice.ask('typing', { ...id, typing: true })
    await alice.ask('typing', { ...id, typing: false })
    await alice.ask('typing', { ...id, typing: false })
    await alice.ask('typing', { ...id, typing: true })
    alice.close()
    const states = () => typingOf(sam).map(({ typing }) => typing)
    await expect.poll(states).toEqual([true, false, true, false])
  })

  test('TYPING-3: nothing of a blocked customer reaches agents', async () => {
    const { app, ticket, open, agent } = await setUp()
    const [alice, sam] = [await open(app.token('alice')), await agent('sam')]
    const samCalls = await app.agent('sam')
    const { requester } = await samCalls.call('agentGetTicket', { params: { id: ticket.id } })
    await samCalls.call('agentBlockCustomer', { params: { id: requester.id }, body: { blocked: true } })
    await alice.ask('typing', { ticket_id: ticket.id, typing: true })
    await settled(sam, ticket.id)
    expect(typingOf(sam)).toEqual([])
  })
})

describe('presence', () => {
  test('WATCH-1: agents are told who looks at a ticket until they look away or leave', async () => {
    const { app, ticket, open, agent } = await setUp()
    const [alice, sam, samToo, ada] = [await open(app.token('alice')), await agent('sam'), await agent('sam'), await agent('ada')]
    const id = { ticket_id: ticket.id }
    const seen = () => ada.signals.filter(({ payload }) => payload.ticket_id === ticket.id).map(({ payload }) => payload.agents as { name: string }[])
    const names = () => seen().map((agents) => agents.map(({ name }) => name.split(' ')[0]))
    await sam.ask('watch', id)
    await samToo.ask('watch', { ticket_id: ticket.id.toLowerCase() })
    await ada.ask('watch', id)
    await sam.ask('unwatch', id)
    samToo.close()
    await expect.poll(names).toEqual([['sam'], ['sam'], ['sam', 'ada'], ['sam', 'ada'], ['ada']])
    expect(seen()[0]).toEqual([{ id: expect.any(String), name: 'sam of Test app', avatar_url: null }])
    await settled(alice, ticket.id)
    expect(alice.signals.filter(({ payload }) => 'agents' in payload)).toEqual([])
    for (let count = 1; count < limits.watchedTickets; count++) await ada.ask('watch', { ticket_id: (await newTicket(await app.customer())).id })
    expect(refusalOf(await ada.ask('watch', { ticket_id: (await newTicket(await app.customer())).id })).code).toBe('rate_limited')
  })

  test('PRESENCE-1: a customer is told how many agents are online, at the start and when it changes', async () => {
    const { app, open, agent } = await setUp()
    const alice = await open(app.token('alice'))
    const online = () => alice.signals.map(({ payload }) => payload.agents_online)
    await expect.poll(online).toEqual([0])
    const [sam, samToo] = [await agent('sam'), await agent('sam')]
    await expect.poll(online).toEqual([0, 1])
    sam.close()
    samToo.close()
    await expect.poll(online).toEqual([0, 1, 0])
  })

  test('ASKREAD-1: a read position given over the socket is the same as over HTTP', async () => {
    const { app, ticket, open, agent } = await setUp()
    const [alice, sam] = [await open(app.token('alice')), await agent('sam')]
    const [aliceCalls, samCalls] = [await app.customer('alice'), await app.agent('sam')]
    const params = { id: ticket.id }
    await samCalls.call('agentSendMessage', { params, body: { body: 'Answer' } })
    expect((await aliceCalls.call('getTicket', { params })).unread_count).toBe(1)
    await alice.ask('read', { ticket_id: ticket.id, seq: 2 })
    await sam.ask('read', { ticket_id: ticket.id, seq: 2 })
    expect((await aliceCalls.call('getTicket', { params })).unread_count).toBe(0)
    expect((await samCalls.call('agentGetTicket', { params })).unread_count).toBe(0)
    const readBy = (by: string) => sam.frame(({ type, payload }) => type === 'ticket.read' && payload.by === by)
    expect((await readBy('customer')).payload).toEqual({ ticket_id: ticket.id, by: 'customer', seq: 2 })
    expect((await readBy('agent')).payload).toEqual({ ticket_id: ticket.id, by: 'agent', seq: 2 })
  })
})

describe('a fresh token', () => {
  test('RENEW-1: of the same person it keeps the socket beyond the end of the old one', async () => {
    const { server, app, ticket, open } = await setUp()
    const ending = () => app.token('alice', { expires: 60 })
    const [kept, left] = [await open(ending()), await open(ending())]
    expect(await kept.ask('auth', { token: await app.token('alice') })).toEqual({ ok: true })
    server.clock.ahead += 60_000 + limits.clockSkew * 1_000 + 1_000
    await left.closed
    expect(await kept.ask('read', { ticket_id: ticket.id, seq: 1 })).toEqual({ ok: true })
    expect(kept.socket.connected).toBe(true)
  })

  test('RENEW-2: of anybody else, another role or another app it is refused and changes nothing', async () => {
    const { server, app, ticket, open, agent } = await setUp()
    const other = await newApp(server)
    const [alice, sam] = [await open(app.token('alice')), await agent('sam')]
    const refused: [Listener, string, number][] = [
      [alice, await app.token('bob'), 403],
      [alice, await app.token('sam', { role: 'agent' }), 403],
      [alice, await other.token('alice'), 403],
      [alice, await app.partnerKey('alice'), 403],
      [alice, app.adminKey, 403],
      [alice, 'nonsense', 401],
      [sam, await app.token('ada', { role: 'agent' }), 403],
      [sam, await app.token('alice'), 403],
      [sam, app.adminKey, 403],
    ]
    for (const [listener, token, status] of refused) expect(refusalOf(await listener.ask('auth', { token })).status).toBe(status)
    expect(await alice.ask('read', { ticket_id: ticket.id, seq: 1 })).toEqual({ ok: true })
    expect(await sam.ask('watch', { ticket_id: ticket.id })).toEqual({ ok: true })
  })
})
