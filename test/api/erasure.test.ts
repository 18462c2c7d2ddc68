import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSub } from '@support-widget/server/auth/tombstone.ts'
import { eraseCustomer, finishErasures } from '@support-widget/server/domain/erase.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { client, request } from '../support/client.ts'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { sharedServer, type TestServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

const believed = 30_001

/** The names of all tables in which the text stands, whatever schema and column, and of all files. */
async function whereIs(server: TestServer, text: string): Promise<string[]> {
  const db = server.app.core.orm.db()
  const { rows: tables } = await sql<{ schema: string; name: string }>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`.execute(db)
  const one = ({ schema, name }: { schema: string; name: string }) =>
    sql`select ${name}::text as name where exists (select from ${sql.table(`${schema}.${name}`)} as t where strpos(lower(t::text), ${text}) > 0)`
  const { rows } = await sql<{ name: string }>`${sql.join(tables.map(one), sql` union all `)}`.execute(db)
  const found = rows.map((row) => row.name)
  const folder = join(server.config.dataDir, 'files')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return [...found, ...files.filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text)).map(() => 'a file')].sort()
}

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  return { server, app, db: server.app.core.orm.db(), ada: await app.agent('ada', 'admin'), sam: await app.agent('sam') }
}

/** A customer in every table that there is: what is theirs has the mark in it. */
async function markedCustomer(server: TestServer, app: TestApp, sub: string, mark: string) {
  const token = await app.token(sub, { claims: { name: `Name ${mark}`, email: `${mark}@example.com`, phone: `+1 ${mark}`, locale: 'en' } })
  const alice = client(server.url, token)
  const sam = await app.agent('sam')
  const again = () => ({ 'Idempotency-Key': randomUUID() })
  const file = await upload(server, token, `bytes ${mark}`, `${mark}.txt`)
  const sent = await upload(server, token, `waits ${mark}`, `waits-${mark}.txt`)
  const create = async (more: object = {}) => {
    const body = {
      subject: `Subject ${mark}`,
      body: `Body ${mark}`,
      custom_fields: { k: mark },
      links: { l: mark },
      context: { page: mark },
      ...more,
    }
    return ((await alice.send('createTicket', { body }, again())).body as { id: string }).id
  }
  const first = await create({ attachments: [file.id], client_id: mark })
  const second = await create({ follow_up_of: first })
  const third = await create()
  const params = { id: first }
  await alice.send('sendMessage', { params, body: { body: `More ${mark}` } }, again())
  await sam.send('agentSendMessage', { params, body: { body: `Dear ${mark}` } }, again())
  await sam.send('agentSendMessage', { params, body: { body: `Note on ${mark}`, is_internal: true } }, again())
  const notes = { resolution_notes: mark, action_taken: mark, tags: [mark.slice(0, 40)], country: mark, external_ticket_id: mark }
  await sam.call('agentUpdateTicket', { params, body: { ...notes, status: 'resolved' } })
  await alice.call('rateTicket', { params, body: { score: 1, comment: `Bad ${mark}` } })
  await sam.call('agentMergeTicket', { params: { id: third }, body: { into: second } })
  await sam.send('agentCreateTicket', { body: { requester: { external_id: sub }, subject: `Call ${mark}`, body: `They called ${mark}` } }, again())
  // In the words of other APIs, whose answers name the ticket by its number or not at all.
  const foreign = (path: string, token: string, body: object) =>
    request(`${server.url}/compat/${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...again() },
      body: JSON.stringify(body),
    })
  const { ticket_id } = (await foreign('pgi/api/v2/support/tickets/', token, { subject: `Subject ${mark}`, message: `Hello ${mark}` })).body as {
    ticket_id: string
  }
  await foreign(`pgi/api/v2/support/tickets/${ticket_id}/messages/`, token, { content: `Said ${mark}` })
  const { number } = await sam.call('agentGetTicket', { params })
  await foreign(`ping/v1/api/tickets/${number}/comments`, app.adminKey, { content: `Comment ${mark}` })
  const made = { kind: 'partner', name: `Key of ${mark}`, customer: { external_id: sub }, links: { policy: [mark] } }
  const key = (await app.backend.send('agentCreateKey', { body: made }, again())).body as { secret: string }
  const { requester } = await sam.call('agentGetTicket', { params })
  return { id: requester.id, token, alice, first, file, sent, partner: client(server.url, key.secret) }
}

