import { randomUUID } from 'node:crypto'
import { forgetVisitors } from '@support-widget/server/domain/visitors.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { afterAll, describe, expect, test } from 'vitest'
import { type Client, client, problemIn, request } from '../support/client.ts'
import type { TestApp } from '../support/factories.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { sharedServer, startServer, type TestServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** People on whose behalf nobody has signed, and how they become somebody. */

const dayMs = 24 * 60 * 60 * 1000
const unauthorized = { status: 401, code: 'unauthorized' }

async function setUp(server?: TestServer) {
  const at = server ?? (await sharedServer())
  const app = await newApp(at)
  const admin = await app.agent('ada', 'admin')
  await admin.call('agentUpdateApp', { body: { settings: { visitors: true } } })
  return { server: at, app, admin, agent: await app.agent(), nobody: client(at.url), db: at.app.core.orm.db() }
}

async function newVisitor(server: TestServer, app: TestApp) {
  const made = await client(server.url).call('createVisitor', { body: { app: app.app.publicId } })
  return { ...made, id: made.customer.id, client: client(server.url, made.token) }
}

/** One whose clock runs far ahead, and whose limits are on. */
let aheadOfUs: Promise<TestServer> | undefined
const ownServer = () => {
  aheadOfUs ??= startServer({ RATE_LIMITS: 'on', TRUST_PROXY: '1' })
  return aheadOfUs
}
afterAll(async () => (await aheadOfUs)?.app.close())

const merge = (customer: Client, visitor_token: string) => customer.call('mergeVisitor', { body: { visitor_token } })

