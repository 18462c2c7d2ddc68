import type { Server as HttpServer, IncomingMessage } from 'node:http'
import { limits } from '@support-widget/shared/limits.ts'
import { type SocketRefusal, socketPath } from '@support-widget/shared/socket.ts'
import { type ExtendedError, Server, type Socket } from 'socket.io'
import type { Auth, Credential } from '../auth/identify.ts'
import type { Principal } from '../auth/principal.ts'
import type { Core, Happening } from '../domain/core.ts'
import { Refusal, toRefusal } from '../errors.ts'
import { createEphemeral } from './ephemeral.ts'
import { addressees, framesOf } from './frames.ts'
import { limitHandshakes } from './handshakes.ts'
import { serveRequests } from './requests.ts'
import { agentsRoom, customerRoom, customersRoom, isAgentSide, roomOf } from './rooms.ts'

interface Data {
  principal: Principal
  /** The token that holds now: that of the handshake, or a fresh one that came since. */
  token: string | undefined
}
type OurSocket = Socket<Record<string, never>, Record<string, (payload: unknown) => void>, Record<string, never>, Data>

const presenceMs = 500

/** The socket side of the house. */
export interface Gateway {
  /** A listener for committed events. */
  publish(happening: Happening): void
  close(): Promise<void>
}

export interface GatewayOptions {
  /** Our own origin: the desk connects from there. */
  ownOrigin: string
  /** How often open sockets are identified again, milliseconds. */
  sweepMs: number
  /** Factor on the default limits; null is off. */
  rateLimits: number | null
  /** The caller's address, proxies that we trust taken off. */
  addressOf(req: IncomingMessage): string
}

/**
 * Socket.IO at `/v1/socket`. Browser origins are checked twice: against every app's list before the handshake, against the caller's own app with the
 * credential. An open socket is identified again and again, so that what ends a credential ends its sockets. Frames above 64 KiB close the socket (1009); a socket without a valid handshake ends after 10 s.
 */
export function openGateway(http: HttpServer, core: Core, auth: Auth, options: GatewayOptions): Gateway {
  const { ownOrigin, sweepMs } = options
  const io = new Server<Record<string, never>, Record<string, (payload: unknown) => void>, Record<string, never>, Data>(http, {
    path: socketPath,
    serveClient: false,
    maxHttpBufferSize: limits.frameBytes,
    connectTimeout: 10_000,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    cors: { origin: (origin, decide) => void allowed(core, origin, ownOrigin).then((yes) => decide(null, yes)), maxAge: 7200 },
    allowRequest: (req, decide) => void allowed(core, req.headers.origin, ownOrigin).then((yes) => decide(yes ? null : 'origin_not_allowed', yes)),
  })

  limitHandshakes(io.engine, options.rateLimits, options.addressOf)
  io.use((socket, next) => {
    auth.identify(credentialOf(socket)).then(
      (principal) => {
        Object.assign(socket.data, { principal, token: credentialOf(socket).token })
        next()
      },
      (err: unknown) => next(refusal(core, err)),
    )
  })

  io.on('connection', (socket: OurSocket) => {
    const room = roomOf(socket.data.principal)
    void socket.join(room)
    const { principal } = socket.data
    if (principal.kind === 'user' && principal.agentId !== null) socket.once('disconnect', core.presence.enter(principal.app.id, principal.agentId))
    if (!isAgentSide(principal)) {
      void socket.join(customersRoom(principal.app.id))
      socket.emit('presence', { agents_online: core.presence.count(principal.app.id) })
    }
    serveRequests(socket, { core, ephemeral, principal: () => socket.data.principal, renew: (token) => renew(auth, socket, token) })
    dropOldest(io.sockets.adapter.rooms.get(room), io.sockets.sockets, socket)
  })

  const ephemeral = createEphemeral({
    agents: (appId, name, payload, butSocket) =>
      io
        .to(agentsRoom(appId))
        .except(butSocket ?? [])
        .emit(name, payload),
    customer: (appId, customerId, name, payload) => io.to(customerRoom(appId, customerId)).emit(name, payload),
  })
  const changed = new Map<string, ReturnType<typeof setTimeout>>()
  core.presence.onChange((appId) => {
    // A desk that reloads goes and comes within a moment: customers are told once.
    const tell = () => {
      changed.delete(appId)
      io.to(customersRoom(appId)).emit('presence', { agents_online: core.presence.count(appId) })
    }
    if (!changed.has(appId)) changed.set(appId, setTimeout(tell, presenceMs))
  })

  let sweeping = false
  const sweep = setInterval(async () => {
    if (sweeping) return
    sweeping = true
    for (const socket of [...io.sockets.sockets.values()]) if (await hasEnded(auth, socket)) socket.disconnect(true)
    sweeping = false
  }, sweepMs)

  return {
    publish(happening) {
      const { appId, customerId } = addressees(happening)
      const { agents, customer } = framesOf(happening, core.links)
      for (const [name, payload] of agents) io.to(agentsRoom(appId)).emit(name, payload)
      for (const [name, payload] of customer) io.to(customerRoom(appId, customerId)).emit(name, payload)
    },
    async close() {
      clearInterval(sweep)
      for (const timer of changed.values()) clearTimeout(timer)
      await io.close()
    },
  }
}

