import { describe, expect, test } from 'vitest'
import { client, request } from '../../support/client.ts'
import { newApp, type TestApp } from '../../support/factories.ts'
import { png, storedFiles } from '../../support/files.ts'
import { rawExchange, rawRequest, sendText } from '../../support/raw.ts'
import { startServer } from '../../support/server.ts'
import { attachment, body, errorIn, isDocumented, loopClient, path, setUp } from './setup.ts'

const count = async (app: TestApp) => (await app.backend.call('agentListTickets', {})).pagination.total
const file = attachment('text')

describe('LOOP-5: every bad input is 400 with {error, message}, and the message names every fault', () => {
  test.each(['brand_id', 'person_id', 'requester_email', 'subject', 'body'])('without %s', async (field) => {
    const { app, person } = await setUp()
    const { [field as keyof typeof body]: _, ...rest } = body
    expect(isDocumented(rest)).toBe(false)
    const answer = await person.send(rest)
    expect([answer.status, errorIn(answer).error, errorIn(answer).message.split(':')[0]]).toEqual([400, 'invalid_request', field])
    expect(await count(app)).toBe(0)
  })

  test.each([
    ['brand_id', ''],
    ['brand_id', 7],
    ['brand_id', 'x'.repeat(501)],
    ['person_id', ''],
    ['person_id', null],
    ['person_id', 'p-1\0'],
    ['requester_email', 'nobody'],
    ['requester_email', 'a@example.com\r\nBcc: b@example.com'],
    ['requester_email', `${'a'.repeat(250)}@example.com`],
    ['requester_name', ''],
    ['requester_name', ['Maya']],
    ['requester_name', 'x'.repeat(201)],
    ['requester_name', '\ud800'],
    ['subject', ' '],
    ['subject', 'x'.repeat(201)],
    ['subject', 'a\0b'],
    ['body', {}],
    ['body', '\ud800'],
    ['body', 'x'.repeat(10_001)],
    ['attachment', 'text'],
    ['attachment', null],
    ['attachment', []],
    ['attachment.filename', { content_base64: file.content_base64 }],
    ['attachment.filename', { ...file, filename: '' }],
    ['attachment.content_base64', { filename: 'a.txt' }],
    ['attachment.content_base64', { ...file, content_base64: 7 }],
    ['attachment.content_type', { ...file, content_type: '' }],
    ['attachment.content_type', { ...file, content_type: 1 }],
  ])('%s: %j', async (place, value) => {
    const { app, person, attachments } = await setUp()
    const [field = ''] = place.split('.')
    const answer = await person.send({ ...body, [field]: value })
    expect([answer.status, errorIn(answer).error, errorIn(answer).message.split(':')[0]]).toEqual([400, 'invalid_request', place])
    expect([await count(app), await attachments()]).toEqual([0, []])
  })

  test.each([
    '',
    '=',
    '====',
    'a',
    'ab',
    'abc',
    'YQ=',
    'YQ===',
    'Y=Q=',
    'YWJj\n',
    ' YWJj',
    'YW_j',
    'YW-j',
    'YWJj!',
    'data:text/plain;base64,YWJj',
    'é'.repeat(4),
  ])('base64 %j', async (content_base64) => {
    const { person, attachments } = await setUp()
    const answer = await person.send({ ...body, attachment: { filename: 'a.txt', content_base64 } })
    expect([answer.status, errorIn(answer).message.split(':')[0]]).toEqual([400, 'attachment.content_base64'])
    expect(await attachments()).toEqual([])
  })

  test('all faults at once', async () => {
    const { person } = await setUp()
    const answer = await person.send({ attachment: {} })
    const places = ['brand_id', 'person_id', 'requester_email', 'subject', 'body', 'attachment.filename', 'attachment.content_base64']
    expect(
      errorIn(answer)
        .message.split('; ')
        .map((one) => one.split(':')[0]),
    ).toEqual(places)
  })

  test('a body that is none, of another type, too large, too deep', async () => {
    const { server, token } = await setUp()
    const send = (text: string, type = 'application/json') => sendText(server.url + path, token, text, { 'Content-Type': type })
    const large = JSON.stringify({ ...body, more: 'x'.repeat(15 * 1024 * 1024) })
    const deep = `{"a":${'['.repeat(40)}${']'.repeat(40)}}`
    const answers = [await send(''), await send('{'), await send('[]'), await send('null'), await send('a=1', 'application/x-www-form-urlencoded')]
    answers.push(await send(large), await send(deep))
    expect(answers.map((answer) => [answer.status, errorIn(answer).error])).toEqual([
      [400, 'invalid_request'],
      [400, 'malformed_json'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [400, 'unsupported_media_type'],
      [400, 'payload_too_large'],
      [400, 'invalid_request'],
    ])
  })

  test('fields that the document does not know are ignored', async () => {
    const { person } = await setUp()
    expect(await person.create({ ...body, priority: 'none such', attachment: { ...file, size: -1 } })).toMatchObject({ status: 'requested' })
  })

  test('a picture of too many pixels', async () => {
    const { server, person, attachments } = await setUp()
    const before = storedFiles(server)
    const answer = await person.send({ ...body, attachment: attachment(png(50_000, 50_000), 'a.png') })
    expect([answer.status, errorIn(answer).message.split(':')[0]]).toEqual([400, 'attachment.content_base64'])
    expect([await attachments(), storedFiles(server)]).toEqual([[], before])
  })
})

describe('LOOP-6: whoever calls may speak for themselves alone', () => {
  test('another person_id is 403, whoever it is', async () => {
    const { app, person } = await setUp()
    await app.customer('p-2')
    for (const person_id of ['p-2', 'p-3', 'P-1', 'p-1 ', 'x'.repeat(5000)]) {
      expect(await person.refused({ ...body, person_id })).toEqual([403, 'forbidden'])
    }
    expect(await count(app)).toBe(0)
  })

  test('a partner key for its customer, also in X-Api-Key, and for nobody else', async () => {
    const { server, app, native } = await setUp()
    const key = await app.partnerKey(body.person_id)
    const made = await loopClient(server, key).create()
    expect((await native.call('getTicket', { params: { id: made.ticket_id } })).subject).toBe(body.subject)
    const headers = { 'X-Api-Key': key, 'Content-Type': 'application/json' }
    expect((await request(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).status).toBe(201)
    expect(await loopClient(server, key).refused({ ...body, person_id: 'p-2' })).toEqual([403, 'forbidden'])
    expect(await loopClient(server, key).refused(body, { Origin: app.origin })).toEqual([403, 'key_in_browser'])
  })

  test('an agent’s token is the person that it names; an admin key is nobody’s', async () => {
    const { server, app } = await setUp()
    const agent = loopClient(server, await app.token('sam', { role: 'agent' }))
    expect(await agent.refused(body)).toEqual([403, 'forbidden'])
    expect(await agent.create({ ...body, person_id: 'sam' })).toMatchObject({ status: 'requested' })
    expect(await loopClient(server, app.adminKey).refused(body)).toEqual([403, 'forbidden'])
  })

  test('a visitor is nobody who could be named', async () => {
    const { server, app } = await setUp()
    const admin = await app.agent('ada', 'admin')
    await admin.call('agentUpdateApp', { body: { settings: { visitors: true } } })
    const made = await client(server.url).send('createVisitor', { body: { app: app.app.publicId } })
    const { token } = made.body as { token: string }
    expect(await loopClient(server, token).refused(body)).toEqual([403, 'forbidden'])
  })

  test('the same person_id of another app is somebody else', async () => {
    const { server, native } = await setUp()
    const elsewhere = await newApp(server)
    await loopClient(server, await elsewhere.token(body.person_id)).create()
    expect((await native.call('listTickets', {})).data).toEqual([])
  })
})

describe('LOOP-7: all that is not bad input keeps its status, in the same shape', () => {
  test('no credential, a bad one, an origin that is not the app’s', async () => {
    const { server, app, person } = await setUp()
    const none = await request(server.url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    expect([none.status, errorIn(none).error, none.headers.get('www-authenticate')]).toEqual([401, 'unauthorized', 'Bearer'])
    expect((await loopClient(server, 'sup_partner_none').refused(body))[0]).toBe(401)
    expect((await loopClient(server, await app.token('p-1', { expires: -600, issued: -1200 })).refused(body))[0]).toBe(401)
    expect(await person.refused(body, { Origin: 'https://evil.example' })).toEqual([403, 'origin_not_allowed'])
    const browser = await person.send(body, { Origin: app.origin })
    expect([browser.status, browser.headers.get('access-control-allow-origin')]).toEqual([201, app.origin])
  })

  test('a method and a path that are not there', async () => {
    const { server } = await setUp()
    const get = await request(server.url + path)
    expect([get.status, errorIn(get).error, get.headers.get('allow')]).toEqual([405, 'method_not_allowed', 'POST'])
    for (const unknown of ['/compat/loop', '/compat/loop/', '/Compat/Loop/v1', '/compat/loop/v2/support/tickets', `${path}/1`]) {
      const answer = await request(server.url + unknown)
      expect([answer.status, errorIn(answer).error]).toEqual([404, 'not_found'])
    }
  })

  test('a body that stands still, and the next one that does not', async () => {
    const uploadPace = { windowMs: 200, bytesPerSecond: 1000, totalMs: 60_000 }
    const patient = await startServer({}, { uploadPace })
    try {
      const token = await (await newApp(patient)).token(body.person_id)
      const bytes = Buffer.from(JSON.stringify({ ...body, attachment: attachment(Buffer.alloc(1_500_000, 'a')) }))
      const head = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Content-Length': String(bytes.length) }
      const still = await rawExchange(patient.url, rawRequest(`POST ${path}`, head, bytes.subarray(0, 1000)))
      expect([still.status, errorIn(still).error]).toEqual([408, 'request_timeout'])
      // Long enough for all of it, however slow the machine is.
      uploadPace.windowMs = 60_000
      expect((await rawExchange(patient.url, rawRequest(`POST ${path}`, head, bytes))).status).toBe(201)
    } finally {
      await patient.app.close()
    }
  })

  test('too many requests', async () => {
    const strict = await startServer({ RATE_LIMITS: 'on' })
    try {
      const one = loopClient(strict, await (await newApp(strict)).token('p-2'))
      // At once: all of them in one minute.
      const answers = await Promise.all(Array.from({ length: 61 }, () => one.send(body)))
      const [last, ...more] = answers.filter((answer) => answer.status === 429)
      expect(more).toEqual([])
      expect([last && errorIn(last).error, Number(last?.headers.get('retry-after')) > 0]).toEqual(['rate_limited', true])
    } finally {
      await strict.app.close()
    }
  })
})
