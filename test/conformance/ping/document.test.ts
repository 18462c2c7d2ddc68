import { describe, expect, test } from 'vitest'
import { curl } from '../../support/curl.ts'
import * as document from './document.ts'
import { least, path, publicIdOf, setUp } from './setup.ts'

const { Added, Comments, Created, Got, List, Updated } = document

describe('PING-1: every example of the document, replayed as printed, is answered as documented', () => {
  test('the curl lines one after the other, with our base URL and key alone', async () => {
    const { server, app, ping } = await setUp()
    const ours = { [document.host]: `${server.url}/compat/ping`, [document.credential]: app.adminKey }
    const made = await curl(document.createLine, ours)
    expect(made.status, made.text).toBe(201)
    const { ticket } = Created.parse(made.body)
    const { ticketNumber, publicId, dateCreated } = ticket
    expect(ticket).toEqual({ ...document.created, ticketNumber, publicId, dateCreated })

    const listed = await curl(document.listLine, ours)
    expect([listed.status, List.parse(listed.body)]).toEqual([
      200,
      {
        result: 'success',
        tickets: [{ ticketNumber, subject: ticket.subject, status: 'open', priority: 'high', category: 'technical', dateCreated }],
        pagination: { page: 1, perPage: 20, total: 1, totalPages: 1 },
      },
    ])

    // The number is the server's to give; the printed one belongs to the year in which the document was written.
    const at = { ...ours, [document.number]: ticketNumber }
    const got = await curl(document.getLine, at)
    expect([got.status, Got.parse(got.body).ticket]).toEqual([200, { ...ticket, dateUpdated: dateCreated }])

    const updated = await curl(document.updateLine, at)
    expect([updated.status, Updated.parse(updated.body).ticket]).toMatchObject([
      200,
      { ticketNumber, status: 'resolved', resolutionNotes: 'Replaced faulty ethernet adapter', csatScore: 5 },
    ])

    const added = await curl(document.commentLine, at)
    expect(added.status, added.text).toBe(201)
    const { comment } = Added.parse(added.body)
    expect(comment).toMatchObject({
      authorType: 'admin',
      content: 'Customer confirmed the issue is resolved after adapter replacement.',
      isInternal: false,
    })

    const reply = await ping.comment(ticketNumber, { content: 'Yes, everything is working now. Thank you!', author_type: 'customer' })
    const comments = await curl(document.commentsLine, at)
    expect([comments.status, Comments.parse(comments.body).comments]).toEqual([200, [comment, reply]])
  })

  test('numbers are those of the year, from one on', async () => {
    const { ping } = await setUp()
    const { ticketNumber, dateCreated } = await ping.create()
    expect(ticketNumber).toBe(`TKT-${dateCreated.slice(0, 4)}-00001`)
    expect((await ping.create()).ticketNumber.slice(-5)).toBe('00002')
  })
})

