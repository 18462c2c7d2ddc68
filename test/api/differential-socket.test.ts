import { randomUUID } from 'node:crypto'
import { encodeId } from '@support-widget/shared/ids.ts'
import { AgentMessage, Message } from '@support-widget/shared/message.ts'
import type { OperationName } from '@support-widget/shared/paths.ts'
import { paths } from '@support-widget/shared/paths.ts'
import type { Acknowledged } from '@support-widget/shared/socket.ts'
import type { SocketInput, SocketRequest } from '@support-widget/shared/socket-requests.ts'
import { AgentTicket, Ticket } from '@support-widget/shared/ticket.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type Caller, callersOf, verdictOf } from '../support/callers.ts'
import { inputsOf, leaks, mentioned, names, newStage, type Stage, sendTo, table } from '../support/differential.ts'
import { rowsOf } from '../support/rows.ts'
import { sharedServer } from '../support/server.ts'
import { type Listener, listen } from '../support/sockets.ts'
import { newWorld, type World } from '../support/world.ts'

/** The same callers at the socket: who is let in, what they may ask, and what they hear. */

const agentKinds = ['agent', 'admin', 'admin key']
const isAgentSide = (caller: Caller) => agentKinds.includes(caller.kind)

/** A valid request of every name about one ticket: a name that is added does not compile without. */
const requests: { [N in SocketRequest]: (ticket: string, token: string) => SocketInput<N> } = {
  typing: (ticket_id) => ({ ticket_id, typing: true }),
  read: (ticket_id) => ({ ticket_id, seq: 0 }),
  watch: (ticket_id) => ({ ticket_id }),
  unwatch: (ticket_id) => ({ ticket_id }),
  auth: (_, token) => ({ token }),
}
const asked = Object.keys(requests) as SocketRequest[]

type Told = 'ok' | 'forbidden' | 'unknown'

/** What the model says: a socket is its caller's better side, and the verdict that of the operation which does the same over HTTP. */
function toldOf(caller: Caller, name: SocketRequest): Told {
  // Whoever is let in may show the same credential again.
  if (name === 'auth') return 'ok'
  // Only a person looks at a ticket, and looking away from what one does not look at is fine.
  const watches = name === 'watch' || name === 'unwatch'
  if (watches && (!isAgentSide(caller) || (name === 'watch' && caller.kind === 'admin key'))) return 'forbidden'
  if (name === 'unwatch') return 'ok'
  const verdict = verdictOf(caller, isAgentSide(caller) ? 'agentReadTicket' : 'readTicket', ['ticket'])
  return verdict === 'allowed' ? 'ok' : 'unknown'
}

const anonymous = (answer: Acknowledged, ticket: string) =>
  JSON.stringify(answer)
    .replaceAll(ticket, ':ticket')
    .replace(/urn:uuid:[\da-f-]{36}/g, 'urn:uuid:id')

let on: Stage
beforeAll(async () => {
  on = await newStage(await sharedServer())
})

describe('the handshake', () => {
  test('C60: C91: lets in exactly whom a request would, with the same code', async () => {
    for (const caller of on.callers) {
      const token = (await caller.token()) ?? ''
      if (caller.good) (await listen(on.server.url, token)).close()
      else
        await expect(listen(on.server.url, token), caller.name).rejects.toMatchObject({
          data: { code: caller.name === 'an expired token' ? 'token_expired' : 'unauthorized' },
        })
    }
  })
})

describe.each(asked)('the request %s', (name) => {
  test('WALL-10: C60: is told each caller as HTTP would, and an unknown ticket like a foreign one; no row changes', async () => {
    const { server, world, callers } = on
    const before = await rowsOf(server.app.core.orm.db(), world.app.app.id)
    for (const caller of callers.filter((one) => one.good)) {
      const token = (await caller.token()) ?? ''
      const listener = await listen(server.url, token)
      const answer = await listener.ask(name, requests[name](world.named.ticket, token))
      const ghost = encodeId(randomUUID())
      const unknown = await listener.ask(name, requests[name](ghost, token))
      const told = toldOf(caller, name)
      if (told === 'ok') expect(answer, caller.name).toEqual({ ok: true })
      else expect(answer, caller.name).toMatchObject({ ok: false, error: { code: told === 'unknown' ? 'not_found' : 'forbidden' } })
      if (told === 'unknown') expect(anonymous(answer, world.named.ticket), caller.name).toBe(anonymous(unknown, ghost))
      expect(leaks(JSON.stringify(answer), caller, on), caller.name).toEqual([])
      listener.close()
    }
    expect(await rowsOf(server.app.core.orm.db(), world.app.app.id)).toEqual(before)
  })
})

