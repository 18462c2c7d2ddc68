import type { AgentMessage } from '@support-widget/shared/message.ts'
import { describe, expect, it, vi } from 'vitest'
import { ApiError, type Call } from './api.ts'
import { createChanges } from './changes.ts'
import { createConversations } from './conversations.ts'
import { message, ticket } from './samples.ts'
import { createTickets } from './tickets.ts'

interface Asked {
  query?: { after_seq?: number; before_seq?: number; limit?: number }
  body?: { seq?: number; version?: number; status?: string }
}

/** A server with one ticket and these messages. */
function server(messages: AgentMessage[]) {
  const asked: [string, Asked][] = []
  const state = { ticket: ticket({ last_seq: messages.length, unread_count: 1 }), fail: null as ApiError | null, time: 0 }
  const answers: Record<string, (input: Asked) => unknown> = {
    agentListMessages: ({ query = {} }) => {
      const { after_seq, before_seq = Number.POSITIVE_INFINITY, limit = 100 } = query
      const all = messages.filter((one) => one.seq > (after_seq ?? 0) && one.seq < before_seq)
      const data = after_seq === undefined ? all.slice(-limit) : all.slice(0, limit)
      return { ticket: state.ticket, data, has_more: all.length > data.length }
    },
    agentReadTicket: () => ({ ...state.ticket, unread_count: 0 }),
    agentUpdateTicket: ({ body }) => {
      if (body?.version !== state.ticket.version) throw new ApiError(409, { code: 'version_conflict', ticket: state.ticket })
      state.ticket = ticket({ ...state.ticket, status: 'resolved', version: state.ticket.version + 1 })
      return state.ticket
    },
  }
  const call = vi.fn(async (name: string, input: Asked) => {
    asked.push([name, input])
    if (state.fail) throw state.fail
    return answers[name]?.(input)
  }) as unknown as Call
  const tickets = createTickets(call)
  return {
    state,
    asked,
    call,
    tickets,
    conversations: createConversations(
      call,
      tickets,
      () => undefined,
      () => state.time,
    ),
  }
}

const many = (count: number) => Array.from({ length: count }, (_, index) => message(index + 1))

describe('conversations', () => {
  it('opens at the newest messages and walks back', async () => {
    const { conversations } = server(many(250))
    conversations.open('T1')
    await conversations.catchUp('T1')
    expect(conversations.thread.value.messages.map((one) => one.seq)).toEqual(
      many(250)
        .slice(150)
        .map((one) => one.seq),
    )
    expect(conversations.thread.value.hasEarlier).toBe(true)
    await conversations.loadEarlier('T1')
    await conversations.loadEarlier('T1')
    expect(conversations.thread.value.messages).toHaveLength(250)
    expect(conversations.thread.value.hasEarlier).toBe(false)
  })

  it('fills a hole in seq by asking after the last message without one', async () => {
    const messages = many(2)
    const { conversations, asked } = server(messages)
    conversations.open('T1')
    await conversations.catchUp('T1')
    messages.push(message(3), message(4))
    conversations.receive(message(4))
    await conversations.catchUp('T1')
    expect(conversations.thread.value.messages.map((one) => one.seq)).toEqual([1, 2, 3, 4])
    expect(asked.at(-1)?.[1].query?.after_seq).toBe(2)
  })

  it('says once that the thread has been read, and again when there is more', async () => {
    const messages = many(2)
    const { conversations, asked, tickets } = server(messages)
    conversations.open('T1')
    await conversations.catchUp('T1')
    await Promise.all([conversations.markRead(), conversations.markRead()])
    expect(tickets.known.value.get('T1')?.unread_count).toBe(0)
    messages.push(message(3))
    conversations.receive(message(3))
    await conversations.markRead()
    expect(asked.filter(([name]) => name === 'agentReadTicket').map(([, input]) => input.body?.seq)).toEqual([2, 3])
  })

  it('tells a ticket that does not exist from one that could not be loaded', async () => {
    const { conversations, state } = server(many(1))
    state.fail = new ApiError(0)
    conversations.open('T1')
    await conversations.catchUp('T1')
    expect(conversations.thread.value.phase).toBe('failed')
    state.fail = new ApiError(404)
    await conversations.catchUp('T1')
    expect(conversations.thread.value.phase).toBe('missing')
  })
})

describe('the customer’s reading', () => {
  it('only goes forward', async () => {
    const agent = { type: 'agent', id: 'A1', name: 'Sam', avatar_url: null } as const
    const { conversations } = server([message(1), message(2, { author: agent }), message(3, { author: agent })])
    conversations.open('T1')
    await conversations.catchUp('T1')
    expect(conversations.seenId.value).toBe(null)
    for (const seq of [1, 3, 2]) conversations.readByCustomer('T1', seq)
    expect(conversations.seenId.value).toBe('M3')
  })
})

