import { decodeId } from '@support-widget/shared/ids.ts'
import { expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

const secret = 'card 4111-1111'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const ticket = await newTicket(alice, { body: `My ${secret}` })
  const redact = (id: string, messageId: string) => sam.call('agentRedactMessage', { params: { id, message_id: messageId } })
  /** How many rows of the app hold the text, in any table that keeps words. */
  const rowsWith = async (text: string) => {
    const db = server.app.core.orm.db()
    let count = 0
    for (const table of ['messages', 'tickets', 'ticket_search', 'events', 'idempotency_keys'] as const) {
      const rows = await db.selectFrom(table).selectAll().where('app_id', '=', app.app.id).execute()
      count += rows.filter((row) => JSON.stringify(row).includes(text)).length
    }
    return count
  }
  return { server, app, alice, sam, ticket, redact, rowsWith }
}

test('REDACT-1: text, search and kept answers of a message are gone; the message stays in its place', async () => {
  const { app, alice, sam, ticket, redact, rowsWith } = await setUp()
  const headers = { 'Idempotency-Key': 'k1' }
  const input = { params: { id: ticket.id }, body: { body: `Again: ${secret}`, client_id: 'c1' } }
  const sent = (await alice.send('sendMessage', input, headers)).body as { id: string }
  const first = ticket.messages[0]?.id ?? ''
  await redact(ticket.id, first)
  const answer = await redact(ticket.id, sent.id)
  expect(answer).toMatchObject({ id: sent.id, seq: 2, body: '', attachments: [], client_id: 'c1', author: { type: 'customer' } })
  expect(answer.redacted_at).not.toBeNull()
  expect(await rowsWith(secret)).toBe(0)
  for (const text of [
    JSON.stringify(await alice.call('getTicket', { params: { id: ticket.id } })),
    JSON.stringify(await sam.call('agentGetTicket', { params: { id: ticket.id } })),
  ])
    expect(text).not.toContain(secret)
  const again = await alice.send('sendMessage', input, headers)
  expect([again.status, again.body]).toMatchObject([201, { id: sent.id, body: '', redacted_at: answer.redacted_at }])
  expect((await app.backend.call('agentGetTicket', { params: { id: ticket.id } })).messages).toHaveLength(2)
})

test('REDACT-1: also in the words of other APIs, whatever else stands in their answers', async () => {
  const { server, app, sam, redact, rowsWith } = await setUp()
  const post = async (path: string, body: object) => {
    const answer = await request(`${server.url}/compat/${path}`, {
      method: 'POST',
      headers: { 'X-Ping-Api-Key': app.adminKey, 'Content-Type': 'application/json', 'Idempotency-Key': 'k' },
      body: JSON.stringify(body),
    })
    return answer.body as { ticket: { ticketNumber: string } }
  }
  const { ticket } = await post('ping/v1/api/tickets', { subject: 'S', description: `It is ${secret}`, custom_fields: { body: 'x' } })
  await post(`ping/v1/api/tickets/${ticket.ticketNumber}/comments`, { content: `And ${secret}`, author_type: 'customer' })
  const [found] = (await sam.call('agentListTickets', { query: { search: ticket.ticketNumber } })).data
  const { id, messages } = await sam.call('agentGetTicket', { params: { id: found?.id ?? '' } })
  for (const message of messages) await redact(id, message.id)
  expect(messages).toHaveLength(2)
  expect(await rowsWith(`is ${secret}`)).toBe(0)
  expect(await rowsWith(`And ${secret}`)).toBe(0)
})

test('REDACT-2: twice, or many at once, is once; history says who', async () => {
  const { sam, ticket, redact } = await setUp()
  const id = ticket.messages[0]?.id ?? ''
  const answers = await Promise.all(Array.from({ length: 8 }, () => redact(ticket.id, id)))
  expect(new Set(answers.map(({ redacted_at }) => redacted_at)).size).toBe(1)
  const entries = (await sam.call('agentGetHistory', { params: { id: ticket.id } })).data.filter(({ type }) => type === 'message_redacted')
  expect(entries).toMatchObject([{ actor: { type: 'agent', name: 'sam of Test app' }, message_id: id, changes: [] }])
})

