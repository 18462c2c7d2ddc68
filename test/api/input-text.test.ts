import { describe, expect, test } from 'vitest'
import { problemIn } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sendText } from '../support/raw.ts'
import { sharedServer } from '../support/server.ts'
import { watched } from '../support/watched.ts'

/** What people may write, and what is no text. */

const family = '👨‍👩‍👧‍👦'
const familyPoints = [...family].length
/** Exactly so many code points of families, the rest filled with letters. */
const families = (points: number) => family.repeat(Math.floor(points / familyPoints)) + 'x'.repeat(points % familyPoints)

const blanks: Record<string, string> = {
  nothing: '',
  spaces: '   ',
  'line breaks and tabs': '\r\n\t\v\f',
  'no-break and ideographic spaces': '\u00a0\u3000\u2003',
  'zero width characters': '\u200b\u200c\u200d\u2060\ufeff',
  'soft hyphens and direction marks': '\u00ad\u200e\u200f\u202a\u202e\u2066\u2069',
  'control characters': '\u0001\u0007\u001b\u007f\u0085',
  'letters that show nothing': '\u3164\u115f\u1160\uffa0\u2800\ufe0f\u034f',
  tags: '\u{e0020}\u{e0041}',
}

const broken: Record<string, string> = {
  NUL: 'a\0b',
  'NUL alone': '\0',
  'a lone high surrogate': 'a\ud800b',
  'a lone low surrogate': '\udc00',
  'surrogates the wrong way round': '\ude00\ud83d',
}

