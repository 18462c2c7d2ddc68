import { joinTags, splitTags } from '@support-widget/server/http/compat/ping/tags.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { codePoints, tidy } from '@support-widget/shared/tidy.ts'
import { channels, priorities, statuses } from '@support-widget/shared/vocabulary.ts'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { client } from '../../support/client.ts'
import { newTicket } from '../../support/factories.ts'
import { sharedServer } from '../../support/server.ts'
import { least, path, publicIdOf, setUp } from './setup.ts'

// The embedded database takes its time to start on a busy machine: hooks may wait longer than tests.
beforeAll(async () => void (await sharedServer()))

const seconds = (time: string) => time.slice(0, 19)
const words = { low: 'low', normal: 'medium', high: 'high', urgent: 'critical' } as const

describe('PING-9: a ticket is the same one here, natively and for its customer', () => {
  test('made here with the e-mail of a signed-in customer, answered at the desk, read and rated by the customer', async () => {
    const { ping, alice, agent, native } = await setUp()
    const me = (await alice.call('getMe', {})).customer
    const made = await ping.create({
      ...least,
      customer_email: 'Alice@Example.com',
      customer_first_name: 'Al',
      priority: 'critical',
      channel: 'phone',
    })
    const { id, requester } = await native(made.ticketNumber)
    expect(requester).toMatchObject({ id: me.id, external_id: 'alice', name: me.name })
    expect([made.customerFirstName, made.customerLastName].join(' ')).toBe(me.name)
    const params = { id }
    expect(await alice.call('getTicket', { params })).toMatchObject({
      number: made.ticketNumber,
      subject: least.subject,
      priority: 'urgent',
      channel: 'phone',
      status: 'open',
      messages: [{ seq: 1, body: least.description, is_admin: false, author: { id: me.id } }],
    })
    const answer = await agent.call('agentSendMessage', { params, body: { body: 'We look into it.' } })
    await agent.call('agentSendMessage', { params, body: { body: 'Is it the cable?', is_internal: true } })
    const reply = await alice.call('sendMessage', { params, body: { body: 'It works again.' } })
    const comments = await ping.comments(made.ticketNumber)
    expect(comments.map(({ authorType, content, isInternal }) => [authorType, content, isInternal])).toEqual([
      ['admin', 'We look into it.', false],
      ['admin', 'Is it the cable?', true],
      ['customer', 'It works again.', false],
    ])
    expect(comments[0]).toMatchObject({ publicId: decodeId(answer.id), dateCreated: seconds(answer.created_at) })
    expect(comments[2]).toMatchObject({ publicId: decodeId(reply.id), dateCreated: seconds(reply.created_at) })
    const resolved = await ping.update(made.ticketNumber, { status: 'resolved', resolution_notes: 'Cable' })
    const seen = await alice.call('rateTicket', { params, body: { score: 4 } })
    expect([resolved.status, seen.status, JSON.stringify(seen).includes('Cable')]).toEqual(['resolved', 'resolved', false])
    expect(await ping.get(made.ticketNumber)).toMatchObject({ csatScore: 4, publicId: publicIdOf(id) })
    await alice.call('closeTicket', { params })
    const { updated_at } = await native(made.ticketNumber)
    expect(await ping.get(made.ticketNumber)).toMatchObject({ status: 'closed', dateUpdated: seconds(updated_at) })
  })

  test('made in the widget', async () => {
    const { ping, alice } = await setUp()
    const { number, created_at } = await alice.call('createTicket', { body: { subject: 'S', body: 'B', channel: 'widget', category: 'billing' } })
    expect(await ping.get(number)).toMatchObject({
      subject: 'S',
      description: 'B',
      channel: 'live_chat',
      category: 'billing',
      customerEmail: 'alice@example.com',
      dateCreated: seconds(created_at),
    })
    const chat = await ping.create({ ...least, channel: 'live_chat' })
    expect((await ping.list({ channel: 'live_chat' })).tickets.map((one) => one.ticketNumber)).toEqual([chat.ticketNumber, number])
    expect((await ping.list({ channel: 'api' })).tickets).toEqual([])
  })

  test('an internal comment changes no byte that the customer gets', async () => {
    const { ping, alice } = await setUp()
    const { id, number } = await newTicket(alice)
    const texts = async () => [(await alice.send('getTicket', { params: { id } })).text, (await alice.send('listTickets')).text]
    const before = await texts()
    await ping.comment(number, { content: 'Between us', is_internal: true })
    await ping.update(number, { tags: 'vip', resolution_notes: 'Between us' })
    expect(await texts()).toEqual(before)
    await ping.comment(number, { content: 'For you' })
    const { messages, status } = await alice.call('getTicket', { params: { id } })
    expect([status, messages.map(({ seq, body, is_admin }) => [seq, body, is_admin])]).toEqual([
      'in_progress',
      [
        [1, 'It has not appeared.', false],
        [2, 'For you', true],
      ],
    ])
  })

  test('a comment of the customer’s by key reopens a resolved ticket, and is theirs', async () => {
    const { ping, alice } = await setUp()
    const { id, number } = await newTicket(alice)
    await ping.update(number, { status: 'resolved' })
    await ping.comment(number, { content: 'Not yet', author_type: 'customer' })
    expect(await alice.call('getTicket', { params: { id } })).toMatchObject({
      status: 'in_progress',
      messages: [{}, { body: 'Not yet', is_admin: false }],
    })
  })

  test('merged and redacted', async () => {
    const { ping, agent, native } = await setUp()
    const key = { 'Idempotency-Key': 'one' }
    const person = { customer_email: 'rudo@example.com' }
    const source = await ping.create({ ...least, ...person })
    const body = { ...least, ...person, description: 'My number is 4711.' }
    const first = await ping.send('POST', path, body, key)
    const { ticketNumber } = (first.body as { ticket: { ticketNumber: string } }).ticket
    const target = await native(ticketNumber)
    await agent.call('agentMergeTicket', { params: { id: (await native(source.ticketNumber)).id }, body: { into: target.id } })
    expect((await ping.get(source.ticketNumber)).status).toBe('closed')
    expect((await ping.send('PUT', `${path}/${source.ticketNumber}`, { status: 'open' })).status).toBe(409)
    const { messages } = await native(ticketNumber)
    expect((await ping.comments(ticketNumber)).map(({ publicId, content }) => [publicId, content])).toEqual(
      messages.slice(1).map((one) => [decodeId(one.id), one.body]),
    )
    await agent.call('agentRedactMessage', { params: { id: target.id, message_id: messages[0]?.id ?? '' } })
    expect((await ping.get(ticketNumber)).description).toBe('')
    expect((await ping.send('POST', path, body, key)).text).not.toContain('4711')
  })
})

