import { randomUUID } from 'node:crypto'
import { codePoints, tidy } from '@support-widget/shared/tidy.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { png, storedFiles, upload } from '../../support/files.ts'
import { listen } from '../../support/sockets.ts'
import { attachment, body, errorIn, loopClient, setUp } from './setup.ts'

const strays = async ({ server }: Awaited<ReturnType<typeof setUp>>) =>
  (await server.app.core.orm.db().selectFrom('stray_files').select('storage_key').execute()).length

describe('LOOP-8: a ticket made here is the same one everywhere', () => {
  test('natively and at the desk; an answer reaches its customer', async () => {
    const { person, native, agent } = await setUp()
    const made = await person.create({ ...body, attachment: attachment(png(), 'a.png') })
    const id = { params: { id: made.ticket_id } }
    expect(await native.call('getTicket', id)).toMatchObject({
      subject: body.subject,
      status: 'open',
      priority: 'normal',
      category: null,
      type: 'support',
      channel: 'api',
      message_count: 1,
      unread_count: 0,
      messages: [{ id: made.message_id, seq: 1, body: body.body, is_admin: false, attachments: [{ filename: 'a.png' }] }],
    })
    await agent.call('agentSendMessage', { ...id, body: { body: 'Hold the button.' } })
    const { status, messages, unread_count } = await native.call('getTicket', id)
    expect([status, unread_count, messages.map((one) => one.body)]).toEqual(['in_progress', 1, [body.body, 'Hold the button.']])
  })

  test('who listens hears of it once, after it is there', async () => {
    const { server, app, person, native } = await setUp()
    const heard = await listen(server.url, await app.token('sam', { role: 'agent' }))
    const about = (id: string) => heard.frame(({ type, payload }) => type === 'ticket.created' && (payload.ticket as { id: string }).id === id)
    const key = { 'Idempotency-Key': randomUUID() }
    const made = await person.create({ ...body, attachment: attachment('text') }, key)
    await about(made.ticket_id)
    expect((await native.call('getTicket', { params: { id: made.ticket_id } })).messages[0]?.attachments).toHaveLength(1)
    await person.create({ ...body, attachment: attachment('text') }, key)
    const last = await person.create()
    await about(last.ticket_id)
    const created = heard.frames.filter(({ type }) => type === 'ticket.created').map(({ payload }) => (payload.ticket as { id: string }).id)
    expect(created).toEqual([made.ticket_id, last.ticket_id])
    heard.close()
  })

  test('an app’s form and categories do not stand in the way', async () => {
    const { app, person } = await setUp()
    const admin = await app.agent('ada', 'admin')
    const field = { key: 'device', label: 'Device', type: 'text' as const, required: true }
    await admin.call('agentUpdateApp', { body: { settings: { form_fields: [field] } } })
    expect(await person.create()).toMatchObject({ status: 'requested' })
  })

  test('natively said, said here and read natively: nothing is lost that the document can say', async () => {
    const { person, native, agent } = await setUp()
    const said = (max: number) =>
      fc
        .string({
          unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom('é', '😀', '中', ' ', '\n', '"', '\\', '<b>')),
          maxLength: 40,
        })
        .map(tidy)
        .filter((one) => one !== '' && !one.includes('\0') && codePoints(one) <= max)
    const given = fc.record({
      subject: said(200),
      body: said(10_000),
      brand_id: said(500),
      requester_name: fc.option(said(200), { nil: undefined }),
      file: fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 }), { nil: undefined }),
    })
    const run = async ({ subject, body: text, brand_id, requester_name, file }: typeof given extends fc.Arbitrary<infer T> ? T : never) => {
      const first = await native.call('createTicket', { body: { subject, body: text, links: { brand_id } } })
      const made = await person.create({
        ...body,
        subject: first.subject,
        body: first.messages[0]?.body ?? '',
        brand_id: first.links.brand_id,
        ...(requester_name === undefined ? { requester_name: 'Maya' } : { requester_name }),
        ...(file ? { attachment: attachment(Buffer.from(file), 'a.bin') } : {}),
      })
      const copy = await agent.call('agentGetTicket', { params: { id: made.ticket_id } })
      expect([copy.subject, copy.links, copy.context?.requester_name]).toEqual([first.subject, first.links, requester_name ?? 'Maya'])
      const { messages } = await native.call('getTicket', { params: { id: made.ticket_id } })
      expect(messages.map((one) => one.body)).toEqual(first.messages.map((one) => one.body))
      const [stored] = messages[0]?.attachments ?? []
      expect(stored?.size).toBe(file?.length)
      if (stored) expect(new Uint8Array(await (await fetch(stored.url)).arrayBuffer())).toEqual(new Uint8Array(file ?? []))
    }
    await fc.assert(fc.asyncProperty(given, run), { numRuns: 20 })
  })
})

describe('LOOP-9: ticket and file come together or not at all, and with an Idempotency-Key once', () => {
  test('what is refused leaves no file', async () => {
    const all = await setUp()
    const { server, app, attachments } = all
    const limited = loopClient(server, await app.token(body.person_id, { claims: { links: { brand_id: ['south'] } } }))
    const before = [storedFiles(server), await strays(all)]
    expect(await limited.refused({ ...body, attachment: attachment('text') })).toEqual([403, 'link_not_allowed'])
    expect(await limited.refused({ ...body, person_id: 'p-2', attachment: attachment('text') })).toEqual([403, 'forbidden'])
    expect([storedFiles(server), await strays(all)]).toEqual(before)
    expect(await attachments()).toEqual([])
  })

  test('repeated, and at once', async () => {
    const all = await setUp()
    const { server, person, native, attachments } = all
    const key = { 'Idempotency-Key': randomUUID() }
    const given = { ...body, attachment: attachment('text') }
    const before = [storedFiles(server).length, await strays(all)] as const
    const answers = await Promise.all(Array.from({ length: 6 }, () => person.send(given, key)))
    for (const busy of answers.filter(({ status }) => status !== 201)) {
      expect([busy.status, errorIn(busy).error, busy.headers.get('retry-after')]).toEqual([409, 'request_in_progress', '1'])
    }
    answers.push(await person.send(given, key))
    const made = answers.filter(({ status }) => status === 201)
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
    expect((await native.call('listTickets', {})).pagination.total).toBe(1)
    expect(await attachments()).toHaveLength(1)
    expect([storedFiles(server).length, await strays(all)]).toEqual([before[0] + 1, before[1]])
    expect(await person.refused({ ...given, attachment: attachment('other') }, key)).toEqual([422, 'idempotency_key_reused'])
    expect(await person.refused({ ...given, subject: 'Other' }, key)).toEqual([422, 'idempotency_key_reused'])
    expect(await person.refused(given, { 'Idempotency-Key': 'x'.repeat(256) })).toEqual([400, 'invalid_request'])
    expect([storedFiles(server).length, await strays(all)]).toEqual([before[0] + 1, before[1]])
  })

  test('one file after the other does not fill the room for uploads that wait', async () => {
    const { person, server, token } = await setUp()
    await person.create({ ...body, attachment: attachment('text') })
    expect((await upload(server, token, 'text')).size).toBe(4)
  })
})
