import type { Server as HttpServer } from 'node:http'
import { limits } from '@support-widget/shared/limits.ts'
import { type SocketRefusal, socketPath } from '@support-widget/shared/socket.ts'
import { type ExtendedError, Server, type Socket } from 'socket.io'
import type { Auth, Credential } from '../auth/identify.ts'
import type { Principal } from '../auth/principal.ts'
import type { Core, Happening } from '../domain/core.ts'
import { toRefusal } from '../errors.ts'
import { addressees, framesOf } from './frames.ts'
import { agentsRoom, customerRoom, roomOf } from './rooms.ts'

interface Data {
  principal: Principal
}
type OurSocket = Socket<Record<string, never>, Record<string, (payload: unknown) => void>, Record<string, never>, Data>

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
}

/**
 * Socket.IO at `/v1/socket`. Browser origins are checked twice: against every app's list before the handshake, against the caller's own app with the
 * credential. An open socket is identified again and again, so that what ends a credential ends its sockets. Frames above 64 KiB close the socket (1009); a socket without a valid handshake ends after 10 s.
 */
export function openGateway(http: HttpServer, core: Core, auth: Auth, { ownOrigin, sweepMs }: GatewayOptions): Gateway {
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

  io.use((socket, next) => {
    auth.identify(credentialOf(socket)).then(
      (principal) => {
        socket.data.principal = principal
        next()
      },
      (err: unknown) => next(refusal(core, err)),
    )
  })

  io.on('connection', (socket: OurSocket) => {
    const room = roomOf(socket.data.principal)
    void socket.join(room)
    const { principal } = socket.data
    if (principal.kind === 'user' && principal.agentId !== null) socket.once('disconnect', core.presence.enter(principal.agentId))
    dropOldest(io.sockets.adapter.rooms.get(room), io.sockets.sockets, socket)
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
      await io.close()
    },
  }
}

function credentialOf({ handshake }: Pick<Socket, 'handshake'>): Credential {
  const { token } = handshake.auth as { token?: unknown }
  return { token: typeof token === 'string' ? token : undefined, origin: handshake.headers.origin }
}

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

function refusal(core: Core, err: unknown): ExtendedError {
  const refused = toRefusal(err)
  if (refused.code === 'internal_error') core.log.error({ err: refused.cause }, 'handshake failed')
  const code = refused.code === 'internal_error' ? 'unavailable' : (refused.code as SocketRefusal['code'])
  return Object.assign(new Error(refused.message), { data: { code } satisfies SocketRefusal })
}

/** A customer has at most so many sockets; one more ends the oldest. Agents share their app's room and are not counted by it. */
function dropOldest(ids: Set<string> | undefined, sockets: Map<string, OurSocket>, newest: OurSocket): void {
  const { principal } = newest.data
  if (!ids || ids.size <= limits.socketsPerCustomer || roomOf(principal) === agentsRoom(principal.app.id)) return
  const oldest = [...ids].map((id) => sockets.get(id)).find((socket) => socket && socket !== newest)
  oldest?.disconnect(true)
}
