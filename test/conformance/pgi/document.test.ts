import { describe, expect, test } from 'vitest'
import { request } from '../../support/client.ts'
import { curl } from '../../support/curl.ts'
import { createBody, createLine, credential, host, policy, repliedText, sentText, Ticket } from './document.ts'
import { path, setUp } from './setup.ts'

const seconds = (time: string) => `${time.slice(0, 19)}Z`

describe('PGI-1: every example of the document, replayed as printed, is answered as documented', () => {
  test('the curl line, with our base URL and key alone', async () => {
    const { server, key, partner } = await setUp()
    const answer = await curl(createLine, { [host]: `${server.url}/compat/pgi`, [credential]: key })
    expect(answer.status, answer.text).toBe(201)
    const ticket = Ticket.parse(answer.body)
    const { created_at } = ticket
    expect(ticket).toEqual({
      ticket_id: ticket.ticket_id,
      subject: createBody.subject,
      status: 'open',
      policy_number: policy,
      application_id: null,
      messages: [{ sender: 'partner', content: createBody.message, created_at }],
      created_at,
    })
    expect(await partner.read(ticket.ticket_id)).toEqual(ticket)
  })

  test('the JavaScript call', async () => {
    const { server, key } = await setUp()
    const answer = await request(`${server.url}/compat/pgi/api/v2/support/tickets/`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(createBody),
    })
    expect(answer.status).toBe(201)
    expect(Ticket.parse(answer.body)).toMatchObject({ subject: createBody.subject, status: 'open', policy_number: policy })
  })

  test('a message', async () => {
    const { partner } = await setUp()
    const { ticket_id } = await partner.create()
    const sent = await partner.reply(ticket_id, sentText)
    expect(sent).toMatchObject({ sender: 'partner', content: sentText })
    const { messages } = await partner.read(ticket_id)
    expect(messages.at(-1)).toEqual({ sender: 'partner', content: sentText, created_at: sent.created_at })
  })

  test('the thread after an answer', async () => {
    const { partner, agent } = await setUp()
    const { ticket_id } = await partner.create()
    const reply = await agent.call('agentSendMessage', { params: { id: ticket_id }, body: { body: repliedText } })
    const ticket = await partner.read(ticket_id)
    expect(ticket.messages.map(({ sender, content }) => [sender, content])).toEqual([
      ['partner', createBody.message],
      ['pgi_underwriter', repliedText],
    ])
    expect(ticket.messages[1]?.created_at).toBe(seconds(reply.created_at))
  })

  test('the list', async () => {
    const { partner, agent } = await setUp()
    const { ticket_id, created_at } = await partner.create()
    await agent.call('agentSendMessage', { params: { id: ticket_id }, body: { body: repliedText } })
    const listed = {
      ticket_id,
      subject: createBody.subject,
      status: 'pending',
      policy_number: policy,
      application_id: null,
      message_count: 2,
      created_at,
    }
    expect(await partner.list()).toEqual({ count: 1, next: null, previous: null, results: [listed] })
  })
})

describe('PGI-2: each path is served with and without the slash at its end, without a redirect', () => {
  test('all four operations', async () => {
    const { partner } = await setUp()
    for (const slash of ['', '/']) {
      const created = await partner.send('POST', path.slice(0, -1) + slash, createBody)
      expect(created.status).toBe(201)
      const at = `${path}${Ticket.parse(created.body).ticket_id}`
      expect((await partner.send('GET', at + slash)).body).toEqual(created.body)
      expect((await partner.send('POST', `${at}/messages${slash}`, { content: sentText })).status).toBe(201)
      expect((await partner.send('GET', path.slice(0, -1) + slash)).status).toBe(200)
    }
    expect((await partner.list()).count).toBe(2)
  })
})

describe('PGI-3: the list has 20 tickets a page, newest first, and absolute URLs of the pages around', () => {
  test('41 tickets on three pages', async () => {
    const { server, partner, other } = await setUp()
    const ids: string[] = []
    for (let count = 0; count < 41; count++) ids.unshift((await partner.create({ subject: `S${count}`, message: 'm' })).ticket_id)
    await other.create({ subject: 'Not theirs', message: 'm' })
    const url = server.url + path
    const [first, second, third] = [await partner.list(), await partner.list(`${url}?page=2`), await partner.list(`${url}?page=3`)]
    expect([first, second, third].map(({ count, next, previous, results }) => [count, next, previous, results.length])).toEqual([
      [41, `${url}?page=2`, null, 20],
      [41, `${url}?page=3`, `${url}?page=1`, 20],
      [41, null, `${url}?page=2`, 1],
    ])
    expect([first, second, third].flatMap(({ results }) => results.map((one) => one.ticket_id))).toEqual(ids)
    expect(await partner.list(second.previous ?? '')).toEqual(first)
    expect(await partner.list(first.next ?? '')).toEqual(second)
    expect((await partner.send('GET', `${path}?page=4`)).status).toBe(404)
  })

  test('exactly one page, and none', async () => {
    const { partner, other } = await setUp()
    for (let count = 0; count < 20; count++) await partner.create({ subject: 'S', message: 'm' })
    expect(await partner.list()).toMatchObject({ count: 20, next: null, previous: null })
    expect((await partner.send('GET', `${path}?page=2`)).status).toBe(404)
    expect(await other.list()).toEqual({ count: 0, next: null, previous: null, results: [] })
    expect(await other.list(`${path}?page=1`)).toEqual({ count: 0, next: null, previous: null, results: [] })
  })

  test('what is no page is 404, an unknown parameter is ignored', async () => {
    const { partner } = await setUp()
    for (const page of ['0', '-1', '2', 'abc', '1.5', '1e0', '%00', '%F0%9F%92%A9', '99999999999999999999', 'last']) {
      const answer = await partner.send('GET', `${path}?page=${page}`)
      expect([page, answer.status, (answer.body as { code: string }).code]).toEqual([page, 404, 'not_found'])
    }
    expect((await partner.list(`${path}?page=&limit=5`)).count).toBe(0)
    expect((await partner.list(`${path}?page=9&page=1`)).count).toBe(0)
  })
})
