import { decodeId, encodeId } from '@support-widget/shared/ids.ts'
import type { AgentTicket, TicketWithMessages } from '@support-widget/shared/ticket.ts'
import { type Channel, channels, type Priority, priorities, type Status, statuses } from '@support-widget/shared/vocabulary.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { client, request } from '../support/client.ts'
import { newApp, type TestApp } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** One ticket in all the foreign APIs that are served, in the words of each. */

beforeAll(async () => {
  await sharedServer()
})

interface PgiTicket {
  ticket_id: string
  subject: string
  status: string
  messages: { sender: string; content: string; created_at: string }[]
  created_at: string
}
interface PingTicket {
  ticketNumber: string
  publicId: string
  subject: string
  description: string
  status: string
  priority: string
  channel: string
  category?: string
  customerEmail?: string
  dateCreated: string
}
interface PingComment {
  publicId: string
  authorType: string
  content: string
  isInternal: boolean
  dateCreated: string
}
interface ConsoleTicket {
  ticket_id: string
  title: string
  description: string
  status: string
  priority: string
  type: string
  created_by_email: string
  comment_count: number
  comments: { comment_id: string; content: string; author_type: string; created_at: string; is_internal: boolean }[]
  created_at: string
  updated_at: string
}

const paths = { pgi: '/compat/pgi/api/v2/support/tickets/', loop: '/compat/loop/v1/support/tickets', ping: '/compat/ping/v1/api/tickets' } as const
const consoleTickets = '/compat/console/api/v1/support/tickets'

/** Clients of every API for one customer and one agent of an app. */
async function setUp() {
  const server = await sharedServer()
  const app: TestApp = await newApp(server)
  const token = await app.token('alice')
  const send = async <T>(credential: Record<string, string>, line: string, body?: unknown): Promise<T> => {
    const [method = '', path = ''] = line.split(' ')
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await request(server.url + path, { method, headers: { ...credential, 'Content-Type': 'application/json' }, ...json })
    expect(answer.status, `${line}: ${answer.text}`).toBe(method === 'POST' && !path.endsWith('/close') ? 201 : 200)
    return answer.body as T
  }
  const customer = <T>(line: string, body?: unknown) => send<T>({ Authorization: `Bearer ${token}` }, line, body)
  const backend = <T>(line: string, body?: unknown) => send<T>({ 'X-Ping-Api-Key': app.adminKey }, line, body)
  return {
    server,
    app,
    token,
    native: client(server.url, token),
    sam: await app.agent('sam'),
    pgi: {
      create: (subject: string, message: string) => customer<PgiTicket>(`POST ${paths.pgi}`, { subject, message }),
      get: (id: string) => customer<PgiTicket>(`GET ${paths.pgi}${id}/`),
      list: () => customer<{ count: number; results: PgiTicket[] }>(`GET ${paths.pgi}`),
      reply: (id: string, content: string) => customer<{ message_id: string }>(`POST ${paths.pgi}${id}/messages/`, { content }),
    },
    console: {
      create: (title: string, description: string) => customer<ConsoleTicket>(`POST ${consoleTickets}`, { title, description, type: 'support' }),
      get: async (uuid: string) => (await customer<{ ticket: ConsoleTicket }>(`GET ${consoleTickets}/${uuid}`)).ticket,
      list: (status: Status) => customer<{ total: number; tickets: ConsoleTicket[] }>(`GET ${consoleTickets}?status=${status}`),
      close: (uuid: string) => customer<ConsoleTicket>(`POST ${consoleTickets}/${uuid}/close`),
      comment: (uuid: string, content: string) => customer<{ comment_id: string }>(`POST ${consoleTickets}/${uuid}/comments`, { content }),
    },
    ping: {
      create: async (fields: object) => (await backend<{ ticket: PingTicket }>(`POST ${paths.ping}`, fields)).ticket,
      get: async (number: string) => (await backend<{ ticket: PingTicket }>(`GET ${paths.ping}/${number}`)).ticket,
      comments: async (number: string, all: boolean) =>
        (await backend<{ comments: PingComment[] }>(`GET ${paths.ping}/${number}/comments?include_internal=${all}`)).comments,
      comment: (number: string, fields: object) => backend<{ comment: PingComment }>(`POST ${paths.ping}/${number}/comments`, fields),
      update: (number: string, fields: object) => backend<unknown>(`PUT ${paths.ping}/${number}`, fields),
    },
    loop: {
      create: (subject: string, body: string) =>
        customer<{ ticket_id: string; message_id: string }>(`POST ${paths.loop}`, {
          brand_id: 'north',
          person_id: 'alice',
          requester_email: 'alice@example.com',
          subject,
          body,
        }),
    },
  }
}
type Doors = Awaited<ReturnType<typeof setUp>>

