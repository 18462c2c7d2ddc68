import { once } from 'node:events'
import type { connectSocket, SocketOptions, SocketState, waitBefore } from '@support-widget/widget/net/socket.ts'
import type { Socket } from 'socket.io'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/postgres.ts'
import { bundlePage } from './bundles.ts'
import { type Link, serve, type TestServer, wire } from './link.ts'

interface UnderTest {
  connectSocket: typeof connectSocket
  waitBefore: typeof waitBefore
}

let code: string
const closers: (() => unknown)[] = []

beforeAll(async () => {
  code = await bundlePage()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Of the built code: a request that is not acknowledged by then has not arrived, milliseconds. */
const ackWait = 10_000
/** After so long a token is renewed in these tests, milliseconds: nothing else waits as long. */
const renewal = 31_000

/** The built code with timers of its own: the waits between attempts are shortened, written down and counted. What bounds how long something may take only where that never comes. */
function page(longWait = (ms: number) => ms) {
  const pending = new Set<NodeJS.Timeout>()
  const waits: number[] = []
  const scope: { underTest?: UnderTest } = {}
  const set = (run: () => void, ms: number) => {
    const isPause = ms < 20_000 && ms !== ackWait
    if (isPause) waits.push(ms)
    const timer = setTimeout(
      () => {
        pending.delete(timer)
        run()
      },
      isPause ? ms / 50 : longWait(ms),
    )
    pending.add(timer)
    return timer
  }
  const clear = (timer: NodeJS.Timeout) => {
    pending.delete(timer)
    clearTimeout(timer)
  }
  new Function('globalThis', 'setTimeout', 'clearTimeout', code)(scope, set, clear)
  if (!scope.underTest) throw new Error('the built code left nothing')
  return { pending, waits, ...scope.underTest }
}

async function open(options?: Parameters<typeof serve>[0], port?: number): Promise<TestServer> {
  const server = await serve(options, port)
  closers.push(server.stop)
  return server
}

async function through(server: TestServer): Promise<Link> {
  const link = await wire(server.port)
  closers.push(link.close)
  return link
}

/** A customer's socket and all that it says. */
function join(url: string, options: Partial<SocketOptions> & { longWait?: (ms: number) => number } = {}) {
  const { longWait, ...given } = options
  const { connectSocket: connect, pending, waits } = page(longWait)
  const log: unknown[] = []
  const asked: unknown[] = []
  const waiting = new Set<() => void>()
  const say = (word: unknown) => {
    log.push(word)
    for (const look of [...waiting]) look()
  }
  const getToken = options.getToken ?? (async () => `token ${asked.length}`)
  const handle = connect({
    server: url,
    onFrame: say,
    onState: say,
    ...given,
    getToken: (ask) => {
      asked.push(ask)
      return getToken(ask)
    },
  })
  closers.push(handle.close)
  const said = (count: number, state: SocketState) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (log.filter((word) => word === state).length < count) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return { ...handle, asked, log, pending, said, waits }
}

const refuse = (code: string) => Object.assign(new Error('no'), { data: { code } })

/** A server that refuses the first handshakes with these codes. */
async function refusing(...codes: string[]): Promise<TestServer & { tokens: unknown[] }> {
  const server = await open()
  const tokens: unknown[] = []
  server.io.use((socket, next) => {
    tokens.push(socket.handshake.auth.token)
    const code = codes.shift()
    next(code ? refuse(code) : undefined)
  })
  return { ...server, tokens }
}

test('is live, hands every frame on, and knows no other', async () => {
  const server = await open()
  const joined = server.joined()
  const customer = join(server.url)
  await customer.said(1, 'live')
  const frames = [
    { type: 'ticket.created', payload: { ticket: { id: 't' } } },
    { type: 'ticket.updated', payload: { ticket: { id: 't' } } },
    { type: 'message.created', payload: { ticket_id: 't', message: { body: 'שלום' } } },
    { type: 'ticket.read', payload: { ticket_id: 't', by: 'agent', seq: 2 } },
  ]
  // The heartbeat's, and none of the handshake's.
  expect(customer.pending.size).toBe(1)
  const socket = await joined
  socket.emit('unheard', {})
  for (const { type, payload } of frames) socket.emit(type, payload)
  const left = once(socket, 'disconnect')
  socket.disconnect(true)
  await left
  await customer.said(1, 'down')
  expect(customer.log.slice(0, 7)).toEqual(['connecting', 'live', ...frames, 'down'])
})

test('comes back after the network broke, with a token asked for anew', async () => {
  const server = await refusing()
  const link = await through(server)
  const customer = join(link.url)
  await customer.said(1, 'live')
  link.cut()
  await customer.said(2, 'live')
  expect(customer.log).toEqual(['connecting', 'live', 'down', 'live'])
  expect(server.tokens).toEqual(['token 1', 'token 2'])
  expect(customer.asked).toEqual([undefined, undefined])
})

test('comes back after the server threw it out, and after the server was away', async () => {
  // Nobody else gets its port while it is away.
  const server = await open({}, await freePort())
  const joined = server.joined()
  const customer = join(server.url)
  ;(await joined).disconnect(true)
  await customer.said(2, 'live')
  await server.stop()
  await customer.said(2, 'down')
  await open({}, server.port)
  await customer.said(3, 'live')
  expect(customer.log).toEqual(['connecting', 'live', 'down', 'live', 'down', 'live'])
})

test.each(['unauthorized', 'token_expired'])('%s: a fresh token is asked for, once', async (code) => {
  const server = await refusing(code)
  const customer = join(server.url)
  await customer.said(1, 'live')
  expect(customer.log).toEqual(['connecting', 'down', 'live'])
  expect(customer.asked).toEqual([undefined, { fresh: true }])
  expect(server.tokens).toEqual(['token 1', 'token 2'])
})

test('a fresh token that is refused too is not asked for at every attempt', async () => {
  const server = await refusing('unauthorized', 'unauthorized', 'token_expired')
  const customer = join(server.url)
  await customer.said(1, 'live')
  expect(customer.asked).toEqual([undefined, { fresh: true }, undefined, { fresh: true }])
  expect(customer.log).toEqual(['connecting', 'down', 'live'])
})

test.each(['rate_limited', 'unavailable', 'unheard_of'])('%s is tried again with the token that there is', async (code) => {
  const server = await refusing(code, code)
  const customer = join(server.url)
  await customer.said(1, 'live')
  expect(customer.asked).toEqual([undefined, undefined, undefined])
})

test.each(['origin_not_allowed', 'key_in_browser'])('%s is final', async (code) => {
  const server = await refusing(code)
  const customer = join(server.url)
  await customer.said(1, 'refused')
  expect(customer.log).toEqual(['connecting', 'refused'])
  expect(customer.pending.size).toBe(0)
  expect(customer.asked).toHaveLength(1)
})

test('nobody signed in is final, and the server is not bothered', async () => {
  const server = await refusing()
  const customer = join(server.url, { getToken: async () => null })
  await customer.said(1, 'refused')
  expect(customer.log).toEqual(['connecting', 'refused'])
  expect(customer.pending.size).toBe(0)
  expect(server.io.engine.clientsCount).toBe(0)
})

test.each<[string, () => Promise<string>]>([
  ['rejects', () => Promise.reject(new Error('host is offline'))],
  [
    'throws',
    () => {
      throw new Error('host has a fault')
    },
  ],
  ['never answers', () => new Promise(() => {})],
])('a getToken that %s is asked again', async (_, fail) => {
  const server = await open()
  let calls = 0
  const customer = join(server.url, { getToken: () => (calls++ ? Promise.resolve('good') : fail()), longWait: (ms) => ms / 50 })
  await customer.said(1, 'live')
  expect(customer.log).toEqual(['connecting', 'down', 'live'])
})

test('a handshake without an answer is given up and tried again', async () => {
  const server = await open()
  let guests = 0
  server.io.use((_, next) => {
    if (guests++ > 0) next()
  })
  const customer = join(server.url, { longWait: (ms) => ms / 50 })
  await customer.said(1, 'live')
  expect(customer.log).toEqual(['connecting', 'down', 'live'])
})

test('a token that comes after its attempt was given up starts nothing', async () => {
  const server = await refusing()
  const answers: ((token: string) => void)[] = []
  const customer = join(server.url, { getToken: () => new Promise((resolve) => answers.push(resolve)), longWait: (ms) => ms / 50 })
  await customer.said(1, 'down')
  answers[0]?.('late')
  await join(server.url, { getToken: async () => 'other' }).said(1, 'live')
  expect(server.tokens).toEqual(['other'])
  expect(customer.log).toEqual(['connecting', 'down'])
})

test('a server that lets in and throws out is asked less and less often', async () => {
  const server = await open()
  server.io.on('connection', (socket: Socket) => socket.disconnect(true))
  const customer = join(server.url)
  await customer.said(4, 'live')
  const [first = 0, second = 0, third = 0] = customer.waits
  expect(first).toBeLessThanOrEqual(1_000)
  expect(second).toBeGreaterThanOrEqual(1_000)
  expect(third).toBeGreaterThanOrEqual(2_000)
})

test('waits double up to 30 seconds, and half of each is random', () => {
  const { waitBefore: wait } = page()
  expect([0, 1, 2, 3, 4, 5, 50, 5_000].map((attempt) => wait(attempt, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  expect(wait(5, 1)).toBe(15_000)
})

test('a server below a path', async () => {
  const server = await open({ path: '/help/v1/socket' })
  await join(`${server.url}/help/`).said(1, 'live')
})

test('closed while live: the server hears it, nothing is left and nothing is said', async () => {
  const server = await open()
  const joined = server.joined()
  const customer = join(server.url)
  await customer.said(1, 'live')
  const left = once(await joined, 'disconnect')
  customer.close()
  customer.close()
  await left
  expect(customer.pending.size).toBe(0)
  expect(customer.log).toEqual(['connecting', 'live'])
})

test('closed from within what it says', async () => {
  const server = await open()
  const joined = server.joined()
  const log: unknown[] = []
  const customer = join(server.url, {
    onState: (state) => {
      log.push(state)
      if (state === 'live') customer.close()
    },
  })
  await once(await joined, 'disconnect')
  expect(log).toEqual(['connecting', 'live'])
  expect(customer.pending.size).toBe(0)
})

test.each<[string, (give: PromiseWithResolvers<string>) => void]>([
  ['comes', (give) => give.resolve('late')],
  ['is refused', (give) => give.reject(new Error('host is offline'))],
])('closed while a token is asked for, which then %s', async (_, answer) => {
  const server = await refusing()
  const token = Promise.withResolvers<string>()
  const customer = join(server.url, { getToken: () => token.promise })
  customer.close()
  answer(token)
  await join(server.url, { getToken: async () => 'other' }).said(1, 'live')
  expect(server.tokens).toEqual(['other'])
  expect(customer.pending.size).toBe(0)
  expect(customer.log).toEqual(['connecting'])
})

test('closed while it connects', async () => {
  const server = await refusing()
  const customer = join(server.url)
  // By then the token is there and the WebSocket under way; nothing has come back yet.
  await new Promise((resolve) => process.nextTick(() => queueMicrotask(() => resolve(null))))
  customer.close()
  expect(customer.pending.size).toBe(0)
  await join(server.url, { getToken: async () => 'other' }).said(1, 'live')
  expect(server.tokens).toEqual(['other'])
  expect(customer.log).toEqual(['connecting'])
})

test('closed while it waits to try again', async () => {
  const server = await open()
  await server.stop()
  const customer = join(server.url)
  await customer.said(1, 'down')
  customer.close()
  expect(customer.pending.size).toBe(0)
  expect(customer.log).toEqual(['connecting', 'down'])
})

test('a request is acknowledged, and one that is not connected or not answered gives null', async () => {
  const server = await open()
  server.io.on('connection', (socket) => {
    socket.on('typing', (input, acknowledge) => acknowledge({ ok: true, input }))
    socket.on('read', (_, acknowledge) => acknowledge({ ok: false, error: { code: 'not_found' } }))
  })
  let isShort = false
  const customer = join(server.url, { longWait: (ms) => (isShort ? ms / 50 : ms) })
  expect(await customer.request('typing', { ticket_id: 'T', typing: true })).toBeNull()
  await customer.said(1, 'live')
  expect(await customer.request('typing', { ticket_id: 'T', typing: true })).toEqual({ ok: true, input: { ticket_id: 'T', typing: true } })
  expect(await customer.request('read', { ticket_id: 'T', seq: 1 })).toEqual({ ok: false, error: { code: 'not_found' } })
  // Nobody answers this one, and time is short here.
  isShort = true
  expect(await customer.request('watch', { ticket_id: 'T' })).toBeNull()
  const unanswered = customer.request('watch', { ticket_id: 'T' })
  customer.close()
  expect(await unanswered).toBeNull()
  expect(customer.pending.size).toBe(0)
})

test('a fresh token is shown over the open socket, which stays', async () => {
  const server = await open()
  const shown: string[] = []
  const renewed = new Promise<void>((resolve) => {
    server.io.on('connection', (socket) => {
      shown.push(socket.handshake.auth.token)
      socket.on('auth', ({ token }, acknowledge) => {
        shown.push(token)
        acknowledge({ ok: true })
        if (shown.length === 3) resolve()
      })
    })
  })
  // All but this keeps its time.
  const customer = join(server.url, { renewIn: () => renewal, longWait: (ms) => (ms === renewal ? 200 : ms) })
  await renewed
  expect(shown).toEqual(['token 1', 'token 2', 'token 3'])
  expect(customer.log).toEqual(['connecting', 'live'])
})

test('the same token is not shown again', async () => {
  const server = await open()
  let asked = 0
  const shown: unknown[] = []
  server.io.on('connection', (socket) => socket.on('auth', (input) => shown.push(input)))
  const again = new Promise<void>((resolve) => {
    join(server.url, {
      renewIn: () => 0,
      longWait: (ms) => ms / 100,
      getToken: async () => {
        if (++asked === 4) resolve()
        return 'the one'
      },
    })
  })
  await again
  expect(shown).toEqual([])
})

test.each<[string, (acknowledge: (how: unknown) => void) => void]>([
  ['refused', (acknowledge) => acknowledge({ ok: false, error: { code: 'unauthorized' } })],
  ['never acknowledged', () => {}],
])('a fresh token that is %s is shown in a new handshake', async (_, answer) => {
  const server = await refusing()
  server.io.on('connection', (socket) => socket.on('auth', (_, acknowledge) => answer(acknowledge)))
  let token = 0
  const longWait = (ms: number) => (ms === renewal || ms === ackWait ? 200 : ms)
  const customer = join(server.url, { renewIn: () => renewal, longWait, getToken: async () => `token ${Math.min(++token, 2)}` })
  await customer.said(2, 'live')
  expect(customer.log).toEqual(['connecting', 'live', 'down', 'live'])
  expect(server.tokens).toEqual(['token 1', 'token 2'])
})