describe('links to files', () => {
  const file = (url: string) => ({ id: 'F1', filename: 'a.png', content_type: 'image/png', size: 1, width: 1, height: 1, url })

  it('are had anew before they end, for the messages that have files', async () => {
    const messages = many(150).map((one) => (one.seq === 20 || one.seq === 140 ? { ...one, attachments: [file('old')] } : one))
    const { conversations, asked, state } = server(messages)
    conversations.open('T1')
    await conversations.catchUp('T1')
    await conversations.loadEarlier('T1')
    messages.splice(0, 150, ...messages.map((one) => ({ ...one, attachments: one.attachments.map(() => file('new')) })))
    const before = asked.length
    await conversations.freshLinks('T1')
    expect(asked).toHaveLength(before)
    state.time = 9 * 60_000
    state.fail = new ApiError(0)
    await conversations.freshLinks('T1')
    state.fail = null
    await conversations.freshLinks('T1')
    const urls = conversations.thread.value.messages.flatMap((one) => one.attachments.map((each) => each.url))
    expect(urls).toEqual(['new', 'new'])
    expect(asked.slice(before + 1).map(([, input]) => input.query?.after_seq)).toEqual([19, 119])
    await conversations.freshLinks('T1')
    expect(asked).toHaveLength(before + 3)
  })
})

describe('a change after an answer of one’s own', () => {
  /** The desk has sent an answer, which took the ticket into work, and no frame has told of it. */
  async function answered() {
    const messages = many(1)
    const made = server(messages)
    const { state, conversations, tickets, call } = made
    conversations.open('T1')
    await conversations.catchUp('T1')
    const reply = message(2, { author: { type: 'agent', id: 'A1', name: 'Sam', avatar_url: null } })
    messages.push(reply)
    state.ticket = ticket({ ...state.ticket, status: 'in_progress', version: 2, last_seq: 2 })
    const changes = createChanges(call, tickets, async (id) => {
      conversations.receive(reply)
      await conversations.freshTicket(id)
    })
    return { ...made, changes }
  }

  it('goes with the version that the answer left', async () => {
    const { changes, tickets, asked } = await answered()
    await changes.update('T1', { status: 'resolved' })
    expect(changes.notices.value.size).toBe(0)
    expect(asked.at(-1)?.[1].body?.version).toBe(2)
    expect(tickets.known.value.get('T1')?.status).toBe('resolved')
  })

  it('still tells of what a colleague did meanwhile', async () => {
    const { changes, tickets, state } = await answered()
    state.ticket = ticket({ ...state.ticket, priority: 'urgent', version: 3 })
    await changes.update('T1', { priority: 'low' })
    expect(changes.notices.value.get('T1')?.tone).toBe('conflict')
    expect(tickets.known.value.get('T1')).toMatchObject({ priority: 'urgent', version: 3 })
  })

  it('asks for nothing that has been told', async () => {
    const { conversations, asked, tickets, state } = await answered()
    tickets.merge([state.ticket])
    const before = asked.length
    await conversations.freshTicket('T1')
    expect(asked).toHaveLength(before)
  })
})

describe('changes', () => {
  it('shows the wish at once and sends the version that it knows', async () => {
    const { call, tickets, state } = server(many(1))
    tickets.merge([state.ticket])
    const changes = createChanges(call, tickets, async () => undefined)
    const done = changes.update('T1', { status: 'resolved' })
    expect(changes.wanted.value.get('T1')).toEqual({ status: 'resolved' })
    await done
    expect(changes.wanted.value.size).toBe(0)
    expect(tickets.known.value.get('T1')).toMatchObject({ status: 'resolved', version: 2 })
  })

  it('takes the current ticket from a conflict and says so', async () => {
    const { call, tickets, state } = server(many(1))
    tickets.merge([state.ticket])
    state.ticket = ticket({ ...state.ticket, version: 5, priority: 'urgent' })
    const changes = createChanges(call, tickets, async () => undefined)
    await changes.update('T1', { status: 'resolved' })
    expect(tickets.known.value.get('T1')).toMatchObject({ status: 'open', priority: 'urgent', version: 5 })
    expect(changes.notices.value.get('T1')?.tone).toBe('conflict')
    await changes.update('T1', { status: 'resolved' })
    expect(tickets.known.value.get('T1')?.status).toBe('resolved')
    expect(changes.notices.value.size).toBe(0)
  })
})
