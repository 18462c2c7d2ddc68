import { limits } from '@support-widget/shared/limits.ts'
import { socketPath } from '@support-widget/shared/socket.ts'
import { describe, expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { rawRequest, rawText } from '../support/raw.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** Frames that no client of ours would send. The socket may end; the process and everybody else go on. */

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const token = await app.token('alice')
  const alice = await app.customer('alice')
  const witness = await listen(server.url, await app.token('bob'))
  /** The others go on, and the API too. */
  const fine = async () => {
    const { id } = await newTicket(await app.customer('bob'))
    await witness.frame(({ payload }) => (payload.ticket as { id?: string } | undefined)?.id === id)
    witness.close()
  }
  return { server, app, token, alice, fine }
}

/** A WebSocket below Socket.IO; `open` is resolved when the server has let in the namespace. */
async function rawSocket(url: string, token: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${socketPath}/?EIO=4&transport=websocket`)
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', (event) => resolve(event.code)))
  await new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      if (String(data).startsWith('0')) socket.send(`40${JSON.stringify({ token })}`)
      if (String(data).startsWith('40')) resolve()
    })
  })
  return { socket, closed }
}

const garbage = [
  '',
  'x',
  '9',
  '4',
  '42',
  '42[',
  '42[]',
  '42{}',
  '42"x"',
  '42null',
  '42[null]',
  '42[1]',
  '42["connect"]',
  '42["disconnect"]',
  '42["newListener"]',
  '42["__proto__",{}]',
  '43[]',
  '44{}',
  '45',
  '46',
  '451-["x",{"_placeholder":true,"num":0}]',
  '451000000-["x",{"_placeholder":true,"num":0}]',
  '451-["x",{"_placeholder":true,"num":"splice"}]',
  '45-1-["x"]',
  '4299999999999999999999["x"]',
  '42/nope,["x"]',
  '40/admin,{}',
  '40[]',
  '40{"token":',
  '5',
  '6',
  '2probe',
  '3',
  '1',
  'b4AAAA',
  '\0',
  `42["x",${'['.repeat(5_000)}${']'.repeat(5_000)}]`,
]

describe('abuse of the socket', () => {
  test('SOCK-11: C92: garbage ends its socket at most', async () => {
    const { server, token, fine } = await setUp()
    for (const packet of garbage) {
      const { socket, closed } = await rawSocket(server.url, token)
      socket.send(packet)
      // A good event behind it proves that the server has read it, or that it has closed.
      socket.send(new Uint8Array([1, 2, 3]))
      socket.send('41')
      socket.close()
      await closed
    }
    await fine()
  })

  test('SOCK-12: C93: a frame above 64 KiB closes its socket, one below does not', async () => {
    const { server, app, token, fine } = await setUp()
    const { socket, closed } = await rawSocket(server.url, token)
    const packet = (bytes: number) => `42["x","${'x'.repeat(bytes - 10)}"]`
    socket.send(packet(limits.frameBytes))
    const heard = new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
    await newTicket(await app.customer('alice'))
    await heard
    expect(socket.readyState).toBe(WebSocket.OPEN)
    socket.send(packet(limits.frameBytes + 1))
    expect(await closed).toBe(1009)
    await fine()
  })

  test('SOCK-13: events of any name are ignored: no room is joined and nobody is told', async () => {
    const { server, app, token, fine } = await setUp()
    const sam = await app.agent()
    const { id } = await newTicket(await app.customer('bob'))
    const intruder = await listen(server.url, token)
    const rooms = [`agents:${app.app.id}`, `customer:${app.app.id}:bob`, id]
    for (const room of rooms) {
      for (const event of ['join', 'subscribe', 'watch', 'room', 'ticket.created', 'message.created', 'broadcast', 'typing', 'read', 'auth', 'error'])
        intruder.socket.emit(event, room, { room, ticket_id: id, seq: 1 })
    }
    await sam.call('agentSendMessage', { params: { id }, body: { body: 'For bob', is_internal: true } })
    await sam.call('agentSendMessage', { params: { id }, body: { body: 'For bob' } })
    const own = await newTicket(await app.customer('alice'))
    await intruder.frame(({ type, payload }) => type === 'message.created' && payload.ticket_id === own.id)
    expect(intruder.frames.map(({ type }) => type)).toEqual(['ticket.created', 'message.created'])
    expect(JSON.stringify(intruder.frames)).not.toContain(id)
    intruder.close()
    await fine()
  })

  test('SOCK-14: C102: odd requests to the engine are refused and harm nobody', async () => {
    const { server, fine } = await setUp()
    const polling = `${server.url}${socketPath}/`
    for (const query of [
      '',
      '?EIO=3&transport=polling',
      '?transport=polling',
      '?EIO=4',
      '?EIO=4&transport=nope',
      '?EIO=4&transport=__proto__',
      '?EIO=4&transport=webtransport',
      '?EIO=4&transport=polling&sid=__proto__',
      '?EIO=4&transport=polling&sid=nope',
    ]) {
      expect((await request(polling + query)).status, query).toBe(400)
    }
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await request(`${polling}?EIO=4&transport=polling`, { method })).status, method).toBe(400)
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'x' }
    for (const path of [
      `${socketPath}/?EIO=4&transport=websocket`,
      `${socketPath}/?EIO=4&transport=websocket&sid=__proto__`,
      '/v1/support/me',
      '/',
    ]) {
      const text = await rawText(server.url, rawRequest(`GET ${path}`, upgrade))
      expect(text, path).not.toMatch(/^HTTP\/1.1 (101|5)/)
    }
    await fine()
  })

  test('SOCK-15: C93: too much by polling is refused and ends the session', async () => {
    const { server, fine } = await setUp()
    const polling = `${server.url}${socketPath}/?EIO=4&transport=polling`
    const opened = await request(polling)
    const { sid } = JSON.parse(opened.text.slice(1)) as { sid: string }
    const sent = await request(`${polling}&sid=${sid}`, { method: 'POST', body: 'x'.repeat(limits.frameBytes + 1) })
    expect(sent.status).toBe(413)
    await fine()
  })

  test('SOCK-16: two hundred handshakes at once without a token leave nothing behind', async () => {
    const { server, fine } = await setUp()
    const before = server.app.http.listenerCount('request')
    const refused = await Promise.allSettled(Array.from({ length: 200 }, () => listen(server.url, 'nope')))
    expect(refused.every((one) => one.status === 'rejected')).toBe(true)
    expect(server.app.http.listenerCount('request')).toBe(before)
    await fine()
  })
})