const uuidOf = (id: string) => decodeId(id) ?? ''
const seconds = (time: string) => time.slice(0, 19)

const words = {
  pgi: { open: 'open', in_progress: 'pending', resolved: 'closed', closed: 'closed' } satisfies Record<Status, string>,
  ping: { low: 'low', normal: 'medium', high: 'high', urgent: 'critical' } satisfies Record<Priority, string>,
}
const pingChannel = (channel: Channel) => (channel === 'widget' ? 'live_chat' : channel)

/** Every API says of a ticket what natively stands in it, and none more than its customer may know. */
async function sameEverywhere({ native, sam, pgi, console, ping }: Doors, id: string): Promise<TicketWithMessages> {
  const [there, known] = [await native.call('getTicket', { params: { id } }), await sam.call('agentGetTicket', { params: { id } })] as [
    TicketWithMessages,
    AgentTicket & { messages: { is_internal: boolean }[] },
  ]
  const [first, ...rest] = there.messages
  const sides = there.messages.map((one) => one.author.type)

  const partner = await pgi.get(id)
  expect(partner).toMatchObject({
    ticket_id: id,
    subject: there.subject,
    status: words.pgi[there.status],
    created_at: `${seconds(there.created_at)}Z`,
  })
  expect(partner.messages.map((one) => [one.sender, one.content, one.created_at])).toEqual(
    there.messages.map((one, n) => [sides[n] === 'customer' ? 'partner' : 'pgi_underwriter', one.body, `${seconds(one.created_at)}Z`]),
  )

  const user = await console.get(uuidOf(id))
  expect(user).toMatchObject({
    ticket_id: uuidOf(id),
    title: there.subject,
    description: first?.body,
    status: there.status,
    priority: there.priority,
    type: there.type,
    comment_count: there.message_count - 1,
    created_at: `${seconds(there.created_at)}Z`,
    updated_at: `${seconds(there.updated_at)}Z`,
  })
  expect(user.comments.map((one) => [encodeId(one.comment_id), one.author_type, one.content, `${one.created_at}`])).toEqual(
    rest.map((one) => [one.id, one.author.type, one.body, `${seconds(one.created_at)}Z`]),
  )

  const operator = await ping.get(there.number)
  expect(operator).toMatchObject({
    ticketNumber: there.number,
    publicId: `TKT-${uuidOf(id).slice(-8).toUpperCase()}`,
    subject: there.subject,
    description: first?.body,
    status: there.status,
    priority: words.ping[there.priority],
    channel: pingChannel(there.channel),
    customerEmail: known.requester.email,
    dateCreated: seconds(there.created_at),
  })
  const comments = await ping.comments(there.number, false)
  expect(comments.map((one) => [encodeId(one.publicId), one.authorType, one.content, one.dateCreated])).toEqual(
    rest.map((one) => [one.id, one.author.type === 'customer' ? 'customer' : 'admin', one.body, seconds(one.created_at)]),
  )
  const all = await ping.comments(there.number, true)
  expect(all.filter((one) => one.isInternal)).toHaveLength(known.messages.filter((one) => one.is_internal).length)
  for (const side of [partner, user]) expect(JSON.stringify(side)).not.toContain('A note')
  return there
}

