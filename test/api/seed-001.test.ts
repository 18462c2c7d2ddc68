import { describe, expect, test } from 'vitest'
import { type Answer, request } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

/** The native API document's examples, replayed as printed: each documented field is there with its documented type. */

type Shape = Record<string, (value: unknown) => boolean>
const text = (value: unknown) => typeof value === 'string' && value !== ''
const id = (value: unknown) => typeof value === 'string' && /^[0-9A-Z]{26}$/.test(value)
const time = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value)) && value.endsWith('Z')
const flag = (value: unknown) => typeof value === 'boolean'
const message: Shape = { id, body: text, is_admin: flag, created_at: time }
const listed: Shape = { id, subject: text, status: text, priority: text, category: text, created_at: time, updated_at: time }
const detail: Shape = { id, subject: text, status: text, priority: text, category: text, created_at: time, messages: Array.isArray }

function fits(value: unknown, shape: Shape): void {
  for (const [field, check] of Object.entries(shape)) {
    const given = (value as Record<string, unknown>)[field]
    expect(check(given), `${field}: ${JSON.stringify(given)}`).toBe(true)
  }
}

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const as = (token: string) => (line: string, body?: unknown) => {
    const [method = '', path = ''] = line.split(' ')
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    return request(server.url + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, ...json })
  }
  const customer = as(await app.token('jane'))
  const admin = as(await app.token('ada', { role: 'admin' }))
  const first = {
    subject: 'Payment not received',
    body: 'I completed a 30-minute session yesterday but the payment has not appeared in my earnings.',
    category: 'billing',
    priority: 'high',
  }
  return { customer, admin, first, create: () => customer('POST /v1/support/tickets', first) }
}

const idOf = (answer: Answer) => (answer.body as { id: string }).id
const reply = { body: "I've checked the payout logs. The payment was captured successfully and a payout has been initiated." }

describe('NAT-1: the native document, replayed', () => {
  test('create a ticket', async () => {
    const { create, first } = await setUp()
    const answer = await create()
    expect(answer.status).toBe(201)
    fits(answer.body, detail)
    expect(answer.body).toMatchObject({
      subject: first.subject,
      status: 'open',
      priority: 'high',
      category: 'billing',
      messages: [{ body: first.body, is_admin: false }],
    })
    fits((answer.body as { messages: unknown[] }).messages[0], message)
  })

  test('list my tickets', async () => {
    const { create, customer } = await setUp()
    await create()
    await create()
    const answer = await customer('GET /v1/support/tickets?page=1&per_page=20')
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ success: true, pagination: { page: 1, per_page: 20, total: 2, total_pages: 1 } })
    const { data } = answer.body as { data: unknown[] }
    expect(data).toHaveLength(2)
    for (const ticket of data) fits(ticket, listed)
  })

  test('get a ticket with its messages', async () => {
    const { create, customer, admin } = await setUp()
    const id = idOf(await create())
    await admin(`POST /v1/admin/support/tickets/${id}/messages`, reply)
    const answer = await customer(`GET /v1/support/tickets/${id}`)
    expect(answer.status).toBe(200)
    fits(answer.body, detail)
    const { status, messages } = answer.body as { status: string; messages: unknown[] }
    expect(status).toBe('in_progress')
    for (const one of messages) fits(one, message)
    expect(messages).toMatchObject([{ is_admin: false }, { is_admin: true, body: reply.body }])
  })

  test('reply to a ticket', async () => {
    const { create, customer } = await setUp()
    const id = idOf(await create())
    const body = 'Thank you for looking into this. The session was with user janecoach on March 14th at 2pm.'
    const answer = await customer(`POST /v1/support/tickets/${id}/messages`, { body })
    expect(answer.status).toBe(201)
    fits(answer.body, message)
    expect(answer.body).toMatchObject({ body, is_admin: false })
  })

  test('close a ticket', async () => {
    const { create, customer } = await setUp()
    const id = idOf(await create())
    const answer = await customer(`POST /v1/support/tickets/${id}/close`)
    expect(answer.status).toBe(200)
    fits(answer.body, listed)
    expect(answer.body).toMatchObject({ id, status: 'closed' })
  })

  test('admin: list by status', async () => {
    const { create, admin } = await setUp()
    const id = idOf(await create())
    const answer = await admin('GET /v1/admin/support/tickets?status=open&page=1&per_page=20')
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      success: true,
      data: [{ id, status: 'open' }],
      pagination: { page: 1, per_page: 20, total: 1, total_pages: 1 },
    })
    for (const status of ['in_progress', 'resolved', 'closed']) {
      const none = await admin(`GET /v1/admin/support/tickets?status=${status}`)
      expect(none.body).toMatchObject({ data: [], pagination: { total: 0, total_pages: 0 } })
    }
  })

  test('admin: update status and priority', async () => {
    const { create, admin } = await setUp()
    const id = idOf(await create())
    const answer = await admin(`PATCH /v1/admin/support/tickets/${id}`, { status: 'in_progress', priority: 'urgent' })
    expect(answer.status).toBe(200)
    fits(answer.body, listed)
    expect(answer.body).toMatchObject({ id, status: 'in_progress', priority: 'urgent' })
  })

  test('admin: reply', async () => {
    const { create, admin } = await setUp()
    const id = idOf(await create())
    const answer = await admin(`POST /v1/admin/support/tickets/${id}/messages`, reply)
    expect(answer.status).toBe(201)
    fits(answer.body, message)
    expect(answer.body).toMatchObject({ ...reply, is_admin: true })
  })
})