describe('PING-2: fields, defaults, words and limits are the document’s', () => {
  test('a subject and a description are enough', async () => {
    const { ping, native } = await setUp()
    const ticket = await ping.create({ subject: ' No connection ', description: 'Since this morning.' })
    const { id, created_at } = await native(ticket.ticketNumber)
    expect(ticket).toEqual({
      ticketNumber: ticket.ticketNumber,
      publicId: publicIdOf(id),
      subject: 'No connection',
      description: 'Since this morning.',
      status: 'open',
      priority: 'medium',
      channel: 'api',
      dateCreated: created_at.slice(0, 19),
    })
    const [first, second] = [await native(ticket.ticketNumber), await native((await ping.create()).ticketNumber)]
    expect(first.requester).toMatchObject({ name: null, email: null, phone: null, external_id: null })
    expect(second.requester.id).not.toBe(first.requester.id)
  })

  test('every optional field comes back, null and empty ones are none', async () => {
    const { ping, native } = await setUp()
    const text = {
      category: 'billing',
      country: 'Zimbabwe',
      store_region: 'Harare',
      customer_first_name: 'Tendai',
      customer_last_name: 'Moyo',
      customer_phone: '+263 77 555 0142',
      customer_email: 'tendai@example.com',
      preferred_language: 'sn',
      external_ticket_id: 'crm-17',
    }
    const custom_fields = { plan: 'gold', devices: 3, vip: true }
    const { ticketNumber, ...ticket } = await ping.create({ ...least, ...text, custom_fields: { ...custom_fields, gone: null }, unknown: 1 })
    const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    expect(ticket).toMatchObject({
      ...Object.fromEntries(Object.entries(text).map(([name, value]) => [camel(name), value])),
      customFields: custom_fields,
    })
    expect(await native(ticketNumber)).toMatchObject({
      category: 'billing',
      country: 'Zimbabwe',
      store_region: 'Harare',
      preferred_language: 'sn',
      external_ticket_id: 'crm-17',
      custom_fields,
      requester: {
        name: 'Tendai Moyo',
        first_name: 'Tendai',
        last_name: 'Moyo',
        email: 'tendai@example.com',
        phone: '+263 77 555 0142',
        verified: false,
      },
    })
    for (const nothing of [null, '']) {
      const bare = await ping.create({ ...least, ...Object.fromEntries(Object.keys(text).map((name) => [name, nothing])) })
      expect(Object.keys(bare).sort()).toEqual(['channel', 'dateCreated', 'description', 'priority', 'publicId', 'status', 'subject', 'ticketNumber'])
    }
    expect(await ping.create({ ...least, priority: null, channel: null, custom_fields: null })).toMatchObject({ priority: 'medium', channel: 'api' })
  })

  test('every word of the document, on creation, in an update and as a filter', async () => {
    const { ping } = await setUp()
    for (const priority of document.priorities) {
      const { ticketNumber } = await ping.create({ ...least, priority })
      expect((await ping.list({ priority })).tickets.map((one) => [one.ticketNumber, one.priority])).toEqual([[ticketNumber, priority]])
      for (const other of document.priorities) expect((await ping.update(ticketNumber, { priority: other })).priority).toBe(other)
      await ping.update(ticketNumber, { priority })
    }
    const { ticketNumber } = await ping.create()
    for (const channel of document.channels) {
      const made = await ping.create({ ...least, channel })
      expect(made.channel).toBe(channel)
      const numbers = channel === 'api' ? expect.arrayContaining([made.ticketNumber]) : [made.ticketNumber]
      expect((await ping.list({ channel })).tickets.map((one) => one.ticketNumber)).toEqual(numbers)
    }
    for (const status of document.statuses) {
      expect((await ping.update(ticketNumber, { status })).status).toBe(status)
      const { tickets } = await ping.list({ status })
      expect(tickets.every((one) => one.status === status)).toBe(true)
      expect(tickets.map((one) => one.ticketNumber)).toContain(ticketNumber)
    }
  })

  test.each([
    ['subject', 200],
    ['description', 10_000],
    ['category', 40],
    ['country', 80],
    ['store_region', 120],
    ['customer_first_name', 200],
    ['customer_last_name', 200],
    ['customer_phone', 40],
    ['customer_email', 254],
    ['preferred_language', 35],
    ['external_ticket_id', 200],
  ])('%s has at most %i characters, whatever they are', async (field, most) => {
    const { ping } = await setUp()
    const camel = field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    const long = '😀'.repeat(most)
    expect(await ping.create({ ...least, [field]: long })).toMatchObject({ [camel]: long })
    expect((await ping.send('POST', path, { ...least, [field]: `${long}x` })).status).toBe(400)
  })

  test('an update changes what it names, all of it', async () => {
    const { ping, native } = await setUp()
    const { ticketNumber, dateCreated, ...made } = await ping.create({ ...least, category: 'billing', custom_fields: { a: 1, b: 2 } })
    expect(await ping.update(ticketNumber, {})).toEqual({ ...made, ticketNumber, dateCreated, dateUpdated: dateCreated })
    const texts = { category: 'technical', resolution_notes: 'Reset', action_taken: 'Called' }
    const changed = await ping.update(ticketNumber, {
      ...texts,
      status: 'in_progress',
      priority: 'critical',
      tags: ' vip , "a, b",refund,vip,,',
      custom_fields: { b: null, c: true },
    })
    expect(changed).toMatchObject({
      status: 'in_progress',
      priority: 'critical',
      category: 'technical',
      resolutionNotes: 'Reset',
      actionTaken: 'Called',
      tags: 'vip,"a, b",refund',
      customFields: { a: 1, c: true },
    })
    expect(await native(ticketNumber)).toMatchObject({ ...texts, tags: ['vip', 'a, b', 'refund'], priority: 'urgent' })
    expect(await ping.get(ticketNumber)).toEqual(changed)
    for (const nothing of ['', null]) {
      const emptied = await ping.update(ticketNumber, {
        category: nothing,
        resolution_notes: nothing,
        action_taken: nothing,
        tags: nothing,
        custom_fields: { a: null, c: null },
      })
      for (const field of ['category', 'resolutionNotes', 'actionTaken', 'tags', 'customFields']) expect(emptied).not.toHaveProperty(field)
    }
    const facts = { subject: 'Still none', country: 'Zambia', store_region: 'Lusaka', preferred_language: 'en', external_ticket_id: 'x-1' }
    expect(await ping.update(ticketNumber, facts)).toMatchObject({
      subject: 'Still none',
      country: 'Zambia',
      storeRegion: 'Lusaka',
      externalTicketId: 'x-1',
    })
  })

  test('a rating counts after the status of the same request; together they are done or not', async () => {
    const { ping, asAgent, native } = await setUp()
    const { ticketNumber } = await ping.create()
    const before = await ping.get(ticketNumber)
    for (const body of [{ csat_score: 4 }, { csat_score: 4, status: 'in_progress', priority: 'high' }]) {
      expect((await ping.send('PUT', `${path}/${ticketNumber}`, body)).status).toBe(409)
      expect(await ping.get(ticketNumber)).toEqual(before)
    }
    expect((await asAgent.send('PUT', `${path}/${ticketNumber}`, { csat_score: 4, status: 'resolved' })).status).toBe(403)
    expect(await ping.get(ticketNumber)).toEqual(before)
    expect(await ping.update(ticketNumber, { csat_score: 4, status: 'closed' })).toMatchObject({ status: 'closed', csatScore: 4 })
    for (const csat_score of [1, 5]) expect((await ping.update(ticketNumber, { csat_score })).csatScore).toBe(csat_score)
    const { id, csat } = await native(ticketNumber)
    expect(csat).toMatchObject({ score: 5 })
    expect(publicIdOf(id)).toBe((await ping.get(ticketNumber)).publicId)
  })

  test('comments: who wrote them, what is internal, and the description apart', async () => {
    const { ping, asAgent } = await setUp()
    const { ticketNumber } = await ping.create()
    expect(await ping.comments(ticketNumber)).toEqual([])
    const note = await ping.comment(ticketNumber, { content: 'Watch this one', is_internal: true })
    const answer = await asAgent.comment(ticketNumber, { content: 'We look into it.', author_type: 'admin' })
    const reply = await ping.comment(ticketNumber, { content: 'Thanks', author_type: 'customer', is_internal: false })
    expect([note, answer, reply].map(({ authorType, isInternal }) => [authorType, isInternal])).toEqual([
      ['admin', true],
      ['admin', false],
      ['customer', false],
    ])
    expect(await ping.comments(ticketNumber)).toEqual([note, answer, reply])
    for (const shown of ['true', '1', 'True', '']) expect(await ping.comments(ticketNumber, { include_internal: shown })).toHaveLength(3)
    for (const hidden of ['false', '0', 'FALSE']) expect(await ping.comments(ticketNumber, { include_internal: hidden })).toEqual([answer, reply])
  })
})