test('REDACT-3: both sides are told; of a note agents alone, and no byte of the customer changes', async () => {
  const { server, app, alice, sam, ticket, redact } = await setUp()
  const params = { id: ticket.id }
  const note = await sam.call('agentSendMessage', { params, body: { body: `Note ${secret}`, is_internal: true } })
  const [agents, customer] = [await listen(server.url, await app.token('sam', { role: 'agent' })), await listen(server.url, await app.token('alice'))]
  const seen = async () => [
    (await alice.send('getTicket', { params })).text,
    (await alice.send('listTickets')).text,
    (await alice.send('getMe')).text,
  ]
  const before = await seen()
  await redact(ticket.id, note.id)
  expect(await seen()).toEqual(before)
  const message = ticket.messages[0]?.id ?? ''
  await redact(ticket.id, message)
  await customer.frame(({ type }) => type === 'ticket.updated')
  await agents.frame(({ type, payload }) => type === 'message.updated' && (payload.message as { id: string }).id === message)
  expect(customer.frames.map(({ type, payload }) => [type, (payload.message as { id: string } | undefined)?.id])).toEqual([
    ['message.updated', message],
    ['ticket.updated', undefined],
  ])
  expect(agents.frames.filter(({ type }) => type === 'message.updated').map(({ payload }) => payload)).toMatchObject([
    { ticket_id: ticket.id, message: { id: note.id, body: '', is_internal: true } },
    { ticket_id: ticket.id, message: { id: message, body: '' } },
  ])
  agents.close()
  customer.close()
})

test('REDACT-4: a message that was merged is emptied wherever it stands', async () => {
  const { alice, sam, ticket, redact, rowsWith } = await setUp()
  const [second, third] = [await newTicket(alice, { body: 'Second' }), await newTicket(alice, { body: 'Third' })]
  await sam.call('agentMergeTicket', { params: { id: ticket.id }, body: { into: second.id } })
  await sam.call('agentMergeTicket', { params: { id: second.id }, body: { into: third.id } })
  expect(await rowsWith(secret)).toBe(4)
  const { messages } = await sam.call('agentGetTicket', { params: { id: second.id } })
  const copy = messages.find(({ body }) => body.includes(secret))
  await redact(second.id, copy?.id ?? '')
  expect(await rowsWith(secret)).toBe(0)
  for (const id of [ticket.id, second.id, third.id]) {
    const thread = await alice.call('getTicket', { params: { id } })
    expect(thread.messages.filter(({ redacted_at }) => redacted_at !== null)).toHaveLength(1)
  }
})

test('REDACT-5: only by agents, only where the message stands', async () => {
  const { server, app, alice, sam, ticket } = await setUp()
  const message = ticket.messages[0]?.id ?? ''
  expect(await alice.refused('agentRedactMessage', { params: { id: ticket.id, message_id: message } })).toMatchObject({ status: 403 })
  const other = await newTicket(alice)
  const foreign = await (await newApp(server)).agent('sam')
  const unknown = '01JN2XG6H7Q8R9S0T1V2W3X4Y5'
  for (const [client, id, message_id] of [
    [sam, other.id, message],
    [sam, unknown, message],
    [sam, ticket.id, unknown],
    [sam, ticket.id, 'x'],
    [foreign, ticket.id, message],
  ] as const)
    expect(await client.refused('agentRedactMessage', { params: { id, message_id } })).toMatchObject({ status: 404 })
  expect((await app.backend.call('agentRedactMessage', { params: { id: ticket.id, message_id: message } })).body).toBe('')
  const row = await server.app.core.orm
    .db()
    .selectFrom('messages')
    .select('body')
    .where('id', '=', decodeId(message) ?? '')
    .executeTakeFirstOrThrow()
  expect(row.body).toBe('')
})
