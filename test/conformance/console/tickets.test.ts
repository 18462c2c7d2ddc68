import { describe, expect, test } from 'vitest'
import { newTicket } from '../../support/factories.ts'
import { tickets } from './document.ts'
import { consoleClient, nativeId, newBody, setUp } from './setup.ts'

const at = (uuid: string) => ({ params: { id: nativeId(uuid) } })

describe('CONSOLE-3: the list is newest first, 20 or `limit` from `offset` on, by status and type', () => {
  test('20 without a limit, at most 100, and has_more until the last', async () => {
    const { alice, bob } = await setUp()
    expect(await alice.list()).toMatchObject({ has_more: false, total: 0, tickets: [] })
    await bob.create()
    const ids: string[] = []
    for (let n = 0; n < 23; n++) ids.unshift((await alice.create({ ...newBody, title: `Ticket ${n}` })).ticket_id)
    const page = async (query: string) => {
      const { has_more, total, tickets: found } = await alice.list(query)
      expect(total).toBe(23)
      return { has_more, ids: found.map((one) => one.ticket_id) }
    }
    expect(await page('')).toEqual({ has_more: true, ids: ids.slice(0, 20) })
    expect(await page('?offset=20')).toEqual({ has_more: false, ids: ids.slice(20) })
    expect(await page('?limit=7')).toEqual({ has_more: true, ids: ids.slice(0, 7) })
    expect(await page('?limit=7&offset=5')).toEqual({ has_more: true, ids: ids.slice(5, 12) })
    expect(await page('?limit=3&offset=20')).toEqual({ has_more: false, ids: ids.slice(20) })
    expect(await page('?limit=100&offset=0')).toEqual({ has_more: false, ids })
    expect(await page('?limit=&offset=&status=&type=')).toEqual({ has_more: true, ids: ids.slice(0, 20) })
    expect(await page('?offset=23')).toEqual({ has_more: false, ids: [] })
    expect(await page('?offset=999999999999999')).toEqual({ has_more: false, ids: [] })
  })

  test('newest first, whatever was changed last', async () => {
    const { alice, sam } = await setUp()
    const [first, second] = [await alice.create(), await alice.create()]
    await sam.call('agentSendMessage', { ...at(first.ticket_id), body: { body: 'Later' } })
    expect((await alice.list()).tickets.map((one) => one.ticket_id)).toEqual([second.ticket_id, first.ticket_id])
  })

  test('every status and any type, both at once', async () => {
    const { alice, sam } = await setUp()
    const byStatus: Record<string, string> = {}
    for (const status of ['open', 'in_progress', 'resolved', 'closed'] as const) {
      const { ticket_id } = await alice.create({ ...newBody, type: status === 'open' ? 'feature_request' : 'bug' })
      await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { status } })
      byStatus[status] = ticket_id
    }
    for (const [status, id] of Object.entries(byStatus)) {
      expect(await alice.list(`?status=${status}`)).toMatchObject({ total: 1, has_more: false, tickets: [{ ticket_id: id, status }] })
    }
    expect(await alice.list('?type=bug')).toMatchObject({ total: 3 })
    expect(await alice.list('?type=bug&limit=2')).toMatchObject({ total: 3, has_more: true })
    expect(await alice.list('?type=feature_request&status=open')).toMatchObject({ total: 1 })
    expect(await alice.list('?type=feature_request&status=closed')).toMatchObject({ total: 0, tickets: [] })
    expect(await alice.list('?type=nothing')).toMatchObject({ total: 0 })
  })
})

