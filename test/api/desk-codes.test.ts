import { hashKey } from '@support-widget/server/auth/secrets.ts'
import { forgetDeskCodes } from '@support-widget/server/domain/desk-codes.ts'
import { expect, test } from 'vitest'
import { client, problemIn, request } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

const path = '/v1/admin/support/desk-codes/redeem'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const token = await app.token('sam', { role: 'agent' })
  const sam = client(server.url, token)
  const made = async () => (await sam.call('agentCreateDeskCode', {})).code ?? ''
  const redeem = (code: string) => client(server.url).send('redeemDeskCode', { body: { code } })
  return { server, app, token, sam, made, redeem }
}

test('CODE-1: a code is exchanged for the token that made it, once, also by many at once', async () => {
  const { server, token, sam, redeem } = await setUp()
  const { code, url, expires_at } = await sam.call('agentCreateDeskCode', {})
  expect(url).toBe(`${server.url}/desk#code=${code}`)
  expect(Buffer.from(code ?? '', 'base64url')).toHaveLength(32)
  expect(Date.parse(expires_at) - server.clock.now().getTime()).toBeLessThanOrEqual(60_000)
  const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(code ?? '')))
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(7).fill(401)])
  expect(answers.find((answer) => answer.status === 200)?.body).toEqual({ token })
  expect(answers.find((answer) => answer.status === 200)?.headers.get('cache-control')).toBe('no-store')
  expect(problemIn(await redeem(code ?? ''))).toMatchObject({ status: 401, code: 'unauthorized' })
})

test('CODE-2: only its hash and the sealed token are stored, and nothing is logged', async () => {
  const { server, app, token, made, redeem } = await setUp()
  const code = await made()
  const rows = () => server.app.core.orm.db().selectFrom('desk_codes').selectAll().where('app_id', '=', app.app.id).execute()
  const [row] = await rows()
  expect(row?.hash).toBe(hashKey(code))
  for (const secret of [code, token, token.split('.')[2] ?? token]) expect(JSON.stringify(row)).not.toContain(secret)
  await redeem(code)
  expect(await rows()).toEqual([])
  for (const secret of [code, token]) expect(server.logged()).not.toContain(secret)
})

test('CODE-3: it is over after a minute, and what nobody used is forgotten', async () => {
  const { server, app, made, redeem } = await setUp()
  const [late, unused] = [await made(), await made()]
  server.clock.ahead += 60_001
  expect((await redeem(late)).status).toBe(401)
  expect(await forgetDeskCodes(server.app.core)).toBeGreaterThan(0)
  expect(await server.app.core.orm.db().selectFrom('desk_codes').select('hash').where('app_id', '=', app.app.id).execute()).toEqual([])
  expect((await redeem(unused)).status).toBe(401)
})

test('CODE-4: what ends the agent or their token ends the code', async () => {
  const { server, app, sam, made, redeem } = await setUp()
  const { agent } = await sam.call('agentGetMe', {})
  const code = await made()
  const ada = await app.agent('ada', 'admin')
  await ada.call('agentRemoveAgent', { params: { id: agent?.id ?? '' } })
  expect((await redeem(code)).status).toBe(401)
  const short = client(server.url, await app.token('tom', { role: 'agent', expires: 20 }))
  const shortCode = (await short.call('agentCreateDeskCode', {})).code ?? ''
  const eve = client(server.url, await app.token('eve', { role: 'agent' }))
  const eveCode = (await eve.call('agentCreateDeskCode', {})).code ?? ''
  await ada.call('agentRevokeKey', { params: { id: app.kid } })
  // Beyond the skew that a token is given, within the minute of the code.
  server.clock.ahead += 30_001
  expect((await redeem(eveCode)).status).toBe(401)
  server.clock.ahead += 55_000
  expect((await redeem(shortCode)).status).toBe(401)
})

test('CODE-5: for agents with a signed token: not for keys, customers or other pages', async () => {
  const { server, app, token, made, redeem } = await setUp()
  expect(await app.backend.refused('agentCreateDeskCode')).toMatchObject({ status: 403, code: 'forbidden' })
  expect(await (await app.customer('alice')).refused('agentCreateDeskCode')).toMatchObject({ status: 403 })
  expect(await client(server.url).refused('agentCreateDeskCode')).toMatchObject({ status: 401 })
  const code = await made()
  const from = (origin: string) =>
    request(server.url + path, { method: 'POST', headers: { Origin: origin, 'Content-Type': 'application/json' }, body: JSON.stringify({ code }) })
  for (const origin of [app.origin, 'https://evil.example', 'null', `${server.url}.evil.example`]) {
    expect(problemIn(await from(origin))).toMatchObject({ status: 403, code: 'origin_not_allowed' })
  }
  expect((await from(server.url)).body).toEqual({ token })
  for (const wrong of ['nope', 'x'.repeat(43), token.slice(0, 90)]) expect((await redeem(wrong)).status).toBe(401)
})

test('CODE-6: with an Idempotency-Key there is one code, told once', async () => {
  const { sam, redeem } = await setUp()
  const send = () => sam.send('agentCreateDeskCode', {}, { 'Idempotency-Key': 'k' })
  const [first, second] = [await send(), await send()]
  const { code } = first.body as { code: string }
  expect(second.body).toEqual({ ...(first.body as object), code: null, url: null })
  expect((await redeem(code)).status).toBe(200)
})