describe('PING-3: lists', () => {
  test('every filter alone and all of them; search in subject, description and the customer', async () => {
    const { ping } = await setUp()
    const fields = {
      category: 'billing',
      channel: 'sms',
      priority: 'low',
      country: 'Zimbabwe',
      store_region: 'Harare',
      customer_first_name: 'Rudo',
      customer_last_name: 'Ncube',
      customer_email: 'rudo@example.com',
      customer_phone: '+263771112223',
    }
    const { ticketNumber } = await ping.create({ subject: 'Invoice twice', description: 'It came two times', ...fields })
    const { ticketNumber: other } = await ping.create()
    const found = async (query: Record<string, string>) => (await ping.list(query)).tickets.map((one) => one.ticketNumber)
    const { category, channel, priority, country, store_region } = fields
    const filters = { status: 'open', category, channel, priority, country, store_region }
    for (const [name, value] of Object.entries(filters).slice(1)) expect(await found({ [name]: value }), name).toEqual([ticketNumber])
    expect(await found(filters)).toEqual([ticketNumber])
    expect(await found({ ...filters, country: 'Zambia' })).toEqual([])
    for (const search of ['INVOICE', 'two times', 'rudo nc', 'udo@exam', '77111222']) expect(await found({ search }), search).toEqual([ticketNumber])
    expect(await found({ search: 'nothing of it' })).toEqual([])
    const empty = Object.fromEntries([...Object.keys(filters), 'search', 'page', 'per_page'].map((name) => [name, '']))
    expect(await found({ ...empty, unknown: 'x' })).toEqual([other, ticketNumber])
  })

  test('pages: 50 each, at most 100, newest first', async () => {
    const { ping } = await setUp()
    const made: string[] = []
    for (let i = 0; i < 5; i++) made.unshift((await ping.create()).ticketNumber)
    expect((await ping.list()).pagination).toEqual({ page: 1, perPage: 50, total: 5, totalPages: 1 })
    expect((await ping.list({ per_page: '100' })).pagination.perPage).toBe(100)
    const pages = await Promise.all(['1', '2', '3', '4'].map((page) => ping.list({ page, per_page: '2' })))
    expect(pages.flatMap(({ tickets }) => tickets.map((one) => one.ticketNumber))).toEqual(made)
    expect(pages.map(({ tickets, pagination }) => [tickets.length, pagination.page, pagination.total, pagination.totalPages])).toEqual([
      [2, 1, 5, 3],
      [2, 2, 5, 3],
      [1, 3, 5, 3],
      [0, 4, 5, 3],
    ])
    const none = await setUp()
    expect((await none.ping.list()).pagination).toEqual({ page: 1, perPage: 50, total: 0, totalPages: 0 })
  })
})
