import { Refusal } from '@support-widget/server/errors.ts'
import { refuse } from '@support-widget/server/http/compat/ping/translate.ts'
import { describe, expect, test } from 'vitest'
import { request } from '../../support/client.ts'
import { newApp } from '../../support/factories.ts'
import { rawExchange, rawRequest, sendText } from '../../support/raw.ts'
import { sharedServer, startServer } from '../../support/server.ts'
import { failure, least, path, pingClient, setUp } from './setup.ts'

const number = 'TKT-2020-00001'

describe('PING-4: bad input is {result: "error", message} with its status; the message names every fault', () => {
  test('missing fields, all at once', async () => {
    const { ping } = await setUp()
    const [status, message] = failure(await ping.send('POST', path, {}))
    expect([status, message.match(/\w+(?=: )/g)]).toEqual([400, expect.arrayContaining(['subject', 'description'])])
    const { ticketNumber } = await ping.create()
    expect(failure(await ping.send('POST', `${path}/${ticketNumber}/comments`, {}))).toEqual([400, expect.stringMatching(/^content: /)])
  })

  test.each([
    ['subject', 7],
    ['subject', ''],
    ['subject', ' \u200b'],
    ['subject', null],
    ['subject', 'a\0b'],
    ['subject', '\ud800'],
    ['description', ['a']],
    ['description', ''],
    ['description', 'x'.repeat(10_001)],
    ['priority', 'urgent'],
    ['priority', 'normal'],
    ['priority', ''],
    ['priority', 2],
    ['channel', 'widget'],
    ['channel', 'fax'],
    ['category', 7],
    ['category', '\udfff'],
    ['country', {}],
    ['customer_email', 'a@example.com\r\nBcc: b@example.com'],
    ['customer_phone', 263775550142],
    ['customer_first_name', 'a\0'],
    ['custom_fields', 'a'],
    ['custom_fields', [1]],
    ['custom_fields', { a: {} }],
    ['custom_fields', { a: 'x'.repeat(501) }],
    ['custom_fields', { a: 'x\0' }],
    ['custom_fields', Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, i]))],
    ['external_ticket_id', false],
  ])('a new ticket, %s: %j', async (field, value) => {
    const { ping } = await setUp()
    const [status, message] = failure(await ping.send('POST', path, { ...least, [field]: value }))
    expect(status).toBe(400)
    expect(message.startsWith(field), message).toBe(true)
    expect((await ping.list()).pagination.total).toBe(0)
  })

  test.each([
    ['status', 'pending'],
    ['status', null],
    ['priority', 'normal'],
    ['priority', null],
    ['csat_score', 0],
    ['csat_score', 6],
    ['csat_score', 4.5],
    ['csat_score', '5'],
    ['csat_score', null],
    ['csat_score', 2 ** 31],
    ['tags', ['a']],
    ['tags', 'x'.repeat(41)],
    ['tags', Array.from({ length: 21 }, (_, i) => `t${i}`).join()],
    ['tags', 'a,\0'],
    ['tags', '"'.repeat(5_000)],
    ['custom_fields', null],
    ['custom_fields', { a: [] }],
    ['resolution_notes', 'x'.repeat(10_001)],
    ['action_taken', 7],
    ['category', 'x'.repeat(41)],
    ['subject', ''],
  ])('an update, %s: %j', async (field, value) => {
    const { ping } = await setUp()
    const { ticketNumber } = await ping.create()
    const before = await ping.get(ticketNumber)
    const [status, message] = failure(await ping.send('PUT', `${path}/${ticketNumber}`, { status: 'resolved', [field]: value }))
    expect(status).toBe(400)
    expect(message.startsWith(field), message).toBe(true)
    expect(await ping.get(ticketNumber)).toEqual(before)
  })

  test.each([
    ['content', ''],
    ['content', 'x'.repeat(10_001)],
    ['content', '\ud800'],
    ['is_internal', 'true'],
    ['is_internal', null],
    ['author_type', 'agent'],
    ['author_type', 'Customer'],
  ])('a comment, %s: %j', async (field, value) => {
    const { ping } = await setUp()
    const { ticketNumber } = await ping.create()
    const [status, message] = failure(await ping.send('POST', `${path}/${ticketNumber}/comments`, { content: 'x', [field]: value }))
    expect(status).toBe(400)
    expect(message.startsWith(field), message).toBe(true)
    expect(await ping.comments(ticketNumber)).toEqual([])
  })

  test.each([
    ['status', 'pending', 'open, in_progress, resolved, closed'],
    ['priority', 'urgent', 'low, medium, high, critical'],
    ['channel', 'widget', 'api, whatsapp, email, phone, in_store, sms, social_media, live_chat'],
    ['page', '0', ''],
    ['page', '-1', ''],
    ['page', '9000000000000000', ''],
    ['page', 'abc', ''],
    ['per_page', '0', ''],
    ['per_page', '101', '100'],
    ['per_page', '1e9', ''],
    ['search', 'x'.repeat(201), '200'],
    ['search', 'a\0', 'NUL'],
    ['category', 'a\0', 'NUL'],
  ])('a list, %s=%s, and what could stand there', async (name, value, words) => {
    const { ping } = await setUp()
    const [status, message] = failure(await ping.send('GET', `${path}?${new URLSearchParams({ [name]: value })}`))
    expect(status).toBe(400)
    expect(message.startsWith(`${name}: `), message).toBe(true)
    expect(message).toContain(words)
  })

  test('a parameter twice, a flag that is none', async () => {
    const { ping } = await setUp()
    expect(failure(await ping.send('GET', `${path}?status=open&status=closed`))).toEqual([400, expect.stringMatching(/^status: /)])
    const { ticketNumber } = await ping.create()
    for (const flag of ['yes', '2', 'null']) {
      const answer = await ping.send('GET', `${path}/${ticketNumber}/comments?include_internal=${flag}`)
      expect(failure(answer)).toEqual([400, 'include_internal: must be true or false'])
    }
  })

  test('what cannot be: a customer’s note, a person who speaks for the customer, an external id twice, a closed ticket', async () => {
    const { ping, asAgent } = await setUp()
    const { ticketNumber } = await ping.create({ ...least, external_ticket_id: 'crm-1' })
    const at = `${path}/${ticketNumber}/comments`
    const customer = { content: 'x', author_type: 'customer' }
    expect(failure(await ping.send('POST', at, { ...customer, is_internal: true }))).toEqual([400, expect.stringMatching(/^is_internal: /)])
    expect(failure(await asAgent.send('POST', at, customer))[0]).toBe(403)
    expect(failure(await ping.send('POST', path, { ...least, external_ticket_id: 'crm-1' }))).toEqual([
      409,
      expect.stringContaining('external_ticket_id'),
    ])
    await ping.update(ticketNumber, { status: 'closed' })
    expect(failure(await ping.send('POST', at, customer))[0]).toBe(409)
    expect(await ping.comments(ticketNumber)).toEqual([])
    expect((await ping.list()).pagination.total).toBe(1)
  })

  test('a body that is none, too much of it, a method and paths that are not there', async () => {
    const { server, app, ping } = await setUp()
    const send = (body: string, type = 'application/json') => sendText(server.url + path, app.adminKey, body, { 'Content-Type': type })
    const bodies = [await send(''), await send('{"subject":"a'), await send('[]'), await send('null'), await send('{}', 'text/plain')]
    expect(bodies.map((answer) => failure(answer)[0])).toEqual([400, 400, 400, 400, 415])
    expect(failure(await send(JSON.stringify({ ...least, more: 'x'.repeat(600_000) })))[0]).toBe(413)
    expect(failure(await send(`{"subject":${'['.repeat(40)}${']'.repeat(40)}}`))[0]).toBe(400)
    const wrong = await ping.send('DELETE', path)
    expect([failure(wrong)[0], wrong.headers.get('allow')?.split(', ').sort()]).toEqual([405, ['GET', 'HEAD', 'POST']])
    for (const unknown of ['/compat/ping', '/compat/ping/', '/compat/ping/v1/api/ticket', `${path}/${number}/notes`]) {
      expect(failure(await ping.send('GET', unknown))[0], unknown).toBe(404)
    }
    const bare = { 'X-Ping-Api-Key': app.adminKey }
    expect((await rawExchange(server.url, rawRequest(`GET ${path}/%E0%A4%A`, bare))).status).toBeLessThan(500)
    expect((await ping.list()).pagination.total).toBe(0)
  })
})

