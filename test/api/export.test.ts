import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeId } from '@support-widget/shared/ids.ts'
import { parse } from 'csv-parse/sync'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { problemIn, request } from '../support/client.ts'
import { newApp, newTicket, type TestApp } from '../support/factories.ts'
import { poolSize, sharedServer, type TestServer } from '../support/server.ts'

type Row = Record<string, string>

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const agent = await app.agent('sam')
  const raw = (query = '', headers: Record<string, string> = { 'X-Api-Key': app.adminKey }) =>
    request(`${server.url}/v1/admin/support/tickets.csv${query}`, { headers })
  const rows = async (query = ''): Promise<Row[]> => {
    const response = await fetch(`${server.url}/v1/admin/support/tickets.csv${query}`, { headers: { 'X-Api-Key': app.adminKey } })
    return parse(Buffer.from(await response.arrayBuffer()), { bom: true, columns: true })
  }
  return { server, app, agent, raw, rows }
}

/** The ends of the exports that are asked for from now on, and until the test ends: nothing more is read for one that has ended. */
function watchExports({ app: { http } }: TestServer): Promise<unknown>[] {
  const ends: Promise<unknown>[] = []
  const see = ({ url }: IncomingMessage, response: ServerResponse) => {
    if (url?.includes('tickets.csv')) ends.push(once(response, 'close'))
  }
  http.on('request', see)
  onTestFinished(() => void http.off('request', see))
  return ends
}

/** Many tickets at once, written by the database itself. */
async function fill(app: TestApp, count: number): Promise<void> {
  const { core } = (await sharedServer()).app
  const { id } = await newTicket(await app.customer('alice'))
  await sql`insert into tickets (id, app_id, customer_id, number, subject, status, priority, type, channel, version, seq, public_seq, customer_read_seq, agent_read_seq,
      created_at, updated_at, public_updated_at, custom_fields, links, tags)
    select gen_random_uuid(), app_id, customer_id, 'TKT-2025-' || lpad(n::text, 5, '0'), 'Bulk ' || n || repeat(' text', 30), 'open', 'normal', 'support', 'api', 1, 1, 1, 0, 0,
      now(), now(), now(), '{}', '{}', '{}' from tickets, generate_series(1, ${count}) as n where id = ${decodeId(id)}`.execute(core.orm.db())
}

describe('CSV-1: the tickets that match, one a row, as a spreadsheet and a parser read them', () => {
  test('every field, whatever is in it', async () => {
    const { agent, raw, rows } = await setUp()
    const subject = 'Comma, "quote"; semicolon\t| 漢字 😀'
    const created = await agent.call('agentCreateTicket', {
      body: {
        requester: { name: 'Zoë "Z" Müller', email: 'zoe@example.com', phone: '030 123' },
        subject,
        body: 'Body',
        tags: ['a', 'b c'],
        custom_fields: { plan: 'gold, "new"', seats: 3 },
        links: { order: 'A-1' },
        country: 'DE',
        assignee_id: 'me',
      },
    })
    await agent.call('agentUpdateTicket', {
      params: { id: created.id },
      body: { status: 'resolved', resolution_notes: 'line one\nline two\r\nline three' },
    })
    const ticket = await agent.call('agentGetTicket', { params: { id: created.id } })
    const answer = await raw()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="tickets-\d{4}-\d\d-\d\d\.csv"$/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const [row, ...more] = await rows()
    expect(more).toEqual([])
    expect(row).toMatchObject({
      id: ticket.id,
      number: ticket.number,
      subject,
      status: 'resolved',
      tags: 'a, b c',
      assignee_name: 'sam of Test app',
      requester_name: 'Zoë "Z" Müller',
      requester_email: 'zoe@example.com',
      custom_fields: JSON.stringify({ plan: 'gold, "new"', seats: 3 }),
      links: '{"order":"A-1"}',
      resolution_notes: 'line one\nline two\r\nline three',
      message_count: '1',
      csat_score: '',
      closed_at: '',
      created_at: ticket.created_at,
      resolved_at: ticket.resolved_at,
    })
  })

  test('a byte order mark, CRLF, and a header even without tickets', async () => {
    const { server, app, raw } = await setUp()
    const response = await fetch(`${server.url}/v1/admin/support/tickets.csv`, { headers: { 'X-Api-Key': app.adminKey } })
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
    expect(bytes.toString('utf8').slice(1)).toMatch(/^id,number,subject,[a-z_,]+\r\n$/)
    expect((await raw('?search=nothing')).text).toBe((await raw()).text)
  })

  test('the filters of the list, over several reads, oldest first', async () => {
    const { app, agent, rows } = await setUp()
    await fill(app, 1200)
    const all = await rows()
    expect([all.length, new Set(all.map((row) => row.id)).size]).toEqual([1201, 1201])
    const ids = all.map((row) => row.id ?? '')
    expect(ids).toEqual(ids.toSorted())
    const { data } = await agent.call('agentListTickets', { query: { per_page: 3 } })
    await agent.call('agentBulkUpdateTickets', { body: { ids: data.map((ticket) => ticket.id), set: { tags: ['picked'], priority: 'high' } } })
    expect((await rows('?tag=picked&priority=high,urgent')).map((row) => row.id).sort()).toEqual(data.map((ticket) => ticket.id).sort())
    expect(await rows('?tag=picked&priority=low')).toEqual([])
  })

  test('what is no filter is refused as a problem; pages and orders are none', async () => {
    const { raw } = await setUp()
    for (const query of ['?status=nothing', '?page=1', '?sort=number', '?tag=%00']) expect(problemIn(await raw(query)).code).toBe('invalid_request')
  })
})