describe('PING-10: the requester is the customer whose address is vouched for, else a new contact', () => {
  test('by e-mail in any case, else by phone; what was not known is filled in', async () => {
    const { ping, backend, native } = await setUp()
    const of = async (person: object) => (await native((await ping.create({ ...least, ...person })).ticketNumber)).requester
    const first = await of({ customer_email: 'rudo@example.com' })
    const again = await of({
      customer_email: 'RUDO@example.com',
      customer_phone: '+263 77',
      customer_first_name: 'Rudo',
      customer_last_name: 'Ncube',
    })
    expect(again).toMatchObject({ id: first.id, email: 'rudo@example.com', name: 'Rudo Ncube', first_name: 'Rudo', phone: '+263 77' })
    expect(await of({ customer_email: 'rudo@example.com', customer_first_name: 'Somebody' })).toEqual(again)
    expect((await of({ customer_phone: '+263 77' })).id).toBe(first.id)
    expect((await of({ customer_email: 'other@example.com', customer_phone: '+263 77' })).id).not.toBe(first.id)
    const { requester } = await backend.call('agentCreateTicket', {
      body: { subject: 'S', body: 'B', requester: { phone: '+263 78', name: 'Chipo Dube' } },
    })
    expect((await of({ customer_phone: '+263 78' })).id).toBe(requester.id)
    const { data } = await backend.call('agentListCustomers', { query: { search: 'rudo ncube' } })
    expect(data.map(({ id }) => id)).toEqual([first.id])
  })

  test('never by an address that nobody has vouched for; a signed token adopts the contact later', async () => {
    const { server, app, ping, native } = await setUp()
    const typed = client(server.url, await app.token('nina', { claims: { email: 'nina@example.com', email_verified: false } }))
    const nina = (await typed.call('getMe', {})).customer
    const { ticketNumber } = await ping.create({ ...least, customer_email: 'nina@example.com', customer_first_name: 'Nina' })
    const contact = (await native(ticketNumber)).requester
    expect(contact.id).not.toBe(nina.id)
    expect((await typed.call('listTickets', {})).data).toEqual([])
    const verified = client(server.url, await app.token('nina', { claims: { email: 'nina@example.com', email_verified: true } }))
    expect((await verified.call('listTickets', {})).data.map((one) => one.number)).toEqual([ticketNumber])
    expect((await native(ticketNumber)).requester.id).toBe(nina.id)
    expect((await native((await ping.create({ ...least, customer_email: 'nina@example.com' })).ticketNumber)).requester.id).toBe(nina.id)
  })

  test('a text that is no address is kept, and is nobody’s', async () => {
    const { ping, native } = await setUp()
    for (const person of [{ customer_email: 'unknown' }, { customer_phone: 'n/a' }]) {
      const made = [await ping.create({ ...least, ...person }), await ping.create({ ...least, ...person })]
      const ids = await Promise.all(made.map(async ({ ticketNumber }) => (await native(ticketNumber)).requester.id))
      expect(new Set(ids).size).toBe(2)
      expect([made[0]?.customerEmail, made[0]?.customerPhone]).toEqual([person.customer_email, person.customer_phone])
    }
  })

  test('many at once are one contact; a blocked one is refused', async () => {
    const { ping, agent, native } = await setUp()
    const person = { ...least, customer_email: 'tariro@example.com' }
    const made = await Promise.all(Array.from({ length: 8 }, () => ping.create(person)))
    const ids = await Promise.all(made.map(async ({ ticketNumber }) => (await native(ticketNumber)).requester.id))
    expect(new Set(ids).size).toBe(1)
    await agent.call('agentBlockCustomer', { params: { id: ids[0] ?? '' }, body: { blocked: true } })
    const refused = await ping.send('POST', path, person)
    expect([refused.status, refused.body]).toEqual([400, { result: 'error', message: 'customer: is blocked' }])
    expect((await ping.list()).pagination.total).toBe(0)
  })
})

