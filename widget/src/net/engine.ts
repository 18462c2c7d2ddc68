import { Emitter } from './emitter.ts'

/**
 * Stands in for `engine.io-client` under socket.io-client: Engine.IO protocol 4 over a WebSocket and nothing else. The stock engine also brings
 * polling and WebTransport, and leaves listeners on the host's window. Only what socket.io-client imports and calls is here.
 */

interface Events {
  open: () => void
  ping: () => void
  data: (text: string) => void
  error: (error: Error) => void
  close: (reason: string, details?: unknown) => void
}

export class Socket extends Emitter<Events> {
  /** socket.io-client reads this to drop volatile events while an earlier frame of the same turn is on its way. */
  readonly transport = { writable: false }
  #ws: WebSocket | undefined
  #ended = false
  #patience = 0
  #deadline = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(uri: string, { path }: { path: string }) {
    super()
    // A page's CSP may make the constructor throw. That must reach the caller as an event, and after it has had the time to listen.
    try {
      const { protocol, host } = new URL(uri)
      this.#listen(new WebSocket(`${protocol.replace('http', 'ws')}//${host}${path.replace(/\/?$/, '/')}?EIO=4&transport=websocket`))
    } catch (error) {
      nextTick(() => this.#fail(error as Error))
    }
  }

  write(text: string): void {
    this.#send(`4${text}`)
  }

  close(): void {
    this.#end('forced close')
  }

  /** Timers sleep when the machine does: an emit after waking must not go into a connection that is long gone. */
  _hasPingExpired(): boolean {
    const expired = Date.now() > this.#deadline
    if (expired) nextTick(() => this.#end('ping timeout'))
    return expired
  }

  #listen(ws: WebSocket): void {
    this.#ws = ws
    ws.onopen = () => {
      this.transport.writable = true
    }
    ws.onmessage = (event) => {
      // Binary is not spoken here; a frame of it is dropped, the connection lives on.
      if (typeof event.data === 'string') this.#receive(event.data)
    }
    ws.onerror = (event) => this.#fail(new Error('websocket error', { cause: event }))
    ws.onclose = (event) => this.#end('transport close', event)
  }

  #receive(frame: string): void {
    const type = frame[0]
    if (type === '0') this.#handshake(frame.slice(1))
    else if (type === '2') {
      this.#send('3')
      this.emitReserved('ping')
      this.#await()
    } else if (type === '4') this.emitReserved('data', frame.slice(1))
    // Close, pong, upgrade and noop ask for nothing here.
    else if (!/^[1356]/.test(frame)) this.#fail(new Error('server error'))
  }

  #handshake(json: string): void {
    try {
      const { pingInterval, pingTimeout } = JSON.parse(json)
      this.#patience = pingInterval + pingTimeout
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    this.emitReserved('open')
    this.#await()
  }

  /** The server pings. Silence for an interval and a timeout means that the connection is dead. */
  #await(): void {
    clearTimeout(this.#timer)
    if (this.#ended) return
    this.#deadline = Date.now() + this.#patience
    this.#timer = setTimeout(() => this.#end('ping timeout'), this.#patience)
  }

  #send(frame: string): void {
    if (!this.#ws) return
    this.#ws.send(frame)
    this.transport.writable = false
    nextTick(() => {
      this.transport.writable = true
    })
  }

  #fail(error: Error): void {
    if (this.#ended) return
    this.emitReserved('error', error)
    this.#end('transport error', error)
  }

  #end(reason: string, details?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    const ws = this.#ws
    if (ws) {
      this.#ws = undefined
      ws.onopen = ws.onmessage = ws.onerror = ws.onclose = null
      ws.close()
    }
    this.emitReserved('close', reason, details)
  }
}

export function nextTick(run: () => void): void {
  Promise.resolve().then(run)
}

interface Timers {
  setTimeoutFn: typeof setTimeout
  clearTimeoutFn: typeof clearTimeout
}

export function installTimerFunctions(target: Timers): void {
  target.setTimeoutFn = setTimeout.bind(globalThis)
  target.clearTimeoutFn = clearTimeout.bind(globalThis)
}

// The stock client passes its engine's transports on by these names, and a bundler insists that they exist. There is one transport here.
const none = undefined

export { none as Fetch, none as NodeWebSocket, none as NodeXHR, none as WebSocket, none as WebTransport, none as XHR }

/** The parts of an absolute URL that socket.io-client reads. A query is refused on purpose: nothing of ours travels in a URL. */
export function parse(source: string): { source: string; protocol: string; host: string; port: string; path: string } {
  const { protocol, hostname, port, pathname } = new URL(source)
  return { source, protocol: protocol.slice(0, -1), host: hostname.replace(/[[\]]/g, ''), port, path: pathname }
}
