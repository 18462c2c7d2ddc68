import { once } from 'node:events'
import type { io, Manager, ManagerOptions, Socket, SocketOptions } from 'socket.io-client'
import { type Link, serve, socketPath, type TestServer, wire } from './link.ts'

export interface Client {
  io: typeof io
  Manager: typeof Manager
}

/** What a scenario works with: everything that it opens is closed after it. */
export class Stage {
  readonly log: string[] = []
  readonly #closers: (() => unknown)[] = []
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async serve(...args: Parameters<typeof serve>): Promise<TestServer> {
    const server = await serve(...args)
    this.#closers.push(server.stop)
    return server
  }

  async wire(server: TestServer): Promise<Link> {
    const link = await wire(server.port)
    this.#closers.push(link.close)
    return link
  }

  /** A socket that writes down what befalls it. */
  dial(url: string, options: Partial<ManagerOptions & SocketOptions> = {}, name = ''): Socket {
    const socket = this.#client.io(url, {
      path: socketPath,
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
      ...options,
    })
    socket.on('connect', () => this.log.push(`${name}connect`))
    socket.on('disconnect', (reason) => this.log.push(`${name}disconnect: ${reason}`))
    socket.on('connect_error', (error) => {
      // How often it is tried in vain is a matter of time.
      if (this.log.at(-1) !== `${name}refused: ${error.message}`) this.log.push(`${name}refused: ${error.message}`)
    })
    this.#closers.push(() => socket.disconnect())
    return socket
  }

  async end(): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
  }
}

const heard = (socket: Socket, event: string) =>
  new Promise<unknown[]>((resolve) => {
    const hear = (...args: unknown[]) => {
      socket.off(event, hear)
      resolve(args)
    }
    socket.on(event, hear)
  })

type Scenario = (stage: Stage) => Promise<void>

