import { randomUUID } from 'node:crypto'
import type { Attachment } from '@support-widget/shared/attachment.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import { describe, expect, test } from 'vitest'
import { type Answer, problemIn, request } from '../support/client.ts'
import { keepLinks } from '../support/clock.ts'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { png, upload } from '../support/files.ts'
import { withoutId } from '../support/raw.ts'
import { sharedServer, type TestServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

async function setUp() {
  const server = await sharedServer()
  keepLinks(server)
  const app = await newApp(server)
  const alice = await app.customer('alice')
  const agent = await app.agent('sam')
  return { server, app, alice, agent, token: await app.token('alice'), agentToken: await app.token('sam', { role: 'agent' }) }
}

/** Reads an attachment with a credential; without a link. */
const read = (server: TestServer, id: string, token?: string, admin = false, headers: Record<string, string> = {}) =>
  request(`${server.url}/v1/${admin ? 'admin/support' : 'support'}/attachments/${id}`, {
    headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
  })

const ids = (attachments: Attachment[]) => attachments.map((one) => one.id)

describe('ATT-1: a message carries uploads', () => {
  test('in the order given, with their links, on both sides and in the frames', async () => {
    const { server, app, alice, agent, token } = await setUp()
    const sent = [await upload(server, token, png(), 'b.png'), await upload(server, token, 'a', 'a.txt'), await upload(server, token, 'c', 'c.txt')]
    const order = [sent[2], sent[0], sent[1]] as Attachment[]
    const listener = await listen(server.url, await app.token('sam', { role: 'agent' }))
    const ticket = await alice.call('createTicket', { body: { subject: 'Files', body: '', attachments: ids(order.slice(0, 1)) } })
    expect(ticket.messages[0]?.attachments).toEqual([order[0]])
    const message = await alice.call('sendMessage', { params: { id: ticket.id }, body: { body: 'Two', attachments: ids(order.slice(1)) } })
    expect(message.attachments).toEqual(order.slice(1))
    const seen = await agent.call('agentGetTicket', { params: { id: ticket.id } })
    expect(seen.messages.map((one) => ids(one.attachments))).toEqual([ids(order.slice(0, 1)), ids(order.slice(1))])
    const frame = await listener.frame(({ type, payload }) => type === 'message.created' && (payload.message as { seq: number }).seq === 2)
    expect((frame.payload.message as { attachments: Attachment[] }).attachments).toEqual(order.slice(1))
    for (const { url, filename } of order) expect((await fetch(url)).headers.get('content-disposition')).toContain(filename)
    listener.close()
  })

  test('five and no more; each once; nothing is written of a message that names a wrong one', async () => {
    const { server, app, alice, agent, token, agentToken } = await setUp()
    const bob = await upload(server, await app.token('bob'))
    const ofAgents = await upload(server, agentToken, 'x', 'x.txt', { agent: true })
    const elsewhere = await upload(server, await (await newApp(server)).token('alice'))
    const six = await Promise.all(Array.from({ length: 6 }, () => upload(server, token)))
    const ticket = await newTicket(alice)
    const refused = async (attachments: unknown) => {
      const problem = await alice.refused('sendMessage', { params: { id: ticket.id }, body: { body: 'x', attachments } })
      expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
      return problem.errors?.map((fault) => fault.location)
    }
    const [one = '', two = ''] = ids(six)
    expect(await refused(ids(six))).toEqual(['body.attachments'])
    expect(await refused([one, one])).toEqual(['body.attachments.1'])
    expect(await refused([one, one.toLowerCase()])).toEqual(['body.attachments.1'])
    for (const wrong of [bob.id, ofAgents.id, elsewhere.id, encodeId(randomUUID()), 'nope', '', '\0', ticket.id]) {
      expect(await refused([two, wrong]), wrong).toEqual(['body.attachments.1'])
    }
    for (const wrong of [null, 'one', [null], [{ id: one }], [1]]) await refused(wrong)
    expect((await alice.call('getTicket', { params: { id: ticket.id } })).message_count).toBe(1)
    const message = await alice.call('sendMessage', { params: { id: ticket.id }, body: { body: '', attachments: ids(six.slice(0, 5)) } })
    expect(message.attachments).toHaveLength(5)
    expect(await refused([one])).toEqual(['body.attachments.0'])
    const empty = await alice.refused('sendMessage', { params: { id: ticket.id }, body: { body: '', attachments: [] } })
    expect(empty.errors).toMatchObject([{ location: 'body.body' }])
    const byAgent = await agent.refused('agentSendMessage', { params: { id: ticket.id }, body: { body: 'x', attachments: [bob.id] } })
    expect(byAgent.errors).toMatchObject([{ location: 'body.attachments.0' }])
    // What a refused message named is free still.
    await alice.call('sendMessage', { params: { id: ticket.id }, body: { body: 'x', attachments: [six[5]?.id ?? ''] } })
  })

  test("agents and the app's backend share their uploads", async () => {
    const { server, app, alice, agent } = await setUp()
    const ticket = await newTicket(alice)
    const one = await upload(server, app.adminKey, 'x', 'key.txt', { agent: true })
    const two = await upload(server, await app.token('kim', { role: 'admin' }), 'x', 'kim.txt', { agent: true })
    const body = { body: 'Here', attachments: [one.id, two.id] }
    expect((await agent.call('agentSendMessage', { params: { id: ticket.id }, body })).attachments).toEqual([one, two])
    const three = await upload(server, app.adminKey, 'x', 'key.txt', { agent: true })
    const made = { requester: { external_id: 'alice' }, subject: 'For her', body: '', attachments: [three.id] }
    expect((await app.backend.call('agentCreateTicket', { body: made })).messages[0]?.attachments).toEqual([three])
  })

  test('two messages that name the same uploads in parallel: one has them', async () => {
    const { server, alice, token } = await setUp()
    const ticket = await newTicket(alice)
    const other = await newTicket(alice)
    for (let round = 0; round < 5; round++) {
      const two = ids([await upload(server, token), await upload(server, token)])
      const answers = await Promise.all([
        alice.send('sendMessage', { params: { id: ticket.id }, body: { body: 'x', attachments: two } }),
        alice.send('sendMessage', { params: { id: other.id }, body: { body: 'x', attachments: two.toReversed() } }),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 400])
    }
  })

  test('names and contents of files are not searched', async () => {
    const { server, alice, agent, token } = await setUp()
    const file = await upload(server, token, 'hapax', 'legomenon.txt')
    await alice.call('createTicket', { body: { subject: 'Plain', body: 'words', attachments: [file.id] } })
    const found = async (search: string) => (await agent.call('agentListTickets', { query: { search } })).data.length
    expect([await found('plain'), await found('hapax'), await found('legomenon')]).toEqual([1, 0, 0])
  })
})

describe('ATT-2: who may read', () => {
  type Reader = 'owner' | 'other customer' | 'agent' | 'backend' | 'agent elsewhere' | 'customer elsewhere' | 'backend elsewhere'
  const everybody: Reader[] = ['owner', 'other customer', 'agent', 'backend', 'agent elsewhere', 'customer elsewhere', 'backend elsewhere']

  async function readers(app: TestApp, other: TestApp): Promise<Record<Reader, { token: string; admin: boolean }>> {
    return {
      owner: { token: await app.token('alice'), admin: false },
      'other customer': { token: await app.token('bob'), admin: false },
      agent: { token: await app.token('sam', { role: 'agent' }), admin: true },
      backend: { token: app.adminKey, admin: true },
      'agent elsewhere': { token: await other.token('sam', { role: 'agent' }), admin: true },
      'customer elsewhere': { token: await other.token('alice'), admin: false },
      'backend elsewhere': { token: other.adminKey, admin: true },
    }
  }

  async function whoReads(server: TestServer, app: TestApp, id: string): Promise<Reader[]> {
    const all = await readers(app, await newApp(server))
    const may: Reader[] = []
    for (const name of everybody) {
      const { token, admin } = all[name]
      const answer = await read(server, id, token, admin)
      const unknown = await read(server, encodeId(randomUUID()), token, admin)
      expect(problemIn(unknown).status).toBe(404)
      if (answer.status === 200) may.push(name)
      else expect(withoutId(answer), name).toBe(withoutId(unknown))
      // An agent's own door and the customers' one agree; a key has the first alone.
      const elsewhere = await read(server, id, token, !admin)
      if (name === 'agent' || name === 'agent elsewhere') expect(elsewhere.status, name).toBe(answer.status)
      else expect(elsewhere.status, name).toBe(403)
    }
    return may
  }

  test("a customer's upload: the uploader; once sent, the customer of the ticket and the app's agents", async () => {
    const { server, app, alice, token } = await setUp()
    const file = await upload(server, token)
    expect(await whoReads(server, app, file.id)).toEqual(['owner'])
    await alice.call('createTicket', { body: { subject: 'x', body: 'x', attachments: [file.id] } })
    expect(await whoReads(server, app, file.id)).toEqual(['owner', 'agent', 'backend'])
  })

  test("an agent's upload: the app's agents; in an answer, its customer too; in a note, never", async () => {
    const { server, app, alice, agent, agentToken } = await setUp()
    const ticket = await newTicket(alice)
    const [answer, note] = [
      await upload(server, agentToken, 'a', 'a.txt', { agent: true }),
      await upload(server, agentToken, 'n', 'n.txt', { agent: true }),
    ]
    expect(await whoReads(server, app, answer.id)).toEqual(['agent', 'backend'])
    await agent.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'x', attachments: [answer.id] } })
    await agent.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'x', is_internal: true, attachments: [note.id] } })
    expect(await whoReads(server, app, answer.id)).toEqual(['owner', 'agent', 'backend'])
    expect(await whoReads(server, app, note.id)).toEqual(['agent', 'backend'])
    expect((await alice.send('getTicket', { params: { id: ticket.id } })).text).not.toContain(note.id)
  })

  test('nobody in particular: with a link, as long as it lives', async () => {
    const { server, token } = await setUp()
    const { id, url } = await upload(server, token)
    const link = new URL(url)
    const missing = await request(`${server.url}/v1/support/attachments/${encodeId(randomUUID())}${link.search}`)
    const dead = async (change: (one: URL) => void) => {
      const changed = new URL(url)
      change(changed)
      const answer = await request(changed.href)
      expect(problemIn(answer).status, changed.search).toBe(404)
      expect(withoutId(answer), changed.search).toBe(withoutId(missing))
    }
    expect((await request(url)).status).toBe(200)
    const other = await upload(server, token)
    await dead((one) => {
      one.pathname = new URL(other.url).pathname
    })
    for (const id of ['nope', '%00', 'x'.repeat(5_000)])
      await dead((one) => {
        one.pathname = `/v1/support/attachments/${id}`
      })
    const exp = link.searchParams.get('exp') ?? ''
    for (const wrong of [String(Number(exp) + 1), `0${exp}`, ` ${exp}`, `${exp}.0`, '1e12', '', 'NaN'])
      await dead((one) => one.searchParams.set('exp', wrong))
    for (const wrong of ['', 'x', `${link.searchParams.get('sig')}x`, `${link.searchParams.get('sig')}=`, 'A'.repeat(43), 'é'])
      await dead((one) => one.searchParams.set('sig', wrong))
    await dead((one) => one.searchParams.delete('exp'))
    await dead((one) => one.searchParams.delete('sig'))
    await dead((one) => one.searchParams.append('sig', 'twice'))
    server.clock.ahead += 4 * 60_000
    expect((await request(url)).status).toBe(200)
    server.clock.ahead += 11 * 60_000 + 1_000
    await dead(() => {})
    // A credential beside a dead link still counts; alone it is needed.
    expect((await read(server, `${id}${link.search}`, token)).status).toBe(200)
    expect(problemIn(await read(server, id)).status).toBe(401)
  })

  test('a link opens its file and nothing else', async () => {
    const { server, alice, token } = await setUp()
    const ticket = await newTicket(alice)
    const { id, url } = await upload(server, token)
    const { search, searchParams } = new URL(url)
    for (const path of ['/v1/support/me', '/v1/support/tickets', `/v1/support/tickets/${ticket.id}`, `/v1/admin/support/attachments/${id}`]) {
      expect((await request(`${server.url}${path}${search}`)).status, path).toBe(401)
    }
    const sig = searchParams.get('sig') ?? ''
    for (const bearer of [sig, url, search.slice(1)]) expect((await read(server, id, bearer)).status).toBe(401)
    expect((await request(`${server.url}/v1/support/attachments${search}`, { method: 'POST' })).status).toBe(401)
    expect(problemIn(await request(`${url}&access_token=x`)).status).toBe(400)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) expect((await request(url, { method })).status).toBe(405)
  })
})

