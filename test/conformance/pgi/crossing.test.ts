import { codePoints, tidy } from '@support-widget/shared/tidy.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { problemIn, request } from '../../support/client.ts'
import { newTicket } from '../../support/factories.ts'
import { upload } from '../../support/files.ts'
import { createBody, policy, sentText } from './document.ts'
import { path, setUp } from './setup.ts'

const seconds = (time: string) => `${time.slice(0, 19)}Z`
const statuses = { open: 'open', in_progress: 'pending', resolved: 'closed', closed: 'closed' } as const

describe('PGI-9: a ticket is the same one here, in the native API and at the desk', () => {
  test('made here', async () => {
    const { partner, native, agent } = await setUp()
    const made = await partner.create({ ...createBody, application_id: 'A-1' })
    const id = { params: { id: made.ticket_id } }
    const own = await native.call('getTicket', id)
    expect(own).toMatchObject({
      id: made.ticket_id,
      subject: made.subject,
      status: 'open',
      priority: 'normal',
      category: null,
      type: 'support',
      channel: 'api',
      links: { policy_number: policy, application_id: 'A-1' },
      message_count: 1,
      messages: [{ body: createBody.message, is_admin: false, author: { type: 'customer' } }],
    })
    expect(seconds(own.created_at)).toBe(made.created_at)
    expect(await agent.call('agentGetTicket', id)).toMatchObject({ requester: { external_id: 'acme' }, waiting_on: 'agent', channel: 'api' })
  })

  test('made natively, without links and with a file', async () => {
    const { server, app, partner, native } = await setUp()
    const file = await upload(server, await app.token('acme'), 'text', 'a.txt')
    const made = await native.call('createTicket', {
      body: { subject: 'S', body: '', attachments: [file.id], channel: 'widget', links: { order: '7' } },
    })
    expect(await partner.read(made.id)).toEqual({
      ticket_id: made.id,
      subject: 'S',
      status: 'open',
      policy_number: null,
      application_id: null,
      messages: [{ sender: 'partner', content: '', created_at: seconds(made.created_at) }],
      created_at: seconds(made.created_at),
    })
  })

  test('the id of a message is the native one', async () => {
    const { partner, native } = await setUp()
    const { ticket_id } = await partner.create()
    const sent = await partner.reply(ticket_id, sentText)
    const { messages } = await native.call('getTicket', { params: { id: ticket_id } })
    expect(messages.at(-1)).toMatchObject({ id: sent.message_id, seq: 2, body: sentText, is_admin: false })
  })
})

describe('PGI-10: every native status shows as the document’s, and a reply reopens what is resolved alone', () => {
  test.each(Object.entries(statuses))('%s is %s', async (status, shown) => {
    const { partner, agent } = await setUp()
    const { ticket_id } = await partner.create()
    await agent.call('agentUpdateTicket', { params: { id: ticket_id }, body: { status: status as keyof typeof statuses } })
    expect((await partner.read(ticket_id)).status).toBe(shown)
    expect((await partner.list()).results.map((one) => one.status)).toEqual([shown])
  })

  test('a reply to a resolved ticket makes it pending, one to a closed ticket is 409', async () => {
    const { partner, native, agent } = await setUp()
    const { ticket_id } = await partner.create()
    const set = (status: 'resolved' | 'closed') => agent.call('agentUpdateTicket', { params: { id: ticket_id }, body: { status } })
    await set('resolved')
    await partner.reply(ticket_id, 'Still not')
    expect((await partner.read(ticket_id)).status).toBe('pending')
    expect((await native.call('getTicket', { params: { id: ticket_id } })).status).toBe('in_progress')
    await set('closed')
    const refused = await partner.send('POST', `${path}${ticket_id}/messages/`, { content: sentText })
    expect([refused.status, problemIn(refused).code]).toEqual([409, 'ticket_closed'])
    expect((await partner.read(ticket_id)).messages).toHaveLength(2)
  })
})

describe('PGI-11: a note changes no byte of what is answered here', () => {
  test('list and thread, before and after', async () => {
    const { server, key, partner, agent } = await setUp()
    const { ticket_id } = await partner.create()
    const texts = async () => {
      const read = async (at: string) => (await request(server.url + at, { headers: { Authorization: `Bearer ${key}` } })).text
      return [await read(path), await read(`${path}${ticket_id}/`)]
    }
    const before = await texts()
    await agent.call('agentSendMessage', { params: { id: ticket_id }, body: { body: 'Between us', is_internal: true } })
    expect(await texts()).toEqual(before)
    await agent.call('agentSendMessage', { params: { id: ticket_id }, body: { body: 'For you' } })
    const { messages } = await partner.read(ticket_id)
    expect(messages.map((one) => one.content)).toEqual([createBody.message, 'For you'])
    expect((await partner.list()).results[0]?.message_count).toBe(2)
  })
})

