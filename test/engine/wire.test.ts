import { openWire } from '@support-widget/widget/net/wire.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/** A browser's WebSocket as far as the wire sees it, played by the test. */
class FakeWebSocket {
  static last: FakeWebSocket
  readonly sent: string[] = []
  closed = 0
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
    return [this.onmessage, this.onerror, this.onclose].some(Boolean)
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

/** Everything that the wire says, and what is under it. */
function dial(url = 'https://support.example.com/v1/socket') {
  const log: string[] = []
  const wire = openWire(
    url,
    { token: 'a.b.c' },
    {
      onOpen: () => log.push('open'),
      onEvent: (name, payload) => log.push(`${name} ${JSON.stringify(payload)}`),
      onLost: (data) => log.push(`lost ${JSON.stringify(data)}`),
    },
  )
  const hear = (...frames: unknown[]) => {
    for (const data of frames) FakeWebSocket.last.onmessage?.({ data })
  }
  return { wire, log, ws: FakeWebSocket.last, hear }
}

const handshake = '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
function opened() {
  const all = dial()
  all.hear(handshake, '40{"sid":"y"}')
  return all
}

test.each([
  ['https://support.example.com/v1/socket', 'wss://support.example.com/v1/socket/?EIO=4&transport=websocket'],
  ['http://localhost:3000/v1/socket', 'ws://localhost:3000/v1/socket/?EIO=4&transport=websocket'],
  ['http://[::1]:3000/below/v1/socket', 'ws://[::1]:3000/below/v1/socket/?EIO=4&transport=websocket'],
])('%s is reached at %s', (url, reached) => {
  expect(dial(url).ws.url).toBe(reached)
})

test('shows the token, is open once let in, answers pings, hands events on', () => {
  const { wire, log, ws, hear } = dial()
  hear(handshake)
  expect(wire.isOpen()).toBe(false)
  hear('42["early",1]', '40{"sid":"y"}', '2', '42["said",{"a":[null,"שלום"]}]', '42["bare"]')
  expect(wire.isOpen()).toBe(true)
  expect(log).toEqual(['open', 'said {"a":[null,"שלום"]}', 'bare undefined'])
  expect(ws.sent).toEqual(['40{"token":"a.b.c"}', '3'])
})

test('each request is acknowledged by its own number', () => {
  const { wire, log, ws, hear } = opened()
  for (const text of ['a', 'b']) wire.send('typing', { text }, (how) => log.push(`${text} ${JSON.stringify(how)}`))
  expect(ws.sent.slice(1)).toEqual(['421["typing",{"text":"a"}]', '422["typing",{"text":"b"}]'])
  hear('432[{"ok":true}]', '431[{"ok":false}]', '431[{"ok":true}]', '439[1]')
  expect(log).toEqual(['open', 'b {"ok":true}', 'a {"ok":false}'])
})

test('what is not spoken here is dropped, and the connection lives on', () => {
  const { log, hear } = opened()
  hear(new ArrayBuffer(8), '3', '5', '6', '451-["x",{"_placeholder":true,"num":0}]', '461-[1]', 'x', '', '42["still here",1]')
  expect(log).toEqual(['open', 'still here 1'])
})

test.each(['0null', '0{"sid"', '42', '42{}', '42["x"', '42/other,["x"]', '43', '44', '44null'])(
  'the frame %j ends the connection without an exception',
  (frame) => {
    const { log, ws, hear } = opened()
    hear(frame, '42["late",1]')
    expect(log).toEqual(['open', 'lost undefined'])
    expect(ws.closed).toBe(1)
    expect(ws.listens).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  },
)

test('a refusal comes with what the server says', () => {
  const { log, ws, hear } = dial()
  hear(handshake, '44{"message":"no","data":{"code":"unauthorized"}}')
  expect(log).toEqual(['lost {"code":"unauthorized"}'])
  expect(ws.closed).toBe(1)
})

test('a ping that does not come in time is a loss, one that comes puts it off', () => {
  const { log, hear } = opened()
  vi.advanceTimersByTime(44_999)
  hear('2')
  vi.advanceTimersByTime(44_999)
  expect(log).toEqual(['open'])
  vi.advanceTimersByTime(1)
  expect(log).toEqual(['open', 'lost undefined'])
  expect(vi.getTimerCount()).toBe(0)
})

test('a WebSocket that cannot be made is told once there is somebody to hear', () => {
  const forbidden = class {
    constructor() {
      throw new DOMException('refused by the page’s policy', 'SecurityError')
    }
  }
  vi.stubGlobal('WebSocket', forbidden)
  const { log } = dial()
  expect(log).toEqual([])
  vi.runAllTimers()
  expect(log).toEqual(['lost undefined'])
})

test('closed before that is told, it is not told', () => {
  vi.stubGlobal('WebSocket', undefined)
  const { wire, log } = dial()
  wire.close()
  vi.runAllTimers()
  expect(log).toEqual([])
})

test.each<[string, (all: ReturnType<typeof opened>) => void]>([
  ['the wire closes', ({ ws }) => ws.onclose?.({ code: 1006 })],
  ['the wire fails', ({ ws }) => ws.onerror?.({})],
  ['the server says goodbye', ({ hear }) => hear('41')],
  ['the engine says goodbye', ({ hear }) => hear('1')],
])('%s: it is told once, and nothing is left', (_, happen) => {
  const all = opened()
  happen(all)
  happen(all)
  all.wire.close()
  all.wire.send('late', {}, () => all.log.push('acknowledged'))
  expect(all.log).toEqual(['open', 'lost undefined'])
  expect(all.ws.sent).toHaveLength(1)
  expect(all.ws.listens).toBe(false)
  expect(all.wire.isOpen()).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

test('closed from within, it says nothing more', () => {
  const { wire, log, ws, hear } = opened()
  wire.close()
  hear('42["late",1]')
  expect(log).toEqual(['open'])
  expect(ws.closed).toBe(1)
})
