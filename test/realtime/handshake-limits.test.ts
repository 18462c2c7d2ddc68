import { limits } from '@support-widget/shared/limits.ts'
import { socketPath } from '@support-widget/shared/socket.ts'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { problemIn, request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer, startServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** What the handshake costs, whoever asks. */

const polling = (url: string) => `${url}${socketPath}/?EIO=4&transport=polling`

test('SOCK-17: C103: one address opens so many sockets a minute; more is 429, and open ones go on', async () => {
  const server = await startServer({ RATE_LIMITS: 'on', TRUST_PROXY: '1' })
  const app = await newApp(server)
  const from = (address: string) => ({ 'X-Forwarded-For': address })
  const token = await app.token('alice')
  const open = await listen(server.url, token, { extraHeaders: from('203.0.113.7') })
  // Wrong ones count like good ones: nobody is known yet.
  const opened = await Promise.all(
    Array.from({ length: limits.handshakesPerAddress - 1 }, () => request(polling(server.url), { headers: from('203.0.113.7') })),
  )
  expect(new Set(opened.map((one) => one.status))).toEqual(new Set([200]))
  const refused = await request(polling(server.url), { headers: { ...from('203.0.113.7'), Origin: app.origin } })
  expect(problemIn(refused)).toMatchObject({ status: 429, code: 'rate_limited' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.headers.get('access-control-allow-origin')).toBe(app.origin)
  await expect(listen(server.url, token, { extraHeaders: from('203.0.113.7') })).rejects.toThrow('websocket error')
  ;(await listen(server.url, token, { extraHeaders: from('203.0.113.8') })).close()
  const { id } = await newTicket(await app.customer('alice'))
  await open.frame(({ type, payload }) => type === 'ticket.created' && (payload.ticket as { id: string }).id === id)
  open.close()
  await server.app.close()
})

test('SOCK-18: C91: a socket that does not say who it is ends after ten seconds', async () => {
  const server = await sharedServer()
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${socketPath}/?EIO=4&transport=websocket`)
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', (event) => resolve(event.code)))
  const first = await new Promise<string>((resolve) => socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true }))
  expect(first).toMatch(/^0\{/)
  expect(await closed).toBeGreaterThanOrEqual(1000)
})

test('SOCK-19: C95: C93: binary frames that claim more than comes end their session at most, over polling too', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const witness = await listen(server.url, await app.token('bob'))
  for (const packet of ['451000000-["typing",{"_placeholder":true,"num":0}]', '459-["typing",{"_placeholder":true,"num":0}]', '45', '4511-["x"]']) {
    const opened = await request(polling(server.url))
    const { sid } = JSON.parse(opened.text.slice(1)) as { sid: string }
    const post = (body: string) => request(`${polling(server.url)}&sid=${sid}`, { method: 'POST', body })
    expect((await post(`40${JSON.stringify({ token: await app.token('alice') })}`)).text).toBe('ok')
    expect((await post(packet)).status).toBeLessThan(500)
    expect((await post(`4${'x'.repeat(limits.frameBytes)}`)).status).toBeLessThan(500)
  }
  const { id } = await newTicket(await app.customer('bob'))
  await witness.frame(({ type, payload }) => type === 'ticket.created' && (payload.ticket as { id: string }).id === id)
  witness.close()
})

test('SOCK-20: C96: a handshake that fails for want of the database says so and nothing else', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const token = await app.token('new-here')
  const db = server.app.core.orm.db()
  const name = sql.id(`fail_${app.app.id.replaceAll('-', '')}`)
  await sql`alter table customers add constraint ${name} check (app_id <> ${sql.lit(app.app.id)}) not valid`.execute(db)
  try {
    const failed = await listen(server.url, token).catch((err: unknown) => err)
    expect(JSON.parse(JSON.stringify(failed))).toEqual({ data: { code: 'unavailable' } })
    expect((failed as Error).message).not.toMatch(/constraint|customers|insert|\d{5}/)
  } finally {
    await sql`alter table customers drop constraint ${name}`.execute(db)
  }
  ;(await listen(server.url, token)).close()
})
