import { encodeId } from '@support-widget/shared/ids.ts'
import { describe, expect, test } from 'vitest'
import { client, problemIn, request } from '../../support/client.ts'
import { newApp, newTicket } from '../../support/factories.ts'
import { sendText, withoutId } from '../../support/raw.ts'
import { sharedServer, startServer } from '../../support/server.ts'
import { createBody, policy, sentText } from './document.ts'
import { path, pgiClient, setUp } from './setup.ts'

const places = (answer: Parameters<typeof problemIn>[0]) => (problemIn(answer).errors ?? []).map(({ location }) => location)

describe('PGI-4: bad input is a problem document that names every fault in the words of the document', () => {
  test('missing fields, all at once', async () => {
    const { partner } = await setUp()
    const answer = await partner.send('POST', path, {})
    expect([answer.status, places(answer)]).toEqual([400, ['body.subject', 'body.message']])
  })

  test.each([
    ['subject', 7],
    ['subject', ''],
    ['subject', '  '],
    ['subject', null],
    ['subject', 'x'.repeat(201)],
    ['subject', 'a\0b'],
    ['subject', '\ud800'],
    ['message', ['a']],
    ['message', ''],
    ['message', 'x'.repeat(10_001)],
    ['message', '\udfff'],
    ['policy_number', 142],
    ['policy_number', ''],
    ['policy_number', { a: 1 }],
    ['policy_number', 'x'.repeat(501)],
    ['application_id', true],
    ['application_id', 'a\0'],
  ])('%s: %j', async (field, value) => {
    const { partner } = await setUp()
    const answer = await partner.send('POST', path, { ...createBody, [field]: value })
    expect([answer.status, places(answer)]).toEqual([400, [`body.${field}`]])
    expect((await partner.list()).count).toBe(0)
  })

  test.each([undefined, null, 7, '', ' \u200b', 'x'.repeat(10_001), '\0'])('content: %j', async (content) => {
    const { partner } = await setUp()
    const { ticket_id } = await partner.create()
    const answer = await partner.send('POST', `${path}${ticket_id}/messages/`, { content })
    expect([answer.status, places(answer)]).toEqual([400, ['body.content']])
    expect((await partner.read(ticket_id)).messages).toHaveLength(1)
  })

  test('a body that is none', async () => {
    const { server, key } = await setUp()
    const send = (body: string, type = 'application/json') => sendText(server.url + path, key, body, { 'Content-Type': type })
    const answers = [await send(''), await send('{'), await send('[]'), await send('"text"'), await send('{}', 'text/plain')]
    expect(answers.map((answer) => [answer.status, problemIn(answer).code])).toEqual([
      [400, 'invalid_request'],
      [400, 'malformed_json'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [415, 'unsupported_media_type'],
    ])
    expect(problemIn(await send(JSON.stringify({ ...createBody, more: 'x'.repeat(600_000) }))).code).toBe('payload_too_large')
  })

  test('texts of exactly the limit, and fields that the document does not know', async () => {
    const { partner } = await setUp()
    const ticket = await partner.create({ subject: '😀'.repeat(200), message: '😀'.repeat(10_000), priority: 'none such', ticket_id: 'mine' })
    expect(ticket.subject).toBe('😀'.repeat(200))
    expect(await partner.reply(ticket.ticket_id, ' é ')).toMatchObject({ content: 'é' })
  })

  test('methods and paths that are not there', async () => {
    const { partner } = await setUp()
    const put = await partner.send('PUT', path, createBody)
    expect([put.status, problemIn(put).code, put.headers.get('allow')?.split(', ').sort()]).toEqual([
      405,
      'method_not_allowed',
      ['GET', 'HEAD', 'POST'],
    ])
    for (const unknown of ['/compat/pgi', '/compat/pgi/', '/compat/pgi/api/v1/support/tickets/', `${path}x/messages/y/`]) {
      expect(problemIn(await partner.send('GET', unknown)).code).toBe('not_found')
    }
  })
})

describe('PGI-5: a ticket that is not the caller’s is answered like one that is not there', () => {
  test('malformed, unknown, another customer’s, another app’s', async () => {
    const { server, partner, other } = await setUp()
    const elsewhere = await newApp(server)
    const theirs = await newTicket(await elsewhere.customer('acme'))
    const { ticket_id: foreign } = await other.create({ subject: 'S', message: 'm' })
    const answers = []
    for (const id of [encodeId('018f2c6e-0000-7000-8000-000000000000'), theirs.id, foreign, 'x', '%00', 'B3C4D5E6F7A1890123456789DDX', '..%2F..']) {
      answers.push(await partner.send('GET', `${path}${id}/`), await partner.send('POST', `${path}${id}/messages/`, { content: sentText }))
    }
    expect(new Set(answers.map((answer) => `${answer.status} ${withoutId(answer)}`)).size).toBe(1)
    expect(problemIn(answers[0] as (typeof answers)[number]).code).toBe('not_found')
    expect((await other.read(foreign)).messages).toHaveLength(1)
  })
})

describe('PGI-6: partner keys and customers’ tokens open it, to their own tickets; nothing else does', () => {
  test('a key as bearer and as X-Api-Key, and the token of the same customer', async () => {
    const { server, key, partner, person } = await setUp()
    const { ticket_id } = await partner.create()
    const byHeader = await request(`${server.url}${path}${ticket_id}/`, { headers: { 'X-Api-Key': key } })
    expect(byHeader.body).toEqual(await partner.read(ticket_id))
    expect(await person.read(ticket_id)).toEqual(byHeader.body)
  })

  test('no credential, a wrong one, an admin key, a key in a browser', async () => {
    const { server, app, key, partner } = await setUp()
    const none = await request(server.url + path)
    expect([none.status, problemIn(none).code, none.headers.get('www-authenticate')]).toEqual([401, 'unauthorized', 'Bearer'])
    for (const wrong of ['sup_partner_none', 'pk_test_abc', 'x']) expect((await pgiClient(server, wrong).send('GET', path)).status).toBe(401)
    const admin = await pgiClient(server, app.adminKey).send('POST', path, createBody)
    expect([admin.status, problemIn(admin).code]).toEqual([403, 'forbidden'])
    const browser = await partner.send('GET', path, undefined, { Origin: app.origin })
    expect([browser.status, problemIn(browser).code]).toEqual([403, 'key_in_browser'])
    expect((await request(`${server.url}${path}?access_token=${key}`)).status).toBe(401)
  })

  test('a token in a browser of the app', async () => {
    const { app, person } = await setUp()
    const answer = await person.send('GET', path, undefined, { Origin: app.origin })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, app.origin])
  })

  test('too many requests are a problem document with Retry-After', async () => {
    const strict = await startServer({ RATE_LIMITS: 'on' })
    try {
      const one = pgiClient(strict, await (await newApp(strict)).token('acme'))
      // At once: all of them in one minute.
      const answers = await Promise.all(Array.from({ length: 61 }, () => one.send('POST', path, createBody)))
      const last = answers.find(({ status }) => status === 429)
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(60)
      expect([last?.status, last && problemIn(last).code, Number(last?.headers.get('retry-after')) > 0]).toEqual([429, 'rate_limited', true])
    } finally {
      await strict.app.close()
    }
  })
})

