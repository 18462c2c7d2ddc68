import { describe, expect, test } from 'vitest'
import { type Answer, request } from '../../support/client.ts'
import { curl } from '../../support/curl.ts'
import { Comment, closeLine, commentLine, createLine, Detail, getLine, host, List, listLine, type Printed, printed, Ticket } from './document.ts'
import { errorIn, holdToSchemas, nativeId, newBody, setUp } from './setup.ts'

/** Throws unless the value has the printed fields and no other, each of the printed type. */
function looksLike(given: unknown, example: unknown, at = ''): void {
  if (example === null) return
  expect(Array.isArray(given), at).toBe(Array.isArray(example))
  expect(typeof given, at).toBe(typeof example)
  if (Array.isArray(example)) {
    for (const [n, one] of (given as unknown[]).entries()) looksLike(one, example[0], `${at}/${n}`)
  } else if (typeof example === 'object') {
    const [fields, documented] = [given as Record<string, unknown>, example as Record<string, unknown>]
    expect(Object.keys(fields).sort(), at).toEqual(Object.keys(documented).sort())
    for (const key of Object.keys(documented)) looksLike(fields[key], documented[key], `${at}/${key}`)
  } else if (/^\d{4}-/.test(String(example))) expect(given, at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  else if (/^\/api/.test(String(example))) expect(new URL(String(given)).pathname, at).toBe(`/compat/console${example}`)
}

/** A ticket of which everything can be said that the document knows. */
async function fullTicket() {
  const setting = await setUp()
  const { alice, sam, admin } = setting
  await admin.call('agentUpdateApp', { body: { settings: { inbox_email: 'inbox@example.com' } } })
  const { ticket_id } = await alice.create()
  await alice.comment(ticket_id, 'Since Monday.')
  const at = { params: { id: nativeId(ticket_id) } }
  await sam.call('agentSendMessage', { ...at, body: { body: 'We are looking into it.' } })
  await sam.call('agentUpdateTicket', { ...at, body: { assignee_id: 'me' } })
  await sam.call('agentUpdateTicket', { ...at, body: { status: 'resolved' } })
  return { ...setting, ticket_id }
}

async function lines(ticketId: string) {
  const { server, app } = await setUp()
  const ours = { [host]: `${server.url}/compat/console` }
  return {
    ours,
    app,
    credential: ` -H "Authorization: Bearer ${await app.token('alice')}"`,
    named: { ...ours, 'tickets/string': `tickets/${ticketId}` },
  }
}

describe('CONSOLE-1: every example of the document, replayed as printed, is answered with the documented status and fields', () => {
  test('the curl lines, with base URL, credential and ticket alone replaced', async () => {
    const { server, app, alice } = await setUp()
    const ours = { [host]: `${server.url}/compat/console` }
    const credential = ` -H "Authorization: Bearer ${await app.token('alice')}"`
    const created = await curl(createLine + credential, ours)
    expect(created.status, created.text).toBe(201)
    const { ticket_id, title, description, type, status, comments } = Ticket.parse(created.body)
    expect({ title, description, type, status, comments }).toEqual({
      title: 'string',
      description: 'string',
      type: 'string',
      status: 'open',
      comments: [],
    })
    const named = { ...ours, 'tickets/string': `tickets/${ticket_id}` }
    const commented = await curl(commentLine + credential, named)
    expect(commented.status, commented.text).toBe(201)
    expect(Comment.parse(commented.body)).toMatchObject({ content: 'string', ticket_id })
    const listed = await curl(listLine + credential, ours)
    expect(listed.status, listed.text).toBe(200)
    expect(List.parse(listed.body)).toMatchObject({ total: 1, has_more: false, tickets: [{ ticket_id, comment_count: 1 }] })
    const got = await curl(getLine + credential, named)
    expect(got.status, got.text).toBe(200)
    expect(Detail.parse(got.body)).toEqual(await alice.get(ticket_id))
    const closed = await curl(closeLine + credential, named)
    expect(closed.status, closed.text).toBe(200)
    expect(Ticket.parse(closed.body)).toMatchObject({ ticket_id, status: 'closed', comments: [Comment.parse(commented.body)] })
    for (const one of [created, commented, listed, got, closed]) expect(await holdToSchemas(one.body)).toBeGreaterThan(0)
  })

  test('the curl lines as printed: without a credential 401, and a ticket that is no UUID is an unknown one', async () => {
    const { ours, credential } = await lines('')
    for (const line of [listLine, createLine, getLine, closeLine, commentLine]) expect(errorIn(await curl(line, ours)).status).toBe(401)
    for (const line of [getLine, closeLine, commentLine]) expect(errorIn(await curl(line + credential, ours)).status).toBe(404)
  })

  test('every documented field is there with its type, and no other', async () => {
    const { alice, ticket_id } = await fullTicket()
    const line = `/api/v1/support/tickets/${ticket_id}`
    const answers: [Printed, Answer][] = [
      ['TicketListResponse', await alice.send('GET /api/v1/support/tickets')],
      ['TicketDetailResponse', await alice.send(`GET ${line}`)],
      ['SupportTicketComment', await alice.send(`POST ${line}/comments`, { content: 'Thanks' })],
      ['ErrorModel', await alice.send('POST /api/v1/support/tickets', {})],
    ]
    for (const [name, { body }] of answers) looksLike(body, printed[name], name)
  })

  test('the ticket that is created and the one that is closed, as far as there is something to say', async () => {
    const { alice } = await setUp()
    const { assigned_to: _, assigned_to_email: __, resolved_at: ___, ...example } = printed.SupportTicket
    const created = await alice.create()
    looksLike(created, example)
    looksLike(await alice.close(created.ticket_id), example)
  })

  test('with a slash at the end and without, without a redirect', async () => {
    const { server, alice, app } = await setUp()
    const { ticket_id } = await alice.create()
    const token = await app.token('alice')
    for (const path of ['', `/${ticket_id}`]) {
      const answers = await Promise.all(
        ['', '/'].map((slash) =>
          fetch(`${server.url}/compat/console/api/v1/support/tickets${path}${slash}`, {
            redirect: 'error',
            headers: { Authorization: `Bearer ${token}` },
          }),
        ),
      )
      const [plain, slashed] = await Promise.all(answers.map((one) => one.json()))
      expect(answers.map((one) => one.status)).toEqual([200, 200])
      expect(slashed).toEqual(plain)
    }
    expect((await alice.send('POST /api/v1/support/tickets/', newBody)).status).toBe(201)
    expect((await alice.send(`POST /api/v1/support/tickets/${ticket_id}/comments/`, { content: 'Again' })).status).toBe(201)
    expect((await alice.send(`POST /api/v1/support/tickets/${ticket_id}/close/`)).status).toBe(200)
  })
})

describe('CONSOLE-2: every object names its JSON Schema, which anybody can read and by which it is valid', () => {
  test.each(Object.keys(printed))('%s', async (name) => {
    const { server } = await setUp()
    const url = `${server.url}/compat/console/api/v1/schemas/${name}.json`
    const answer = await request(url, { headers: { Origin: 'https://nobody-knows.example' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    const schema = answer.body as { $id: string; $schema: string; type: string; properties: object; required: string[] }
    expect(schema).toMatchObject({ $id: url, $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' })
    expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(printed[name as Printed]).sort())
    expect(schema.required).toContain('$schema')
  })

  test('each object of a nested answer names its own', async () => {
    const { alice, ticket_id } = await fullTicket()
    const { body } = await alice.send(`GET /api/v1/support/tickets/${ticket_id}`)
    // The answer, its ticket, two comments.
    expect(await holdToSchemas(body)).toBe(4)
  })

  test('a schema that is none is 404 in the shape of the document', async () => {
    const { nobody } = await setUp()
    expect(await nobody.refused('GET /api/v1/schemas/Ticket.json')).toMatchObject({ status: 404, title: 'Not Found' })
  })

  test('the API document of the dialect is public and knows every documented operation', async () => {
    const { server } = await setUp()
    const { status, body } = await request(`${server.url}/compat/console/openapi.json`)
    expect(status).toBe(200)
    const { openapi, paths } = body as { openapi: string; paths: Record<string, object> }
    expect(openapi).toBe('3.1.0')
    const operations = Object.entries(paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`))
    expect(operations.sort()).toEqual(
      [
        'get /api/v1/support/tickets',
        'post /api/v1/support/tickets',
        'get /api/v1/support/tickets/{id}',
        'post /api/v1/support/tickets/{id}/close',
        'post /api/v1/support/tickets/{id}/comments',
      ].sort(),
    )
  })
})