describe('PGI-12: merged, redacted and spoken by the system, a thread is what the customer sees natively', () => {
  test('merged: the messages follow in the other ticket, the source says where it goes on', async () => {
    const { partner, native, agent } = await setUp()
    const [source, target] = [await partner.create(), await partner.create({ subject: 'Other', message: 'And this?' })]
    await agent.call('agentMergeTicket', { params: { id: source.ticket_id }, body: { into: target.ticket_id } })
    const { messages } = await native.call('getTicket', { params: { id: target.ticket_id } })
    const shown = await partner.read(target.ticket_id)
    expect(shown.messages).toEqual(
      messages.map((one) => ({
        sender: one.author.type === 'customer' ? 'partner' : 'pgi_underwriter',
        content: one.body,
        created_at: seconds(one.created_at),
      })),
    )
    expect(shown.messages.map((one) => one.sender)).toEqual(['partner', 'pgi_underwriter', 'partner'])
    expect((await partner.read(source.ticket_id)).status).toBe('closed')
    expect((await partner.send('POST', `${path}${source.ticket_id}/messages/`, { content: sentText })).status).toBe(409)
  })

  test('redacted: the text is gone, also from what was kept for a repetition', async () => {
    const { partner, native, agent } = await setUp()
    const key = { 'Idempotency-Key': 'one' }
    const secret = { subject: 'S', message: 'My number is 4711.' }
    const created = await partner.send('POST', path, secret, key)
    const id = (created.body as { ticket_id: string }).ticket_id
    const reply = { content: 'And 4712.' }
    await partner.send('POST', `${path}${id}/messages/`, reply, key)
    for (const { id: message_id } of (await native.call('getTicket', { params: { id } })).messages) {
      await agent.call('agentRedactMessage', { params: { id, message_id } })
    }
    expect((await partner.read(id)).messages.map((one) => one.content)).toEqual(['', ''])
    const again = [await partner.send('POST', path, secret, key), await partner.send('POST', `${path}${id}/messages/`, reply, key)]
    expect(again.map(({ status }) => status)).toEqual([201, 201])
    expect(again.map(({ text }) => /471/.test(text))).toEqual([false, false])
    expect((await partner.list()).count).toBe(1)
  })
})

const text = (max: number) =>
  fc
    .string({
      unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom('é', '😀', '中', ' ', '\n', '"', '\\', '<b>')),
      maxLength: 40,
    })
    .map(tidy)
    .filter((one) => one !== '' && !one.includes('\0') && codePoints(one) <= max)

describe('PGI-13: native → pgi → native loses nothing that the document can say', () => {
  test('a thread copied from the one to the other and back', async () => {
    const { app, partner, native, agent } = await setUp()
    const copyist = await app.customer('copy')
    const thread = fc.record({
      subject: text(200),
      policy_number: fc.option(fc.constantFrom(policy, 'PGI-2026-CA-00143'), { nil: undefined }),
      application_id: fc.option(text(500), { nil: undefined }),
      messages: fc.array(fc.record({ by: fc.constantFrom('customer', 'agent', 'note'), body: text(10_000) }), { maxLength: 4 }),
      first: text(10_000),
    })
    const open = async (one: { subject: string; message: string; policy_number?: string | null; application_id?: string | null }) => {
      const links = Object.fromEntries(Object.entries({ policy_number: one.policy_number, application_id: one.application_id }).filter(([, v]) => v))
      return native.call('createTicket', { body: { subject: one.subject, body: one.message, links: links as Record<string, string> } })
    }
    const run = async (given: typeof thread extends fc.Arbitrary<infer T> ? T : never) => {
      const { id } = await open({ subject: given.subject, message: given.first, ...links(given) })
      for (const { by, body } of given.messages) {
        if (by === 'customer') await native.call('sendMessage', { params: { id }, body: { body } })
        else await agent.call('agentSendMessage', { params: { id }, body: { body, is_internal: by === 'note' } })
      }
      const shown = await partner.read(id)
      const [first, ...rest] = shown.messages
      const copy = await partner.create({ ...shown, message: first?.content ?? '' })
      for (const { sender, content } of rest) {
        if (sender === 'partner') await partner.reply(copy.ticket_id, content)
        else await agent.call('agentSendMessage', { params: { id: copy.ticket_id }, body: { body: content } })
      }
      const [a, b] = [await native.call('getTicket', { params: { id } }), await native.call('getTicket', { params: { id: copy.ticket_id } })]
      const said = ({ subject, links, messages, status, message_count }: typeof a) => {
        return { subject, links, status, message_count, messages: messages.map((one) => [one.body, one.is_admin]) }
      }
      expect(said(b)).toEqual(said(a))
      await expect(copyist.refused('getTicket', { params: { id } })).resolves.toMatchObject({ code: 'not_found' })
    }
    await fc.assert(fc.asyncProperty(thread, run), { numRuns: 20 })
  })

  const links = (given: { policy_number?: string | undefined; application_id?: string | undefined }) => ({
    ...(given.policy_number === undefined ? {} : { policy_number: given.policy_number }),
    ...(given.application_id === undefined ? {} : { application_id: given.application_id }),
  })

  test('what the widget wrote is listed here, and the other way round', async () => {
    const { partner, native } = await setUp()
    await newTicket(native)
    await partner.create()
    const listed = (await native.call('listTickets', {})).data.map(({ id, message_count }) => [id, message_count]).sort()
    expect((await partner.list()).results.map((one) => [one.ticket_id, one.message_count]).sort()).toEqual(listed)
  })
})