describe('CSV-2: a cell is never a formula', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '=cmd|"/c calc"!A1', '  =1+1', '\u00a0=1+1', '＝1+1', '＋1', '－1', '＠x'])('%j', async (text) => {
    const { agent, rows } = await setUp()
    const { id } = await agent.call('agentCreateTicket', {
      body: { requester: { name: text, email: 'a@example.com' }, subject: text, body: 'x', category: text, tags: [text], country: text },
    })
    const [row] = await rows()
    expect(row?.id).toBe(id)
    const cells = [row?.subject, row?.requester_name, row?.category, row?.tags, row?.country]
    expect(cells).toEqual(cells.map(() => `'${text.trim()}`))
  })

  test('nor one that begins with a tab or a line break, and other text is as it was written', async () => {
    const { agent, app, rows } = await setUp()
    const token = await app.token('x', { claims: { name: '\t=1+1' } })
    const { server } = await setUp()
    const created = await fetch(`${server.url}/v1/support/tickets`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ subject: "1+1=2 'tis @home -5", body: 'x' }),
    })
    expect(created.status).toBe(201)
    const [row] = await rows()
    expect([row?.requester_name?.startsWith("'"), row?.subject]).toEqual([true, "1+1=2 'tis @home -5"])
    expect((await agent.call('agentListTickets', {})).data[0]?.subject).toBe(row?.subject)
  })
})

describe('CSV-3: only what the reader may export', () => {
  test('a note changes no byte', async () => {
    const { app, agent, raw } = await setUp()
    const { id } = await newTicket(await app.customer('alice'))
    const before = (await raw()).text
    await agent.call('agentSendMessage', { params: { id }, body: { body: 'a secret note', is_internal: true } })
    expect((await raw()).text).toBe(before)
    await agent.call('agentSendMessage', { params: { id }, body: { body: 'an answer' } })
    expect((await raw()).text).not.toBe(before)
  })

  test('nothing of blocked customers or other apps; agents and keys alone', async () => {
    const { app, agent, raw, rows } = await setUp()
    await newTicket(await (await newApp(await sharedServer())).customer('alice'))
    const { id } = await newTicket(await app.customer('alice'))
    expect((await rows()).map((row) => row.id)).toEqual([id])
    const { requester } = await agent.call('agentGetTicket', { params: { id } })
    await agent.call('agentBlockCustomer', { params: { id: requester.id }, body: { blocked: true } })
    expect(await rows()).toEqual([])
    const bearer = async (role: 'customer' | 'agent') => ({ Authorization: `Bearer ${await app.token('bob', { role })}` })
    expect(problemIn(await raw('', await bearer('customer'))).status).toBe(403)
    expect((await raw('', await bearer('agent'))).status).toBe(200)
    expect(problemIn(await raw('', {})).status).toBe(401)
  })
})

describe('CSV-4: an export costs what is read of it', () => {
  test('a reader who goes away, or reads nothing, leaves no query and no connection behind', async () => {
    const { server, app, agent, rows } = await setUp()
    await fill(app, 3000)
    const { orm } = server.app.core
    const ends = watchExports(server)
    let reads = 0
    const { db } = orm
    // Of lists of tickets alone: what the server does by itself is not counted.
    orm.db = () => {
      if (new Error().stack?.includes('/domain/list.ts')) reads++
      return db()
    }
    try {
      const going = Array.from({ length: Math.max(3, poolSize + 2) }, () => new AbortController())
      for (const one of going) {
        const response = await fetch(`${server.url}/v1/admin/support/tickets.csv`, { headers: { 'X-Api-Key': app.adminKey }, signal: one.signal })
        expect(response.status).toBe(200)
      }
      // All of them wait for their readers; everybody else is served.
      expect((await agent.call('agentListTickets', {})).pagination.total).toBe(3001)
      for (const one of going) one.abort()
      await Promise.all(ends)
      const stopped = reads
      expect((await rows()).length).toBe(3001)
      // 500 at a time, and nobody else is still reading.
      expect(reads - stopped).toBe(7)
      if (orm.pglite === null) {
        const busy = sql`select 1 from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
          and backend_type = 'client backend' and query like '%ticket%'`
        await expect.poll(async () => (await busy.execute(db())).rows).toEqual([])
      }
    } finally {
      orm.db = db
    }
  })
})
