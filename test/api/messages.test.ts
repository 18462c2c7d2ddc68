import { decodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, agent] = [await app.customer('alice'), await app.agent('sam')]
  const { id } = await newTicket(alice)
  const params = { id }
  return {
    server,
    app,
    alice,
    agent,
    id,
    params,
    write: (body: string, client_id?: string) => alice.call('sendMessage', { params, body: { body, client_id } }),
    answer: (body: string, more: { client_id?: string; is_internal?: boolean } = {}, by: Client = agent) =>
      by.call('agentSendMessage', { params, body: { body, ...more } }),
    set: (status: 'open' | 'in_progress' | 'resolved' | 'closed') => agent.call('agentUpdateTicket', { params, body: { status } }),
  }
}

const times = <T>(count: number, work: (i: number) => Promise<T>) => Promise.all(Array.from({ length: count }, (_, i) => work(i)))
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

describe('numbers', () => {
  test('SEQ-1: fifty messages and notes at once leave no gap on either side, and one order', async () => {
    const { alice, agent, params, write, answer } = await setUp()
    await times(50, (i) => (i % 3 === 0 ? write(`c${i}`) : answer(`a${i}`, { is_internal: i % 3 === 1 })) as Promise<unknown>)
    const all = (await agent.call('agentGetTicket', { params })).messages
    const seen = (await alice.call('getTicket', { params })).messages
    expect(all.map((message) => message.seq)).toEqual(upTo(51))
    const open = all.filter((message) => !message.is_internal)
    expect(seen.map((message) => message.seq)).toEqual(upTo(open.length))
    expect(seen.map((message) => message.id)).toEqual(open.map((message) => message.id))
    expect(open).toHaveLength(34)
    expect(await alice.call('listTickets', {})).toMatchObject({ data: [{ message_count: 34, last_seq: 34 }] })
    expect(await agent.call('agentListTickets', {})).toMatchObject({ data: [{ message_count: 51, last_seq: 51 }] })
  })

  test('SEQ-2: what one sender sends one after the other keeps its order', async () => {
    const { alice, params, write } = await setUp()
    for (const text of ['one', 'two', 'three']) await write(text)
    expect((await alice.call('getTicket', { params })).messages.map((message) => message.body).slice(1)).toEqual(['one', 'two', 'three'])
  })

  test('FULL-1: a ticket takes 5,000 messages, notes too, and then answers ticket_full to everybody', async () => {
    const { server, alice, agent, params, write, answer, id } = await setUp()
    const uuid = decodeId(id) ?? ''
    const db = server.app.core.orm.db()
    const last = limits.messagesPerTicket - 2
    await sql`insert into messages (id, app_id, ticket_id, seq, public_seq, author_type, customer_id, body, is_internal, created_at)
      select gen_random_uuid(), t.app_id, t.id, n, n, 'customer', t.customer_id, 'm' || n, false, t.created_at
      from tickets t, generate_series(2, ${last}::int) n where t.id = ${uuid}`.execute(db)
    await sql`update tickets set seq = ${last}::int, public_seq = ${last}::int where id = ${uuid}`.execute(db)
    const kept = await write('last but one', 'kept')
    await answer('last', { is_internal: true })
    for (const problem of [
      await alice.refused('sendMessage', { params, body: { body: 'x' } }),
      await agent.refused('agentSendMessage', { params, body: { body: 'x' } }),
      await agent.refused('agentSendMessage', { params, body: { body: 'x', is_internal: true } }),
    ]) {
      expect(problem).toMatchObject({ status: 409, code: 'ticket_full' })
    }
    expect(await write('again', 'kept')).toEqual(kept)
    const whole = await agent.call('agentGetTicket', { params })
    expect(whole.messages.map((message) => message.seq)).toEqual(upTo(limits.messagesPerTicket))
    expect((await alice.call('getTicket', { params, query: { last: 2 } })).messages.map((message) => message.seq)).toEqual([4_998, 4_999])
  })
})