test('ERASE-1: nothing that is theirs is left in any table or file; everybody else has everything', async () => {
  const { server, app, ada, sam, db } = await setUp()
  const [mark, kept] = [`canary${randomUUID().replaceAll('-', '')}`, `kept${randomUUID().replaceAll('-', '')}`]
  const gone = await markedCustomer(server, app, `sub-${mark}`, mark)
  const stays = await markedCustomer(server, app, `sub-${kept}`, kept)
  expect(await whereIs(server, mark)).toEqual(
    expect.arrayContaining(['a file', 'api_keys', 'attachments', 'customers', 'events', 'idempotency_keys', 'messages', 'ticket_search', 'tickets']),
  )
  const before = await whereIs(server, kept)
  const erased = await ada.call('agentEraseCustomer', { params: { id: gone.id } })
  expect(erased.id).toBe(gone.id)
  expect(await whereIs(server, mark)).toEqual([])
  expect(await whereIs(server, kept)).toEqual(before)
  expect(await whereIs(server, decodeId(gone.id) ?? '')).toEqual(['audit_log'])
  expect((await sam.call('agentListTickets', { query: { search: mark } })).pagination.total).toBe(0)
  expect((await sam.call('agentListTickets', { query: { search: kept } })).pagination.total).toBe(5)
  expect((await stays.alice.call('listTickets', {})).pagination.total).toBe(5)
  expect((await request(gone.file.url)).status).toBe(404)
  expect((await request(stays.file.url)).status).toBe(200)
  const left = await db.selectFrom('stray_files').select('storage_key').where('due_at', '<=', new Date(0)).execute()
  expect(left).toEqual([])
})

test('ERASE-2: no credential of theirs is good any more, and none makes them anew', async () => {
  const { server, app, ada, sam, db } = await setUp()
  const { id, alice, partner } = await markedCustomer(server, app, 'alice', 'dear')
  await partner.call('getMe', {})
  const socket = await listen(server.url, await app.token('alice'))
  await ada.call('agentEraseCustomer', { params: { id } })
  server.clock.ahead += believed
  await socket.closed
  expect(await alice.refused('getMe')).toMatchObject({ status: 401, code: 'unauthorized' })
  expect(await partner.refused('getMe')).toMatchObject({ status: 401 })
  for (const role of ['customer', 'agent'] as const)
    expect(await client(server.url, await app.token('alice', { role })).refused('getMe')).toMatchObject({ status: 401 })
  await expect(listen(server.url, await app.token('alice'))).rejects.toMatchObject({ data: { code: 'unauthorized' } })
  const opened = { requester: { external_id: 'alice' }, subject: 'x', body: 'x' }
  expect(await sam.refused('agentCreateTicket', { body: opened })).toMatchObject({ status: 400, errors: [{ location: 'body.requester' }] })
  const key = { kind: 'partner', name: 'x', customer: { external_id: 'alice' } }
  expect(await ada.refused('agentCreateKey', { body: key })).toMatchObject({ status: 400, errors: [{ location: 'body.customer' }] })
  const tombs = await db.selectFrom('erased_people').select('sub_hash').where('app_id', '=', app.app.id).execute()
  expect(tombs).toEqual([{ sub_hash: hashSub(app.app.id, 'alice') }])
  expect(
    await db.selectFrom('customers').select('external_id').where('app_id', '=', app.app.id).where('external_id', '=', 'alice').execute(),
  ).toEqual([])
  const neighbour = await newApp(server)
  expect((await (await neighbour.customer('alice')).call('getMe', {})).customer.external_id).toBe('alice')
})

test('ERASE-3: twice, at once and unknown is 404; an agent is refused; only admins may', async () => {
  const { server, app, ada, sam } = await setUp()
  const { requester } = await sam.call('agentGetTicket', { params: { id: (await newTicket(await app.customer('alice'))).id } })
  const params = { id: requester.id }
  expect(await sam.refused('agentEraseCustomer', { params })).toMatchObject({ status: 403 })
  const eve = await (await newApp(server)).agent('eve', 'admin')
  expect(await eve.refused('agentEraseCustomer', { params })).toMatchObject({ status: 404 })
  const at = await Promise.all([1, 2, 3].map(() => ada.send('agentEraseCustomer', { params })))
  expect(at.map((answer) => answer.status).sort()).toEqual([200, 404, 404])
  for (const name of ['agentEraseCustomer', 'agentGetCustomer', 'agentExportCustomer'] as const)
    expect(await ada.refused(name, { params })).toMatchObject({ status: 404 })
  expect(await ada.refused('agentBlockCustomer', { params, body: { blocked: false } })).toMatchObject({ status: 404 })
  const asCustomer = await newTicket(await app.customer('sam'))
  const self = (await ada.call('agentGetTicket', { params: { id: asCustomer.id } })).requester.id
  expect(await ada.refused('agentEraseCustomer', { params: { id: self } })).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await ada.call('agentGetTicket', { params: { id: asCustomer.id } })).id).toBe(asCustomer.id)
})