describe('CONSOLE-4: the description is the first message, comments are the rest and counted without it', () => {
  test('a new ticket', async () => {
    const { alice, app, native } = await setUp()
    const ticket = await alice.create()
    const { customer } = await native.call('getMe', {})
    const { created_at } = ticket
    expect(ticket).toEqual({
      $schema: ticket.$schema,
      ticket_id: ticket.ticket_id,
      tenant_id: app.app.publicId,
      ...newBody,
      status: 'open',
      priority: 'normal',
      created_by: ticket.created_by,
      created_by_email: 'alice@example.com',
      comment_count: 0,
      comments: [],
      created_at,
      updated_at: created_at,
    })
    expect(nativeId(ticket.created_by)).toBe(customer.id)
    expect(await alice.get(ticket.ticket_id)).toMatchObject({ ticket, history: [] })
  })

  test('the type is `support` where none is given', async () => {
    const { alice } = await setUp()
    expect(await alice.create({ title: 'Hello', description: 'Is anybody there?' })).toMatchObject({ type: 'support' })
  })

  test("the app's form is not asked for: the document does not know it", async () => {
    const { alice, admin } = await setUp()
    const form_fields = [{ key: 'order', label: 'Order', type: 'text' as const, required: true }]
    await admin.call('agentUpdateApp', { body: { settings: { form_fields } } })
    expect(await alice.create()).toMatchObject({ status: 'open' })
  })

  test('texts of exactly the limit, trimmed and in NFC', async () => {
    const { alice } = await setUp()
    const [title, description, type] = ['𝒯'.repeat(200), 'é'.repeat(10_000), 't'.repeat(40)]
    const ticket = await alice.create({ title: ` ${title}\n`, description: 'e\u0301'.repeat(10_000), type })
    expect(ticket).toMatchObject({ title, description, type })
    expect(await alice.comment(ticket.ticket_id, ` ${description} `)).toMatchObject({ content: description })
  })

  test('a comment, and an answer', async () => {
    const { alice, sam } = await setUp()
    const { ticket_id, created_by } = await alice.create()
    const comment = await alice.comment(ticket_id, 'Since Monday.')
    const answer = await sam.call('agentSendMessage', { ...at(ticket_id), body: { body: 'We are looking into it.' } })
    const { ticket } = await alice.get(ticket_id)
    expect(ticket).toMatchObject({ status: 'in_progress', comment_count: 2, description: newBody.description })
    expect(ticket.comments[0]).toEqual(comment)
    expect(comment).toMatchObject({
      author_type: 'customer',
      author_id: created_by,
      author_email: 'alice@example.com',
      is_internal: false,
      ticket_id,
    })
    expect(ticket.comments[1]).toMatchObject({ author_type: 'agent', content: 'We are looking into it.', is_internal: false, ticket_id })
    expect(nativeId(ticket.comments[1]?.author_id ?? '')).toBe(answer.author.id)
    expect(nativeId(ticket.comments[1]?.comment_id ?? '')).toBe(answer.id)
    expect((await alice.list()).tickets[0]).toMatchObject({ comment_count: 2 })
  })
})

describe('CONSOLE-5: a field without a value is left out; agents are at the inbox of the app or without an address', () => {
  test('without an inbox', async () => {
    const { alice, sam } = await setUp()
    const { ticket_id } = await alice.create()
    await sam.call('agentSendMessage', { ...at(ticket_id), body: { body: 'Hello' } })
    await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { assignee_id: 'me', status: 'resolved' } })
    const detail = await alice.get(ticket_id)
    expect(detail.ticket.assigned_to).toBeDefined()
    expect(JSON.stringify(detail)).not.toMatch(/sam@|null|assigned_to_email/)
    expect(detail.ticket.comments[0]).not.toHaveProperty('author_email')
    expect(detail.history.every((entry) => !('changed_by_email' in entry))).toBe(true)
  })

  test('with an inbox', async () => {
    const { alice, sam, admin } = await setUp()
    await admin.call('agentUpdateApp', { body: { settings: { inbox_email: 'inbox@example.com' } } })
    const { ticket_id } = await alice.create()
    await sam.call('agentSendMessage', { ...at(ticket_id), body: { body: 'Hello' } })
    await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { assignee_id: 'me' } })
    const { ticket, history } = await alice.get(ticket_id)
    const me = await sam.call('agentGetMe', {})
    expect(ticket).toMatchObject({ assigned_to_email: 'inbox@example.com', created_by_email: 'alice@example.com' })
    expect(nativeId(ticket.assigned_to ?? '')).toBe(me.agent?.id)
    expect(ticket.comments[0]).toMatchObject({ author_email: 'inbox@example.com', author_id: ticket.assigned_to })
    expect(history.map((entry) => entry.changed_by_email)).toEqual(['inbox@example.com', 'inbox@example.com'])
    expect((await alice.list()).tickets[0]).toMatchObject({ assigned_to_email: 'inbox@example.com' })
  })

  test('the backend has no id, nor has the system, nor a customer without an address one', async () => {
    const { server, alice, app } = await setUp()
    const { ticket_id } = await alice.create()
    await app.backend.call('agentSendMessage', { ...at(ticket_id), body: { body: 'From the backend' } })
    await app.backend.call('agentUpdateTicket', { ...at(ticket_id), body: { priority: 'urgent' } })
    const other = await alice.create()
    await app.backend.call('agentMergeTicket', { ...at(other.ticket_id), body: { into: nativeId(ticket_id) } })
    const { ticket, history } = await alice.get(ticket_id)
    expect(ticket.comments.map((one) => [one.author_type, 'author_id' in one])).toEqual([
      ['agent', false],
      ['system', false],
      ['customer', true],
    ])
    expect(ticket.comment_count).toBe(3)
    expect(history.find((entry) => entry.field_changed === 'priority')).not.toHaveProperty('changed_by')
    const dan = consoleClient(server, await app.token('dan', { claims: { email: undefined, email_verified: undefined } }))
    const theirs = await dan.create()
    expect(theirs).not.toHaveProperty('created_by_email')
    expect(await dan.comment(theirs.ticket_id, 'Mine')).not.toHaveProperty('author_email')
  })

  test('resolved_at is there from the resolution until the ticket goes back to work', async () => {
    const { alice, sam } = await setUp()
    const { ticket_id } = await alice.create()
    const resolved = await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { status: 'resolved' } })
    expect((await alice.get(ticket_id)).ticket.resolved_at).toBe(`${resolved.resolved_at?.slice(0, 19)}Z`)
    await alice.comment(ticket_id, 'Not yet.')
    const { ticket } = await alice.get(ticket_id)
    expect(ticket.status).toBe('in_progress')
    expect(ticket).not.toHaveProperty('resolved_at')
    expect(await alice.close(ticket_id)).not.toHaveProperty('resolved_at')
  })
})

