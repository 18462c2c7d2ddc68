import { installTimerFunctions, parse, Socket } from '@support-widget/widget/net/engine.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/** A browser's WebSocket as far as the engine sees it, played by the test. */
class FakeWebSocket {
  static last: FakeWebSocket
  readonly sent: string[] = []
  closed = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: ((event: object) => void) | null = null
  onclose: ((event: object) => void) | null = null

  readonly url: string

  constructor(url: string) {
    this.url = url
    FakeWebSocket.last = this
  }

  send(frame: string) {
    this.sent.push(frame)
  }

  close() {
    this.closed++
  }

  get listens() {
    return [this.onopen, this.onmessage, this.onerror, this.onclose].some(Boolean)
  }
}

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeWebSocket)
  vi.useFakeTimers()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** Everything the engine says, and the wire under it. */
function dial(uri = 'https://support.example.com') {
  const log: string[] = []
  const engine = new Socket(uri, { path: '/v1/socket' })
  engine.on('open', () => log.push('open'))
  engine.on('ping', () => log.push('ping'))
  engine.on('data', (text) => log.push(`data ${text}`))
  engine.on('error', (error) => log.push(`error ${error.message}`))
  engine.on('close', (reason) => log.push(`close ${reason}`))
  return { engine, log, ws: FakeWebSocket.last }
}

function dialled() {
  const all = dial()
  all.ws.onopen?.()
  all.ws.onmessage?.({ data: '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}' })
  return all
}

test.each([
  ['https://support.example.com', 'wss://support.example.com/v1/socket/?EIO=4&transport=websocket'],
  ['http://localhost:3000', 'ws://localhost:3000/v1/socket/?EIO=4&transport=websocket'],
  ['http://[::1]:3000', 'ws://[::1]:3000/v1/socket/?EIO=4&transport=websocket'],
])('%s is reached at %s', (uri, url) => {
  expect(dial(uri).ws.url).toBe(url)
})

test('opens with the handshake, answers pings, hands messages on', () => {
  const { log, ws } = dialled()
  for (const data of ['2', '4hello', '4', '6', '1', '3', '5']) ws.onmessage?.({ data })
  expect(log).toEqual(['open', 'ping', 'data hello', 'data '])
  expect(ws.sent).toEqual(['3'])
})

test('binary frames are dropped, and the connection lives on', () => {
  const { log, ws } = dialled()
  ws.onmessage?.({ data: new ArrayBuffer(8) })
  ws.onmessage?.({ data: '4still here' })
  expect(log).toEqual(['open', 'data still here'])
})

test.each(['0', '0null', '0{"sid"', '9', 'x', ''])('the frame %j ends the connection without an exception', (data) => {
  const { log, ws } = dial()
  ws.onopen?.()
  ws.onmessage?.({ data })
  expect(log).toEqual([expect.stringMatching(/^error /), 'close transport error'])
  expect(ws.closed).toBe(1)
  expect(ws.listens).toBe(false)
})

test('a ping that does not come in time is a timeout, one that comes puts it off', () => {
  const { log, ws } = dialled()
  vi.advanceTimersByTime(44_999)
  ws.onmessage?.({ data: '2' })
  vi.advanceTimersByTime(44_999)
  expect(log).toEqual(['open', 'ping'])
  vi.advanceTimersByTime(1)
  expect(log).toEqual(['open', 'ping', 'close ping timeout'])
  expect(vi.getTimerCount()).toBe(0)
})

test('after a sleep the timeout is seen before the timer has run', async () => {
  const { engine, log } = dialled()
  expect(engine._hasPingExpired()).toBe(false)
  vi.setSystemTime(Date.now() + 45_001)
  expect(engine._hasPingExpired()).toBe(true)
  await Promise.resolve()
  expect(log).toEqual(['open', 'close ping timeout'])
})

test('a WebSocket that cannot be made is an error and a close, told once there is somebody to hear', async () => {
  const forbidden = class {
    constructor() {
      throw new DOMException('refused by the page’s policy', 'SecurityError')
    }
  }
  vi.stubGlobal('WebSocket', forbidden)
  const { engine, log } = dial()
  expect(log).toEqual([])
  await Promise.resolve()
  expect(log).toEqual(['error refused by the page’s policy', 'close transport error'])
  engine.write('into nothing')
  engine.close()
  expect(log).toHaveLength(2)
})

test('closed before the error is told, it is not told', async () => {
  vi.stubGlobal('WebSocket', undefined)
  const { engine, log } = dial()
  engine.close()
  await Promise.resolve()
  expect(log).toEqual(['close forced close'])
})

test('an address that is none is an error too', async () => {
  const { log } = dial('http://')
  await Promise.resolve()
  expect(log).toEqual([expect.stringMatching(/^error /), 'close transport error'])
})

test.each<[string, (ws: FakeWebSocket) => void, string[]]>([
  ['the wire closes', (ws) => ws.onclose?.({ code: 1006 }), ['close transport close']],
  ['the wire fails', (ws) => ws.onerror?.({}), ['error websocket error', 'close transport error']],
])('%s: one close, and nothing is left', (_, happen, expected) => {
  const { engine, log, ws } = dialled()
  happen(ws)
  engine.close()
  engine.write('late')
  expect(log).toEqual(['open', ...expected])
  expect(ws.sent).toEqual([])
  expect(ws.listens).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

test('closing twice closes once, also while it opens', () => {
  const { engine, log, ws } = dial()
  engine.close()
  engine.close()
  expect(log).toEqual(['close forced close'])
  expect(ws.closed).toBe(1)
  expect(ws.listens).toBe(false)
})

test('closed by a listener of open, it starts no timer', () => {
  const { engine, ws } = dial()
  engine.on('open', () => engine.close())
  ws.onopen?.()
  ws.onmessage?.({ data: '0{"pingInterval":1,"pingTimeout":1}' })
  expect(vi.getTimerCount()).toBe(0)
})

test('is writable from the opening of the wire, but not twice in one turn', async () => {
  const { engine, ws } = dial()
  expect(engine.transport.writable).toBe(false)
  ws.onopen?.()
  expect(engine.transport.writable).toBe(true)
  engine.write('a')
  expect(engine.transport.writable).toBe(false)
  engine.write('b')
  await Promise.resolve()
  expect(engine.transport.writable).toBe(true)
  expect(ws.sent).toEqual(['4a', '4b'])
})

test('what socket.io-client takes from an address', () => {
  expect(parse('https://h.example:8443/desk?token=x')).toEqual({
    source: 'https://h.example:8443/desk?token=x',
    protocol: 'https',
    host: 'h.example',
    port: '8443',
    path: '/desk',
  })
  expect(parse('http://[::1]:3000')).toMatchObject({ host: '::1', port: '3000', path: '/' })
})

test('timers are the page’s own', () => {
  const target = {} as Parameters<typeof installTimerFunctions>[0]
  installTimerFunctions(target)
  const run = vi.fn()
  target.setTimeoutFn(run, 5)
  target.clearTimeoutFn(target.setTimeoutFn(run, 5))
  vi.advanceTimersByTime(5)
  expect(run).toHaveBeenCalledTimes(1)
})
