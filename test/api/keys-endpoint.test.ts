import { decodeId, encodeId } from '@support-widget/shared/ids.ts'
import type { MadeKey } from '@support-widget/shared/key.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import { sharedServer, type TestServer } from '../support/server.ts'

/** What the server believes for half a minute, it believes no more. */
const believed = 30_001
const jwks = { kind: 'jwks' as const, name: 'Login', audience: 'support', jwks_url: 'https://login.example.com/jwks.json' }

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const ada = await app.agent('ada', 'admin')
  const make = (body: object) => ada.send('agentCreateKey', { body: { name: 'k', ...body } })
  const made = async (body: object) => (await make(body)).body as MadeKey
  const list = async (query: object = {}) => (await ada.call('agentListKeys', { query: { per_page: 100, ...query } })).data
  const audited = async () => (await ada.call('agentListAudit', { query: { action: ['key_created', 'key_revoked'] } })).data
  return { server, app, ada, make, made, list, audited }
}

/** By the clock of the server, which other files move. */
function sign({ clock }: TestServer, key: MadeKey, sub: string, claims: object = {}): Promise<string> {
  const now = Math.floor(clock.now().getTime() / 1000)
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256', kid: key.id })
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + 600)
    .sign(new TextEncoder().encode(key.secret ?? ''))
}

