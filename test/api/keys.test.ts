import { hashKey } from '@support-widget/server/auth/secrets.ts'
import { addSigningKey } from '@support-widget/server/domain/keys.ts'
import { describe, expect, test } from 'vitest'
import { client, problemIn, request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** API keys, and the end of credentials at every door. */

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const db = server.app.core.orm.db()
  return { server, app, db, alice: await app.customer('alice'), agent: await app.agent('sam') }
}

/** What the server believes for half a minute, it believes no more. */
const believed = 30_001

describe('API keys', () => {
  test('KEY-1: an admin key works tickets of its own app, in either header', async () => {
    const { server, app, alice } = await setUp()
    const ticket = await newTicket(alice)
    const elsewhere = await newTicket(await (await newApp(server)).customer())
    expect((await app.backend.call('agentGetTicket', { params: { id: ticket.id } })).id).toBe(ticket.id)
    expect(await app.backend.refused('agentGetTicket', { params: { id: elsewhere.id } })).toMatchObject({ status: 404 })
    const byHeader = await client(server.url).send('agentListTickets', {}, { 'X-Api-Key': app.adminKey })
    expect(byHeader.status).toBe(200)
    const message = await app.backend.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'From the backend' } })
    expect(message).toMatchObject({ is_admin: true, author: { type: 'agent', id: null, name: 'Test app' } })
  })

  test('KEY-2: a partner key is its customer and nobody else', async () => {
    const { server, app, alice } = await setUp()
    const mine = await newTicket(alice)
    const theirs = await newTicket(await app.customer('bob'))
    const partner = client(server.url, await app.partnerKey('alice'))
    expect((await partner.call('listTickets', {})).data.map((ticket) => ticket.id)).toEqual([mine.id])
    expect(await partner.refused('getTicket', { params: { id: theirs.id } })).toMatchObject({ status: 404 })
    const sent = await partner.call('sendMessage', { params: { id: mine.id }, body: { body: 'By key' } })
    expect(sent.author).toEqual(mine.messages[0]?.author)
    expect((await partner.call('getMe', {})).customer.external_id).toBe('alice')
  })

  test('KEY-3: a key that comes from a browser is refused, readable for the page', async () => {
    const { server, app } = await setUp()
    for (const key of [app.adminKey, await app.partnerKey('alice')]) {
      for (const headers of [{ Authorization: `Bearer ${key}` }, { 'X-Api-Key': key }]) {
        const answer = await request(`${server.url}/v1/support/me`, { headers: { ...headers, Origin: app.origin } as Record<string, string> })
        expect(problemIn(answer)).toMatchObject({ status: 403, code: 'key_in_browser' })
        expect(answer.headers.get('access-control-allow-origin')).toBe(app.origin)
      }
    }
  })

  test('KEY-4: a key that is not ours is refused', async () => {
    const { server, app } = await setUp()
    const stored = hashKey(app.adminKey)
    const keys = [
      `sup_admin_${'x'.repeat(43)}`,
      `sup_partner_${app.adminKey.slice(10)}`,
      app.adminKey.slice(0, -1),
      `${app.adminKey}x`,
      stored,
      app.secret,
      app.kid,
      app.adminKey.toUpperCase(),
    ]
    for (const key of keys) {
      const caller = client(server.url)
      expect(await caller.refused('agentGetMe', {}, { 'X-Api-Key': key })).toMatchObject({ status: 401, code: 'unauthorized' })
    }
  })

  test('KEY-5: only the hash of a key and the sealed secret are stored', async () => {
    const { app, db } = await setUp()
    const keys = await db.selectFrom('api_keys').selectAll().where('app_id', '=', app.app.id).execute()
    const signing = await db.selectFrom('signing_keys').selectAll().where('app_id', '=', app.app.id).execute()
    const text = JSON.stringify([keys, signing])
    expect(text).not.toContain(app.adminKey)
    expect(text).not.toContain(app.secret)
    expect(keys).toHaveLength(1)
  })
})