describe('client_id of a message', () => {
  test('MSG-1: sent twice is one message, the same 201; the first body stands', async () => {
    const { alice, params, write } = await setUp()
    const first = await write('One', 'c')
    expect(await write('Two', 'c')).toEqual(first)
    expect((await alice.call('getTicket', { params })).message_count).toBe(2)
  })

  test('MSG-2: fifty at once are one message', async () => {
    const { alice, agent, params, write, answer } = await setUp()
    const sent = await times(50, (i) => write(`t${i}`, 'c'))
    const answered = await times(20, (i) => answer(`t${i}`, { client_id: 'c', is_internal: true }))
    expect(new Set(sent.map((message) => JSON.stringify(message))).size).toBe(1)
    expect(new Set(answered.map((message) => JSON.stringify(message))).size).toBe(1)
    expect((await agent.call('agentGetTicket', { params })).messages.map((message) => message.seq)).toEqual([1, 2, 3])
    expect((await alice.call('getTicket', { params })).messages).toHaveLength(2)
  })

  test("MSG-3: each sender's is their own: nobody gets another's message by guessing it", async () => {
    const { app, params, alice, agent, write, answer } = await setUp()
    const note = await answer('Secret note', { client_id: 'c', is_internal: true })
    const mine = await write('Mine', 'c')
    const eve = await answer('By Eve', { client_id: 'c' }, await app.agent('eve'))
    const key = await answer('By key', { client_id: 'c' }, app.backend)
    expect(new Set([note.id, mine.id, eve.id, key.id]).size).toBe(4)
    expect(mine).toMatchObject({ seq: 2, body: 'Mine', author: { type: 'customer' } })
    expect(await answer('Other', { client_id: 'c' })).toEqual(note)
    expect(await answer('Other', { client_id: 'c' }, app.backend)).toEqual(key)
    expect((await alice.send('getTicket', { params })).text).not.toContain('Secret')
    expect((await agent.call('agentGetTicket', { params })).messages).toHaveLength(5)
  })

  test("MSG-4: is the ticket's own: the same in another ticket is another message", async () => {
    const { alice, write } = await setUp()
    const other = await newTicket(alice)
    const [a, b] = [await write('x', 'c'), await alice.call('sendMessage', { params: { id: other.id }, body: { body: 'x', client_id: 'c' } })]
    expect(a.id).not.toBe(b.id)
  })

  test('MSG-5: a resend of what was acknowledged answers 201 though the ticket is closed; a new message is 409', async () => {
    const { alice, params, write, answer } = await setUp()
    const sent = await write('Before', 'c')
    await alice.call('closeTicket', { params })
    expect(await write('Before', 'c')).toEqual(sent)
    expect(await alice.refused('sendMessage', { params, body: { body: 'After' } })).toMatchObject({ status: 409, code: 'ticket_closed' })
    expect((await answer('Agents may')).seq).toBe(3)
    expect((await alice.call('getTicket', { params })).status).toBe('closed')
  })

  test('MSG-6: a resend wakes nobody: status, times and version stay', async () => {
    const { agent, params, write, set } = await setUp()
    await write('x', 'c')
    await set('resolved')
    const before = await agent.send('agentGetTicket', { params })
    await write('x', 'c')
    expect((await agent.send('agentGetTicket', { params })).text).toBe(before.text)
  })
})

describe('authors', () => {
  test("AUTHOR-1: a message says who wrote it, and never an agent's address", async () => {
    const { app, alice, params, write, answer } = await setUp()
    await write('By me')
    await answer('By agent')
    await answer('By key', {}, app.backend)
    const answer_ = await alice.send('getTicket', { params })
    expect((answer_.body as { messages: { author: object }[] }).messages.map((message) => message.author)).toMatchObject([
      { type: 'customer', name: 'alice of Test app' },
      { type: 'customer', name: 'alice of Test app' },
      { type: 'agent', name: 'sam of Test app', avatar_url: null },
      { type: 'agent', id: null, name: 'Test app' },
    ])
    expect(answer_.text).not.toContain('sam@example.com')
  })
})