describe('a visitor', () => {
  test('VISIT-1: writes and reads tickets of their own, and nobody else’s', async () => {
    const { server, app, agent } = await setUp()
    const visitor = await newVisitor(server, app)
    expect(visitor.customer).toMatchObject({ external_id: null, name: null, email: null, verified: false, notify: true })
    const left = Date.parse(visitor.expires_at) - server.clock.now().getTime()
    expect(Math.round(left / dayMs)).toBe(limits.visitorDays)
    const ticket = await newTicket(visitor.client)
    const other = await newVisitor(server, app)
    const strange = await newTicket(await app.customer('alice'))
    for (const id of [ticket.id, strange.id]) expect(await other.client.refused('getTicket', { params: { id } })).toMatchObject({ status: 404 })
    expect((await visitor.client.call('listTickets', {})).data.map((one) => one.id)).toEqual([ticket.id])
    await agent.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'Hello' } })
    expect(await visitor.client.call('getMe', {})).toMatchObject({ unread_count: 1, open_tickets: 1 })
    const seen = await agent.call('agentGetTicket', { params: { id: ticket.id } })
    expect(seen.requester).toMatchObject({ external_id: null, verified: false })
    expect(await visitor.client.refused('agentGetMe')).toMatchObject({ status: 403, code: 'forbidden' })
  })

  test('VISIT-2: an app takes visitors only if it says so; an unknown and a disabled app are one answer', async () => {
    const { server, app, admin, nobody, db } = await setUp()
    const strict = await newApp(server)
    expect(await nobody.refused('createVisitor', { body: { app: strict.app.publicId } })).toMatchObject({ status: 403, code: 'visitors_not_allowed' })
    expect(await nobody.refused('createVisitor', { body: { app: 'nope' } })).toMatchObject({ status: 404, code: 'not_found' })
    const visitor = await newVisitor(server, app)
    await admin.call('agentUpdateApp', { body: { settings: { visitors: false } } })
    expect(await nobody.refused('createVisitor', { body: { app: app.app.publicId } })).toMatchObject({ status: 403 })
    // Who is in goes on.
    await visitor.client.call('getMe', {})
    await db.updateTable('apps').set({ disabled_at: new Date() }).where('id', '=', app.app.id).execute()
    server.clock.ahead += 31_000
    expect(await nobody.refused('createVisitor', { body: { app: app.app.publicId } })).toMatchObject({ status: 404, code: 'not_found' })
    expect(await visitor.client.refused('getMe')).toMatchObject(unauthorized)
  })

  test('VISIT-3: they come from the app’s own pages or from no page', async () => {
    const { server, app } = await setUp()
    const other = await newApp(server)
    const from = (origin: string) => client(server.url).send('createVisitor', { body: { app: app.app.publicId } }, { Origin: origin })
    for (const origin of [app.origin, server.url]) expect((await from(origin)).status).toBe(201)
    const refused = await from(other.origin)
    expect(problemIn(refused)).toMatchObject({ status: 403, code: 'origin_not_allowed' })
    expect(refused.headers.get('access-control-allow-origin')).toBe(other.origin)
    for (const origin of ['null', 'https://evil.example', `${app.origin}.evil.example`])
      expect(problemIn(await from(origin)).code).toBe('origin_not_allowed')
    const { token } = await newVisitor(server, app)
    const me = (origin: string) => client(server.url, token).send('getMe', {}, { Origin: origin })
    expect([(await me(app.origin)).status, (await me(other.origin)).status]).toEqual([200, 403])
  })

  test('VISIT-4: C63: a token that we did not sign is refused, whatever is changed in it', async () => {
    const { server, app } = await setUp()
    const [one, two] = [await newVisitor(server, app), await newVisitor(server, app)]
    const [prefix, id] = [one.token.slice(0, 12), one.token.slice(12, 38)]
    const signature = one.token.slice(39)
    const bad = [
      `${prefix}${two.token.slice(12, 38)}_${signature}`,
      `${prefix}${id}_${signature.slice(0, -1)}`,
      `${prefix}${id}_${'A'.repeat(43)}`,
      `${prefix}${id.toLowerCase()}_${signature}`,
      `${prefix}${id}`,
      `${one.token}x`,
      `sup_visitor_${decodeId(id)}_${signature}`,
      id,
    ]
    for (const token of bad) expect(await client(server.url, token).refused('getMe'), token).toMatchObject(unauthorized)
    expect(await client(server.url).refused('getMe', { query: { token: one.token } })).toMatchObject({ status: 401 })
  })

  test('VISIT-5: the token is good for ninety days after its last use', async () => {
    const own = await ownServer()
    const { app, db } = await setUp(own)
    const visitor = await newVisitor(own, app)
    const stored = async () =>
      (
        await db
          .selectFrom('visitors')
          .select('expires_at')
          .where('id', '=', decodeId(visitor.id) ?? '')
          .executeTakeFirst()
      )?.expires_at
    const first = await stored()
    own.clock.ahead += dayMs / 2
    await visitor.client.call('getMe', {})
    expect(await stored()).toEqual(first)
    for (let i = 0; i < 3; i++) {
      own.clock.ahead += (limits.visitorDays - 1) * dayMs
      await visitor.client.call('getMe', {})
    }
    own.clock.ahead += limits.visitorDays * dayMs + 1_000
    expect(await visitor.client.refused('getMe')).toMatchObject(unauthorized)
  })

  test('VISIT-6: who stayed away that long and never wrote is forgotten, and nobody else', async () => {
    const own = await ownServer()
    const { app, db } = await setUp(own)
    const [silent, wrote] = [await newVisitor(own, app), await newVisitor(own, app)]
    await newTicket(wrote.client)
    own.clock.ahead += limits.visitorDays * dayMs + 1_000
    const fresh = await newVisitor(own, app)
    await forgetVisitors(own.app.core)
    const left = await db.selectFrom('customers').select('id').where('app_id', '=', app.app.id).where('external_id', 'is', null).execute()
    expect(left.map((row) => row.id).sort()).toEqual([decodeId(wrote.id), decodeId(fresh.id)].sort())
    expect(silent.id).not.toBe(wrote.id)
  })

  test('VISIT-7: one address makes sixty a minute; more is 429 with Retry-After', async () => {
    const own = await ownServer()
    const { app, nobody } = await setUp(own)
    // From an address of its own and at once: all of them in one minute.
    const headers = { Origin: app.origin, 'X-Forwarded-For': '203.0.113.7' }
    const make = () => nobody.send('createVisitor', { body: { app: app.app.publicId } }, headers)
    const answers = await Promise.all(Array.from({ length: limits.visitorsPerAddress + 3 }, make))
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused).toHaveLength(3)
    for (const answer of refused) {
      expect(problemIn(answer)).toMatchObject({ status: 429, code: 'rate_limited' })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.headers.get('access-control-allow-origin')).toBe(app.origin)
    }
  })
})