test('ERASE-4: what a crash interrupted is made up for, and nobody sees it in between', async () => {
  const { server, app, ada, sam, db } = await setUp()
  const mark = `canary${randomUUID().replaceAll('-', '')}`
  const { id, first, alice } = await markedCustomer(server, app, 'alice', mark)
  const actor = { type: 'agent' as const, app: app.app, agentId: null, keyId: null }
  const { core } = server.app
  // The process dies after the first transaction.
  let transactions = 0
  const dying: typeof core.orm = {
    ...core.orm,
    transaction: (work) => (transactions++ === 0 ? core.orm.transaction(work) : Promise.reject(new Error('killed'))),
  }
  await expect(eraseCustomer({ ...core, orm: dying }, actor, decodeId(id) ?? '')).rejects.toThrow('killed')
  for (const name of ['agentGetTicket', 'agentGetHistory'] as const)
    expect(await sam.refused(name, { params: { id: first } })).toMatchObject({ status: 404 })
  expect(await sam.refused('agentSendMessage', { params: { id: first }, body: { body: 'x' } })).toMatchObject({ status: 404 })
  expect((await sam.call('agentListTickets', { query: { search: mark } })).data).toEqual([])
  expect((await sam.call('agentListCustomers', { query: { blocked: 'true' } })).data).toEqual([])
  expect(await ada.refused('agentEraseCustomer', { params: { id } })).toMatchObject({ status: 404 })
  server.clock.ahead += believed
  expect(await alice.refused('getMe')).toMatchObject({ status: 401 })
  expect(await finishErasures(core)).toBeGreaterThan(0)
  expect(await whereIs(server, mark)).toEqual([])
  expect(await db.selectFrom('customers').select('id').where('id', '=', decodeId(id)).execute()).toEqual([])
  expect((await ada.call('agentListAudit', { query: { object: id } })).data.map((entry) => entry.action)).toEqual(['customer_erased'])
})

test('ERASE-5: more tickets than one transaction takes, and what is written meanwhile', async () => {
  const { server, app, ada, db } = await setUp()
  const alice = await app.customer('alice')
  const mark = `canary${randomUUID().replaceAll('-', '')}`
  const tickets = []
  for (let n = 0; n < 45; n++) tickets.push(await newTicket(alice, { subject: `${mark} ${n}` }))
  const { requester } = await ada.call('agentGetTicket', { params: { id: tickets[0]?.id ?? '' } })
  // Their token is still believed: what they write while they are erased is refused or goes too, and never a fault of ours.
  const writing = tickets
    .slice(0, 8)
    .flatMap(({ id }) => [
      alice.send('sendMessage', { params: { id }, body: { body: `late ${mark}` } }),
      alice.send('createTicket', { body: { subject: `late ${mark}`, body: mark } }),
    ])
  const [erased, ...answers] = await Promise.all([ada.send('agentEraseCustomer', { params: { id: requester.id } }), ...writing])
  expect(erased?.status).toBe(200)
  for (const answer of answers) expect([201, 401, 404]).toContain(answer.status)
  const late = await alice.send('createTicket', { body: { subject: `later ${mark}`, body: mark } })
  expect([401, 404]).toContain(late.status)
  expect([401, 404]).toContain((await alice.send('getMe')).status)
  expect(await whereIs(server, mark)).toEqual([])
  expect(await db.selectFrom('tickets').select('id').where('app_id', '=', app.app.id).execute()).toEqual([])
})

test('ERASE-6: a contact without a user id goes too, and may be made anew', async () => {
  const { server, app, ada } = await setUp()
  const mark = `canary${randomUUID().replaceAll('-', '')}`
  const open = () => ada.call('agentCreateTicket', { body: { requester: { email: `${mark}@example.com` }, subject: 'x', body: mark } })
  const first = await open()
  await ada.call('agentEraseCustomer', { params: { id: first.requester.id } })
  expect(await whereIs(server, mark)).toEqual([])
  const second = await open()
  expect(second.requester.id).not.toBe(first.requester.id)
  expect(app.app.id).not.toBe('')
})