test('CROSS-1: made in ping by an agent key for a signed-in customer, answered by an agent, read by the customer, closed in console, listed as closed in pgi', async () => {
  const doors = await setUp()
  const { server, app, token, native, sam, pgi, console, ping } = doors
  await native.call('getMe', {})
  const [page, desk] = [await listen(server.url, token), await listen(server.url, await app.token('sam', { role: 'agent' }))]

  const made = await ping.create({
    subject: 'No connection',
    description: 'The router shows a red light.',
    priority: 'critical',
    channel: 'phone',
    category: 'Outage',
    customer_first_name: 'Alice',
    customer_email: 'ALICE@example.com',
  })
  expect(made).toMatchObject({ status: 'open', priority: 'critical', channel: 'phone' })
  const told = await page.frame(({ type }) => type === 'ticket.created')
  const { id } = told.payload.ticket as { id: string }
  expect(await sam.call('agentGetTicket', { params: { id } })).toMatchObject({
    number: made.ticketNumber,
    priority: 'urgent',
    channel: 'phone',
    category: 'Outage',
    requester: { external_id: 'alice', verified: true },
  })
  await sameEverywhere(doors, id)

  await sam.call('agentSendMessage', { params: { id }, body: { body: 'A note: known outage', is_internal: true } })
  await sam.call('agentSendMessage', { params: { id }, body: { body: 'It is back, please look.' } })
  await page.frame(({ type, payload }) => type === 'message.created' && (payload.message as { body: string }).body === 'It is back, please look.')
  const read = await native.call('listMessages', { params: { id }, query: { after_seq: 0 } })
  expect(read.data.map((one) => [one.seq, one.author.type, one.body])).toEqual([
    [1, 'customer', 'The router shows a red light.'],
    [2, 'agent', 'It is back, please look.'],
  ])
  expect(read.ticket).toMatchObject({ status: 'in_progress', unread_count: 1, message_count: 2 })
  await sameEverywhere(doors, id)

  expect(await console.close(uuidOf(id))).toMatchObject({ status: 'closed', comment_count: 1 })
  const closed = (frame: { type: string; payload: Record<string, unknown> }) =>
    frame.type === 'ticket.updated' && (frame.payload.ticket as { status: string }).status === 'closed'
  expect((await desk.frame(closed)).payload).toMatchObject({ ticket: { id, number: made.ticketNumber } })
  expect((await page.frame(closed)).payload).toMatchObject({ ticket: { id } })
  expect(await pgi.list()).toMatchObject({ count: 1, results: [{ ticket_id: id, subject: 'No connection', status: 'closed', message_count: 2 }] })
  expect(await ping.get(made.ticketNumber)).toMatchObject({ status: 'closed' })
  expect(await sameEverywhere(doors, id)).toMatchObject({ status: 'closed', number: made.ticketNumber })
  expect(JSON.stringify(page.frames)).not.toContain('A note')
  for (const one of [page, desk]) one.close()
})

describe('CROSS-2: a ticket made in any API is the same one in every other', () => {
  test.each(['native', 'pgi', 'loop', 'ping', 'console'] as const)('%s', async (where) => {
    const doors = await setUp()
    const { native, sam, pgi, loop, ping, console } = doors
    const [subject, body] = [`Made in ${where}`, 'Çà et là: 日本語 🙂']
    await native.call('getMe', {})
    const makers = {
      native: async () => (await native.call('createTicket', { body: { subject, body } })).id,
      pgi: async () => (await pgi.create(subject, body)).ticket_id,
      loop: async () => (await loop.create(subject, body)).ticket_id,
      ping: async () => {
        await ping.create({ subject, description: body, customer_email: 'alice@example.com' })
        return (await native.call('listTickets', {})).data[0]?.id ?? ''
      },
      console: async () => encodeId((await console.create(subject, body)).ticket_id),
    }
    const id = await makers[where]()
    const { number } = await sameEverywhere(doors, id)
    expect(await native.call('listTickets', {})).toMatchObject({ data: [{ id, subject }], pagination: { total: 1 } })
    expect(await sam.call('agentListTickets', { query: { search: where } })).toMatchObject({ data: [{ id, number }] })
    // Each API writes into it in turn, and a note stands in between.
    await pgi.reply(id, 'From pgi')
    await sam.call('agentSendMessage', { params: { id }, body: { body: 'A note', is_internal: true } })
    await console.comment(uuidOf(id), 'From console')
    await ping.comment(number, { content: 'From ping' })
    await ping.comment(number, { content: 'A note from ping', is_internal: true })
    await ping.comment(number, { content: 'Said on the phone', author_type: 'customer' })
    const { messages } = await sameEverywhere(doors, id)
    expect(messages.map((one) => [one.seq, one.author.type, one.body])).toEqual([
      [1, 'customer', body],
      [2, 'customer', 'From pgi'],
      [3, 'customer', 'From console'],
      [4, 'agent', 'From ping'],
      [5, 'customer', 'Said on the phone'],
    ])
  })
})

