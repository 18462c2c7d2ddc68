import { decodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { newTicket } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { openReceiver, setUpHooks } from '../support/receiver.ts'

async function setUp(more: Parameters<Awaited<ReturnType<typeof setUpHooks>>['endpoint']>[1] = {}) {
  const hooks = await setUpHooks()
  const receiver = await openReceiver()
  const endpoint = await hooks.endpoint(receiver.url, more)
  const alice = await hooks.customer()
  const sam = await hooks.app.agent()
  /** Sends what is due; answers what came since the last time, in the order in which it happened. */
  let seen = 0
  const arrived = async () => {
    await hooks.drain()
    const order = await hooks.queued(endpoint.id)
    const fresh = receiver.requests
      .slice(seen)
      .filter((one) => one.path === '/hooks')
      .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
    seen = receiver.requests.length
    return fresh
  }
  return { ...hooks, receiver, endpoint, alice, sam, arrived, types: async () => (await arrived()).map((one) => one.body.type ?? one.body.event) }
}

describe('what is told', () => {
  test('HOOK-1: a ticket with its message, each message of either side, changes, and the end of the work once until it is taken up again', async () => {
    const { alice, sam, types } = await setUp()
    const { id } = await newTicket(alice)
    const at = { params: { id } }
    expect(await types()).toEqual(['support.ticket_created'])
    await sam.call('agentSendMessage', { ...at, body: { body: 'We look.' } })
    expect(await types()).toEqual(['support.message_received', 'support.ticket_updated'])
    await alice.call('sendMessage', { ...at, body: { body: 'Thank you.' } })
    expect(await types()).toEqual(['support.message_sent'])
    await sam.call('agentUpdateTicket', { ...at, body: { status: 'resolved' } })
    expect(await types()).toEqual(['support.ticket_updated', 'support.ticket_closed'])
    await sam.call('agentUpdateTicket', { ...at, body: { status: 'closed' } })
    expect(await types()).toEqual(['support.ticket_updated'])
    await sam.call('agentUpdateTicket', { ...at, body: { status: 'open' } })
    await alice.call('closeTicket', at)
    expect(await types()).toEqual(['support.ticket_updated', 'support.ticket_updated', 'support.ticket_closed'])
  })

  test('HOOK-34: the states of a ticket are told in the order of its updated_at, whatever changed; last_seq moves with messages alone', async () => {
    const { alice, sam, arrived } = await setUp()
    const { id } = await newTicket(alice)
    const at = { params: { id } }
    for (const body of [{ priority: 'high' }, { category: 'kiln' }, { priority: 'low' }] as const)
      await sam.call('agentUpdateTicket', { ...at, body })
    await alice.call('sendMessage', { ...at, body: { body: 'Thank you.' } })
    const states = (await arrived()).map(({ body }) => body.data.ticket as { last_seq: number; updated_at: string })
    expect(states.map((one) => one.last_seq)).toEqual([1, 1, 1, 1, 2])
    const times = states.map((one) => Date.parse(one.updated_at))
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  })

  test('HOOK-2: the body is what its customer sees, then; the id is the event, the same for every endpoint', async () => {
    const { server, app, backend, endpoint, receiver, alice, sam, arrived } = await setUp()
    await backend.call('agentCreateWebhook', { body: { url: `${receiver.url}/other` } })
    const file = await upload(server, await app.token('alice'))
    const created = await alice.call('createTicket', { body: { subject: 'Payment', body: 'Where?', attachments: [file.id] } })
    const at = { params: { id: created.id } }
    await sam.call('agentSendMessage', { ...at, body: { body: 'Here.' } })
    const [first, second, third] = await arrived()
    expect(receiver.requests).toHaveLength(6)
    expect(receiver.ids()).toHaveLength(3)
    expect(first?.id).toMatch(/^evt_[0-9A-HJKMNP-TV-Z]{26}$/)
    const events = await server.app.core.orm
      .db()
      .selectFrom('events')
      .select('id')
      .where('ticket_id', '=', decodeId(created.id) ?? '')
      .execute()
    expect(receiver.ids().map((id) => decodeId(id.slice(4)))).toEqual(expect.arrayContaining(events.map((event) => event.id)))
    for (const one of receiver.requests.filter(({ path }) => !path.endsWith('other'))) receiver.verify(one, endpoint.secret)
    const { messages, ...ticket } = created
    expect(Object.keys(first?.body ?? {}).sort()).toEqual(['data', 'timestamp', 'type'])
    expect(first?.body).toMatchObject({ timestamp: created.created_at, data: { ticket } })
    const { attachments, ...message } = messages[0] ?? { attachments: [] }
    const sent = first?.body.data.message as { attachments: { url: string }[] }
    expect(sent).toMatchObject({ ...message, attachments: attachments.map(({ url: _, ...rest }) => rest) })
    expect((await request(sent.attachments[0]?.url ?? '')).text).toBe('Some text\n')
    const now = await alice.call('getTicket', at)
    const { messages: thread, ...after } = now
    expect(second?.body).toMatchObject({ type: 'support.message_received', data: { ticket: after, message: thread[1] } })
    expect(third?.body).toMatchObject({ type: 'support.ticket_updated', data: { ticket: after } })
  })

  test('HOOK-3: I14: notes, tags and what else agents keep for themselves send nothing and change no byte', async () => {
    const { server, alice, sam, app, arrived } = await setUp()
    const { id } = await newTicket(alice)
    const at = { params: { id } }
    await arrived()
    const noteFile = await upload(server, await app.token('sam', { role: 'agent' }), 'Secret', 'secret.txt', { agent: true })
    await sam.call('agentSendMessage', { ...at, body: { body: 'Secret note', is_internal: true, attachments: [noteFile.id] } })
    await sam.call('agentUpdateTicket', {
      ...at,
      body: { tags: ['secret'], resolution_notes: 'secret', country: 'CA', snoozed_until: '2099-01-01T00:00:00Z' },
    })
    const note = (await sam.call('agentGetTicket', at)).messages.find((one) => one.is_internal)
    await sam.call('agentRedactMessage', { params: { id, message_id: note?.id ?? '' } })
    await sam.call('agentReadTicket', { ...at, body: { seq: 2 } })
    expect(await arrived()).toEqual([])
    await sam.call('agentSendMessage', { ...at, body: { body: 'Secret too', is_internal: true, status: 'resolved' } })
    const told = await arrived()
    expect(told.map((one) => one.body.type)).toEqual(['support.ticket_updated', 'support.ticket_closed'])
    expect(told.map((one) => one.text).join()).not.toMatch(/secret|requester|tags|waiting_on|is_internal|@example/i)
    expect(told[0]?.body.data.ticket).toMatchObject({ last_seq: 1, message_count: 1, status: 'resolved' })
  })

  test('HOOK-4: what the system says, a redaction and a merge are changes of the ticket', async () => {
    const { alice, sam, arrived } = await setUp({ types: ['support.ticket_updated'] })
    const [one, two] = [await newTicket(alice), await newTicket(alice, { body: 'My PIN is 1234' })]
    expect(await arrived()).toEqual([])
    const message = (await alice.call('getTicket', { params: { id: two.id } })).messages[0]
    await sam.call('agentRedactMessage', { params: { id: two.id, message_id: message?.id ?? '' } })
    const [redacted] = await arrived()
    expect(redacted?.body.data.message).toMatchObject({ id: message?.id, body: '', seq: 1 })
    await sam.call('agentMergeTicket', { params: { id: two.id }, body: { into: one.id } })
    const told = await arrived()
    expect(told.filter((event) => event.body.data.message?.is_admin === false).length).toBe(2)
    expect(told.map((event) => event.body.data.ticket.id)).toEqual(expect.arrayContaining([one.id, two.id]))
  })

  test('HOOK-5: only types that were asked for, only while the endpoint is on, only of its own app', async () => {
    const { backend, endpoint, receiver, alice, types } = await setUp({ types: ['support.message_sent', 'support.ticket_closed'] })
    const other = await setUpHooks('Other')
    await newTicket(await other.customer())
    const { id } = await newTicket(alice)
    await alice.call('sendMessage', { params: { id }, body: { body: 'Hello?' } })
    expect(await types()).toEqual(['support.message_sent'])
    await backend.call('agentUpdateWebhook', { params: { id: endpoint.id }, body: { enabled: false } })
    await alice.call('sendMessage', { params: { id }, body: { body: 'Anybody?' } })
    await backend.call('agentUpdateWebhook', { params: { id: endpoint.id }, body: { enabled: true, types: [] } })
    expect(await types()).toEqual([])
    await alice.call('closeTicket', { params: { id } })
    expect(await types()).toEqual(['support.ticket_updated', 'support.ticket_closed'])
    expect(receiver.requests.every((one) => (one.body.data.ticket.id as string) === id)).toBe(true)
  })
})

describe('the words of the pgi API', () => {
  test('HOOK-6: its two events, by their documented names and shapes, and no other', async () => {
    const { server, app, backend, endpoint, receiver, sam, arrived } = await setUp({ flavour: 'pgi' })
    const partner = await app.partnerKey('alice')
    const created = await request(`${server.url}/compat/pgi/api/v2/support/tickets/`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${partner}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ subject: 'Coverage', message: 'Are breaches covered?', policy_number: 'PGI-2026-CA-00142' }),
    })
    const { ticket_id: id } = created.body as { ticket_id: string }
    await sam.call('agentSendMessage', { params: { id }, body: { body: 'Yes.' } })
    await sam.call('agentSendMessage', { params: { id }, body: { body: 'A note', is_internal: true } })
    await sam.call('agentUpdateTicket', { params: { id }, body: { status: 'resolved' } })
    const seconds = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const [message, closed, ...more] = await arrived()
    expect(more).toEqual([])
    expect(message?.body).toEqual({
      event: 'support.message_received',
      ticket_id: id,
      message: { message_id: expect.any(String), sender: 'pgi_underwriter', content: 'Yes.', created_at: seconds },
      created_at: seconds,
    })
    expect(closed?.body).toEqual({
      event: 'support.ticket_closed',
      ticket_id: id,
      ticket: {
        ticket_id: id,
        subject: 'Coverage',
        status: 'closed',
        policy_number: 'PGI-2026-CA-00142',
        application_id: null,
        message_count: 2,
        created_at: seconds,
      },
      created_at: seconds,
    })
    await backend.call('agentTestWebhook', { params: { id: endpoint.id } })
    expect(receiver.requests.at(-1)?.body).toEqual({ event: 'support.test', created_at: seconds })
    for (const one of receiver.requests) receiver.verify(one, endpoint.secret)
    const problem = await backend.refused('agentCreateWebhook', {
      body: { url: receiver.url, flavour: 'pgi', types: ['support.ticket_created'] },
    })
    expect(problem.errors).toMatchObject([{ location: 'body.types' }])
    const changed = await backend.refused('agentUpdateWebhook', { params: { id: endpoint.id }, body: { types: ['support.message_sent'] } })
    expect(changed.errors).toMatchObject([{ location: 'body.types' }])
  })
})