describe('revocation', () => {
  const now = new Date()
  const ends = {
    'a revoked signing key': ({ db, app }: Awaited<ReturnType<typeof setUp>>) =>
      db.updateTable('signing_keys').set({ revoked_at: now }).where('app_id', '=', app.app.id).execute(),
    'a disabled app': ({ db, app }: Awaited<ReturnType<typeof setUp>>) =>
      db.updateTable('apps').set({ disabled_at: now }).where('id', '=', app.app.id).execute(),
    'a blocked customer and a removed agent': async ({ db, app }: Awaited<ReturnType<typeof setUp>>) => {
      await db.updateTable('customers').set({ blocked_at: now }).where('app_id', '=', app.app.id).where('external_id', '=', 'alice').execute()
      await db.updateTable('agents').set({ removed_at: now }).where('app_id', '=', app.app.id).execute()
    },
  }

  test.each(Object.entries(ends))('REVOKE-1: C64: %s ends requests and open sockets within a minute', async (_, end) => {
    const at = await setUp()
    const { server, app, alice, agent } = at
    await alice.call('getMe', {})
    await agent.call('agentGetMe', {})
    const sockets = [await listen(server.url, await app.token('alice')), await listen(server.url, await app.token('sam', { role: 'agent' }))]
    await end(at)
    server.clock.ahead += believed
    await Promise.all(sockets.map((socket) => socket.closed))
    expect(await alice.refused('getMe')).toMatchObject({ status: 401, code: 'unauthorized' })
    expect(await agent.refused('agentGetMe')).toMatchObject({ status: 401 })
    for (const token of [await app.token('alice'), await app.token('sam', { role: 'agent' })]) {
      await expect(listen(server.url, token)).rejects.toMatchObject({ data: { code: 'unauthorized' } })
    }
  })

  test('REVOKE-2: one app, customer or agent less changes nothing for others', async () => {
    const at = await setUp()
    const { server, app } = at
    const socket = await listen(server.url, await app.token('bob'))
    const neighbour = await newApp(server)
    const other = await listen(server.url, await neighbour.token('alice'))
    const gone = await listen(server.url, await app.token('alice'))
    await ends['a blocked customer and a removed agent'](at)
    server.clock.ahead += believed
    await gone.closed
    const ticket = await newTicket(await app.customer('bob'))
    await socket.frame(({ payload }) => (payload.ticket as { id?: string } | undefined)?.id === ticket.id)
    await (await app.agent('eve')).call('agentGetMe', {})
    const theirs = await newTicket(await neighbour.customer('alice'))
    await other.frame(({ payload }) => (payload.ticket as { id?: string } | undefined)?.id === theirs.id)
    socket.close()
    other.close()
  })

  test('REVOKE-3: C64: revoked keys, and the keys of blocked customers and disabled apps, are refused', async () => {
    const at = await setUp()
    const { server, app, db } = at
    const partner = client(server.url, await app.partnerKey('alice'))
    await partner.call('getMe', {})
    await ends['a blocked customer and a removed agent'](at)
    server.clock.ahead += believed
    expect(await partner.refused('getMe')).toMatchObject({ status: 401 })
    await app.backend.call('agentGetMe', {})
    await db.updateTable('api_keys').set({ revoked_at: now }).where('app_id', '=', app.app.id).execute()
    server.clock.ahead += believed
    expect(await app.backend.refused('agentGetMe')).toMatchObject({ status: 401 })
    const other = await newApp(server)
    await db.updateTable('apps').set({ disabled_at: now }).where('id', '=', other.app.id).execute()
    server.clock.ahead += believed
    expect(await other.backend.refused('agentGetMe')).toMatchObject({ status: 401 })
    expect(await client(server.url).refused('getWidgetConfig', { query: { app: other.app.publicId } })).toMatchObject({ status: 404 })
  })

  test('REVOKE-4: C55: two signing keys live side by side; one app cannot take the kid of another', async () => {
    const { server, app, alice } = await setUp()
    const { core } = server.app
    await addSigningKey(core, app.app, { kid: `${app.kid}-2`, secret: 'second secret, second secret, 2!' })
    const token = await app.token('alice', { header: { kid: `${app.kid}-2` }, secret: 'second secret, second secret, 2!' })
    expect((await client(server.url, token).call('getMe', {})).customer).toEqual((await alice.call('getMe', {})).customer)
    const thief = await newApp(server)
    await addSigningKey(core, thief.app, { kid: app.kid, secret: 'stolen kid, stolen kid, stolen!!' })
    server.clock.ahead += believed
    const forged = await app.token('alice', { secret: 'stolen kid, stolen kid, stolen!!' })
    expect(await client(server.url, forged).refused('getMe')).toMatchObject({ status: 401 })
    await client(server.url, await app.token('alice')).call('getMe', {})
  })
})

describe('logs', () => {
  test('LOG-1: C115: no credential, no body and no query is ever logged', async () => {
    const { server, app, agent } = await setUp()
    const canary = `canary-${app.app.publicId}`
    const token = await app.token('alice', { claims: { name: `${canary}-name`, email: `${canary}@example.com` } })
    const wrong = await app.token('alice', { secret: `${canary}-secret-${canary}` })
    const alice = client(server.url, token)
    const ticket = await newTicket(alice, { subject: `${canary}-subject`, body: `${canary}-body` })
    await alice.send('sendMessage', { params: { id: ticket.id }, body: { body: `${canary}-\0`, [`${canary}-key`]: 1 } })
    await agent.send('agentListTickets', { query: { search: `${canary}-search` } })
    await client(server.url, wrong).send('getMe')
    await request(`${server.url}/v1/support/me?token=${token}`)
    await app.backend.send('agentGetMe')
    await request(`${server.url}/v1/support/me`, { headers: { 'X-Api-Key': app.adminKey, Cookie: `${canary}-cookie`, Origin: app.origin } })
    await request(`${server.url}/v1/support/tickets`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: `${canary}-{` })
    ;(await listen(server.url, token)).close()
    await expect(listen(server.url, wrong)).rejects.toThrow()
    const logged = server.logged()
    expect(logged).toContain(`/v1/support/tickets/${ticket.id}/messages`)
    for (const secret of [canary, token, wrong, token.split('.')[2] ?? token, app.secret, app.adminKey]) expect(logged).not.toContain(secret)
  })

  test('LOG-2: C115: a line break or a terminal code in a path stays one line of JSON', async () => {
    const { server, app } = await setUp()
    await request(`${server.url}/v1/${app.app.publicId}%0a%1b[31m{"level":50}`)
    const lines = server
      .logged()
      .split('\n')
      .filter((line) => line.includes(app.app.publicId))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ status: 404 })
  })
})