const text = (max: number) =>
  fc
    .string({
      unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom('é', '😀', '中', ' ', '\n', '"', '""', ',', '\\', '<b>')),
      maxLength: 30,
    })
    .map(tidy)
    .filter((one) => one !== '' && codePoints(one) <= max)
const maybe = (max: number) => fc.option(text(max), { nil: null })

describe('PING-11: native → ping → native loses nothing that the document can say', () => {
  test('a ticket copied from the one to the other and back', async () => {
    const { ping, backend } = await setUp()
    const ticket = fc.record({
      subject: text(200),
      body: text(10_000),
      status: fc.constantFrom(...statuses),
      priority: fc.constantFrom(...priorities),
      channel: fc.constantFrom(...channels),
      category: maybe(40),
      country: maybe(80),
      store_region: maybe(120),
      preferred_language: maybe(35),
      resolution_notes: maybe(200),
      action_taken: maybe(200),
      tags: fc.uniqueArray(text(40), { maxLength: 5 }),
      custom_fields: fc.dictionary(
        text(40).filter((key) => key !== '__proto__'),
        fc.oneof(
          text(100),
          fc.boolean(),
          fc.integer().map((value) => value + 0),
        ),
        { maxKeys: 3, noNullPrototype: true },
      ),
      // Two names say one blank between them.
      name: text(100).map((name) => name.replace(/\s+/g, ' ')),
      comments: fc.array(
        fc.record({ author_type: fc.constantFrom('customer' as const, 'agent' as const), is_internal: fc.boolean(), body: text(200) }),
        {
          maxLength: 3,
        },
      ),
    })
    type Given = typeof ticket extends fc.Arbitrary<infer T> ? T : never
    const original = async ({ status, resolution_notes, action_taken, comments, name, ...given }: Given) => {
      const { id } = await backend.call('agentCreateTicket', { body: { ...given, requester: { name } } })
      for (const { author_type, is_internal, body } of comments)
        await backend.call('agentSendMessage', { params: { id }, body: { author_type, body, is_internal: is_internal && author_type === 'agent' } })
      await backend.call('agentUpdateTicket', { params: { id }, body: { status, resolution_notes, action_taken } })
      return backend.call('agentGetTicket', { params: { id } })
    }
    const copied = async (number: string) => {
      const shown = await ping.get(number)
      const { ticketNumber } = await ping.create({
        subject: shown.subject,
        description: shown.description,
        priority: shown.priority,
        category: shown.category,
        channel: shown.channel,
        country: shown.country,
        store_region: shown.storeRegion,
        customer_first_name: shown.customerFirstName,
        customer_last_name: shown.customerLastName,
        preferred_language: shown.preferredLanguage,
        custom_fields: shown.customFields,
      })
      for (const { content, isInternal, authorType } of await ping.comments(number))
        await ping.comment(ticketNumber, { content, is_internal: isInternal, author_type: authorType })
      const { status, tags, resolutionNotes, actionTaken } = shown
      await ping.update(ticketNumber, { status, tags, resolution_notes: resolutionNotes, action_taken: actionTaken })
      const { data } = await backend.call('agentListTickets', { query: { search: ticketNumber } })
      return backend.call('agentGetTicket', { params: { id: data[0]?.id ?? '' } })
    }
    const said = (one: Awaited<ReturnType<typeof original>>) => ({
      ...Object.fromEntries(
        [
          'subject',
          'status',
          'category',
          'country',
          'store_region',
          'preferred_language',
          'resolution_notes',
          'action_taken',
          'tags',
          'custom_fields',
        ].map((field) => [field, one[field as keyof typeof one]]),
      ),
      priority: words[one.priority],
      channel: one.channel === 'widget' ? 'live_chat' : one.channel,
      name: one.requester.name,
      messages: one.messages.map(({ body, is_internal, is_admin }) => [body, is_internal, is_admin]),
    })
    const run = async (given: Given) => {
      const from = await original(given)
      expect(said(await copied(from.number))).toEqual(said(from))
    }
    await fc.assert(fc.asyncProperty(ticket, run), { numRuns: 12, endOnFailure: true })
  }, 120_000)

  test('tags, whatever they are', () => {
    const tags = fc.array(text(40), { maxLength: 20 })
    fc.assert(
      fc.property(tags, (given) => {
        expect(splitTags(joinTags(given))).toEqual(given)
      }),
    )
    expect(splitTags('a,, b ,"c, d", "e ""f""" ,"g,h')).toEqual(['a', 'b', 'c, d', 'e "f"', '"g', 'h'])
  })
})