const read = z.strictObject({ ticket_id: z.string(), by: z.enum(['customer', 'agent']), seq: z.int().min(0) })
const framesOf = <T extends z.ZodType, M extends z.ZodType>(ticket: T, message: M): Record<string, z.ZodType> => ({
  'ticket.created': z.strictObject({ ticket }),
  'ticket.updated': z.strictObject({ ticket }),
  'message.created': z.strictObject({ ticket_id: z.string(), message }),
  'message.updated': z.strictObject({ ticket_id: z.string(), message }),
  'ticket.read': read,
})
const shapes = { agent: framesOf(AgentTicket, AgentMessage), customer: framesOf(Ticket, Message) }

/** Operations that end somebody's socket, which is then no longer there to be compared. */
const ends: readonly OperationName[] = ['agentRevokeKey', 'agentRemoveAgent', 'agentEraseCustomer', 'agentBlockCustomer', 'mergeVisitor']
const changing = names.filter((name) => !paths[name].startsWith('GET') && !ends.includes(name))

/** Everything that was sent before has come when the answer to a request has. */
const settle = (listener: Listener) => listener.ask('read', { ticket_id: encodeId(randomUUID()), seq: 0 })

/** Sends every request that changes something of the world, each as the first who may. */
async function changeAll(world: World, everybody: readonly Caller[]): Promise<void> {
  for (const name of changing.filter((one) => table[one].access !== 'public')) {
    for (const [index, input] of inputsOf(name, world.named).entries()) {
      const kinds = mentioned(input, world.named)
      const caller = everybody.find((one) => one.owns === (table[name].access === 'customer') && verdictOf(one, name, kinds) === 'allowed')
      if (caller) await sendTo(on.server)(caller, name, inputsOf(name, world.named)[index] ?? {})
    }
  }
}

/** What a listener heard, once all of it has come; fails if a frame has not the shape of its reader's side, or anything in it is not for them. */
async function heardBy(caller: Caller, listener: Listener, world: World): Promise<string[]> {
  await settle(listener)
  listener.close()
  const side = shapes[isAgentSide(caller) ? 'agent' : 'customer']
  for (const { type, payload } of listener.frames) side[type]?.parse(payload)
  expect(leaks(JSON.stringify([...listener.frames, ...listener.signals]), caller, { world, elsewhere: on.elsewhere }), caller.name).toEqual([])
  // Links are signed anew every five minutes.
  return listener.frames.map((frame) => JSON.stringify(frame).replace(/\?exp=\d+&sig=[\w-]+/g, ''))
}

describe('frames', () => {
  test('WALL-9: C60: every change reaches its owner and the app’s agents in their own shapes, and nobody else', async () => {
    const world = await newWorld(on.server)
    const everybody = callersOf(on.server, world, on.elsewhere).filter((one) => one.good)
    const listeners = new Map<Caller, Listener>()
    for (const caller of everybody) listeners.set(caller, await listen(on.server.url, (await caller.token()) ?? ''))
    await changeAll(world, everybody)
    const heard = new Map<string, string[]>()
    for (const [caller, listener] of listeners) heard.set(caller.name, await heardBy(caller, listener, world))
    const of = (name: string) => heard.get(name) ?? []
    expect(of('the owner').length).toBeGreaterThan(10)
    expect(of('an agent').length).toBeGreaterThan(of('the owner').length)
    expect(of("the owner's partner key")).toEqual(of('the owner'))
    for (const name of ['an admin', 'the admin key']) expect(of(name)).toEqual(of('an agent'))
    const strangers = everybody.filter((one) => !one.owns && !(one.here && isAgentSide(one)))
    for (const caller of strangers) expect(of(caller.name), caller.name).toEqual([])
    // What agents heard would have been told from what the others may hear.
    for (const caller of everybody.filter((one) => !(one.here && isAgentSide(one))))
      expect(leaks(of('an agent').join(), caller, { world, elsewhere: on.elsewhere }), caller.name).not.toEqual([])
  })
})