describe('what people say of themselves', () => {
  test('SELF-1: C61: an address that a visitor types is unverified and opens nothing', async () => {
    const { server, app, agent } = await setUp()
    const alice = await app.customer('alice')
    const hers = await newTicket(alice)
    const byPhone = await agent.call('agentCreateTicket', { body: { requester: { email: 'carol@example.com' }, subject: 'Call', body: 'By phone' } })
    const visitor = await newVisitor(server, app)
    for (const email of ['alice@example.com', 'carol@example.com']) {
      expect((await visitor.client.call('updateMe', { body: { email, name: 'Alice' } })).customer).toMatchObject({
        email,
        name: 'Alice',
        verified: false,
      })
      const { id } = await newTicket(visitor.client)
      expect((await agent.call('agentGetTicket', { params: { id } })).requester).toMatchObject({ id: visitor.id, email, verified: false })
      for (const other of [hers.id, byPhone.id])
        expect(await visitor.client.refused('getTicket', { params: { id: other } })).toMatchObject({ status: 404 })
      // What agents write to that address is not theirs either.
      const next = await agent.call('agentCreateTicket', { body: { requester: { email }, subject: 'Again', body: 'For whom?' } })
      expect(next.requester.id).not.toBe(visitor.id)
    }
    // A signed token with that address takes the contact over, not the visitor.
    const carol = client(server.url, await app.token('carol'))
    expect((await carol.call('listTickets', {})).data.map((one) => one.id)).toContain(byPhone.id)
    expect((await visitor.client.call('listTickets', {})).pagination.total).toBe(2)
  })

  test('SELF-2: what a signed token says stays; where it is silent, people may say it', async () => {
    const { server, app } = await setUp()
    const alice = await app.customer('alice')
    const said = (await alice.call('getMe', {})).customer
    expect((await alice.call('updateMe', { body: { email: 'evil@example.com', name: 'Eve' } })).customer).toEqual(said)
    const silent = client(server.url, await app.token('dan', { claims: { name: undefined, email: undefined, email_verified: undefined } }))
    const dan = (await silent.call('updateMe', { body: { email: 'dan@b.example', name: ' Dan ' } })).customer
    expect(dan).toMatchObject({ email: 'dan@b.example', name: 'Dan', verified: false })
    const loud = client(server.url, await app.token('dan'))
    expect((await loud.call('getMe', {})).customer).toMatchObject({ email: 'dan@example.com', verified: true })
    // The silent token again: what was typed does not take away what was vouched for.
    expect((await silent.call('updateMe', { body: { name: null } })).customer).toMatchObject({ name: null, email: 'dan@example.com', verified: true })
    expect((await silent.call('updateMe', { body: { email: 'dan@c.example' } })).customer).toMatchObject({ email: 'dan@c.example', verified: false })
  })

  test('SELF-3: mail is declined and welcomed again; nothing named changes nothing; agents find what was typed', async () => {
    const { server, app, agent } = await setUp()
    const visitor = await newVisitor(server, app)
    const notify = async (value: boolean) => (await visitor.client.call('updateMe', { body: { notify: value } })).customer.notify
    expect([await notify(false), await notify(false), await notify(true)]).toEqual([false, false, true])
    const unique = randomUUID().slice(0, 8)
    await visitor.client.call('updateMe', { body: { name: `Robin ${unique}` } })
    const before = await visitor.client.call('getMe', {})
    expect(await visitor.client.call('updateMe', { body: {} })).toEqual(before)
    expect((await agent.call('agentListCustomers', { query: { search: unique } })).data.map((one) => one.id)).toEqual([visitor.id])
    for (const body of [
      { email: 'nope' },
      { email: 'a@b.example\0' },
      { name: '' },
      { name: 'x'.repeat(201) },
      { notify: 'yes' },
      { phone: '1' },
      { verified: true },
    ])
      expect(await visitor.client.refused('updateMe', { body }), JSON.stringify(body)).toMatchObject({ status: 400 })
  })
})

