import { CustomerExport } from '@support-widget/shared/customer-export.ts'
import { expect, test } from 'vitest'
import { client, request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [ada, sam] = [await app.agent('ada', 'admin'), await app.agent('sam')]
  const [token, alice] = [await app.token('alice'), await app.customer('alice')]
  const ticket = await newTicket(alice)
  const { requester } = await sam.call('agentGetTicket', { params: { id: ticket.id } })
  const exported = async () => {
    const answer = await ada.send('agentExportCustomer', { params: { id: requester.id } })
    expect(answer.status, answer.text).toBe(200)
    return { answer, data: CustomerExport.parse(answer.body) }
  }
  return { server, app, ada, sam, token, alice, ticket, requester, exported }
}

test('EXPORT-1: it holds the profile, the keys, the uploads and every ticket as the customer sees it, oldest first', async () => {
  const { server, app, sam, token, alice, ticket, requester, exported } = await setUp()
  const file = await upload(server, token, 'sent', 'sent.txt')
  const unsent = await upload(server, token, 'unsent', 'unsent.txt')
  const body = { subject: 'Second', body: 'With facts', context: { page: '/x' }, custom_fields: { k: 1 }, links: { l: 'v' }, attachments: [file.id] }
  const second = await alice.call('createTicket', { body })
  await sam.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'Public answer' } })
  await app.partnerKey('alice')
  await sam.call('agentUpdateTicket', { params: { id: second.id }, body: { country: 'CA', preferred_language: 'fr' } })
  const { answer, data } = await exported()
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="customer-${requester.id}.json"`)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(data.customer).toMatchObject({ id: requester.id, external_id: 'alice', email: 'alice@example.com' })
  expect(data.partner_keys.map((key) => key.name)).toEqual(['partner'])
  expect(data.unsent_attachments.map((one) => one.filename)).toEqual(['unsent.txt'])
  expect(data.tickets.map((one) => one.id)).toEqual([ticket.id, second.id])
  expect(data.tickets[0]?.messages.map((one) => one.body)).toEqual(['It has not appeared.', 'Public answer'])
  expect(data.tickets[1]).toMatchObject({
    context: { page: '/x' },
    custom_fields: { k: 1 },
    links: { l: 'v' },
    country: 'CA',
    preferred_language: 'fr',
  })
  const [attached] = data.tickets[1]?.messages[0]?.attachments ?? []
  expect((await request(attached?.url ?? '')).text).toBe('sent')
  expect((await request(unsent.url)).text).toBe('unsent')
})

test('EXPORT-2: nothing of notes, of what agents keep for themselves, or of anybody else', async () => {
  const { app, sam, alice, ticket, exported } = await setUp()
  const secret = 'agents-only-canary'
  const before = await exported()
  await sam.call('agentSendMessage', { params: { id: ticket.id }, body: { body: secret, is_internal: true } })
  await sam.call('agentUpdateTicket', { params: { id: ticket.id }, body: { tags: [secret], resolution_notes: secret, action_taken: secret } })
  await newTicket(await app.customer('bob'), { subject: 'bob-canary' })
  const after = await exported()
  expect(after.answer.text).not.toContain(secret)
  expect(after.answer.text).not.toContain('bob')
  expect(after.data.tickets.map(({ messages, ...one }) => ({ ...one, messages: messages.length }))).toEqual(
    before.data.tickets.map(({ messages, ...one }) => ({ ...one, messages: messages.length })),
  )
  expect((await alice.call('getTicket', { params: { id: ticket.id } })).messages).toHaveLength(1)
})

test('EXPORT-3: more than one batch of tickets and messages comes whole and in order', async () => {
  const { server, app, alice, requester, ticket, exported } = await setUp()
  for (let n = 0; n < 60; n++) await newTicket(alice, { subject: `Number ${n}`, body: 'q"\\\u2028, [{}] 😀' })
  const db = server.app.core.orm.db()
  const { customer_id, id } = await db
    .selectFrom('tickets')
    .select(['customer_id', 'id'])
    .where('app_id', '=', app.app.id)
    .orderBy('id')
    .executeTakeFirstOrThrow()
  const rows = Array.from({ length: 1_100 }, (_, at) => ({
    id: crypto.randomUUID(),
    app_id: app.app.id,
    ticket_id: id,
    seq: at + 2,
    public_seq: at + 2,
    client_id: null,
    author_type: 'customer' as const,
    customer_id,
    agent_id: null,
    body: `Line ${at + 2}`,
    is_internal: false,
    created_at: new Date(),
  }))
  await db.insertInto('messages').values(rows).execute()
  const { data } = await exported()
  expect(data.tickets.map((one) => one.subject)).toEqual(['Payment not received', ...Array.from({ length: 60 }, (_, n) => `Number ${n}`)])
  expect(data.tickets[0]?.id).toBe(ticket.id)
  expect(data.tickets[0]?.messages.map((one) => one.seq)).toEqual(Array.from({ length: 1_101 }, (_, at) => at + 1))
  expect(data.customer.id).toBe(requester.id)
})

test('EXPORT-4: for admins of the app alone; who has no tickets, or is blocked, is exported too', async () => {
  const { server, app, ada, sam, requester, exported } = await setUp()
  const params = { id: requester.id }
  expect(await sam.refused('agentExportCustomer', { params })).toMatchObject({ status: 403 })
  expect(await client(server.url, await app.token('alice')).refused('agentExportCustomer', { params })).toMatchObject({ status: 403 })
  const eve = await (await newApp(server)).agent('eve', 'admin')
  for (const id of [requester.id, 'nope']) expect(await eve.refused('agentExportCustomer', { params: { id } })).toMatchObject({ status: 404 })
  await sam.call('agentBlockCustomer', { params, body: { blocked: true } })
  expect((await exported()).data.tickets).toHaveLength(1)
  await (await app.customer('carol')).call('getMe', {})
  const carol = (await ada.call('agentListCustomers', { query: { search: 'carol' } })).data[0]
  const empty = await ada.send('agentExportCustomer', { params: { id: carol?.id ?? '' } })
  expect(CustomerExport.parse(empty.body)).toMatchObject({ tickets: [], unsent_attachments: [], partner_keys: [] })
})