describe('PGI-7: policy_number and application_id are links, limited to what the credential may link', () => {
  test('by a key: named keys are limited, others are free', async () => {
    const { partner, native } = await setUp()
    const refused = await partner.send('POST', path, { ...createBody, policy_number: 'PGI-2026-CA-99999' })
    expect([refused.status, problemIn(refused).code]).toEqual([403, 'link_not_allowed'])
    expect((await partner.list()).count).toBe(0)
    const ticket = await partner.create({ ...createBody, application_id: 'whatever' })
    expect(ticket).toMatchObject({ policy_number: policy, application_id: 'whatever' })
    const same = await native.call('getTicket', { params: { id: ticket.ticket_id } })
    expect(same.links).toEqual({ policy_number: policy, application_id: 'whatever' })
  })

  test('by a token’s claim', async () => {
    const server = await sharedServer()
    const app = await newApp(server)
    const one = pgiClient(server, await app.token('acme', { claims: { links: { application_id: ['A-1'], policy_number: [] } } }))
    const code = async (links: object) => problemIn(await one.send('POST', path, { subject: 'S', message: 'm', ...links })).code
    expect(await code({ application_id: 'A-2' })).toBe('link_not_allowed')
    expect(await code({ policy_number: policy })).toBe('link_not_allowed')
    expect(await one.create({ subject: 'S', message: 'm', application_id: 'A-1' })).toMatchObject({ application_id: 'A-1', policy_number: null })
  })

  test('what is absent, or null, is null', async () => {
    const { partner } = await setUp()
    for (const links of [{}, { policy_number: null, application_id: null }]) {
      const ticket = await partner.create({ subject: 'S', message: 'm', ...links })
      expect(ticket).toMatchObject({ policy_number: null, application_id: null })
    }
    expect((await partner.list()).results.map((one) => one.policy_number)).toEqual([null, null])
  })

  test('an app’s form and categories do not stand in the way', async () => {
    const { app, partner } = await setUp()
    const admin = await app.agent('ada', 'admin')
    const field = { key: 'device', label: 'Device', type: 'text' as const, required: true }
    await admin.call('agentUpdateApp', { body: { settings: { form_fields: [field] } } })
    expect(await partner.create()).toMatchObject({ status: 'open' })
  })
})

describe('PGI-8: with an Idempotency-Key it is done once, and answered with the same bytes', () => {
  test('a ticket and a message', async () => {
    const { partner } = await setUp()
    const key = { 'Idempotency-Key': 'one' }
    const twice = async (to: string, body: object) => [await partner.send('POST', to, body, key), await partner.send('POST', to, body, key)] as const
    const created = await twice(path, createBody)
    expect(created.map(({ status, text }) => [status, text])).toEqual([201, 201].map((status) => [status, created[0].text]))
    const at = `${path}${(created[0].body as { ticket_id: string }).ticket_id}/messages/`
    const sent = await twice(at, { content: sentText })
    expect(sent[1].text).toBe(sent[0].text)
    expect((await partner.list()).results.map((one) => one.message_count)).toEqual([2])
    const otherInput = await partner.send('POST', path, { ...createBody, subject: 'Other' }, key)
    expect([otherInput.status, problemIn(otherInput).code]).toEqual([422, 'idempotency_key_reused'])
  })

  test('it is no other dialect’s and no other caller’s key', async () => {
    const { server, app, partner, other } = await setUp()
    const key = { 'Idempotency-Key': 'one' }
    const body = { subject: 'S', message: 'm' }
    await partner.send('POST', path, body, key)
    expect((await other.send('POST', path, body, key)).status).toBe(201)
    expect((await client(server.url, await app.token('acme')).send('createTicket', { body: { subject: 'S', body: 'm' } }, key)).status).toBe(201)
    expect((await partner.list()).count).toBe(2)
  })
})
