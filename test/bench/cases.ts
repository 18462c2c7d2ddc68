import type { Core } from '@support-widget/server/domain/core.ts'
import { forgetDeliveries, forgetWebhooks, isStuck, readBacklog, takeDue } from '@support-widget/server/domain/delivery-work.ts'
import { forgetMails, readMailBacklog, takeDueMail } from '@support-widget/server/domain/mail-queue.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { Input } from '@support-widget/shared/operations.ts'
import type { Client as Database } from 'pg'
import type { TestApp } from '../support/factories.ts'

export interface Case {
  name: string
  call(): Promise<unknown>
}

type Query = Record<string, string | number>
type DeliveryQuery = NonNullable<Input<'agentListDeliveries'>['query']>
type MailQuery = NonNullable<Input<'agentListMails'>['query']>

const filters: Query[] = [
  {},
  { status: 'open' },
  { status: 'open,in_progress' },
  { status: 'closed' },
  { priority: 'normal' },
  { priority: 'urgent' },
  { category: 'billing' },
  { category: 'nothing' },
  { type: 'support' },
  { channel: 'widget' },
  { channel: 'whatsapp' },
  { country: 'DE' },
  { store_region: 'north' },
  { tag: 'vip' },
  { tag: 'legal' },
  { tag: 'nothing' },
  { assignee: 'none' },
  { assignee: 'me' },
  { waiting_on: 'agent' },
  { snoozed: 'true' },
  { snoozed: 'false' },
  { created_after: '2000-01-01' },
  { created_before: '2000-01-01' },
  { status: 'open', waiting_on: 'agent', assignee: 'none' },
  { status: 'open,in_progress,resolved', priority: 'low,normal,high', channel: 'widget,api' },
  { country: 'DE', store_region: 'north', type: 'support', snoozed: 'false' },
  { tag: 'vip', status: 'closed', priority: 'normal' },
]

const searches = [
  'a',
  'zz',
  'pay',
  'TKT',
  'tkt-2026-0',
  'TKT-2026-00042',
  'payment',
  'e e',
  'payment refund',
  'no such text anywhere',
  'aaaaaaaaaaaaaaaaaaaa',
  'user4',
  'USER42@',
  'Dimitri',
  '.example',
  'çok güzel',
  '漢字',
]
const sorts = ['updated_at', 'created_at', 'priority', 'number', 'status']

/** Every list, filter, order, search, thread and count of an app that has tickets. */
export async function casesOf(url: string, app: TestApp, db: Database): Promise<Case[]> {
  const [agent, backend] = [await app.agent('agent-1'), app.backend]
  const { rows } = await db.query<{ id: string; customer_id: string; external_id: string; body: string }>(
    `select t.id, t.customer_id, c.external_id, m.body from tickets t join customers c on c.id = t.customer_id join messages m on m.ticket_id = t.id and m.seq = 1
      where t.app_id = $1 and t.status = 'open' and c.blocked_at is null order by t.number limit 1`,
    [app.app.id],
  )
  const [row] = rows
  if (!row) throw new Error('an app without tickets')
  const customer = await app.customer(row.external_id)
  const id = encodeId(row.id)
  const list = (query: Query): Case => ({
    name: `list ${JSON.stringify(query)}`,
    call: () => agent.call('agentListTickets', { query: query as never }),
  })
  const pages = [{ page: 2 }, { page: 500 }, { page: 1_000_000, per_page: 100 }, { per_page: 100 }]
  const orders = sorts.flatMap((sort) => ['asc', 'desc'].map((order) => ({ sort, order })))
  const found = [...searches, row.body.slice(10, 40), row.body].map((search) => ({ search: search.slice(0, 200) }))
  return [
    ...filters.map(list),
    list({ requester: encodeId(row.customer_id) }),
    ...pages.map(list),
    ...orders.map(list),
    ...orders.map((order) => list({ ...order, status: 'open', channel: 'widget' })),
    ...found.map(list),
    ...found.map(({ search }) => list({ search, status: 'open', sort: 'priority' })),
    { name: 'the first megabytes of an export', call: () => exported(url, app, '') },
    { name: 'an export of few', call: () => exported(url, app, '?tag=legal&status=open') },
    { name: 'stats', call: () => agent.call('agentGetStats', {}) },
    {
      name: 'stats of a week',
      call: () => agent.call('agentGetStats', { query: { created_after: new Date(Date.now() - 604_800_000).toISOString() } }),
    },
    { name: 'thread', call: () => agent.call('agentGetTicket', { params: { id } }) },
    { name: 'catch-up', call: () => agent.call('agentListMessages', { params: { id }, query: { after_seq: 1 } }) },
    { name: 'history', call: () => agent.call('agentGetHistory', { params: { id } }) },
    {
      name: 'change',
      call: () => backend.call('agentUpdateTicket', { params: { id }, body: { subject: `Subject ${Math.random()}`, tags: [`${Math.random()}`] } }),
    },
    { name: 'message', call: () => backend.call('agentSendMessage', { params: { id }, body: { body: 'Answer' } }) },
    ...(await deliveryCases(backend, app, db)),
    { name: 'customers', call: () => agent.call('agentListCustomers', {}) },
    { name: 'customers, blocked', call: () => agent.call('agentListCustomers', { query: { blocked: 'true' } }) },
    ...['a', 'user4', 'user42@mail.example', 'nobody at all'].map((search) => ({
      name: `customers ${search}`,
      call: () => agent.call('agentListCustomers', { query: { search } }),
    })),
    { name: 'own list', call: () => customer.call('listTickets', {}) },
    { name: 'own list, open', call: () => customer.call('listTickets', { query: { status: ['open'] } }) },
    ...['a', 'payment', 'TKT-2026'].map((search) => ({
      name: `own list ${search}`,
      call: () => customer.call('listTickets', { query: { search } }),
    })),
    { name: 'me', call: () => customer.call('getMe', {}) },
    { name: 'own thread', call: () => customer.call('getTicket', { params: { id } }) },
    { name: 'own thread, newest', call: () => customer.call('getTicket', { params: { id }, query: { last: 50 } }) },
    { name: 'own catch-up', call: () => customer.call('listMessages', { params: { id }, query: { after_seq: 1 } }) },
    { name: 'own catch-up backward', call: () => customer.call('listMessages', { params: { id }, query: { before_seq: 3 } }) },
    { name: 'own read position', call: () => customer.call('readTicket', { params: { id }, body: { seq: 1_000 } }) },
    { name: 'own message', call: () => customer.call('sendMessage', { params: { id }, body: { body: 'More' } }) },
  ]
}

