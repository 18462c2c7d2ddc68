import { effect, type ReadonlySignal, signal } from '@preact/signals'
import {
  type Acknowledged,
  type AgentFrames,
  type AgentSignals,
  type Listeners,
  type SocketRefusal,
  socketPath,
} from '@support-widget/shared/socket.ts'
import type { SocketInput, SocketRequest } from '@support-widget/shared/socket-requests.ts'
import { io, type Socket } from 'socket.io-client'

/** What an answer may take, milliseconds. */
const patience = 10_000

/** Everything that the server says over the socket. */
export type Heard = Listeners<AgentFrames & AgentSignals>

/** Sends a request over the socket; null where there is no connection or no answer. */
export type Ask = <N extends SocketRequest>(name: N, input: SocketInput<N>) => Promise<Acknowledged | null>

export interface LiveOptions {
  token: ReadonlySignal<string | null>
  /** Asks for another token after the server refused this one. */
  renew: (refused: string | null) => Promise<boolean>
  on: Heard
  /** The connection stands, for the first time or again. */
  connected: () => void
}

const isRefusal = (data: unknown): data is SocketRefusal => typeof data === 'object' && data !== null && 'code' in data

/** The socket: a hint that something changed. Connects again by itself, with the token of the moment; a fresh one is given over the open connection. */
export function connectLive(options: LiveOptions) {
  const isConnected = signal(false)
  let stopped = false
  let attempts = 0
  let given: string | null = null
  let line: Promise<unknown> = Promise.resolve()
  const socket: Socket<Heard, Record<SocketRequest, (input: object, acknowledge: (answer: Acknowledged) => void) => void>> = io({
    path: socketPath,
    transports: ['websocket', 'polling'],
    auth: (give) => {
      given = options.token.peek()
      give({ token: given })
    },
  })

  /** The client does not come back by itself after the server closed the connection or refused the handshake. */
  function connectAgain() {
    attempts++
    setTimeout(() => !stopped && socket.connect(), Math.min(1_000 * 2 ** Math.min(attempts, 5), 30_000) * (0.5 + Math.random() / 2))
  }

  async function send<N extends SocketRequest>(connection: string | undefined, name: N, input: SocketInput<N>): Promise<Acknowledged | null> {
    if (connection === undefined || socket.id !== connection) return null
    try {
      return await socket.timeout(patience).emitWithAck<SocketRequest>(name, input)
    } catch {
      return null
    }
  }

  /** One request after the other, so that a stop never overtakes its start; none outlives its connection. */
  const ask: Ask = (name, input) => {
    const connection = socket.id
    const answer = line.then(() => send(connection, name, input))
    line = answer
    return answer
  }

  /** A token that came since the handshake. One that this connection does not take may be good for a new one. */
  async function giveToken(token: string | null) {
    if (token === null || token === given || !socket.connected) return
    given = token
    const answer = await ask('auth', { token })
    if (answer?.ok !== true && socket.connected && !stopped) socket.disconnect().connect()
  }

  socket.on('connect', () => {
    attempts = 0
    isConnected.value = true
    void giveToken(options.token.peek())
    options.connected()
  })
  socket.on('disconnect', (reason) => {
    isConnected.value = false
    if (reason === 'io server disconnect') connectAgain()
  })
  socket.on('connect_error', async (error) => {
    isConnected.value = false
    if (socket.active) return
    const data = 'data' in error ? error.data : undefined
    const refused = isRefusal(data) && (data.code === 'unauthorized' || data.code === 'token_expired')
    if (refused) await options.renew(options.token.peek())
    connectAgain()
  })
  socket.on('ticket.created', options.on['ticket.created'])
  socket.on('ticket.updated', options.on['ticket.updated'])
  socket.on('message.created', options.on['message.created'])
  socket.on('message.updated', options.on['message.updated'])
  socket.on('ticket.read', options.on['ticket.read'])
  socket.on('typing', options.on.typing)
  socket.on('presence', options.on.presence)
  const stopGiving = effect(() => void giveToken(options.token.value))

  return {
    isConnected,
    ask,
    stop() {
      stopped = true
      stopGiving()
      socket.disconnect()
    },
  }
}