describe('signing in', () => {
  test('JOIN-1: with both tokens all that the visitor has becomes the customer’s', async () => {
    const { server, app, agent, admin } = await setUp()
    const alice = await app.customer('alice')
    const visitor = await newVisitor(server, app)
    const own = await newTicket(alice, { client_id: 'same', subject: 'Mine' })
    const moved = await newTicket(visitor.client, { client_id: 'same', subject: 'Theirs' })
    const other = await newTicket(visitor.client, { client_id: 'other' })
    const file = await upload(server, visitor.token, 'Text', 'a.txt')
    const message = { params: { id: moved.id }, body: { body: 'See file', attachments: [file.id], client_id: 'm1' } }
    await visitor.client.call('sendMessage', message)
    const waiting = await upload(server, visitor.token, 'Text', 'b.txt')
    await agent.call('agentSendMessage', { params: { id: moved.id }, body: { body: 'Read' } })
    await visitor.client.call('readTicket', { params: { id: moved.id }, body: { seq: 3 } })
    await agent.call('agentSendMessage', { params: { id: moved.id }, body: { body: 'Unread' } })
    const before = await visitor.client.call('getTicket', { params: { id: moved.id } })

    const me = await merge(alice, visitor.token)
    expect(me).toMatchObject({ customer: { external_id: 'alice' }, unread_count: 1, open_tickets: 3 })
    const listed = await alice.call('listTickets', {})
    expect(listed.data.map((one) => one.id).sort()).toEqual([own.id, moved.id, other.id].sort())
    const after = await alice.call('getTicket', { params: { id: moved.id } })
    expect(after.messages.map(({ seq, body, attachments, author }) => [seq, body, attachments.length, author.type, author.id])).toEqual(
      before.messages.map(({ seq, body, attachments, author }) => [
        seq,
        body,
        attachments.length,
        author.type,
        author.type === 'customer' ? me.customer.id : author.id,
      ]),
    )
    expect([after.number, after.unread_count, after.status]).toEqual([before.number, 1, before.status])
    // What was sent once is not sent again by the same person, under whatever name.
    expect((await alice.call('sendMessage', message)).seq).toBe(2)
    expect((await newTicket(alice, { client_id: 'same' })).id).toBe(own.id)
    expect((await newTicket(alice, { client_id: 'other' })).id).toBe(other.id)
    await alice.call('sendMessage', { params: { id: moved.id }, body: { body: 'And this', attachments: [waiting.id] } })
    const history = await agent.call('agentGetHistory', { params: { id: moved.id } })
    expect(history.data.filter((one) => one.actor.type === 'customer').map((one) => one.actor.id)).not.toContain(visitor.id)
    expect(JSON.stringify(history.data)).toContain('requester_id')
    const [entry] = (await admin.call('agentListAudit', { query: {} })).data.filter((one) => one.action === 'visitor_merged')
    expect(entry).toMatchObject({
      actor: { type: 'customer', id: me.customer.id },
      object: { type: 'customer', id: me.customer.id },
      data: { tickets: 2 },
    })
    expect(await agent.refused('agentGetCustomer', { params: { id: visitor.id } })).toMatchObject({ status: 404 })
  })

  test('JOIN-2: the visitor’s token is good for nothing afterwards, and their sockets end', async () => {
    const { server, app, agent } = await setUp()
    const visitor = await newVisitor(server, app)
    const ticket = await newTicket(visitor.client)
    const socket = await listen(server.url, visitor.token)
    const [alice, desk] = [await listen(server.url, await app.token('alice')), await listen(server.url, await app.token('sam', { role: 'agent' }))]
    await merge(await app.customer('alice'), visitor.token)
    expect(await visitor.client.refused('getMe')).toMatchObject(unauthorized)
    await socket.closed
    await expect(listen(server.url, visitor.token)).rejects.toMatchObject({ data: { code: 'unauthorized' } })
    const about = ({ type, payload }: { type: string; payload: Record<string, unknown> }) =>
      type === 'ticket.updated' && (payload.ticket as { id: string }).id === ticket.id
    await alice.frame(about)
    const told = await desk.frame(about)
    expect((told.payload.ticket as { requester: { external_id: string } }).requester.external_id).toBe('alice')
    await agent.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'For alice' } })
    await alice.frame(({ type, payload }) => type === 'message.created' && payload.ticket_id === ticket.id)
    expect(JSON.stringify(socket.frames)).not.toContain('For alice')
    alice.close()
    desk.close()
  })

  test('JOIN-3: twice is once; a visitor who became somebody else is told so', async () => {
    const { server, app, db } = await setUp()
    const visitor = await newVisitor(server, app)
    await newTicket(visitor.client)
    const [alice, bob] = [await app.customer('alice'), await app.customer('bob')]
    const answers = await Promise.all(Array.from({ length: 8 }, () => alice.send('mergeVisitor', { body: { visitor_token: visitor.token } })))
    expect(new Set(answers.map((one) => one.text)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    expect(await merge(alice, visitor.token)).toEqual(answers[0]?.body)
    expect(await bob.refused('mergeVisitor', { body: { visitor_token: visitor.token } })).toMatchObject({ status: 409, code: 'visitor_taken' })
    const rows = await db.selectFrom('audit_log').select('action').where('app_id', '=', app.app.id).where('action', '=', 'visitor_merged').execute()
    expect(rows).toHaveLength(1)
  })

  test('JOIN-4: of two who claim a visitor at once one gets all, the other nothing', async () => {
    const { server, app } = await setUp()
    const visitor = await newVisitor(server, app)
    for (let i = 0; i < 3; i++) await newTicket(visitor.client)
    const claimants = await Promise.all(['alice', 'bob', 'carol'].map((sub) => app.customer(sub)))
    const answers = await Promise.all(claimants.map((one) => one.send('mergeVisitor', { body: { visitor_token: visitor.token } })))
    expect(answers.map((one) => one.status).sort()).toEqual([200, 409, 409])
    const totals = await Promise.all(claimants.map(async (one) => (await one.call('getMe', {})).open_tickets))
    expect(totals).toEqual(answers.map((one) => (one.status === 200 ? 3 : 0)))
  })

  test('JOIN-5: the visitor of another app is as unknown as one who never was; so are the blocked and the expired', async () => {
    const { server, app, db } = await setUp()
    const other = await setUp()
    const alice = await app.customer('alice')
    const foreign = await newVisitor(server, other.app)
    const refused = async (visitor_token: string) => {
      const { instance, ...problem } = await alice.refused('mergeVisitor', { body: { visitor_token } })
      expect(instance).toMatch(/^urn:uuid:/)
      return problem
    }
    const unknown = await refused('sup_visitor_nope')
    expect(unknown).toMatchObject({ status: 400, errors: [{ location: 'body.visitor_token' }] })
    const blocked = await newVisitor(server, app)
    await db
      .updateTable('customers')
      .set({ blocked_at: new Date() })
      .where('app_id', '=', app.app.id)
      .where('id', '=', decodeId(blocked.id) ?? '')
      .execute()
    const expired = await newVisitor(server, app)
    await db
      .updateTable('visitors')
      .set({ expires_at: new Date(0) })
      .where('app_id', '=', app.app.id)
      .where('id', '=', decodeId(expired.id) ?? '')
      .execute()
    const kinds = [foreign.token, blocked.token, expired.token, await app.token('bob'), app.adminKey, `${foreign.token}x`]
    for (const token of kinds) expect(await refused(token)).toEqual(unknown)
    await foreign.client.call('getMe', {})
  })

  test('JOIN-6: who takes over is a signed-in customer: no agent, no key, no other visitor', async () => {
    const { server, app, agent, admin } = await setUp()
    const [visitor, other] = [await newVisitor(server, app), await newVisitor(server, app)]
    const roleless = client(server.url, await app.token('sam', { claims: { role: undefined } }))
    const partner = client(server.url, await app.partnerKey('pat'))
    for (const caller of [agent, admin, roleless, partner, other.client, visitor.client, app.backend])
      expect(await caller.refused('mergeVisitor', { body: { visitor_token: visitor.token } })).toMatchObject({ status: 403, code: 'forbidden' })
    await visitor.client.call('getMe', {})
  })

  test('JOIN-7: what was created with an Idempotency-Key as a visitor is not created again as the customer', async () => {
    const { server, app } = await setUp()
    const visitor = await newVisitor(server, app)
    const key = { 'Idempotency-Key': randomUUID() }
    const input = { body: { subject: 'Once', body: 'Only' } }
    const first = await visitor.client.send('createTicket', input, key)
    const alice = await app.customer('alice')
    await merge(alice, visitor.token)
    const again = await alice.send('createTicket', input, key)
    expect([again.status, (again.body as { id: string }).id]).toEqual([201, (first.body as { id: string }).id])
  })

  test('JOIN-8: where the customer has no name or address, what the visitor typed is kept as unverified', async () => {
    const { server, app, agent } = await setUp()
    const visitor = await newVisitor(server, app)
    await visitor.client.call('updateMe', { body: { email: 'v@b.example', name: 'Vera' } })
    const silent = client(server.url, await app.token('vera', { claims: { name: undefined, email: undefined, email_verified: undefined } }))
    expect((await merge(silent, visitor.token)).customer).toMatchObject({ external_id: 'vera', name: 'Vera', email: 'v@b.example', verified: false })
    const found = await agent.call('agentListCustomers', { query: { search: 'v@b.example' } })
    expect(found.data.map((one) => one.external_id)).toEqual(['vera'])
  })
})

test('VISIT-8: a visitor’s token never travels in a URL and is never logged', async () => {
  const { server, app } = await setUp()
  const visitor = await newVisitor(server, app)
  await request(`${server.url}/v1/support/me?token=${visitor.token}`)
  await merge(await app.customer('alice'), visitor.token)
  await visitor.client.send('getMe')
  expect(server.logged()).not.toContain(visitor.token.slice(39))
})