/** Scenario and what it must write down, whatever the engine. */
export const scenarios: Record<string, [Scenario, string[]]> = {
  'connects with what auth() gives': [
    async (stage) => {
      const server = await stage.serve()
      const joined = server.joined()
      const socket = stage.dial(server.url, { auth: (give) => give({ token: 'a.b.c' }) })
      await heard(socket, 'connect')
      const { handshake, id, conn } = await joined
      stage.log.push(`auth ${JSON.stringify(handshake.auth)}`, `same id ${id === socket.id}`, conn.transport.name)
    },
    ['connect', 'auth {"token":"a.b.c"}', 'same id true', 'websocket'],
  ],
  'a refused handshake carries its data and is not repeated': [
    async (stage) => {
      const server = await stage.serve()
      server.io.use((_, next) => next(Object.assign(new Error('no'), { data: { code: 'token_expired' } })))
      const socket = stage.dial(server.url)
      const [error] = await heard(socket, 'connect_error')
      stage.log.push(JSON.stringify((error as { data?: unknown }).data), `active ${socket.active}`)
    },
    ['refused: no', '{"code":"token_expired"}', 'active false'],
  ],
  'emits with an acknowledgement, both ways': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => one.on('ask', (a: number, b: number, answer: (sum: number) => void) => answer(a + b)))
      const joined = server.joined()
      const socket = stage.dial(server.url)
      socket.on('question', (text: string, answer: (text: string) => void) => answer(`${text}!`))
      stage.log.push(`sum ${await socket.emitWithAck('ask', 2, 3)}`, `said ${await (await joined).emitWithAck('question', 'well')}`)
    },
    ['connect', 'sum 5', 'said well!'],
  ],
  'the server throws the socket out': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => one.disconnect(true))
      const socket = stage.dial(server.url)
      await heard(socket, 'disconnect')
      stage.log.push(`active ${socket.active}`)
    },
    ['connect', 'disconnect: io server disconnect', 'active false'],
  ],
  'comes back after the server was stopped and started': [
    async (stage) => {
      const first = await stage.serve()
      const socket = stage.dial(first.url)
      await heard(socket, 'connect')
      await Promise.all([heard(socket, 'disconnect'), first.stop()])
      await heard(socket, 'connect_error')
      const second = await stage.serve({}, first.port)
      const joined = second.joined()
      await heard(socket, 'connect')
      stage.log.push(`same id ${(await joined).id === socket.id}`)
    },
    ['connect', 'disconnect: transport close', 'refused: websocket error', 'connect', 'same id true'],
  ],
  'waits for a server that is not there yet': [
    async (stage) => {
      const gone = await stage.serve()
      await gone.stop()
      const socket = stage.dial(gone.url)
      await heard(socket, 'connect_error')
      const joined = heard(socket, 'connect')
      await stage.serve({}, gone.port)
      await joined
    },
    ['refused: websocket error', 'connect'],
  ],
  'a handshake that HTTP refuses': [
    async (stage) => {
      const server = await stage.serve({ allowRequest: (_, decide) => decide('no', false) })
      const socket = stage.dial(server.url, { reconnection: false })
      await heard(socket, 'connect_error')
    },
    ['refused: websocket error'],
  ],
  'silence is noticed': [
    async (stage) => {
      const server = await stage.serve({ pingInterval: 100, pingTimeout: 1_000 })
      const link = await stage.wire(server)
      const socket = stage.dial(link.url, { reconnection: false })
      await heard(socket, 'connect')
      // One heartbeat goes through, so that what ends the connection is the next one's absence.
      await new Promise<void>((resolve) => socket.io.on('ping', () => resolve()))
      link.freeze()
      await heard(socket, 'disconnect')
    },
    ['connect', 'disconnect: ping timeout'],
  ],
  'lives on through many heartbeats': [
    async (stage) => {
      const server = await stage.serve({ pingInterval: 60, pingTimeout: 2_000 })
      const joined = server.joined()
      const socket = stage.dial(server.url)
      let pings = 0
      await new Promise<void>((resolve) => socket.io.on('ping', () => ++pings === 5 && resolve()))
      stage.log.push(`connected ${socket.connected} ${(await joined).connected}`)
    },
    ['connect', 'connected true true'],
  ],
  'comes back after the network broke': [
    async (stage) => {
      const server = await stage.serve()
      const link = await stage.wire(server)
      const socket = stage.dial(link.url)
      await heard(socket, 'connect')
      const before = socket.id
      link.cut()
      await heard(socket, 'disconnect')
      await heard(socket, 'connect')
      stage.log.push(`new id ${socket.id !== before}`)
    },
    ['connect', 'disconnect: transport error', 'connect', 'new id true'],
  ],
  'a large text comes back whole': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => one.on('echo', (text: string, answer: (text: string) => void) => answer(text)))
      const socket = stage.dial(server.url)
      const text = 'ünïcode '.repeat(60_000)
      stage.log.push(`whole ${(await socket.emitWithAck('echo', text)) === text}`)
    },
    ['connect', 'whole true'],
  ],
  'a frame above the server’s limit ends the connection': [
    async (stage) => {
      const server = await stage.serve({ maxHttpBufferSize: 1_000 })
      const socket = stage.dial(server.url, { reconnection: false })
      await heard(socket, 'connect')
      socket.emit('echo', 'x'.repeat(2_000))
      await heard(socket, 'disconnect')
    },
    ['connect', 'disconnect: transport close'],
  ],
  'any script, and names that look like something else': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => one.on('echo', (...args: unknown[]) => (args.pop() as (...all: unknown[]) => void)(...args)))
      const socket = stage.dial(server.url)
      const values = ['שלום', '👩‍👩‍👧‍👦', 'a\u2028b\u0000c', '\ud800', '4["x"]', '']
      for (const value of values) stage.log.push(String((await socket.emitWithAck('echo', value)) === value))
      const odd = { __proto__x: 1, toString: 'no', nested: [null, 0, -1.5, { deep: [[]] }] }
      stage.log.push(JSON.stringify(await socket.emitWithAck('echo', odd)))
    },
    ['connect', ...Array<string>(6).fill('true'), '{"__proto__x":1,"toString":"no","nested":[null,0,-1.5,{"deep":[[]]}]}'],
  ],
  'keeps the order of a thousand messages': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => one.on('one', (number: number) => one.emit('one', number)))
      const socket = stage.dial(server.url)
      const seen: number[] = []
      const all = new Promise<void>((resolve) => socket.on('one', (number: number) => seen.push(number) === 1_000 && resolve()))
      for (let number = 0; number < 1_000; number++) socket.emit('one', number)
      await all
      stage.log.push(`in order ${seen.every((number, index) => number === index)}`)
    },
    ['connect', 'in order true'],
  ],
  'is closed while it connects': [
    async (stage) => {
      const server = await stage.serve()
      let guests = 0
      server.io.on('connection', () => guests++)
      const socket = stage.dial(server.url, {}, 'first ')
      socket.disconnect()
      stage.log.push(`connected ${socket.connected}, active ${socket.active}`)
      await heard(stage.dial(server.url), 'connect')
      stage.log.push(`guests ${guests}`)
    },
    ['connected false, active false', 'connect', 'guests 1'],
  ],
  'is closed before it connects, and connects after all': [
    async (stage) => {
      const server = await stage.serve()
      const socket = stage.dial(server.url, { autoConnect: false })
      socket.disconnect()
      stage.log.push(`connected ${socket.connected}`)
      socket.connect()
      await heard(socket, 'connect')
    },
    ['connected false', 'connect'],
  ],
  'is closed by its owner, and opened again': [
    async (stage) => {
      const server = await stage.serve()
      const socket = stage.dial(server.url)
      const joined = server.joined()
      await heard(socket, 'connect')
      const left = once(await joined, 'disconnect')
      socket.disconnect()
      stage.log.push(`server heard: ${(await left)[0]}`)
      socket.connect()
      await heard(socket, 'connect')
    },
    ['connect', 'disconnect: io client disconnect', 'server heard: client namespace disconnect', 'connect'],
  ],
  'sends what was emitted before it was connected': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => one.on('echo', (text: string, answer: (text: string) => void) => answer(text)))
      const socket = stage.dial(server.url, { autoConnect: false })
      const answer = socket.emitWithAck('echo', 'early')
      socket.connect()
      stage.log.push(await answer)
    },
    ['connect', 'early'],
  ],
  'drops a volatile event while another is on its way': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => {
        one.onAny((name: string, value: unknown) => typeof value !== 'function' && stage.log.push(`${name} ${value}`))
        one.on('all', (answer: () => void) => answer())
      })
      const socket = stage.dial(server.url)
      await heard(socket, 'connect')
      socket.volatile.emit('volatile', 1)
      socket.volatile.emit('volatile', 2)
      socket.emit('plain', 3)
      await socket.emitWithAck('all')
      socket.volatile.emit('volatile', 4)
      await socket.emitWithAck('all')
    },
    ['connect', 'volatile 1', 'plain 3', 'volatile 4'],
  ],
  'two connections do not meet': [
    async (stage) => {
      const server = await stage.serve()
      server.io.on('connection', (one) => one.on('who', (answer: (id: string) => void) => answer(one.id)))
      const a = stage.dial(server.url)
      const b = stage.dial(server.url)
      const [first, second] = await Promise.all([a.emitWithAck('who'), b.emitWithAck('who')])
      stage.log.push(`own ${first === a.id && second === b.id && first !== second}`)
      a.disconnect()
      stage.log.push(`still there ${(await b.emitWithAck('who')) === b.id}`)
    },
    ['connect', 'connect', 'own true', 'disconnect: io client disconnect', 'still there true'],
  ],
  'a namespace of its own': [
    async (stage) => {
      const server = await stage.serve()
      server.io.of('/desk').on('connection', (one) => one.on('who', (answer: (name: string) => void) => answer(one.nsp.name)))
      const socket = stage.dial(`${server.url}/desk`)
      stage.log.push(await socket.emitWithAck('who'))
    },
    ['connect', '/desk'],
  ],
}
