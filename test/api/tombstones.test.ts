import { encodeId } from '@support-widget/shared/ids.ts'
import { describe, expect, test } from 'vitest'
import { type Client, client } from '../support/client.ts'
import { newApp, newTicket, type TestApp, type TokenOptions } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { sharedServer } from '../support/server.ts'
import { type Listener, listen } from '../support/sockets.ts'

/** Who is out is out at every door within a minute, whatever they still hold. */

const believed = 31_000
const unauthorized = { status: 401, code: 'unauthorized' }

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const admin = await app.agent('ada', 'admin')
  await admin.call('agentUpdateApp', { body: { settings: { visitors: true } } })
  const me = (token: string) => client(server.url, token)
  return { server, app, admin, me, db: server.app.core.orm.db() }
}

/** Tokens of one `sub`, in every role that a host may have signed, and one that is signed only afterwards. */
const roles = [{ role: 'agent' }, { role: 'admin' }, { role: 'customer' }, { claims: { role: undefined } }] as TokenOptions[]

/** Everything that a person can hold is refused, over HTTP and at the socket, and what is open ends. */
async function expectOut(url: string, tokens: string[], open: Listener[] = []): Promise<void> {
  const server = await sharedServer()
  server.clock.ahead += believed
  await Promise.all(open.map((socket) => socket.closed))
  for (const token of tokens) {
    for (const name of ['getMe', 'listTickets', 'agentGetMe', 'agentListTickets'] as const)
      expect(await client(url, token).refused(name), name).toMatchObject(unauthorized)
    await expect(listen(url, token)).rejects.toMatchObject({ data: { code: 'unauthorized' } })
  }
}

const idOf = async (customer: Client) => (await customer.call('getMe', {})).customer.id

async function agentId(app: TestApp, sub: string): Promise<string> {
  const { agent } = await (await app.agent(sub)).call('agentGetMe', {})
  return agent?.id ?? ''
}

describe('who is out', () => {
  test('TOMB-1: C64: a removed agent is, in every role that a token of theirs claims, and so is their partner key', async () => {
    const { server, app, admin, me } = await setUp()
    const id = await agentId(app, 'sam')
    const old = [await app.token('sam', { role: 'agent' }), await app.partnerKey('sam')]
    const open = [await listen(server.url, old[0] ?? ''), await listen(server.url, old[1] ?? '')]
    await me(old[1] ?? '').call('getMe', {})
    await admin.call('agentRemoveAgent', { params: { id } })
    server.clock.ahead += believed
    const fresh = await Promise.all(roles.map((options) => app.token('sam', options)))
    await expectOut(server.url, [...old, ...fresh], open)
    await (await app.agent('tom')).call('agentGetMe', {})
  })

  test('TOMB-2: a blocked customer is, by token, key and visitor token, until they are let in again', async () => {
    const { server, app, admin, me } = await setUp()
    const alice = await app.token('alice')
    const key = await app.partnerKey('alice')
    const visitor = await client(server.url).call('createVisitor', { body: { app: app.app.publicId } })
    const open = await Promise.all([alice, key, visitor.token].map((token) => listen(server.url, token)))
    const ids = [await idOf(me(alice)), visitor.customer.id]
    for (const id of ids) await admin.call('agentBlockCustomer', { params: { id }, body: { blocked: true } })
    await expectOut(server.url, [alice, key, visitor.token, await app.token('alice', { claims: { role: undefined, name: 'New' } })], open)
    for (const id of ids) await admin.call('agentBlockCustomer', { params: { id }, body: { blocked: false } })
    server.clock.ahead += believed
    for (const token of [alice, key, visitor.token]) await me(token).call('getMe', {})
  })

  test('TOMB-3: an erased customer is, and no token makes them anew', async () => {
    const { server, app, admin, me, db } = await setUp()
    const alice = await app.token('alice')
    const key = await app.partnerKey('alice')
    const visitor = await client(server.url).call('createVisitor', { body: { app: app.app.publicId } })
    await newTicket(me(alice))
    await newTicket(me(visitor.token))
    const open = await Promise.all([alice, key, visitor.token].map((token) => listen(server.url, token)))
    const ids = [await idOf(me(alice)), visitor.customer.id]
    for (const id of ids) await admin.call('agentEraseCustomer', { params: { id } })
    await expectOut(server.url, [alice, key, visitor.token], open)
    const fresh = await Promise.all(roles.map((options) => app.token('alice', { ...options, claims: { ...options.claims, name: 'Alice again' } })))
    await expectOut(server.url, fresh)
    const left = await db.selectFrom('customers').select('id').where('app_id', '=', app.app.id).execute()
    expect(left.map((row) => encodeId(row.id)).filter((id) => ids.includes(id))).toEqual([])
    const people = await db.selectFrom('customers').select('external_id').where('app_id', '=', app.app.id).execute()
    expect(people.map((row) => row.external_id)).not.toContain('alice')
    expect(JSON.stringify(await db.selectFrom('erased_people').selectAll().where('app_id', '=', app.app.id).execute())).not.toContain('alice')
    expect(JSON.stringify(await db.selectFrom('visitors').selectAll().where('app_id', '=', app.app.id).execute())).toBe('[]')
  })

  test('TOMB-4: who has the same sub at another app, or another one at this, is not', async () => {
    const { server, app, admin, me } = await setUp()
    const other = await newApp(server)
    const [alice, namesake, bob] = [await app.token('alice'), await other.token('alice'), await app.token('Alice')]
    for (const token of [namesake, bob]) await me(token).call('getMe', {})
    await admin.call('agentEraseCustomer', { params: { id: await idOf(me(alice)) } })
    server.clock.ahead += believed
    for (const token of [namesake, bob]) await me(token).call('getMe', {})
  })

  test('TOMB-5: the erasure of a customer takes the visitor along whom they took over', async () => {
    const { server, app, admin, me } = await setUp()
    const visitor = await client(server.url).call('createVisitor', { body: { app: app.app.publicId } })
    await newTicket(me(visitor.token))
    const alice = await app.customer('alice')
    const { customer } = await alice.call('mergeVisitor', { body: { visitor_token: visitor.token } })
    await admin.call('agentEraseCustomer', { params: { id: customer.id } })
    const bob = await app.customer('bob')
    expect(await bob.refused('mergeVisitor', { body: { visitor_token: visitor.token } })).toMatchObject({ status: 400 })
    expect((await admin.call('agentListTickets', {})).pagination.total).toBe(0)
  })

  test('TOMB-6: sockets, uploads and files refuse like every other door', async () => {
    const { server, app, admin, me } = await setUp()
    const alice = await app.token('alice')
    const file = await upload(server, alice, 'Text', 'a.txt')
    await admin.call('agentBlockCustomer', { params: { id: await idOf(me(alice)) }, body: { blocked: true } })
    server.clock.ahead += believed
    expect(await me(alice).refused('getAttachment', { params: { id: file.id } })).toMatchObject(unauthorized)
    expect(await me(alice).refused('createTicket', { body: { subject: 'x', body: 'y' } }, { 'Idempotency-Key': 'k' })).toMatchObject(unauthorized)
    expect(await me(alice).refused('updateMe', { body: {} })).toMatchObject(unauthorized)
  })
})