describe('ATT-3: bytes go out inert', () => {
  const inert = {
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'cross-origin',
    'accept-ranges': 'bytes',
  }

  test('pictures are shown, everything else is saved', async () => {
    const { server, token } = await setUp()
    const picture = await fetch((await upload(server, token, png(), 'a %22b%22 ü.png')).url)
    expect(Object.fromEntries(picture.headers)).toMatchObject({
      ...inert,
      'content-type': 'image/png',
      'content-disposition': `inline; filename="a \\"b\\" ?.png"; filename*=UTF-8''a%20%22b%22%20%C3%BC.png`,
      'access-control-allow-origin': '*',
      'content-length': String(png().length),
    })
    const age = Number(/^private, max-age=(\d+)$/.exec(picture.headers.get('cache-control') ?? '')?.[1])
    expect(age).toBeGreaterThan(590)
    expect(age).toBeLessThanOrEqual(900)
    const text = await fetch((await upload(server, token, 'ü', 'a.txt')).url)
    expect(Object.fromEntries(text.headers)).toMatchObject({
      ...inert,
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'attachment; filename=a.txt',
    })
    expect(text.headers.get('set-cookie')).toBeNull()
  })

  test('with a credential the browser asks each time, under the rules of the app', async () => {
    const { server, app, token } = await setUp()
    const { id } = await upload(server, token)
    const answer = await read(server, id, token, false, { Origin: app.origin })
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...inert,
      'cache-control': 'private, no-cache',
      'access-control-allow-origin': app.origin,
    })
    expect((await read(server, id, token, false, { Origin: 'https://evil.example' })).status).toBe(403)
  })

  const bytes = Buffer.from('0123456789')
  const whole = { status: 200, text: '0123456789', range: null }
  const none = { status: 416, range: 'bytes */10' }
  test.each<[string, Record<string, string>, { status: number; text?: string; range: string | null }]>([
    ['no range', {}, whole],
    ['the first byte', { Range: 'bytes=0-0' }, { status: 206, text: '0', range: 'bytes 0-0/10' }],
    ['the middle', { Range: 'bytes=2-5' }, { status: 206, text: '2345', range: 'bytes 2-5/10' }],
    ['an open end', { Range: 'bytes=7-' }, { status: 206, text: '789', range: 'bytes 7-9/10' }],
    ['the last three', { Range: 'bytes=-3' }, { status: 206, text: '789', range: 'bytes 7-9/10' }],
    ['beyond the end', { Range: 'bytes=8-999' }, { status: 206, text: '89', range: 'bytes 8-9/10' }],
    ['all of it', { Range: 'bytes=0-9' }, { status: 206, text: '0123456789', range: 'bytes 0-9/10' }],
    ['more than all of it from behind', { Range: 'bytes=-999' }, { status: 206, text: '0123456789', range: 'bytes 0-9/10' }],
    ['a huge number', { Range: 'bytes=0-99999999999999999999999' }, { status: 206, text: '0123456789', range: 'bytes 0-9/10' }],
    ['after the end', { Range: 'bytes=10-' }, none],
    ['far after the end', { Range: 'bytes=99999999999999999999-' }, none],
    ['nothing from behind', { Range: 'bytes=-0' }, none],
    ['backwards', { Range: 'bytes=5-2' }, whole],
    ['several', { Range: 'bytes=0-1,4-5' }, whole],
    ['many', { Range: `bytes=${Array.from({ length: 500 }, (_, at) => `${at}-${at}`).join(',')}` }, whole],
    ['another unit', { Range: 'lines=1-2' }, whole],
    ['garbage', { Range: 'bytes=abc' }, whole],
    ['no unit', { Range: '0-1' }, whole],
    ['negative', { Range: 'bytes=--1' }, whole],
    ['an empty one', { Range: 'bytes=' }, whole],
    ['a matching If-Range', { Range: 'bytes=0-0', 'If-Range': 'ETAG' }, { status: 206, text: '0', range: 'bytes 0-0/10' }],
    ['another If-Range', { Range: 'bytes=0-0', 'If-Range': '"other"' }, whole],
    ['a weak If-Range', { Range: 'bytes=0-0', 'If-Range': 'W/ETAG' }, whole],
    ['a date as If-Range', { Range: 'bytes=0-0', 'If-Range': 'Wed, 21 Oct 2015 07:28:00 GMT' }, whole],
    ['a bad range of another file', { Range: 'bytes=50-', 'If-Range': '"other"' }, whole],
    ['its own tag', { 'If-None-Match': 'ETAG' }, { status: 304, text: '', range: null }],
    ['its own tag, weakly', { 'If-None-Match': 'W/ETAG' }, { status: 304, text: '', range: null }],
    ['its own tag among others', { 'If-None-Match': '"a", W/"b",ETAG' }, { status: 304, text: '', range: null }],
    ['any tag', { 'If-None-Match': '*' }, { status: 304, text: '', range: null }],
    ['another tag', { 'If-None-Match': '"other"' }, whole],
    ['a tag of garbage', { 'If-None-Match': '"""\\,,W/* x' }, whole],
    ['4 KB of garbage', { 'If-None-Match': '",'.repeat(2_000) }, whole],
    ['its own tag and a range', { 'If-None-Match': 'ETAG', Range: 'bytes=0-0' }, { status: 304, text: '', range: null }],
    ['a date', { 'If-Modified-Since': 'garbage' }, whole],
  ])('C23: %s', async (_, headers, wanted) => {
    const { server, token } = await setUp()
    const { url } = await upload(server, token, bytes, 'digits.txt')
    const etag = (await request(url, { method: 'HEAD' })).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\da-f]{32}"$/)
    const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('ETAG', etag)]))
    const answer: Answer = await request(url, { headers: given })
    expect(answer.status).toBe(wanted.status)
    expect(answer.headers.get('content-range')).toBe(wanted.range)
    if (wanted.text === undefined) expect(problemIn(answer).code).toBe('range_not_satisfiable')
    else expect(answer.text).toBe(wanted.text)
    if (answer.status === 304) expect(answer.headers.get('content-type')).toBeNull()
    if (answer.status < 400) expect(Object.fromEntries(answer.headers)).toMatchObject({ ...inert, etag })
  })

  test('HEAD says the same without the bytes, whatever the range', async () => {
    const { server, token } = await setUp()
    const { url } = await upload(server, token, bytes, 'digits.txt')
    const [got, head, ranged] = [
      await fetch(url),
      await fetch(url, { method: 'HEAD' }),
      await fetch(url, { method: 'HEAD', headers: { Range: 'bytes=0-1' } }),
    ]
    const headers = (one: Response) => {
      const {
        date: _date,
        'x-request-id': _id,
        'cache-control': _age,
        connection: _connection,
        'keep-alive': _alive,
        ...rest
      } = Object.fromEntries(one.headers)
      return rest
    }
    expect([head.status, ranged.status]).toEqual([200, 200])
    expect(headers(head)).toEqual(headers(got))
    expect(headers(ranged)).toEqual(headers(got))
    expect(await head.text()).toBe('')
    expect((await fetch(`${url}x`, { method: 'HEAD' })).status).toBe(404)
  })
})