describe('what must not be kept', () => {
  test('HOOK-7: I21: a redacted message is empty in what still waits, an erased customer leaves nothing to send', async () => {
    const { server, app, alice, sam, backend, endpoint, arrived, queued } = await setUp()
    const pgi = await backend.call('agentCreateWebhook', { body: { url: 'http://127.0.0.1:9/', flavour: 'pgi' } })
    const { id } = await newTicket(alice, { body: 'My PIN is 1234' })
    await sam.call('agentSendMessage', { params: { id }, body: { body: 'Not the 1234!' } })
    const thread = await sam.call('agentGetTicket', { params: { id } })
    for (const { id: message_id } of thread.messages) await sam.call('agentRedactMessage', { params: { id, message_id } })
    expect(await queued(pgi.id)).toHaveLength(1)
    const bodies = () =>
      sql<{ body: string }>`select body::text from webhook_deliveries where app_id = ${app.app.id}`.execute(server.app.core.orm.db())
    expect(JSON.stringify((await bodies()).rows)).not.toContain('1234')
    await backend.call('agentDeleteWebhook', { params: { id: pgi.id } })
    const told = await arrived()
    expect(told.find((one) => one.body.type === 'support.ticket_created')?.body.data.message).toMatchObject({
      body: '',
      attachments: [],
      redacted_at: expect.any(String),
    })
    await alice.call('sendMessage', { params: { id }, body: { body: 'Forget me' } })
    const { customer } = await alice.call('getMe', {})
    await backend.call('agentEraseCustomer', { params: { id: customer.id } })
    expect(await arrived()).toEqual([])
    expect((await bodies()).rows).toEqual([])
    expect(await queued(endpoint.id)).toEqual([])
  })

  test('HOOK-8: I3: what is rolled back is never told, what is committed always is', async () => {
    const { server, alice, arrived } = await setUp()
    const { id } = await newTicket(alice)
    await arrived()
    const key = { 'Idempotency-Key': 'one' }
    const send = () => alice.send('sendMessage', { params: { id }, body: { body: 'Once' } }, key)
    const [first, second] = [await send(), await send()]
    expect(second.text).toBe(first.text)
    await alice.send('sendMessage', { params: { id: 'nobody' }, body: { body: 'Never' } })
    const { effects } = server.app.core
    const fail = async () => {
      throw new Error('no room')
    }
    effects.push(fail)
    expect((await alice.send('sendMessage', { params: { id }, body: { body: 'Undone' } })).status).toBe(500)
    effects.splice(effects.indexOf(fail), 1)
    expect((await arrived()).map((one) => one.body.data.message?.body)).toEqual(['Once'])
    const jobs = await server.app.core.queue.boss.fetch('webhooks', { batchSize: 1_000 })
    expect(jobs?.length).toBeGreaterThanOrEqual(2)
  })
})
