import { decodeId } from '@support-widget/shared/ids.ts'
import { expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const source = await newTicket(alice, { subject: 'Again', body: 'Source 1' })
  const target = await newTicket(alice, { subject: 'First', body: 'Target 1' })
  const merge = (id = source.id, into = target.id, client: Client = sam) => client.send('agentMergeTicket', { params: { id }, body: { into } })
  const say = (client: Client, id: string, body: string, more: object = {}) =>
    client === alice
      ? alice.call('sendMessage', { params: { id }, body: { body, ...more } })
      : client.call('agentSendMessage', { params: { id }, body: { body, ...more } })
  const thread = async (id: string) => ({
    agents: await sam.call('agentGetTicket', { params: { id } }),
    customer: await alice.call('getTicket', { params: { id } }),
  })
  return { server, app, alice, sam, source, target, merge, say, thread }
}

const gapless = (messages: { seq: number }[]) => expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, at) => at + 1))

test('MERGE-1: messages and notes are appended with new seq, old time and merged_from; both threads say so', async () => {
  const { sam, alice, source, target, merge, say, thread } = await setUp()
  await say(sam, source.id, 'Source note', { is_internal: true })
  await say(sam, source.id, 'Source answer')
  await say(sam, target.id, 'Target note', { is_internal: true })
  const before = await thread(source.id)
  const answer = await merge()
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ id: target.id, last_seq: 6, message_count: 6 })
  const [from, to] = [await thread(source.id), await thread(target.id)]
  const line = `Ticket ${source.number} was merged into this one. Its messages follow.`
  expect(to.agents.messages.map(({ body }) => body)).toEqual(['Target 1', 'Target note', line, 'Source 1', 'Source note', 'Source answer'])
  expect(to.customer.messages.map(({ body }) => body)).toEqual(['Target 1', line, 'Source 1', 'Source answer'])
  for (const side of [to.agents, to.customer, from.agents, from.customer]) gapless(side.messages)
  expect(to.customer).toMatchObject({ message_count: 4, last_seq: 4 })
  expect(to.agents.messages[2]).toMatchObject({ author: { type: 'system', id: null, name: null }, is_admin: false, merged_from: null })
  for (const [at, original] of before.agents.messages.entries()) {
    const copy = to.agents.messages[3 + at]
    expect(copy).toMatchObject({
      created_at: original.created_at,
      author: original.author,
      merged_from: source.id,
      is_internal: original.is_internal,
    })
    expect(copy?.id).not.toBe(original.id)
  }
  expect(from.agents).toMatchObject({ status: 'closed', merged_into: target.id, waiting_on: null })
  expect(from.customer).toMatchObject({ status: 'closed', merged_into: target.id })
  expect(from.customer.messages.at(-1)).toMatchObject({
    body: `This ticket was merged into ${target.number} and goes on there.`,
    author: { type: 'system' },
  })
  expect((await alice.call('getMe', {})).open_tickets).toBe(1)
})

test('MERGE-2: unread messages are counted once, in the ticket that goes on; what was read stays read', async () => {
  const { sam, alice, source, target, merge, say, thread } = await setUp()
  await say(sam, source.id, 'Read answer')
  await alice.call('readTicket', { params: { id: source.id }, body: { seq: 2 } })
  await say(sam, source.id, 'Unread answer')
  await sam.call('agentReadTicket', { params: { id: source.id }, body: { seq: 3 } })
  await sam.call('agentReadTicket', { params: { id: target.id }, body: { seq: 1 } })
  await say(alice, source.id, 'Unread question')
  await merge()
  const [from, to] = [await thread(source.id), await thread(target.id)]
  expect([from.customer.unread_count, from.agents.unread_count]).toEqual([0, 0])
  expect([to.customer.unread_count, to.agents.unread_count]).toEqual([1, 1])
  expect((await alice.call('getMe', {})).unread_count).toBe(1)
})

