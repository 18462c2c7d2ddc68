import { signal } from '@preact/signals'
import { type AgentFrames, type Listeners, type SocketRefusal, socketPath } from '@support-widget/shared/socket.ts'
import { io, type Socket } from 'socket.io-client'

export interface LiveOptions {
  token: () => string | null
  /** Asks for another token after the server refused this one. */
  renew: (refused: string | null) => Promise<boolean>
  on: Listeners<AgentFrames>
  /** The connection stands, for the first time or again. */
  connected: () => void
}

const isRefusal = (data: unknown): data is SocketRefusal => typeof data === 'object' && data !== null && 'code' in data

/** The socket: a hint that something changed. Connects again by itself, with the token of the moment. */
export function connectLive(options: LiveOptions) {
  const isConnected = signal(false)
  let stopped = false
  let attempts = 0
  const socket: Socket<Listeners<AgentFrames>> = io({
    path: socketPath,
    transports: ['websocket', 'polling'],
    auth: (give) => give({ token: options.token() }),
  })

  /** The client does not come back by itself after the server closed the connection or refused the handshake. */
  function connectAgain() {
    attempts++
    setTimeout(() => !stopped && socket.connect(), Math.min(1_000 * 2 ** Math.min(attempts, 5), 30_000) * (0.5 + Math.random() / 2))
  }

  socket.on('connect', () => {
    attempts = 0
    isConnected.value = true
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
    if (refused) await options.renew(options.token())
    connectAgain()
  })
  socket.on('ticket.created', options.on['ticket.created'])
  socket.on('ticket.updated', options.on['ticket.updated'])
  socket.on('message.created', options.on['message.created'])
  socket.on('message.updated', options.on['message.updated'])
  socket.on('ticket.read', options.on['ticket.read'])

  return {
    isConnected,
    stop() {
      stopped = true
      socket.disconnect()
    },
  }
}
