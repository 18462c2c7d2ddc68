import { type SocketRefusal, socketPath } from '@support-widget/shared/socket.ts'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'

export interface Frame {
  type: string
  payload: Record<string, unknown>
}

/** One end of the socket, with everything that it received. */
export interface Listener {
  socket: Socket
  frames: Frame[]
  /** The first frame, past or future, for which this holds. */
  frame(matches: (frame: Frame) => boolean): Promise<Frame>
  closed: Promise<string>
  close(): void
}

const types = ['ticket.created', 'ticket.updated', 'message.created', 'message.updated', 'ticket.read']

/** Connects with the stock client and waits until the server has let it in. Rejects with the refusal. */
export async function listen(url: string, token: string, options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Listener> {
  const socket = io(url, { path: socketPath, auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false, ...options })
  const frames: Frame[] = []
  const waiting: { matches(frame: Frame): boolean; resolve(frame: Frame): void }[] = []
  for (const type of types) {
    socket.on(type, (payload: Record<string, unknown>) => {
      const frame = { type, payload }
      frames.push(frame)
      for (const one of waiting) if (one.matches(frame)) one.resolve(frame)
    })
  }
  const closed = new Promise<string>((resolve) => socket.on('disconnect', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', (err: Error & { data?: SocketRefusal }) => {
      socket.close()
      reject(err)
    })
  })
  return {
    socket,
    frames,
    closed,
    frame: (matches) => {
      const past = frames.find(matches)
      return past ? Promise.resolve(past) : new Promise((resolve) => waiting.push({ matches, resolve }))
    },
    close: () => socket.close(),
  }
}