describe('CONSOLE-6: history has what the customer may know, oldest first, each value a string', () => {
  test('who changed which field from what to what', async () => {
    const { alice, sam } = await setUp()
    const { ticket_id, created_by } = await alice.create()
    const changes = [{ status: 'resolved' }, { priority: 'high', type: 'question' }, { subject: 'Empty export' }, { assignee_id: 'me' }] as const
    for (const body of changes) await sam.call('agentUpdateTicket', { ...at(ticket_id), body })
    await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { assignee_id: null, custom_fields: { plan: 'pro' } } })
    await alice.close(ticket_id)
    const { history } = await alice.get(ticket_id)
    const me = (await sam.call('agentGetMe', {})).agent?.id
    const agent = history[0]?.changed_by ?? ''
    expect(nativeId(agent)).toBe(me)
    expect(history.map((one) => [one.changed_by, one.field_changed, one.old_value, one.new_value])).toEqual([
      [agent, 'status', 'open', 'resolved'],
      [agent, 'priority', 'normal', 'high'],
      [agent, 'type', 'bug', 'question'],
      [agent, 'title', newBody.title, 'Empty export'],
      [agent, 'assigned_to', '', agent],
      [agent, 'assigned_to', agent, ''],
      [agent, 'custom_fields', '{}', '{"plan":"pro"}'],
      [created_by, 'status', 'resolved', 'closed'],
    ])
    expect(history.at(-1)?.changed_by_email).toBe('alice@example.com')
    expect(new Set(history.map((one) => one.history_id)).size).toBe(history.length)
    expect(history.every((one) => one.ticket_id === ticket_id)).toBe(true)
    expect((await alice.get(ticket_id)).history).toEqual(history)
  })

  test("nothing of notes, of agents' own fields, nor of other tickets", async () => {
    const { alice, sam } = await setUp()
    const { ticket_id } = await alice.create()
    const other = await alice.create()
    await alice.close(other.ticket_id)
    await alice.comment(ticket_id, 'Hello')
    const before = await alice.get(ticket_id)
    const listed = (await alice.list()).tickets
    await sam.call('agentSendMessage', { ...at(ticket_id), body: { body: 'A note', is_internal: true } })
    await sam.call('agentUpdateTicket', {
      ...at(ticket_id),
      body: { tags: ['vip'], resolution_notes: 'Secret', country: 'Italy', snoozed_until: '2999-01-01T00:00:00Z', external_ticket_id: 'X-1' },
    })
    expect(await alice.get(ticket_id)).toEqual(before)
    expect((await alice.list()).tickets).toEqual(listed)
    await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { tags: [], priority: 'low' } })
    expect((await alice.get(ticket_id)).history.map((one) => one.field_changed)).toEqual(['priority'])
  })
})

describe('CONSOLE-7: a customer closes their ticket; twice is once; a closed one takes no comment', () => {
  test('close, close again, comment', async () => {
    const { alice, sam } = await setUp()
    const { ticket_id } = await alice.create()
    const closed = await alice.close(ticket_id)
    expect(closed).toMatchObject({ ticket_id, status: 'closed', description: newBody.description })
    expect(await alice.close(ticket_id)).toEqual(closed)
    const error = await alice.refused(`POST ${tickets}/${ticket_id}/comments`, { content: 'One more thing' })
    expect(error).toMatchObject({ status: 409, title: 'Conflict', type: 'urn:support-widget:error:ticket_closed', errors: [] })
    expect((await alice.get(ticket_id)).ticket.comment_count).toBe(0)
    await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { status: 'open' } })
    expect(await alice.comment(ticket_id, 'One more thing')).toMatchObject({ content: 'One more thing' })
  })

  test('a body and a query that nobody asked for: the body is ignored, the query refused', async () => {
    const { alice } = await setUp()
    const { ticket_id } = await alice.create()
    expect(await alice.refused(`POST ${tickets}/${ticket_id}/close?force=1`)).toMatchObject({ status: 400 })
    expect((await alice.send(`POST ${tickets}/${ticket_id}/close`, { anything: 1 })).status).toBe(200)
  })
})

