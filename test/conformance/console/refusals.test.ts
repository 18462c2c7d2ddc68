import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { request } from '../../support/client.ts'
import { newApp } from '../../support/factories.ts'
import { rawExchange, rawRequest, withoutId } from '../../support/raw.ts'
import { whileEventsFail } from '../../support/sabotage.ts'
import { startServer } from '../../support/server.ts'
import { tickets } from './document.ts'
import { consoleClient, errorIn, nativeId, newBody, setUp } from './setup.ts'

const create = `POST ${tickets}`
const problem = (code: string) => `urn:support-widget:error:${code}`
const bad = { status: 400, title: 'Bad Request', type: problem('invalid_request') }
const faultsOf = ({ errors }: { errors: { location: string; value: unknown }[] }) => errors.map(({ location, value }) => [location, value])

describe('CONSOLE-10: bad input is 400 in the printed shape, names every fault with what was refused, and writes nothing', () => {
  test('what is missing, all at once: there is no value', async () => {
    const { alice } = await setUp()
    const error = await alice.refused(create, {})
    expect(error).toMatchObject(bad)
    expect(faultsOf(error)).toEqual([
      ['body.title', null],
      ['body.description', null],
    ])
    expect(await alice.list()).toMatchObject({ total: 0 })
  })

  const long = (n: number) => 'x'.repeat(n)
  const shown = (value: unknown) => `${JSON.stringify(value)}`.slice(0, 40)
  const named = (values: unknown[]) => values.map((value): [string, unknown] => [shown(value), value])
  test.each(
    (
      [
        ['title', 7],
        ['title', null],
        ['title', true],
        ['title', ['a']],
        ['title', { a: { b: 1 } }],
        ['title', ''],
        ['title', ' \u200b\n'],
        ['title', long(201)],
        ['title', 'a\0b'],
        ['title', 'a\ud800'],
        ['description', 7.5],
        ['description', ''],
        ['description', long(10_001)],
        ['description', '\udfff'],
        ['type', null],
        ['type', 1],
        ['type', ''],
        ['type', long(41)],
        ['type', '\0'],
        // What the document does not print is refused, however useful it may be elsewhere.
        ['priority', 'high'],
        ['$schema', 'https://example.com/NewTicket.json'],
        ['ticket.id', 5],
      ] as [string, unknown][]
    ).map(([field, value]): [string, string, unknown] => [field, shown(value), value]),
  )('%s: %s', async (field, _, value) => {
    const { alice } = await setUp()
    const error = await alice.refused(create, { ...newBody, [field]: value })
    expect(error).toMatchObject(bad)
    expect(faultsOf(error)).toEqual([[`body.${field}`, value]])
    expect(await alice.list()).toMatchObject({ total: 0 })
  })

  test.each(named([undefined, null, 5, '', '\u2800', [], {}, long(10_001), '\0', '\ud800']))('content: %s', async (_, content) => {
    const { alice } = await setUp()
    const { ticket_id } = await alice.create()
    const error = await alice.refused(`POST ${tickets}/${ticket_id}/comments`, { content })
    expect(error).toMatchObject(bad)
    expect(faultsOf(error)).toEqual([['body.content', content ?? null]])
    expect((await alice.get(ticket_id)).ticket.comment_count).toBe(0)
  })

  test.each([
    ['limit', '101'],
    ['limit', '0'],
    ['limit', '-1'],
    ['limit', '1.5'],
    ['limit', '1e1'],
    ['limit', 'ten'],
    ['limit', '9223372036854775808'],
    ['offset', '-1'],
    ['offset', 'x'],
    ['offset', '99999999999999999999'],
    ['status', 'pending'],
    ['status', 'OPEN'],
    ['status', 'open,closed'],
    ['type', ' '],
    ['type', long(41)],
    ['page', '2'],
  ])('%s=%s', async (name, value) => {
    const { alice } = await setUp()
    const error = await alice.refused(`GET ${tickets}?${name}=${encodeURIComponent(value)}`)
    expect(error).toMatchObject(bad)
    expect(faultsOf(error)).toEqual([[`query.${name}`, value]])
  })

  test('a single fault stands in the detail too', async () => {
    const { alice } = await setUp()
    expect(await alice.refused(create, { ...newBody, priority: 'high' })).toMatchObject({ detail: 'body.priority: is not known' })
    expect(await alice.refused(create, {})).toMatchObject({ detail: '2 values are not valid.' })
  })

  test('a parameter that stands twice, a NUL, and several faults at once', async () => {
    const { alice } = await setUp()
    expect(faultsOf(await alice.refused(`GET ${tickets}?status=open&status=closed`))).toEqual([['query.status', ['open', 'closed']]])
    expect(faultsOf(await alice.refused(`GET ${tickets}?type=%00`))).toEqual([['query.type', '\0']])
    const error = await alice.refused(`GET ${tickets}?limit=0&offset=-1&status=x`)
    expect(faultsOf(error)).toEqual([
      ['query.limit', '0'],
      ['query.offset', '-1'],
      ['query.status', 'x'],
    ])
    expect((await alice.refused(`GET ${tickets}/${randomUUID()}?a=1`)).errors).toMatchObject([{ location: 'query.a', value: '1' }])
  })

  test.each([[[]], [null], ['text'], [5]])('a body that is no object: %j', async (body) => {
    const { alice } = await setUp()
    const error = await alice.refused(create, JSON.stringify(body))
    expect(error).toMatchObject(bad)
    expect(faultsOf(error)).toEqual([['body', body]])
  })

  test('no body, and one that is not JSON', async () => {
    const { alice } = await setUp()
    expect(await alice.refused(create, '')).toMatchObject({ status: 400, errors: [{ location: 'body', value: null }] })
    for (const text of ['{', '{"title": NaN}', 'title=x', '{"title":"x"} {}']) {
      expect(await alice.refused(create, text)).toMatchObject({ ...bad, type: problem('malformed_json'), errors: [] })
    }
    expect(await alice.list()).toMatchObject({ total: 0 })
  })

  test('no secret is sent back', async () => {
    const { alice } = await setUp()
    const secret = 'eyJhbGciOiJIUzI1NiJ9.e30.x'
    for (const body of [
      { ...newBody, token: 'abc-secret' },
      { ...newBody, extra: { Authorization: 'abc-secret' } },
      { ...newBody, type: { deep: [`Bearer abc-secret`] } },
      { ...newBody, other: secret },
      { ...newBody, other: 'sup_admin_abc-secret' },
    ]) {
      const error = await alice.refused(create, body)
      expect(error.errors).toMatchObject([{ value: null }])
      expect(JSON.stringify(error)).not.toMatch(/abc-secret|eyJ/)
    }
    const error = await alice.refused(`GET ${tickets}?access_token=${secret}`)
    expect(faultsOf(error)).toEqual([['query.access_token', null]])
  })

  test('keys that every object has', async () => {
    const { alice } = await setUp()
    const error = await alice.refused(create, '{"title":"a","description":"b","constructor":1,"toString":{"x":2}}')
    expect(faultsOf(error)).toEqual([
      ['body.constructor', 1],
      ['body.toString', { x: 2 }],
    ])
    expect(faultsOf(await alice.refused(create, '{"title":"a","description":"b","__proto__":{"type":"x"}}'))).toEqual([
      ['body.__proto__', { type: 'x' }],
    ])
  })
})