test('MERGE-3: not itself, not of another customer, not twice, not into a merged or closed one, not for unknown or foreign tickets', async () => {
  const { server, app, alice, sam, source, target, merge } = await setUp()
  const refuse = async (id: string, into: string) => (await sam.refused('agentMergeTicket', { params: { id }, body: { into } })).code
  expect(await refuse(source.id, source.id)).toBe('merge_not_possible')
  const bobs = await newTicket(await app.customer('bob'))
  expect(await refuse(source.id, bobs.id)).toBe('merge_not_possible')
  const elsewhere = await newTicket(await (await newApp(server)).customer('alice'))
  const unknown = '01JN2XG6H7Q8R9S0T1V2W3X4Y5'
  for (const into of [elsewhere.id, unknown, 'x']) {
    const problem = await sam.refused('agentMergeTicket', { params: { id: source.id }, body: { into } })
    expect(problem).toMatchObject({ status: 400, errors: [{ location: 'body.into', message: 'is not a ticket of the app' }] })
    expect(await refuse(into, source.id)).toBe('not_found')
  }
  const closed = await newTicket(alice)
  await alice.call('closeTicket', { params: { id: closed.id } })
  expect(await refuse(source.id, closed.id)).toBe('merge_not_possible')
  expect((await merge(closed.id)).status).toBe(200)
  expect((await merge()).status).toBe(200)
  const third = await newTicket(alice)
  expect(await sam.refused('agentMergeTicket', { params: { id: source.id }, body: { into: third.id } })).toMatchObject({ merged_into: target.id })
  expect(await refuse(third.id, source.id)).toBe('merge_not_possible')
  expect(await refuse(source.id, target.id)).toBe('merge_not_possible')
  for (const client of [alice, await app.customer('bob')]) {
    const problem = await client.refused('agentMergeTicket', { params: { id: third.id }, body: { into: target.id } })
    expect(problem).toMatchObject({ status: 403 })
  }
})

test('MERGE-4: a merged ticket takes nothing but notes and says where it goes on; what was sent under a client_id stays one message', async () => {
  const { app, alice, sam, source, target, merge, say } = await setUp()
  const sent = await say(alice, source.id, 'Once', { client_id: 'same' })
  await say(alice, target.id, 'Other', { client_id: 'same' })
  await merge()
  const shut = { status: 409, code: 'ticket_closed', merged_into: target.id }
  const params = { id: source.id }
  expect(await alice.refused('sendMessage', { params, body: { body: 'Hello?' } })).toMatchObject(shut)
  expect(await sam.refused('agentSendMessage', { params, body: { body: 'Hello?' } })).toMatchObject(shut)
  expect(await sam.refused('agentSendMessage', { params, body: { body: 'Note', is_internal: true, status: 'open' } })).toMatchObject(shut)
  expect(await app.backend.refused('agentSendMessage', { params, body: { body: 'x', author_type: 'customer' } })).toMatchObject(shut)
  expect(await sam.refused('agentUpdateTicket', { params, body: { status: 'open' } })).toMatchObject(shut)
  expect((await sam.call('agentSendMessage', { params, body: { body: 'Note', is_internal: true } })).is_internal).toBe(true)
  expect((await alice.call('closeTicket', { params })).status).toBe('closed')
  expect((await say(alice, source.id, 'Again', { client_id: 'same' })).id).toBe(sent.id)
  const { messages } = await alice.call('getTicket', { params: { id: target.id } })
  expect(messages.map(({ body, client_id }) => [body, client_id]).slice(-2)).toEqual([
    ['Source 1', null],
    ['Once', null],
  ])
})

test('MERGE-5: together at most 5,000 messages', async () => {
  const { server, sam, source, target, merge, thread } = await setUp()
  const grow = async (id: string, seq: number) => {
    const uuid = decodeId(id) ?? ''
    const db = server.app.core.orm.db()
    const row = await db.selectFrom('messages').selectAll().where('ticket_id', '=', uuid).where('seq', '=', 1).executeTakeFirstOrThrow()
    for (let at = 2; at <= seq; at += 500) {
      const rows = Array.from({ length: Math.min(500, seq - at + 1) }, (_, n) => ({
        ...row,
        id: crypto.randomUUID(),
        seq: at + n,
        public_seq: at + n,
      }))
      await db.insertInto('messages').values(rows).execute()
    }
    await db.updateTable('tickets').set({ seq, public_seq: seq }).where('id', '=', uuid).execute()
  }
  await grow(target.id, 4_000)
  await grow(source.id, 1_000)
  expect(await sam.refused('agentMergeTicket', { params: { id: source.id }, body: { into: target.id } })).toMatchObject({ code: 'ticket_full' })
  expect((await thread(target.id)).agents.last_seq).toBe(4_000)
  const db = server.app.core.orm.db()
  const uuid = decodeId(source.id) ?? ''
  await db.deleteFrom('messages').where('ticket_id', '=', uuid).where('seq', '=', 1_000).execute()
  await db.updateTable('tickets').set({ seq: 999, public_seq: 999 }).where('id', '=', uuid).execute()
  expect((await merge()).status).toBe(200)
  const { agents, customer } = await thread(target.id)
  for (const side of [agents, customer]) {
    expect(side.messages).toHaveLength(5_000)
    gapless(side.messages)
  }
})