describe('PING-5: a ticket that is not the app’s is answered like one that is not there', () => {
  test('malformed, unknown, by another name, another app’s', async () => {
    const { server, ping } = await setUp()
    const elsewhere = pingClient(server, (await newApp(server)).adminKey)
    const theirs = [await elsewhere.create(), await elsewhere.create()].at(-1)
    const { ticketNumber, publicId } = await ping.create()
    const names = [
      number,
      theirs?.ticketNumber,
      publicId,
      ticketNumber.toLowerCase(),
      `${ticketNumber}0`,
      'x',
      '%00',
      '%ED%A0%80',
      "'",
      '..%2F..',
      'TKT-2026-999999999999',
    ]
    const answers = []
    for (const name of names) {
      answers.push(await ping.send('GET', `${path}/${name}`), await ping.send('GET', `${path}/${name}/comments`))
      answers.push(await ping.send('PUT', `${path}/${name}`, { status: 'closed', csat_score: 1 }))
      answers.push(await ping.send('POST', `${path}/${name}/comments`, { content: 'x' }))
    }
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(failure(answers[0] as (typeof answers)[number])[0]).toBe(404)
    expect((await elsewhere.list({ status: 'open' })).pagination.total).toBe(2)
  })
})

describe('PING-6: an admin key or an agent’s token opens it, nothing else does', () => {
  test('the key in each of its headers, an agent’s token in any, also from a browser', async () => {
    const { server, app, asAgent } = await setUp()
    const { adminKey, origin } = app
    for (const headers of [{ 'X-Ping-Api-Key': adminKey }, { 'X-Api-Key': adminKey }, { Authorization: `Bearer ${adminKey}` }])
      expect((await request(server.url + path, { headers })).status).toBe(200)
    const browser = await asAgent.send('GET', path, undefined, { Origin: origin })
    expect([browser.status, browser.headers.get('access-control-allow-origin')]).toEqual([200, origin])
    const preflight = await request(server.url + path, {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-ping-api-key' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')?.toLowerCase()]).toEqual([
      204,
      expect.stringContaining('x-ping-api-key'),
    ])
  })

  test('nobody, a wrong key, a key in the URL or in a browser, customers and partners', async () => {
    const { server, app, ping } = await setUp()
    const none = await request(server.url + path)
    expect([failure(none)[0], none.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    for (const wrong of ['pk_live_xxxxxxxxxxxx', `${app.adminKey}x`, 'x'])
      expect(failure(await pingClient(server, wrong).send('GET', path))[0]).toBe(401)
    expect(failure(await request(`${server.url}${path}?api_key=${app.adminKey}`))[0]).toBe(401)
    expect(failure(await ping.send('GET', path, undefined, { Origin: app.origin }))[0]).toBe(403)
    const { ticketNumber } = await ping.create()
    for (const token of [await app.token('alice'), await app.partnerKey('alice')]) {
      const theirs = pingClient(server, token)
      const answers = [
        await theirs.send('GET', path),
        await theirs.send('POST', path, least),
        await theirs.send('GET', `${path}/${ticketNumber}`),
        await theirs.send('GET', `${path}/${number}`),
        await theirs.send('PUT', `${path}/${ticketNumber}`, {}),
        await theirs.send('GET', `${path}/${ticketNumber}/comments`),
        await theirs.send('POST', `${path}/${ticketNumber}/comments`, { content: 'x' }),
      ]
      expect(answers.map((answer) => failure(answer)[0])).toEqual(answers.map(() => 403))
    }
    expect((await ping.list()).pagination.total).toBe(1)
  })

  test('too many requests, and a database that is away', async () => {
    const strict = await startServer({ RATE_LIMITS: 'on' })
    const one = pingClient(strict, await (await newApp(strict)).token('alice'))
    // At once: all of them in one minute.
    const answers = await Promise.all(Array.from({ length: 61 }, () => one.send('POST', path, least)))
    const last = answers.find(({ status }) => status === 429) as (typeof answers)[number]
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(60)
    expect([failure(last)[0], Number(last.headers.get('retry-after')) > 0]).toEqual([429, true])
    await strict.app.close()
    expect(refuse(new Refusal('unavailable', { retryAfter: 2 }))).toMatchObject({ status: 503, type: 'application/json', body: { result: 'error' } })
  })
})

describe('PING-7: with an Idempotency-Key it is done once, and answered with the same bytes', () => {
  test('a ticket and a comment', async () => {
    const { ping } = await setUp()
    const key = { 'Idempotency-Key': 'one' }
    const twice = async (to: string, body: object) => [await ping.send('POST', to, body, key), await ping.send('POST', to, body, key)] as const
    const made = await twice(path, least)
    expect(made.map(({ status, text }) => [status, text])).toEqual([201, 201].map((status) => [status, made[0].text]))
    const { ticketNumber } = (made[0].body as { ticket: { ticketNumber: string } }).ticket
    const said = await twice(`${path}/${ticketNumber}/comments`, { content: 'x' })
    expect(said[1].text).toBe(said[0].text)
    expect([(await ping.list()).pagination.total, (await ping.comments(ticketNumber)).length]).toEqual([1, 1])
    expect(failure(await ping.send('POST', path, { ...least, subject: 'Other' }, key))[0]).toBe(422)
    expect(failure(await ping.send('POST', path, least, { 'Idempotency-Key': 'x'.repeat(256) }))).toEqual([
      400,
      expect.stringMatching(/^Idempotency-Key: /),
    ])
  })

  test('many at once', async () => {
    const { ping } = await setUp()
    const answers = await Promise.all(Array.from({ length: 10 }, () => ping.send('POST', path, least, { 'Idempotency-Key': 'one' })))
    const good = answers.filter(({ status }) => status === 201)
    expect(good.length).toBeGreaterThan(0)
    expect(new Set(good.map(({ text }) => text)).size).toBe(1)
    for (const answer of answers.filter(({ status }) => status !== 201)) expect(failure(answer)[0]).toBe(409)
    expect((await ping.list()).pagination.total).toBe(1)
  })
})

test('PING-8: every path is served with a slash at its end too, without a redirect, and the API document describes them all', async () => {
  const { ping } = await setUp()
  const { ticketNumber } = await ping.create()
  const server = await sharedServer()
  const slashed = [
    await ping.send('POST', `${path}/`, least),
    await ping.send('GET', `${path}/?per_page=1`),
    await ping.send('GET', `${path}/${ticketNumber}/`),
    await ping.send('PUT', `${path}/${ticketNumber}/`, {}),
    await ping.send('POST', `${path}/${ticketNumber}/comments/`, { content: 'x' }),
    await ping.send('GET', `${path}/${ticketNumber}/comments/`),
  ]
  expect(slashed.map(({ status }) => status)).toEqual([201, 200, 200, 200, 201, 200])
  const { body } = await request(`${server.url}/compat/ping/openapi.json`)
  const { paths } = body as { paths: Record<string, object> }
  const methods = Object.entries(paths).map(([at, of]) => [at, Object.keys(of).sort()])
  expect(methods).toEqual([
    ['/v1/api/tickets', ['get', 'post']],
    ['/v1/api/tickets/{ticket_number}', ['get', 'put']],
    ['/v1/api/tickets/{ticket_number}/comments', ['get', 'post']],
  ])
})
