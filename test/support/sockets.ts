import { type Acknowledged, type SocketRefusal, socketPath } from '@support-widget/shared/socket.ts'
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
  /** Signals of the moment, apart from the frames that must add up. */
  signals: Frame[]
  signal(matches: (signal: Frame) => boolean): Promise<Frame>
  /** Sends a request and waits for its acknowledgement. */
  ask(name: string, payload: unknown): Promise<Acknowledged>
  closed: Promise<string>
  close(): void
}

const signalTypes = ['typing', 'presence']
const types = ['ticket.created', 'ticket.updated', 'message.created', 'message.updated', 'ticket.read']

/** Connects with the stock client and waits until the server has let it in. Rejects with the refusal. */
export async function listen(url: string, token: string, options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Listener> {
  const socket = io(url, { path: socketPath, auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false, ...options })
  const [frames, signals] = [collect(socket, types), collect(socket, signalTypes)]
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
    frames: frames.all,
    closed,
    frame: frames.first,
    signals: signals.all,
    signal: signals.first,
    ask: (name, payload) => new Promise((resolve) => socket.emit(name, payload, resolve)),
    close: () => socket.close(),
  }
}

/** Everything of these types that comes, and a way to wait for the first one for which something holds. */
function collect(socket: Socket, of: readonly string[]) {
  const all: Frame[] = []
  const waiting: { matches(frame: Frame): boolean; resolve(frame: Frame): void }[] = []
  for (const type of of) {
    socket.on(type, (payload: Record<string, unknown>) => {
      const frame = { type, payload }
      all.push(frame)
      for (const one of waiting) if (one.matches(frame)) one.resolve(frame)
    })
  }
  const first = (matches: (frame: Frame) => boolean) => {
    const past = all.find(matches)
    return past ? Promise.resolve(past) : new Promise<Frame>((resolve) => waiting.push({ matches, resolve }))
  }
  return { all, first }
}
