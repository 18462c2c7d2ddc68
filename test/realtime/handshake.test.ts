import { saveApp } from '@support-widget/server/domain/apps.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { socketPath } from '@support-widget/shared/socket.ts'
import { describe, expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { type Listener, listen } from '../support/sockets.ts'

/** Who gets a socket, and when it ends. */

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  return { server, app, token: await app.token('alice') }
}

/** Options of a browser on this origin. */
const from = (origin: string) => ({ extraHeaders: { Origin: origin } })

describe('the handshake', () => {
  test('SOCK-1: C91: without a good token it is refused with a code', async () => {
    const { server, app, token } = await setUp()
    const expired = await app.token('alice', { issued: -7200, expires: -3600 })
    const wrong = await app.token('alice', { secret: 'wrong secret, wrong secret, wrong' })
    for (const bad of ['', 'x', 'a.b.c', wrong, `${token}x`, 'x'.repeat(20_000), `sup_admin_${'x'.repeat(43)}`]) {
      await expect(listen(server.url, bad), bad.slice(0, 20)).rejects.toMatchObject({ data: { code: 'unauthorized' } })
    }
    await expect(listen(server.url, expired)).rejects.toMatchObject({ data: { code: 'token_expired' } })
    for (const auth of [{}, { token: 7 }, { token: null }, { token: { a: 1 } }, { token: [token] }, { Token: token }, { token: '\0' }]) {
      await expect(listen(server.url, token, { auth }), JSON.stringify(auth)).rejects.toMatchObject({ data: { code: 'unauthorized' } })
    }
  })

  test('SOCK-2: C50: a token in the URL, a header or a cookie is never honoured', async () => {
    const { server, token } = await setUp()
    await expect(listen(server.url, '', { query: { token, auth: token, access_token: token } })).rejects.toMatchObject({
      data: { code: 'unauthorized' },
    })
    await expect(listen(server.url, '', { extraHeaders: { Authorization: `Bearer ${token}`, Cookie: `token=${token}` } })).rejects.toMatchObject({
      data: { code: 'unauthorized' },
    })
  })

  test('SOCK-3: C90: an origin that no app lists is refused before the handshake, also null and near misses', async () => {
    const { server, app, token } = await setUp()
    for (const origin of [
      'null',
      'https://evil.example',
      `${app.origin}.evil.example`,
      app.origin.replace('https', 'http'),
      `${app.origin}:8443`,
      `${app.origin}/`,
      '',
      '*',
    ]) {
      for (const transport of ['websocket', 'polling']) {
        await expect(listen(server.url, token, { transports: [transport], ...from(origin) }), origin).rejects.toThrow(/error/)
      }
      const polled = await request(`${server.url}${socketPath}/?EIO=4&transport=polling`, { headers: { Origin: origin } })
      expect([polled.status, polled.headers.get('access-control-allow-origin')], origin).toEqual([403, null])
    }
  })

  test("SOCK-4: C90: another app's origin is refused with a code; its own, ours and none are let in", async () => {
    const { server, app, token } = await setUp()
    const other = await newApp(server)
    await expect(listen(server.url, token, from(other.origin))).rejects.toMatchObject({ data: { code: 'origin_not_allowed' } })
    for (const options of [from(app.origin), from(server.url), {}]) (await listen(server.url, token, options)).close()
  })

  test('SOCK-4: C90: with an empty list no page is let in, and a server still is', async () => {
    const { server, app, token } = await setUp()
    const other = await newApp(server)
    await saveApp(server.app.core, { publicId: app.app.publicId, name: 'x', origins: [] })
    await expect(listen(server.url, token, from(app.origin))).rejects.toThrow(/error/)
    await expect(listen(server.url, token, from(other.origin))).rejects.toMatchObject({ data: { code: 'origin_not_allowed' } })
    ;(await listen(server.url, token)).close()
  })

  test('SOCK-5: an API key is let in from a server and refused from a browser', async () => {
    const { server, app } = await setUp()
    for (const key of [app.adminKey, await app.partnerKey('alice')]) {
      ;(await listen(server.url, key)).close()
      await expect(listen(server.url, key, from(app.origin))).rejects.toMatchObject({ data: { code: 'key_in_browser' } })
    }
  })

  test('SOCK-6: polling works where sockets are blocked, cross-origin', async () => {
    const { server, app, token } = await setUp()
    const socket = await listen(server.url, token, { transports: ['polling'], ...from(app.origin) })
    const { id } = await newTicket(await app.customer('alice'))
    await socket.frame(({ type, payload }) => type === 'ticket.created' && (payload.ticket as { id: string }).id === id)
    const polled = await request(`${server.url}${socketPath}/?EIO=4&transport=polling`, { headers: { Origin: app.origin } })
    expect([polled.status, polled.headers.get('access-control-allow-origin')]).toEqual([200, app.origin])
    socket.close()
  })

  test('SOCK-7: only the main namespace is there', async () => {
    const { server, app, token } = await setUp()
    for (const namespace of ['/admin', `/agents:${app.app.id}`, '/x'.repeat(500)])
      await expect(listen(server.url + namespace, token)).rejects.toThrow('Invalid namespace')
  })
})

describe('the end of a socket', () => {
  test('SOCK-8: it ends when its token does', async () => {
    const { server, app } = await setUp()
    const short = await listen(server.url, await app.token('alice', { expires: 60 }))
    const long = await listen(server.url, await app.token('alice', { expires: 600 }))
    server.clock.ahead += 121_000
    await short.closed
    const { id } = await newTicket(await app.customer('alice'))
    await long.frame(({ type }) => type === 'ticket.created')
    expect(JSON.stringify(short.frames)).not.toContain(id)
    long.close()
  })

  test("SOCK-9: one more than twenty of a customer drops the oldest, and nobody else's", async () => {
    const { server, app, token } = await setUp()
    const others = [await listen(server.url, await app.token('bob')), await listen(server.url, await app.token('sam', { role: 'agent' }))]
    const sockets: Listener[] = []
    for (let i = 0; i < limits.socketsPerCustomer + 2; i++) sockets.push(await listen(server.url, token))
    await Promise.all(sockets.slice(0, 2).map((socket) => socket.closed))
    await newTicket(await app.customer('alice'))
    await Promise.all(sockets.slice(2).map((socket) => socket.frame(({ type }) => type === 'ticket.created')))
    expect(sockets.map((socket) => socket.socket.connected)).toEqual(sockets.map((_, i) => i >= 2))
    expect(others.every((socket) => socket.socket.connected)).toBe(true)
    for (const socket of [...sockets, ...others]) socket.close()
  })

  test('SOCK-10: agents are not counted: more than twenty work side by side', async () => {
    const { server, app } = await setUp()
    const token = await app.token('sam', { role: 'agent' })
    const sockets = await Promise.all(Array.from({ length: limits.socketsPerCustomer + 2 }, () => listen(server.url, token)))
    await newTicket(await app.customer('alice'))
    await Promise.all(sockets.map((socket) => socket.frame(({ type }) => type === 'ticket.created')))
    for (const socket of sockets) socket.close()
  })
})