describe('keys', () => {
  test('KEYS-1: a made key works as its kind says, and its secret is nowhere to be read again', async () => {
    const { server, app, ada, made, list } = await setUp()
    const signing = await made({ kind: 'signing', name: 'Token route' })
    const admin = await made({ kind: 'admin' })
    const partner = await made({ kind: 'partner', customer: { external_id: 'new one' }, links: { policy_number: ['1', '2'] } })
    expect((await client(server.url, await sign(server, signing, 'ann')).call('getMe', {})).customer.external_id).toBe('ann')
    expect((await client(server.url, admin.secret ?? '').call('agentGetMe', {})).role).toBe('admin')
    const partnerClient = client(server.url, partner.secret ?? '')
    expect((await partnerClient.call('getMe', {})).customer).toMatchObject({ id: partner.customer?.id, external_id: 'new one' })
    const linked = (value: string) => partnerClient.send('createTicket', { body: { subject: 'x', body: 'x', links: { policy_number: value } } })
    expect([(await linked('2')).status, (await linked('3')).status]).toEqual([201, 403])
    const again = await made({ kind: 'partner', customer: { id: partner.customer?.id } })
    expect(again.customer).toEqual(partner.customer)
    const listed = await ada.send('agentListKeys', {})
    expect(await list()).toHaveLength(6)
    for (const key of [signing, admin, partner, again]) {
      const { secret, ...shown } = key
      expect(await list()).toContainEqual({ ...shown, last_used_at: expect.toSatisfy((at) => at === null || typeof at === 'string') })
      expect(listed.text).not.toContain(secret)
    }
    expect(listed.text).not.toContain(app.adminKey)
    expect(listed.text).not.toContain(app.secret)
    const stored = await server.app.core.orm.db().selectFrom('signing_keys').selectAll().where('app_id', '=', app.app.id).execute()
    expect(JSON.stringify(stored)).not.toContain(signing.secret)
  })

  test('KEYS-2: each kind has its own fields, and every fault is named', async () => {
    const { server, make } = await setUp()
    const elsewhere = await (await newApp(server)).agent('ada', 'admin')
    const { customer } = (await elsewhere.call('agentCreateKey', { body: { kind: 'partner', name: 'x', customer: { external_id: 'a' } } })) as MadeKey
    const bad: [object, string[]][] = [
      [{ kind: 'other' }, ['body.kind']],
      [{ kind: 'admin', name: ' ' }, ['body.name']],
      [{ kind: 'admin', customer: { external_id: 'a' }, links: {} }, ['body.customer', 'body.links']],
      [{ kind: 'partner' }, ['body.customer']],
      [{ kind: 'partner', customer: {} }, ['body.customer']],
      [{ kind: 'partner', customer: { external_id: '' } }, ['body.customer.external_id']],
      [{ kind: 'partner', customer: { external_id: 'a\0' } }, ['body.customer']],
      [{ kind: 'partner', customer: { id: 'nope' } }, ['body.customer']],
      [{ kind: 'partner', customer: { id: customer?.id } }, ['body.customer']],
      [{ kind: 'jwks' }, ['body.issuer', 'body.audience', 'body.jwks_url']],
      [{ ...jwks, issuer: 'i', jwks_url: 'file:///etc/passwd' }, ['body.jwks_url']],
      [{ ...jwks, issuer: 'i', jwks_url: 'https://user:pass@login.example.com/' }, ['body.jwks_url']],
      [{ kind: 'signing', issuer: 'i', secret: 'mine' }, ['body.secret', 'body.issuer']],
    ]
    for (const [body, locations] of bad) {
      const { status, body: problem } = await make(body)
      expect([body, status, (problem as { errors: { location: string }[] }).errors.map((fault) => fault.location)]).toEqual([body, 400, locations])
    }
  })

  test('KEYS-3: only admins and admin keys, each in their own app', async () => {
    const { server, app, made, list } = await setUp()
    const key = await made({ kind: 'admin' })
    const sam = await app.agent('sam')
    const partner = client(server.url, await app.partnerKey('pat'))
    for (const caller of [sam, await app.customer('alice'), partner]) {
      expect(await caller.refused('agentListKeys')).toMatchObject({ status: 403 })
      expect(await caller.refused('agentCreateKey', { body: { kind: 'admin', name: 'x' } })).toMatchObject({ status: 403 })
      expect(await caller.refused('agentRevokeKey', { params: { id: key.id } })).toMatchObject({ status: 403 })
    }
    const neighbour = await newApp(server)
    const eve = await neighbour.agent('eve', 'admin')
    for (const id of [key.id, app.kid, app.kid.toUpperCase(), 'nope', '\0', 'é'])
      expect(await eve.refused('agentRevokeKey', { params: { id } })).toMatchObject({ status: 404 })
    expect((await eve.call('agentListKeys', {})).data.map((one) => one.id)).not.toContain(key.id)
    expect((await list()).map((one) => one.id)).toContain(key.id)
    expect((await app.backend.call('agentCreateKey', { body: { kind: 'admin', name: 'by key' } })).name).toBe('by key')
  })

  test('KEYS-4: issuer and audience name one app, and nobody is told which', async () => {
    const { server, app, ada, make, made } = await setUp()
    const issuer = `https://${app.app.publicId}.login.example/`
    const key = await made({ ...jwks, issuer, role_claim: 'https://x.example/role' })
    expect(key).toMatchObject({ kind: 'jwks', issuer, audience: 'support', role_claim: 'https://x.example/role', secret: null, customer: null })
    const neighbour = await newApp(server)
    const theirs = await (await neighbour.agent('eve', 'admin')).refused('agentCreateKey', { body: { ...jwks, issuer } })
    expect(theirs).toMatchObject({ status: 409, code: 'already_exists' })
    const mine = await make({ ...jwks, issuer })
    expect(mine.status).toBe(409)
    expect(theirs.detail).toBe((mine.body as { detail: string }).detail)
    expect(JSON.stringify(theirs)).not.toContain(app.app.publicId.slice(4))
    expect((await make({ ...jwks, issuer, audience: 'other' })).status).toBe(201)
    await ada.call('agentRevokeKey', { params: { id: key.id } })
    expect((await make({ ...jwks, issuer })).status).toBe(201)
    const at = await Promise.all(Array.from({ length: 4 }, () => make({ ...jwks, issuer, audience: 'raced' })))
    expect(at.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409])
  })

  test('KEYS-5: a revoked key is refused within the minute; twice is once; two live side by side', async () => {
    const { server, ada, made, list, audited } = await setUp()
    const [old, fresh] = [await made({ kind: 'signing' }), await made({ kind: 'signing' })]
    const [first, second] = await Promise.all([old, fresh].map(async (key) => client(server.url, await sign(server, key, 'ann'))))
    const backend = client(server.url, (await made({ kind: 'admin', name: 'old backend' })).secret ?? '')
    for (const one of [first, second]) await one?.call('getMe', {})
    await backend.call('agentGetMe', {})
    const [, apiKey] = await list({ kind: 'admin' })
    const revoked = await ada.call('agentRevokeKey', { params: { id: old.id } })
    expect(revoked.revoked_at).not.toBeNull()
    expect(await ada.call('agentRevokeKey', { params: { id: old.id } })).toEqual(revoked)
    const backendKey = (await list({ kind: 'admin' })).find((one) => one.name === 'old backend')
    await ada.call('agentRevokeKey', { params: { id: (backendKey?.id ?? '').toLowerCase() } })
    server.clock.ahead += believed
    expect(await first?.refused('getMe')).toMatchObject({ status: 401, code: 'unauthorized' })
    expect(await backend.refused('agentGetMe')).toMatchObject({ status: 401 })
    await second?.call('getMe', {})
    expect((await list()).map((one) => one.id)).not.toContain(old.id)
    expect((await list({ revoked: 'true' })).map((one) => one.id).sort()).toEqual([old.id, backendKey?.id ?? ''].sort())
    expect((await audited()).filter((entry) => entry.action === 'key_revoked').map((entry) => entry.object)).toEqual([
      { type: 'api_key', id: backendKey?.id },
      { type: 'signing_key', id: old.id },
    ])
    expect(apiKey).toBeDefined()
  })

  test('KEYS-6: a key cannot revoke itself; another one, and an admin, can', async () => {
    const { server, ada, made } = await setUp()
    const [one, other] = [await made({ kind: 'admin' }), await made({ kind: 'admin' })]
    const backend = client(server.url, one.secret ?? '')
    expect(await backend.refused('agentRevokeKey', { params: { id: one.id } })).toMatchObject({ status: 403, code: 'forbidden' })
    await backend.call('agentRevokeKey', { params: { id: other.id } })
    await ada.call('agentRevokeKey', { params: { id: one.id } })
  })

  test('KEYS-7: an app has at most fifty live keys, also made at once', async () => {
    const { server, app, ada, make, list } = await setUp()
    const rows = Array.from({ length: limits.keysPerApp - 4 }, (_, at) => ({
      kid: `${app.app.publicId}-${at}`,
      app_id: app.app.id,
      algorithm: 'HS256' as const,
      name: `${at}`,
      secret: 'x',
      created_at: new Date(),
      revoked_at: null,
    }))
    await server.app.core.orm.db().insertInto('signing_keys').values(rows).execute()
    const answers = await Promise.all(Array.from({ length: 5 }, () => make({ kind: 'admin' })))
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 201, 409, 409, 409])
    expect(answers.find((answer) => answer.status === 409)?.body).toMatchObject({ code: 'limit_reached' })
    expect(await list()).toHaveLength(limits.keysPerApp)
    await ada.call('agentRevokeKey', { params: { id: rows[0]?.kid ?? '' } })
    expect((await make({ kind: 'signing' })).status).toBe(201)
    await server.app.core.orm.db().deleteFrom('signing_keys').where('app_id', '=', app.app.id).where('secret', '=', 'x').execute()
  })

  test('KEYS-8: with an Idempotency-Key there is one key, whose secret is told once', async () => {
    const { ada, list, audited } = await setUp()
    const send = () => ada.send('agentCreateKey', { body: { kind: 'signing', name: 'Once' } }, { 'Idempotency-Key': 'make it' })
    const [first, second] = [await send(), await send()]
    expect(second.body).toEqual({ ...(first.body as MadeKey), secret: null })
    expect((await list()).filter((key) => key.name === 'Once')).toHaveLength(1)
    expect((await audited()).filter((entry) => entry.object.id === (first.body as MadeKey).id)).toHaveLength(1)
  })

  test('KEYS-9: the list says when a key was used last, and comes in pages, newest first', async () => {
    const { server, app, made, ada, list } = await setUp()
    const unused = await made({ kind: 'admin', name: 'unused' })
    await app.customer('alice').then((alice) => alice.call('getMe', {}))
    const used = await made({ kind: 'admin', name: 'used' })
    await client(server.url, used.secret ?? '').call('agentGetMe', {})
    const byName = async () => new Map((await list()).map((key) => [key.name, key.last_used_at]))
    await expect.poll(async () => (await byName()).get('used')).not.toBeNull()
    await expect.poll(async () => (await byName()).get(app.kid)).not.toBeNull()
    expect((await byName()).get('unused')).toBeNull()
    const page = await ada.call('agentListKeys', { query: { page: 2, per_page: 1 } })
    expect(page.pagination).toEqual({ page: 2, per_page: 1, total: 4, total_pages: 4 })
    expect(page.data[0]?.id).toBe(unused.id)
    expect((await list({ kind: 'signing,jwks' })).map((key) => key.kind)).toEqual(['signing'])
    expect(decodeId(unused.id) && encodeId(decodeId(unused.id) ?? '')).toBe(unused.id)
  })
})