describe('CROSS-3: status, priority, channel and times translate both ways', () => {
  test('every status', async () => {
    const doors = await setUp()
    const { native, sam, pgi, ping, console } = doors
    const { id, number } = await native.call('createTicket', { body: { subject: 'Status', body: 'First' } })
    for (const status of [...statuses, 'open', 'resolved'] as const) {
      await sam.call('agentUpdateTicket', { params: { id }, body: { status } })
      expect((await sameEverywhere(doors, id)).status).toBe(status)
      expect(await console.list(status)).toMatchObject({ total: 1, tickets: [{ ticket_id: uuidOf(id) }] })
    }
    // Resolved looks closed in pgi, and a reply there takes it up again.
    await pgi.reply(id, 'Not yet')
    expect((await sameEverywhere(doors, id)).status).toBe('in_progress')
    for (const status of statuses) {
      await ping.update(number, { status })
      expect((await sameEverywhere(doors, id)).status).toBe(status)
    }
  })

  test('every priority', async () => {
    const doors = await setUp()
    const { native, sam, ping } = doors
    const { id, number } = await native.call('createTicket', { body: { subject: 'Priority', body: 'First' } })
    for (const priority of priorities) {
      await sam.call('agentUpdateTicket', { params: { id }, body: { priority } })
      await sameEverywhere(doors, id)
      await ping.update(number, { priority: 'low' })
      await ping.update(number, { priority: words.ping[priority] })
      expect((await sameEverywhere(doors, id)).priority).toBe(priority)
    }
  })

  test('every channel', async () => {
    const doors = await setUp()
    const { native, sam, ping } = doors
    const { customer } = await native.call('getMe', {})
    for (const channel of channels) {
      const { id } = await sam.call('agentCreateTicket', { body: { requester: { id: customer.id }, subject: channel, body: 'First', channel } })
      expect((await sameEverywhere(doors, id)).channel).toBe(channel)
      if (channel !== 'widget') expect(await ping.create({ subject: 's', description: 'd', channel })).toMatchObject({ channel })
    }
  })

  test('a redacted message is empty everywhere, a merged one stands where the ticket goes on', async () => {
    const doors = await setUp()
    const { native, sam, pgi, console } = doors
    const target = await pgi.create('Kept', 'First of the one that is kept')
    const source = encodeId((await console.create('Merged', 'First of the one that is merged')).ticket_id)
    const sent = await native.call('sendMessage', { params: { id: target.ticket_id }, body: { body: 'My card is 4111' } })
    await sam.call('agentRedactMessage', { params: { id: target.ticket_id, message_id: sent.id } })
    await sam.call('agentMergeTicket', { params: { id: source }, body: { into: target.ticket_id } })
    const { messages } = await sameEverywhere(doors, target.ticket_id)
    expect(messages.map((one) => [one.author.type, one.body])).toMatchObject([
      ['customer', 'First of the one that is kept'],
      ['customer', ''],
      ['system', expect.any(String)],
      ['customer', 'First of the one that is merged'],
    ])
    expect(await sameEverywhere(doors, source)).toMatchObject({ status: 'closed', merged_into: target.ticket_id })
  })
})

test('CROSS-4: what one API made is nothing to another customer or app, through whatever API', async () => {
  const [mine, theirs] = [await setUp(), await setUp()]
  const { server, app } = mine
  const id = encodeId((await mine.console.create('Mine', 'First')).ticket_id)
  const { number } = await mine.native.call('getTicket', { params: { id } })
  const bob = { Authorization: `Bearer ${await app.token('bob')}` }
  const foreign = { Authorization: `Bearer ${theirs.token}` }
  const status = async (path: string, headers: Record<string, string>) => (await request(server.url + path, { headers })).status
  for (const headers of [bob, foreign]) {
    expect(await status(`${paths.pgi}${id}/`, headers)).toBe(404)
    expect(await status(`${consoleTickets}/${uuidOf(id)}`, headers)).toBe(404)
    expect(await status(`${paths.ping}/${number}`, headers)).toBe(403)
    expect((await request(server.url + consoleTickets, { headers })).body).toMatchObject({ total: 0 })
  }
  expect(await status(`${paths.ping}/${number}`, { 'X-Ping-Api-Key': theirs.app.adminKey })).toBe(404)
  expect(await status(`${paths.ping}/${number}`, { 'X-Ping-Api-Key': app.adminKey })).toBe(200)
})