test('MERGE-6: an unanswered question keeps its turn, and takes a resolved ticket up again', async () => {
  const { sam, alice, target, merge, say, thread } = await setUp()
  await say(sam, target.id, 'Solved?', { status: 'resolved' })
  expect((await thread(target.id)).agents).toMatchObject({ status: 'resolved', waiting_on: null })
  await merge()
  expect((await thread(target.id)).agents).toMatchObject({ status: 'in_progress', waiting_on: 'agent', resolved_at: null })
  const third = await newTicket(alice)
  await say(sam, third.id, 'Answer')
  await say(sam, target.id, 'Answer')
  await merge(third.id)
  expect((await thread(target.id)).agents.waiting_on).toBe('customer')
})

test('MERGE-7: both sides hear of both tickets and of each message; history says it of both', async () => {
  const { server, app, sam, source, target, merge, say } = await setUp()
  await say(sam, source.id, 'Secret', { is_internal: true })
  const [agents, customer] = [await listen(server.url, await app.token('sam', { role: 'agent' })), await listen(server.url, await app.token('alice'))]
  await merge()
  for (const [listener, notes] of [
    [agents, 1],
    [customer, 0],
  ] as const) {
    await listener.frame(({ type, payload }) => type === 'ticket.updated' && (payload.ticket as { merged_into: string }).merged_into === target.id)
    await listener.frame(({ type, payload }) => type === 'ticket.updated' && (payload.ticket as { id: string; last_seq: number }).id === target.id)
    const copies = listener.frames.filter(
      ({ type, payload }) => type === 'message.created' && (payload.message as { merged_from: unknown }).merged_from === source.id,
    )
    expect(copies).toHaveLength(1 + notes)
    expect(JSON.stringify(listener.frames).includes('Secret')).toBe(notes === 1)
    listener.close()
  }
  const history = async (id: string) => (await sam.call('agentGetHistory', { params: { id } })).data.at(-1)
  const actor = { type: 'agent', name: 'sam of Test app' }
  expect(await history(source.id)).toMatchObject({
    actor,
    changes: [
      { field: 'status', from: 'open', to: 'closed' },
      { field: 'merged_into', from: null, to: target.id },
    ],
  })
  expect(await history(target.id)).toMatchObject({ actor, changes: [{ field: 'merged_from', from: null, to: source.id }] })
})

test('MERGE-8: at once, and both ways at once, one merge is done', async () => {
  const { source, target, merge, thread } = await setUp()
  const answers = await Promise.all([merge(), merge(target.id, source.id), merge(), merge(target.id, source.id), merge()])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409])
  const both = [await thread(source.id), await thread(target.id)]
  expect(both.filter(({ agents }) => agents.merged_into !== null)).toHaveLength(1)
  for (const { agents, customer } of both) for (const side of [agents, customer]) gapless(side.messages)
})

test('MERGE-9: a merge into a ticket that is merged later goes along', async () => {
  const { alice, source, target, merge } = await setUp()
  const last = await newTicket(alice, { body: 'Last 1' })
  await merge()
  await merge(target.id, last.id)
  const { messages } = await alice.call('getTicket', { params: { id: last.id } })
  gapless(messages)
  expect(messages.filter(({ author }) => author.type === 'customer').map(({ body, merged_from }) => [body, merged_from])).toEqual([
    ['Last 1', null],
    ['Target 1', target.id],
    ['Source 1', source.id],
  ])
})
