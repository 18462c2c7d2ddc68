import type { Message } from '@support-widget/shared/message.ts'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import { describe, expect, test } from 'vitest'
import { inOrder, lastSeq, mergeMessages, mergeTickets, shownOf, type Unsent, waitingFor, withMessage } from './merge.ts'

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `M${seq}`,
  ticket_id: 'T',
  seq,
  client_id: null,
  body: `text ${seq}`,
  is_admin: false,
  author: { type: 'customer', id: 'C', name: null, avatar_url: null },
  attachments: [],
  redacted_at: null,
  merged_from: null,
  created_at: '2026-11-01T10:00:00.000Z',
  ...more,
})
const ticket = (id: string, more: Partial<Ticket> = {}): Ticket => ({
  id,
  number: 'TKT-2026-00001',
  subject: 's',
  status: 'open',
  priority: 'normal',
  category: null,
  type: 'support',
  channel: 'widget',
  custom_fields: {},
  links: {},
  assignee: null,
  message_count: 1,
  unread_count: 0,
  last_seq: 1,
  agent_read_seq: 0,
  csat: null,
  follow_up_of: null,
  merged_into: null,
  created_at: '2026-11-01T10:00:00.000Z',
  updated_at: '2026-11-01T10:00:00.000Z',
  resolved_at: null,
  closed_at: null,
  ...more,
})
const unsent = (client_id: string, ticket_id: string | null): Unsent => ({ client_id, ticket_id, body: 'x', at: 1, state: 'sending' })

/** A small generator, so that a failure can be repeated. */
function random(seed: number) {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

describe('messages', () => {
  test('whatever order, repetition and loss: each once, in order, and nothing beyond a gap', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed)
      const all = Array.from({ length: 12 }, (_, at) => message(at + 1))
      let known: readonly Message[] = [message(1)]
      for (let step = 0; step < 15; step++) {
        const from = Math.floor(next() * 12)
        known = mergeMessages(known, all.slice(from, from + 1 + Math.floor(next() * 3)))
        const seqs = known.map((one) => one.seq)
        expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
        expect(inOrder(known).map((one) => one.seq)).toEqual(Array.from({ length: lastSeq(known) }, (_, at) => at + 1))
      }
      known = mergeMessages(
        known,
        all.filter((one) => one.seq > lastSeq(known)),
      )
      expect(inOrder(known)).toEqual(all)
    }
  })

  test('a thread that was loaded from its end starts where it starts', () => {
    const known = mergeMessages([message(151), message(152)], [message(155)])
    expect(lastSeq(known)).toBe(152)
    expect(lastSeq([])).toBe(0)
  })

  test('an unsent message goes as soon as its message is there by any road', () => {
    const waiting = [unsent('a', 'T'), unsent('b', 'T'), unsent('c', 'other'), unsent('t', null)]
    expect(waitingFor('T', [message(1, { client_id: 'a' })], waiting).map((one) => one.client_id)).toEqual(['b'])
    expect(waitingFor('t', [], waiting).map((one) => one.client_id)).toEqual(['t'])
  })
})

describe('tickets', () => {
  test('last changed first, one for each id, and an overtaken answer changes nothing', () => {
    const now = ticket('A', { status: 'closed', updated_at: '2026-11-01T12:00:00.000Z', last_seq: 3 })
    const list = mergeTickets([ticket('B', { updated_at: '2026-11-01T11:00:00.000Z' })], [now])
    expect(list.map((one) => one.id)).toEqual(['A', 'B'])
    expect(mergeTickets(list, [ticket('A')]).find((one) => one.id === 'A')).toEqual(now)
    expect(mergeTickets(list, [ticket('A', { ...now, last_seq: 2, updated_at: '2026-11-01T13:00:00.000Z' })])[0]).toEqual(now)
  })

  test('what has been read here stays read while an older answer says otherwise', () => {
    const answer = ticket('A', { unread_count: 2, last_seq: 4 })
    expect(mergeTickets([], [answer], () => 4)[0]?.unread_count).toBe(0)
    expect(mergeTickets([], [answer], () => 3)[0]?.unread_count).toBe(2)
  })

  test('a message that the ticket does not count yet is counted once', () => {
    const reply = message(2, { author: { type: 'agent', id: 'S', name: 'Sam', avatar_url: null }, created_at: '2026-11-01T11:00:00.000Z' })
    const after = withMessage(ticket('T'), reply)
    expect(after).toMatchObject({ last_seq: 2, message_count: 2, unread_count: 1, updated_at: reply.created_at })
    expect(withMessage(after, reply)).toBe(after)
    expect(withMessage(ticket('T'), message(2)).unread_count).toBe(0)
  })
})

test('beyond a gap only what the customer wrote is shown, until the gap is filled', () => {
  const agent = { author: { type: 'agent', id: 'A', name: 'Sam', avatar_url: null } } as const
  const all = [message(1), message(3), message(4, agent), message(5)]
  expect(shownOf(all).map((one) => one.seq)).toEqual([1, 3, 5])
  const whole = mergeMessages(all, [message(2, agent)])
  expect(shownOf(whole).map((one) => one.seq)).toEqual([1, 2, 3, 4, 5])
  // The same list, by which a thread knows that it need not be drawn again.
  expect(shownOf(whole)).toBe(whole)
})
