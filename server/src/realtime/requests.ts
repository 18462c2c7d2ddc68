import { randomUUID } from 'node:crypto'
import { decodeId, encodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type { Acknowledged } from '@support-widget/shared/socket.ts'
import { type SocketInput, type SocketRequest, socketRequests } from '@support-widget/shared/socket-requests.ts'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Socket } from 'socket.io'
import type { Principal } from '../auth/principal.ts'
import { readAgent } from '../domain/agents.ts'
import type { AgentActor, Caller, Core } from '../domain/core.ts'
import { seeTicket } from '../domain/lock.ts'
import { markRead } from '../domain/messages.ts'
import { asAgent, asCustomer } from '../domain/policy.ts'
import { notFound, Refusal, toRefusal } from '../errors.ts'
import { agentRef } from '../present/people.ts'
import { problemOf } from '../present/problem.ts'
import type { Ephemeral, Watched } from './ephemeral.ts'
import { isAgentSide } from './rooms.ts'

/** What the requests of one socket work with. */
export interface Requests {
  core: Core
  ephemeral: Ephemeral
  /** Who the socket is now. */
  principal(): Principal
  /** Takes a fresh token of the same person. Throws as a handshake does, and `forbidden` for anybody else's. */
  renew(token: string): Promise<void>
}

type Handlers = { [N in SocketRequest]: (input: SocketInput<N>) => Promise<void> }

/** What a socket may say in ten seconds. More is refused, much more ends it. */
const budget = { points: limits.socketRequests, duration: 10 }
const patience = 5

/** Serves what a client sends: parsed, limited and acknowledged. A request without an acknowledgement callback is carried out all the same. */
export function serveRequests(socket: Socket, requests: Requests): void {
  const handlers = handlersOf(socket.id, requests)
  const limiter = new RateLimiterMemory(budget)
  let running = 0

  async function answer<N extends SocketRequest>(name: N, payload: unknown): Promise<Acknowledged> {
    const requestId = randomUUID()
    running++
    try {
      const { consumedPoints } = await limiter.penalty(socket.id)
      if (consumedPoints > budget.points * patience) socket.disconnect(true)
      if (consumedPoints > budget.points || running > limits.socketInFlight) {
        throw new Refusal('rate_limited', { detail: `At most ${budget.points} requests in ${budget.duration} seconds.`, retryAfter: budget.duration })
      }
      await handlers[name](parse(name, payload))
      return { ok: true }
    } catch (err) {
      const refusal = toRefusal(err)
      if (refusal.code === 'internal_error') requests.core.log.error({ err: refusal.cause, request_id: requestId }, 'socket request failed')
      return { ok: false, error: problemOf(refusal, requestId) }
    } finally {
      running--
    }
  }

  for (const name of Object.keys(socketRequests) as SocketRequest[]) {
    socket.on(name, (...given: unknown[]) => {
      // The last of them, also where the payload was left out.
      const acknowledge = given.at(-1)
      void answer(name, given[0]).then((acknowledged) => typeof acknowledge === 'function' && acknowledge(acknowledged))
    })
  }
  socket.once('disconnect', () => requests.ephemeral.leave(socket.id))
}

/** Throws `invalid_request` that names every fault. */
function parse<N extends SocketRequest>(name: N, payload: unknown): SocketInput<N> {
  const result = socketRequests[name].safeParse(payload)
  if (result.success) return result.data as SocketInput<N>
  const faults = result.error.issues.slice(0, 100).flatMap((issue) => {
    const at = ['body', ...issue.path.map((part) => String(part).slice(0, 100))].join('.')
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 100) : []
    if (keys.length > 0) return keys.map((key) => ({ location: `${at}.${key.slice(0, 100)}`, message: 'is not known' }))
    return [{ location: at, message: issue.message }]
  })
  throw new Refusal('invalid_request', { detail: 'The request is not valid.', faults })
}

function handlersOf(socketId: string, { core, ephemeral, principal, renew }: Requests): Handlers {
  const caller = (): Caller => (isAgentSide(principal()) ? asAgent(principal()) : asCustomer(principal()))
  const see = async (actor: Caller, publicId: string) => {
    const id = decodeId(publicId)
    if (id === null) throw notFound()
    const view = await seeTicket(core.orm.db(), actor, id)
    const ticket: Watched = { appId: view.app_id, customerId: view.customer_id, publicId: encodeId(id), blocked: view.customer_blocked_at !== null }
    return { ticket, customerName: view.customer_name }
  }
  const refOf = async (actor: AgentActor) => {
    const row = await readAgent(core, actor)
    return row && agentRef(row)
  }
  return {
    async typing({ ticket_id, typing }) {
      const actor = caller()
      const { ticket, customerName } = await see(actor, ticket_id)
      const who = actor.type === 'agent' ? await refOf(actor) : { id: encodeId(actor.customerId), name: customerName, avatar_url: null }
      const author = { type: actor.type, ...(who ?? { id: null, name: actor.app.name, avatar_url: null }) }
      ephemeral.typing(socketId, ticket, { side: actor.type, author }, typing)
    },
    async read({ ticket_id, seq }) {
      const id = decodeId(ticket_id)
      if (id === null) throw notFound()
      await markRead(core, caller(), id, seq)
    },
    async watch({ ticket_id }) {
      const actor = asAgent(principal())
      const agent = await refOf(actor)
      if (!agent) throw new Refusal('forbidden', { detail: 'An API key is nobody who looks at a ticket.' })
      const { ticket } = await see(actor, ticket_id)
      if (ephemeral.watching(socketId) >= limits.watchedTickets) {
        throw new Refusal('rate_limited', { detail: `A socket watches at most ${limits.watchedTickets} tickets.`, retryAfter: 1 })
      }
      ephemeral.watch(socketId, ticket, agent)
    },
    async unwatch({ ticket_id }) {
      asAgent(principal())
      const id = decodeId(ticket_id)
      if (id !== null) ephemeral.unwatch(socketId, encodeId(id))
    },
    auth: ({ token }) => renew(token),
  }
}