describe('text of tickets and messages', () => {
  test.each([
    ['letters', 'x'.repeat(10_000)],
    ['emoji', '😀'.repeat(10_000)],
    ['emoji families', families(10_000)],
    ['combining marks that do not compose', `${'x\u0301\u0302'.repeat(3_333)}x`],
    ['marks that compose to one', 'e\u0301'.repeat(10_000)],
    ['Hangul that composes', '\u1112\u1161\u11ab'.repeat(10_000)],
    ['blanks around it', `  \n${'x'.repeat(10_000)}\t `],
  ])('TEXT-1: a body of 10,000 code points after NFC and trimming is taken: %s', async (_, body) => {
    const server = await sharedServer()
    const alice = await (await newApp(server)).customer()
    const ticket = await newTicket(alice, { body })
    const message = await alice.call('sendMessage', { params: { id: ticket.id }, body: { body } })
    const stored = body.normalize('NFC').trim()
    expect(message.body).toBe(stored)
    expect([...stored]).toHaveLength(10_000)
    expect(ticket.messages[0]?.body).toBe(stored)
  })

  test('TEXT-2: one code point more is refused, in every text field and all at once', async () => {
    const at = await watched()
    for (const letter of ['x', '😀', 'é', 'x\u0301']) {
      const over = (limit: number) => `${letter.repeat(limit / (letter === 'x\u0301' ? 2 : 1))}y`
      const body = { subject: over(200), body: over(10_000), category: over(40), type: over(40) }
      const problem = await at.alice.refused('createTicket', { body })
      expect(problem.errors?.map((fault) => fault.location).sort()).toEqual(['body.body', 'body.category', 'body.subject', 'body.type'])
    }
    const long = await at.alice.refused('sendMessage', { params: { id: at.ticketId }, body: { body: families(10_001) } })
    expect(long.errors).toEqual([{ location: 'body.body', message: 'must have at most 10000 characters' }])
    await at.end()
  })

  test('TEXT-3: subject and type of exactly the limit are taken', async () => {
    const alice = await (await newApp(await sharedServer())).customer()
    const ticket = await alice.call('createTicket', { body: { subject: families(200), body: '.', type: '😀'.repeat(40), client_id: 'c'.repeat(64) } })
    expect(ticket.subject).toBe(families(200))
    expect(ticket.type).toBe('😀'.repeat(40))
  })

  test('TEXT-4: blank text is empty and refused', async () => {
    const at = await watched()
    for (const [what, blank] of Object.entries(blanks)) {
      const ticket = await at.alice.refused('createTicket', { body: { subject: blank, body: blank } })
      expect(ticket.errors, what).toEqual([
        { location: 'body.subject', message: 'must not be empty' },
        { location: 'body.body', message: 'must not be empty without an attachment' },
      ])
      const message = await at.agent.refused('agentSendMessage', { params: { id: at.ticketId }, body: { body: blank } })
      expect(message.errors, what).toEqual([{ location: 'body.body', message: 'must not be empty without an attachment' }])
    }
    await at.end()
  })

  test('TEXT-5: invisible characters inside visible text stay as they were written', async () => {
    const alice = await (await newApp(await sharedServer())).customer()
    const body = 'سلام\u200c \u202eabc\u202c 👩‍💻 <b>{{x}}</b> \u0007 \u001b[31m $1 %s \\ " \''
    expect((await newTicket(alice, { body, subject: body })).subject).toBe(body)
    const [ticket] = (await alice.call('listTickets', {})).data
    expect(ticket?.subject).toBe(body)
  })

  test.each(Object.entries(broken))('TEXT-6: what PostgreSQL cannot store is refused in every string: %s', async (_, text) => {
    const at = await watched()
    const params = { id: at.ticketId }
    const fields = { subject: text, body: text, category: text, type: text, client_id: text }
    const created = await at.alice.refused('createTicket', { body: fields })
    expect(created.errors?.map((fault) => fault.location).sort()).toEqual(
      Object.keys(fields)
        .map((key) => `body.${key}`)
        .sort(),
    )
    await expectBad(at.alice.refused('sendMessage', { params, body: { body: text, client_id: text } }), 2)
    await expectBad(at.agent.refused('agentSendMessage', { params, body: { body: text, client_id: text } }), 2)
    await expectBad(at.agent.refused('agentUpdateTicket', { params, body: { category: text, type: text } }), 2)
    await expectBad(at.agent.refused('agentUpdateTicket', { params, body: { assignee_id: text } }), 1)
    await expectBad(at.agent.refused('agentUpdateTicket', { params, body: { [text]: 1 } }), 1)
    await at.end()
  })

  test('TEXT-7: NUL in a query and in a path is refused or unknown', async () => {
    const at = await watched()
    const { url } = at.server
    const get = (path: string) => fetch(url + path, { headers: { Authorization: `Bearer ${at.token}` } })
    for (const path of ['?status=%00', '?status=open%00', '?%00=1', '?page=1%00', '?page=%ff']) {
      expect((await get(`/v1/support/tickets${path}`)).status, path).toBe(400)
    }
    for (const path of ['%00', '%ff', '%', '%zz', '%00%00/messages', '%ed%a0%80', `${at.ticketId}%00`]) {
      expect((await get(`/v1/support/tickets/${path}`)).status, path).toBe(404)
    }
    expect((await get('/v1/widget/config?app=%00')).status).toBe(400)
    expect((await get('/v1/widget/config?app=%ff')).status).toBe(404)
    await at.end()
  })

  test('TEXT-8: marks on marks are counted like other characters', async () => {
    const at = await watched()
    await expectBad(at.alice.refused('sendMessage', { params: { id: at.ticketId }, body: { body: `a${'\u0336'.repeat(100_000)}` } }), 1)
    await at.end()
  })
})

async function expectBad(refused: Promise<{ status: number; errors?: unknown[] }>, faults: number): Promise<void> {
  const problem = await refused
  expect(problem.status).toBe(400)
  expect(problem.errors).toHaveLength(faults)
}