function credentialOf({ handshake, data }: Pick<OurSocket, 'handshake' | 'data'>): Credential {
  const { token } = handshake.auth as { token?: unknown }
  return { token: data.token ?? (typeof token === 'string' ? token : undefined), origin: handshake.headers.origin }
}

/** A fresh token for an open socket: of the same person on the same side. Throws as a handshake does, and `forbidden`. */
async function renew(auth: Auth, socket: OurSocket, token: string): Promise<void> {
  const principal = await auth.identify({ token, origin: socket.handshake.headers.origin })
  const before = socket.data.principal
  if (principal.kind !== before.kind || roomOf(principal) !== roomOf(before) || agentOf(principal) !== agentOf(before)) {
    throw new Refusal('forbidden', { detail: 'The fresh token is for somebody else.' })
  }
  Object.assign(socket.data, { principal, token })
}

const agentOf = (principal: Principal) => (principal.kind === 'user' ? principal.agentId : null)

/** True if the credential of an open socket would be refused now. A database that does not answer refuses nobody. */
async function hasEnded(auth: Auth, socket: OurSocket): Promise<boolean> {
  try {
    await auth.identify(credentialOf(socket))
    return false
  } catch (err) {
    return toRefusal(err).status < 500
  }
}

/** No Origin is no browser and needs no list; `null` is on none. */
async function allowed(core: Core, origin: string | undefined, ownOrigin: string): Promise<boolean> {
  if (origin === undefined || origin === ownOrigin) return true
  if (origin === 'null') return false
  return core.apps.knowsOrigin(origin).catch(() => false)
}

/** What clients know how to go on from; anything else is a credential that cannot be used. */
const socketCodes = ['unauthorized', 'token_expired', 'origin_not_allowed', 'key_in_browser', 'rate_limited', 'unavailable'] as const

function socketCode({ code, status }: Refusal): SocketRefusal['code'] {
  return socketCodes.find((one) => one === code) ?? (status < 500 ? 'unauthorized' : 'unavailable')
}

function refusal(core: Core, err: unknown): ExtendedError {
  const refused = toRefusal(err)
  if (refused.code === 'internal_error') core.log.error({ err: refused.cause }, 'handshake failed')
  return Object.assign(new Error(refused.message), { data: { code: socketCode(refused) } satisfies SocketRefusal })
}

/** A customer has at most so many sockets; one more ends the oldest. Agents share their app's room and are not counted by it. */
function dropOldest(ids: Set<string> | undefined, sockets: Map<string, OurSocket>, newest: OurSocket): void {
  const { principal } = newest.data
  if (!ids || ids.size <= limits.socketsPerCustomer || roomOf(principal) === agentsRoom(principal.app.id)) return
  const oldest = [...ids].map((id) => sockets.get(id)).find((socket) => socket && socket !== newest)
  oldest?.disconnect(true)
}