describe('CONSOLE-8: a POST that creates happens once for each Idempotency-Key and is answered the same, byte for byte', () => {
  test('a ticket and a comment', async () => {
    const { alice } = await setUp()
    const headers = { 'Idempotency-Key': 'k1' }
    const first = await alice.send(`POST ${tickets}`, newBody, headers)
    expect(first.status).toBe(201)
    const { ticket_id } = first.body as { ticket_id: string }
    const path = `POST ${tickets}/${ticket_id}/comments`
    const comment = await alice.send(path, { content: 'Hello' }, headers)
    await alice.close(ticket_id)
    for (const [line, body, before] of [
      [`POST ${tickets}`, newBody, first],
      [path, { content: ' Hello ' }, comment],
    ] as const) {
      const again = await alice.send(line, body, headers)
      expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([201, before.text, 'true'])
    }
    expect(await alice.list()).toMatchObject({ total: 1, tickets: [{ comment_count: 1 }] })
    expect(await alice.refused(path, { content: 'Other' }, headers)).toMatchObject({
      status: 422,
      type: 'urn:support-widget:error:idempotency_key_reused',
    })
    expect(await alice.refused(path, { content: 'Hello' }, { 'Idempotency-Key': '' })).toMatchObject({
      status: 400,
      errors: [{ location: 'headers.Idempotency-Key', value: null }],
    })
  })

  test('a redacted message is empty here too, in kept answers as in others', async () => {
    const { alice, sam, native } = await setUp()
    const [body, content] = ['My card is 4111', 'Again: 4111']
    const create = () => alice.send(`POST ${tickets}`, { title: 'Card', description: body }, { 'Idempotency-Key': 'k1' })
    const { ticket_id } = (await create()).body as { ticket_id: string }
    const comment = () => alice.send(`POST ${tickets}/${ticket_id}/comments`, { content }, { 'Idempotency-Key': 'k2' })
    await comment()
    const { messages } = await native.call('getTicket', at(ticket_id))
    for (const { id } of messages) await sam.call('agentRedactMessage', { params: { id: nativeId(ticket_id), message_id: id } })
    expect((await alice.get(ticket_id)).ticket).toMatchObject({ description: '', comment_count: 1, comments: [{ content: '' }] })
    expect((await create()).body).toMatchObject({ ticket_id, title: 'Card', description: '' })
    expect((await comment()).body).toMatchObject({ ticket_id, content: '' })
  })
})

test('CONSOLE-9: what is written here is the same ticket natively, and the other way round, for both sides', async () => {
  const { alice, native, sam } = await setUp()
  const here = await alice.create()
  const there = await native.call('getTicket', at(here.ticket_id))
  expect(there).toMatchObject({ subject: newBody.title, type: 'bug', status: 'open', priority: 'normal', channel: 'api', category: null })
  expect(there.messages).toMatchObject([{ body: newBody.description, author: { type: 'customer' } }])
  expect([here.created_at, here.updated_at]).toEqual([there.created_at, there.updated_at].map((time) => `${time.slice(0, 19)}Z`))
  expect(await sam.call('agentGetTicket', at(here.ticket_id))).toMatchObject({ number: there.number, requester: { email: 'alice@example.com' } })

  const written = await newTicket(native, { subject: 'Made there', body: 'First' })
  const [{ ticket_id } = { ticket_id: '' }] = (await alice.list()).tickets
  expect(nativeId(ticket_id)).toBe(written.id)
  expect((await alice.get(ticket_id)).ticket).toMatchObject({ title: 'Made there', description: 'First', type: 'support' })
  await sam.call('agentUpdateTicket', { ...at(ticket_id), body: { priority: 'urgent', status: 'in_progress' } })
  expect((await alice.list()).tickets[0]).toMatchObject({ priority: 'urgent', status: 'in_progress' })
  await alice.close(ticket_id)
  expect(await native.call('getTicket', at(ticket_id))).toMatchObject({ status: 'closed' })
})