describe('catch-up', () => {
  test('CATCH-1: each side walks its own numbers, forward and back, with the ticket', async () => {
    const { alice, agent, params, write, answer } = await setUp()
    for (let i = 2; i <= 10; i++) await (i % 3 === 0 ? answer(`n${i}`, { is_internal: true }) : write(`m${i}`))
    const list = async (caller: Client, name: 'listMessages' | 'agentListMessages', query: Record<string, number>) => {
      const { ticket, data, has_more } = await caller.call(name, { params, query })
      expect(ticket).not.toHaveProperty('messages')
      return { seqs: data.map((message) => message.seq), has_more, last: ticket.last_seq }
    }
    expect(await list(alice, 'listMessages', {})).toEqual({ seqs: upTo(7), has_more: false, last: 7 })
    expect(await list(agent, 'agentListMessages', {})).toEqual({ seqs: upTo(10), has_more: false, last: 10 })
    expect(await list(alice, 'listMessages', { after_seq: 3, limit: 2 })).toEqual({ seqs: [4, 5], has_more: true, last: 7 })
    expect(await list(alice, 'listMessages', { after_seq: 5, limit: 2 })).toEqual({ seqs: [6, 7], has_more: false, last: 7 })
    expect(await list(alice, 'listMessages', { after_seq: 7 })).toEqual({ seqs: [], has_more: false, last: 7 })
    expect(await list(alice, 'listMessages', { after_seq: 2_147_483_647 })).toEqual({ seqs: [], has_more: false, last: 7 })
    expect(await list(alice, 'listMessages', { before_seq: 4, limit: 2 })).toEqual({ seqs: [2, 3], has_more: true, last: 7 })
    expect(await list(alice, 'listMessages', { before_seq: 3, limit: 2 })).toEqual({ seqs: [1, 2], has_more: false, last: 7 })
    expect(await list(alice, 'listMessages', { before_seq: 1 })).toEqual({ seqs: [], has_more: false, last: 7 })
    expect(await list(agent, 'agentListMessages', { after_seq: 2, before_seq: 6 })).toEqual({ seqs: [3, 4, 5], has_more: false, last: 10 })
    expect(await list(agent, 'agentListMessages', { after_seq: 2, before_seq: 9, limit: 3 })).toEqual({ seqs: [3, 4, 5], has_more: true, last: 10 })
  })

  test('CATCH-2: walking after_seq in any step collects the thread, each message once', async () => {
    const { alice, params, write } = await setUp()
    await times(11, (i) => write(`m${i}`))
    const whole = (await alice.call('getTicket', { params })).messages
    for (const limit of [1, 2, 5, 12, 200]) {
      const walked = []
      for (let after_seq = 0, more = true; more; ) {
        const page = await alice.call('listMessages', { params, query: { after_seq, limit } })
        walked.push(...page.data)
        after_seq = page.data.at(-1)?.seq ?? after_seq
        more = page.has_more
      }
      expect(walked).toEqual(whole)
    }
  })

  test('CATCH-3: last gives the newest messages in order', async () => {
    const { alice, params, write } = await setUp()
    await times(4, (i) => write(`m${i}`))
    const seqs = async (last: number) => (await alice.call('getTicket', { params, query: { last } })).messages.map((message) => message.seq)
    expect(await seqs(1)).toEqual([5])
    expect(await seqs(3)).toEqual([3, 4, 5])
    expect(await seqs(200)).toEqual([1, 2, 3, 4, 5])
  })
})

describe('read positions', () => {
  test('READ-1: go forward, never back and never past the end, on each side alone', async () => {
    const { alice, agent, params, write, answer } = await setUp()
    await answer('2')
    await answer('note', { is_internal: true })
    await answer('3')
    await write('4')
    const mine = async (seq: number) => (await alice.call('readTicket', { params, body: { seq } })).unread_count
    const theirs = async (seq: number) => (await agent.call('agentReadTicket', { params, body: { seq } })).unread_count
    expect([await mine(0), await mine(2), await mine(1), await mine(3)]).toEqual([2, 1, 1, 0])
    expect([await theirs(0), await theirs(1), await theirs(0), await theirs(4), await theirs(5)]).toEqual([2, 1, 1, 1, 0])
    expect(await mine(2_147_483_647)).toBe(0)
    await answer('5')
    expect((await alice.call('getTicket', { params })).unread_count).toBe(1)
    await theirs(2_147_483_647)
    await write('6')
    expect((await agent.call('agentGetTicket', { params })).unread_count).toBe(1)
  })

  test("READ-2: reading changes nothing but the counts and the reader's position", async () => {
    const { alice, agent, params, answer } = await setUp()
    await answer('2')
    const before = await agent.call('agentGetTicket', { params })
    await alice.call('readTicket', { params, body: { seq: 2 } })
    expect(await agent.call('agentGetTicket', { params })).toEqual(before)
    await agent.call('agentReadTicket', { params, body: { seq: 1 } })
    expect(await agent.call('agentGetTicket', { params })).toEqual({ ...before, unread_count: 0, agent_read_seq: 1 })
  })

  test('READ-3: how far agents have read stands in the ticket, for its customer in public messages alone', async () => {
    const { alice, agent, params, write, answer } = await setUp()
    await answer('note', { is_internal: true })
    await write('3')
    const seen = async () => {
      const [list, one] = [await alice.call('listTickets', {}), await alice.call('getTicket', { params })]
      expect(list.data.map((ticket) => ticket.agent_read_seq)).toEqual([one.agent_read_seq])
      return [one.agent_read_seq, (await agent.call('agentGetTicket', { params })).agent_read_seq]
    }
    const read = async (seq: number) => {
      await agent.call('agentReadTicket', { params, body: { seq } })
      return seen()
    }
    expect(await seen()).toEqual([0, 0])
    expect([await read(1), await read(2), await read(3)]).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
    ])
  })
})