/** What an admin looks through: what was sent to an endpoint, and the mails. */
async function deliveryCases(backend: TestApp['backend'], app: TestApp, db: Database): Promise<Case[]> {
  const { rows } = await db.query<{ id: string }>('select id from webhook_endpoints where app_id = $1 limit 1', [app.app.id])
  const params = { id: encodeId(rows[0]?.id ?? '') }
  const deliveries: DeliveryQuery[] = [{}, { status: ['exhausted'] }, { status: ['pending'] }, { after: '2000-01-01T00:00:00Z' }, { page: 500 }]
  const mails: MailQuery[] = [{}, { state: ['failed'] }, { kind: ['new_ticket'] }, { page: 500 }]
  return [
    ...deliveries.map((query) => ({
      name: `deliveries ${JSON.stringify(query)}`,
      call: () => backend.call('agentListDeliveries', { params, query }),
    })),
    ...mails.map((query) => ({ name: `mails ${JSON.stringify(query)}`, call: () => backend.call('agentListMails', { query }) })),
  ]
}

/** What the processes of an installation do by themselves, for all apps. A day from now, when there is something to do. */
export function choresOf(now: Core): Case[] {
  const core: Core = { ...now, clock: { ...now.clock, now: () => new Date(Date.now() + 86_400_000) } }
  return [
    { name: 'due deliveries', call: () => takeDue(core, 16) },
    { name: 'how webhooks stand', call: () => readBacklog(core) },
    { name: 'whether webhooks are stuck', call: () => isStuck(core) },
    { name: 'deliveries forgotten', call: () => forgetDeliveries(core) },
    { name: 'deleted webhooks forgotten', call: () => forgetWebhooks(core) },
    { name: 'due mails', call: () => takeDueMail(core, 16) },
    { name: 'how mail stands', call: () => readMailBacklog(core) },
    { name: 'mails forgotten', call: () => forgetMails(core) },
  ]
}

/** Reads the beginning of an export and goes away. */
async function exported(url: string, app: TestApp, query: string): Promise<void> {
  const going = new AbortController()
  const response = await fetch(`${url}/v1/admin/support/tickets.csv${query}`, { headers: { 'X-Api-Key': app.adminKey }, signal: going.signal })
  if (response.status !== 200 || !response.body) throw new Error(`the export answered ${response.status}`)
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += (chunk as Uint8Array).length
    if (bytes > 2_000_000) break
  }
  going.abort()
}