describe('values', () => {
  const numbers = ['2147483648', '9007199254740993', '1e19', '-1', '1.5', '"12"', 'null', 'true', '[1]', '{}', '-1e400', '1e400']

  test('INPUT-1: what is no whole number of 31 bits is no seq and no version', async () => {
    const at = await watched()
    const agentToken = await at.app.token('sam', { role: 'agent' })
    for (const number of numbers) {
      const read = problemIn(await sendText(`${at.server.url}/v1/support/tickets/${at.ticketId}/read`, at.token, `{"seq":${number}}`))
      expect(read, number).toMatchObject({ status: 400, code: 'invalid_request' })
      expect(new Set(read.errors?.map((fault) => fault.location)), number).toEqual(new Set(['body.seq']))
      const path = `${at.server.url}/v1/admin/support/tickets/${at.ticketId}`
      const version = problemIn(await sendText(path, agentToken, `{"version":${number},"status":"closed"}`, {}, 'PATCH'))
      expect(version.status, number).toBe(400)
      expect(new Set(version.errors?.map((fault) => fault.location)), number).toEqual(new Set(['body.version']))
    }
    await at.end()
  })

  test('INPUT-2: a number that is no JSON makes the body malformed', async () => {
    const at = await watched()
    for (const number of ['NaN', 'Infinity', '0x10', '01', '+1', '1_000', '.5']) {
      const answer = await sendText(`${at.server.url}/v1/support/tickets/${at.ticketId}/read`, at.token, `{"seq":${number}}`)
      expect(problemIn(answer), number).toMatchObject({ status: 400, code: 'malformed_json' })
    }
    await at.end()
  })

  test('INPUT-3: -0 is 0', async () => {
    const at = await watched()
    expect((await sendText(`${at.server.url}/v1/support/tickets/${at.ticketId}/read`, at.token, '{"seq":-0}')).status).toBe(200)
    await at.end()
  })

  test.each([
    ['page', ['0', '-1', '1e9', 'abc', '9000000000000000', '1000001', '1.5', '', ' 1', '0x1', '1;drop', '１']],
    ['per_page', ['0', '-1', '101', '1e9', 'abc', '2147483648', '']],
    ['status', ['', 'nope', 'open,', 'open,nope', 'OPEN', "open' or 1=1", '{"$ne":null}', 'open%00', '__proto__', 'constructor']],
    ['priority', ['', 'medium', 'low,,high']],
  ])('INPUT-4: a bad %s in a list is refused', async (key, values) => {
    const { agent, alice } = await watched()
    for (const value of values) {
      const problem = await agent.refused('agentListTickets', { query: { [key]: value } })
      expect(problem, value).toMatchObject({ status: 400, code: 'invalid_request' })
      expect(
        problem.errors?.every((fault) => fault.location.startsWith(`query.${key}`)),
        value,
      ).toBe(true)
      expect((await alice.send('listTickets', { query: { [key]: value } })).status, value).toBe(400)
    }
  })

  test('INPUT-5: a key that must stand once is refused when it stands twice; a list may repeat it', async () => {
    const { agent, server, app, ticketId } = await watched()
    for (const [name, query] of [
      ['agentListTickets', { page: [1, 2] }],
      ['agentListTickets', { per_page: [1, 1] }],
      ['agentListMessages', { limit: [1, 2] }],
      ['agentListMessages', { after_seq: [1, 2] }],
      ['agentListMessages', { before_seq: [0] }],
    ] as const) {
      expect(await agent.refused(name, { params: { id: ticketId }, query }), JSON.stringify(query)).toMatchObject({ status: 400 })
    }
    const twice = await fetch(`${server.url}/v1/widget/config?app=${app.app.publicId}&app=${app.app.publicId}`)
    expect(twice.status).toBe(400)
    expect((await agent.send('agentListTickets', { query: { status: ['open', 'closed'] } })).status).toBe(200)
    expect((await agent.send('agentListTickets', { query: { status: 'open,closed' } })).status).toBe(200)
    expect((await agent.send('agentListTickets', { query: { status: Array.from({ length: 51 }, () => 'open') } })).status).toBe(400)
  })

  test.each([
    ['limit', ['0', '-1', '201', '1e9', 'abc', '1.5']],
    ['after_seq', ['-1', '2147483648', '1e19', 'abc', '']],
    ['before_seq', ['0', '-1', '2147483648', 'abc']],
    ['last', ['0', '201', '-1', 'abc']],
  ])('INPUT-6: a bad %s is refused', async (key, values) => {
    const { alice, ticketId } = await watched()
    for (const value of values) {
      const name = key === 'last' ? 'getTicket' : 'listMessages'
      expect(await alice.refused(name, { params: { id: ticketId }, query: { [key]: value } }), value).toMatchObject({
        status: 400,
        errors: [{ location: `query.${key}` }],
      })
    }
  })
})