describe('CONSOLE-11: every other refusal has the printed shape too', () => {
  test('no credential, and none of ours: 401', async () => {
    const { server, nobody, app } = await setUp()
    const tokens = ['nonsense', 'sup_partner_aaaaaaaaaaaaaaaaaaaaaaaa', await app.token('alice', { secret: 'x'.repeat(40) })]
    for (const caller of [nobody, ...tokens.map((token) => consoleClient(server, token))]) {
      for (const line of [`GET ${tickets}`, create, `GET ${tickets}/${randomUUID()}`, `POST ${tickets}/${randomUUID()}/close`]) {
        const answer = await caller.send(line, line === create ? newBody : undefined)
        expect(errorIn(answer)).toMatchObject({ status: 401, title: 'Unauthorized', type: problem('unauthorized'), errors: [] })
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      }
    }
    const late = consoleClient(server, await app.token('alice', { issued: -7200, expires: -3600 }))
    expect(await late.refused(`GET ${tickets}`)).toMatchObject({ status: 401, type: problem('token_expired') })
  })

  test("the app's backend is no customer: 403; a partner's key is its customer", async () => {
    const { server, app } = await setUp()
    expect(await consoleClient(server, app.adminKey).refused(`GET ${tickets}`)).toMatchObject({
      status: 403,
      title: 'Forbidden',
      type: problem('forbidden'),
    })
    const partner = consoleClient(server, await app.partnerKey('alice'))
    const { ticket_id } = await partner.create()
    expect(await (await setUp({ app })).alice.get(ticket_id)).toMatchObject({ ticket: { ticket_id } })
  })

  test('from a page: a key never, another origin not, its own yes', async () => {
    const { server, app, alice } = await setUp()
    const headers = { Origin: app.origin }
    const partner = consoleClient(server, await app.partnerKey('alice'))
    expect(await partner.refused(`GET ${tickets}`, undefined, headers)).toMatchObject({ status: 403, type: problem('key_in_browser') })
    const { origin } = await newApp(server)
    const foreign = await alice.send(`GET ${tickets}`, undefined, { Origin: origin })
    expect(errorIn(foreign)).toMatchObject({ status: 403, type: problem('origin_not_allowed') })
    expect(foreign.headers.get('access-control-allow-origin')).toBe(origin)
    const own = await alice.send(`GET ${tickets}`, undefined, headers)
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, app.origin])
  })

  test("a ticket that is another's, another app's, unknown or no UUID is 404, byte for byte the same", async () => {
    const { server, alice, bob } = await setUp()
    const stranger = (await setUp({ server })).alice
    const mine = (await alice.create()).ticket_id
    const ids = [
      randomUUID(),
      (await bob.create()).ticket_id,
      (await stranger.create()).ticket_id,
      nativeId(mine),
      mine.replaceAll('-', ''),
      `{${mine}}`,
      'string',
      '%00',
      '..%2f..',
      'x'.repeat(3000),
    ]
    const answers = await Promise.all(
      ids.flatMap((id) => [
        alice.send(`GET ${tickets}/${id}`),
        alice.send(`POST ${tickets}/${id}/close`),
        alice.send(`POST ${tickets}/${id}/comments`, { content: 'Mine now' }),
      ]),
    )
    expect(errorIn(answers[0] ?? (await alice.send('GET /')))).toMatchObject({
      status: 404,
      title: 'Not Found',
      type: problem('not_found'),
      errors: [],
    })
    expect(new Set(answers.map((answer) => `${answer.status} ${withoutId(answer)}`)).size).toBe(1)
    expect((await bob.list()).tickets).toMatchObject([{ status: 'open', comment_count: 0 }])
    expect((await alice.get(mine.toUpperCase())).ticket.ticket_id).toBe(mine)
  })

  test('an unknown path is 404, another method 405', async () => {
    const { alice } = await setUp()
    for (const line of ['GET /', 'GET ', 'POST /api/v1/support', `GET ${tickets}/a/b/c`, 'GET /api/v2/support/tickets']) {
      expect(await alice.refused(line)).toMatchObject({ status: 404, title: 'Not Found', type: problem('not_found') })
    }
    for (const line of [`DELETE ${tickets}`, `PUT ${tickets}/${randomUUID()}`, `GET ${tickets}/${randomUUID()}/close`]) {
      const answer = await alice.send(line)
      expect(errorIn(answer)).toMatchObject({ status: 405, title: 'Method Not Allowed', type: problem('method_not_allowed') })
      expect(answer.headers.get('allow')).toMatch(/GET|POST/)
    }
  })

  test('not JSON by its type is 415, more than 512 KiB 413', async () => {
    const { alice, server, app } = await setUp()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
      expect(await alice.refused(create, '{}', { 'Content-Type': type })).toMatchObject({ status: 415, title: 'Unsupported Media Type' })
    }
    const headers = {
      Authorization: `Bearer ${await app.token('alice')}`,
      'Content-Type': 'application/json',
      'Content-Length': String(512 * 1024 + 1),
    }
    const large = await rawExchange(server.url, rawRequest(`POST /compat/console${tickets}`, headers, '{'))
    expect(errorIn(large)).toMatchObject({ status: 413, type: problem('payload_too_large') })
  })

  test('a failure of ours is 500 without a word of it, and nothing is written', async () => {
    const { server, app, alice } = await setUp()
    await whileEventsFail(server, app, async () => {
      expect(await alice.refused(create, newBody)).toMatchObject({ status: 500, title: 'Internal Server Error', errors: [] })
    })
    expect(await alice.list()).toMatchObject({ total: 0 })
  })

  test('too many requests are 429 with Retry-After', async () => {
    const server = await startServer({ RATE_LIMITS: 'on' })
    try {
      const { alice } = await setUp({ server })
      const answers = await Promise.all(Array.from({ length: 63 }, () => alice.send(create, newBody)))
      const refused = answers.filter((answer) => answer.status === 429)
      expect(refused).toHaveLength(3)
      for (const answer of refused) {
        expect(errorIn(answer)).toMatchObject({ status: 429, title: 'Too Many Requests', type: problem('rate_limited') })
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      }
    } finally {
      await server.app.close()
    }
  })
})

test('CONSOLE-11: an error is no page for a browser: not stored, not sniffed', async () => {
  const { server } = await setUp()
  const answer = await request(`${server.url}/compat/console${tickets}`)
  expect(answer.headers.get('cache-control')).toBe('no-store')
})