describe('a change of role', () => {
  const as = (role: 'customer' | 'agent' | 'admin', issued: number): TokenOptions => ({ role, issued })

  test('ROLE-6: C101: refuses the tokens that were issued before it, at every door, and ends their sockets', async () => {
    const { server, app, me } = await setUp()
    const before = await app.token('sam', as('admin', -100))
    const open = await listen(server.url, before)
    await me(before).call('agentGetMe', {})
    const after = await app.token('sam', as('agent', -50))
    expect((await me(after).call('agentGetMe', {})).role).toBe('agent')
    await expectOut(server.url, [before], [open])
    await me(after).call('agentGetMe', {})
    // Back again: what was issued in between is old now too.
    const back = await app.token('sam', as('admin', -20))
    await me(back).call('agentGetMe', {})
    await expectOut(server.url, [before, after])
    await me(back).call('agentGetMe', {})
  })

  test('ROLE-7: an agent who is only a customer now is out with what made them an agent', async () => {
    const { server, app, me } = await setUp()
    const before = await app.token('sam', as('agent', -100))
    const open = await listen(server.url, before)
    const after = await app.token('sam', as('customer', -50))
    await me(after).call('getMe', {})
    await expectOut(server.url, [before], [open])
    expect(await me(after).refused('agentGetMe')).toMatchObject({ status: 403 })
  })

  test('ROLE-8: an older token never changes the role back, whenever it is shown first', async () => {
    const { server, app, me } = await setUp()
    const older = await app.token('sam', as('admin', -100))
    const newer = await app.token('sam', as('agent', -50))
    await me(newer).call('agentGetMe', {})
    for (let i = 0; i < 2; i++) {
      expect(await me(older).refused('agentGetMe')).toMatchObject(unauthorized)
      expect((await me(newer).call('agentGetMe', {})).role).toBe('agent')
      server.clock.ahead += believed
    }
  })

  test('ROLE-9: a new token with the same role, or with none, ends no other', async () => {
    const { server, app, me } = await setUp()
    const desk = await app.token('sam', as('agent', -100))
    const page = await app.token('sam', { issued: -50, claims: { role: undefined } })
    const second = await app.token('sam', as('agent', -40))
    for (let i = 0; i < 2; i++) {
      await me(desk).call('agentGetMe', {})
      await me(second).call('agentGetMe', {})
      await me(page).call('getMe', {})
      expect(await me(page).refused('agentGetMe')).toMatchObject({ status: 403 })
      server.clock.ahead += believed
    }
  })

  test('ROLE-10: of tokens with different roles shown at once the newest decides', async () => {
    const { server, app, me } = await setUp()
    const tokens = await Promise.all([-90, -80, -70, -60].map((issued, i) => app.token('sam', as(i % 2 === 0 ? 'admin' : 'agent', issued))))
    await Promise.all(tokens.flatMap((token) => [token, token]).map((token) => me(token).send('agentGetMe')))
    server.clock.ahead += believed
    const [last = '', ...older] = tokens.reverse()
    expect((await me(last).call('agentGetMe', {})).role).toBe('agent')
    await expectOut(server.url, older)
  })
})
