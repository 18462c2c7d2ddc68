import type { AgentMessage } from '@support-widget/shared/message.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import { describe, expect, it } from 'vitest'
import { gaplessUpTo, lastSeen, mergeMessages, mergeTickets, pruned, rowsOf, type Tickets, withMessage, withRead } from './merge.ts'
import { message, ticket } from './samples.ts'

const known = (...tickets: AgentTicket[]): Tickets => new Map(tickets.map((one) => [one.id, one]))
const seqs = (messages: readonly AgentMessage[]) => messages.map((one) => one.seq)

describe('mergeTickets', () => {
  it('comes to the same end in whatever order snapshots arrive', () => {
    const snapshots = [
      ticket({ version: 1, last_seq: 1, updated_at: '2026-01-01T10:00:00Z' }),
      ticket({ version: 1, last_seq: 2, updated_at: '2026-01-01T10:01:00Z' }),
      ticket({ version: 2, last_seq: 2, updated_at: '2026-01-01T10:02:00Z', status: 'resolved' }),
      ticket({ version: 3, last_seq: 4, updated_at: '2026-01-01T10:03:00Z', status: 'in_progress' }),
    ]
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
      [1, 3, 3, 0, 2],
    ]) {
      const end = order.reduce<Tickets>((tickets, index) => mergeTickets(tickets, snapshots.slice(index, index + 1)), new Map())
      expect([...end.values()]).toEqual([snapshots[3]])
    }
  })

  it('takes an equal snapshot, because reading changes no version', () => {
    const after = mergeTickets(known(ticket({ unread_count: 2 })), [ticket({ unread_count: 0 })])
    expect(after.get('T1')?.unread_count).toBe(0)
  })

  it('does not bring the unread mark back for what has been read', () => {
    const reads = new Map([['T1', 3]])
    expect(mergeTickets(new Map(), [ticket({ last_seq: 3, unread_count: 1 })], reads).get('T1')?.unread_count).toBe(0)
    expect(mergeTickets(new Map(), [ticket({ last_seq: 4, unread_count: 1 })], reads).get('T1')?.unread_count).toBe(1)
  })
})

describe('mergeMessages', () => {
  it('keeps each message once, in the order of seq', () => {
    const merged = mergeMessages([message(1), message(3)], [message(2), message(3), message(1), message(4)])
    expect(seqs(merged)).toEqual([1, 2, 3, 4])
  })

  it('lets a later copy replace an earlier one', () => {
    expect(mergeMessages([message(1)], [message(1, { body: 'changed' })])[0]?.body).toBe('changed')
  })

  it('returns the same list when nothing came', () => {
    const messages = [message(1)]
    expect(mergeMessages(messages, [])).toBe(messages)
  })
})

describe('gaplessUpTo', () => {
  it('stops before the first hole and counts from the first message that is there', () => {
    expect(gaplessUpTo([])).toBe(0)
    expect(gaplessUpTo([message(1), message(2), message(4)])).toBe(2)
    expect(gaplessUpTo([message(51), message(52)])).toBe(52)
  })
})

describe('lastSeen', () => {
  const agent = { type: 'agent', id: 'A1', name: 'Sam', avatar_url: null } as const
  const thread = [message(1), message(2, { author: agent }), message(3, { author: agent, is_internal: true }), message(4, { author: agent })]

  it('names the last answer that was read, and never a note or their own words', () => {
    expect([0, 1, 2, 3, 4, 9].map((seq) => lastSeen(thread, seq))).toEqual([null, null, 'M2', 'M2', 'M4', 'M4'])
  })
})

describe('withMessage', () => {
  it('counts a message once, as unread when the customer wrote it', () => {
    const first = known(ticket({ last_seq: 1, message_count: 1, unread_count: 0 }))
    const second = withMessage(first, message(2))
    expect(second.get('T1')).toMatchObject({ last_seq: 2, message_count: 2, unread_count: 1 })
    expect(withMessage(second, message(2))).toBe(second)
    const agent = { type: 'agent', id: 'A1', name: 'Sam', avatar_url: null } as const
    expect(withMessage(second, message(3, { author: agent })).get('T1')?.unread_count).toBe(1)
  })

  it('is overruled by the ticket of the same moment', () => {
    const guessed = withMessage(known(ticket({ last_seq: 1, updated_at: '2026-01-01T10:00:00Z' })), message(2))
    const truth = ticket({ last_seq: 2, unread_count: 7, status: 'in_progress', updated_at: message(2).created_at })
    expect(mergeTickets(guessed, [truth]).get('T1')).toEqual(truth)
  })

  it('knows nothing of a ticket that is not there', () => {
    expect(withMessage(new Map(), message(1)).size).toBe(0)
  })
})

describe('withRead', () => {
  it('clears the mark only when everything has been read', () => {
    const tickets = known(ticket({ last_seq: 3, unread_count: 2 }))
    expect(withRead(tickets, 'T1', 2)).toBe(tickets)
    expect(withRead(tickets, 'T1', 3).get('T1')?.unread_count).toBe(0)
  })
})

describe('rowsOf', () => {
  const tickets = known(
    ticket({ id: 'T1', updated_at: '2026-01-01T10:00:00Z' }),
    ticket({ id: 'T2', updated_at: '2026-01-03T10:00:00Z', status: 'in_progress' }),
    ticket({ id: 'T3', updated_at: '2026-01-02T10:00:00Z', status: 'closed' }),
  )

  it('shows what the filter names, last changed first', () => {
    expect(rowsOf(tickets, 'open', null).map((row) => row.id)).toEqual(['T2', 'T1'])
    expect(rowsOf(tickets, 'all', null).map((row) => row.id)).toEqual(['T2', 'T3', 'T1'])
  })

  it('shows nothing older than what is loaded', () => {
    expect(rowsOf(tickets, 'all', '2026-01-02T10:00:00Z').map((row) => row.id)).toEqual(['T2', 'T3'])
  })
})

describe('pruned', () => {
  const stale = ticket({ id: 'T1', updated_at: '2026-01-03T00:00:00Z' })
  const deep = ticket({ id: 'T2', updated_at: '2026-01-01T00:00:00Z' })
  const listed = ticket({ id: 'T3', updated_at: '2026-01-02T00:00:00Z' })
  const tickets = known(stale, deep, listed)
  const floor = listed.updated_at

  it('forgets what the page should have had, and nothing below it', () => {
    expect([...pruned(tickets, tickets, [listed], 'open', floor, null).keys()]).toEqual(['T2', 'T3'])
    expect([...pruned(tickets, tickets, [listed], 'open', null, null).keys()]).toEqual(['T3'])
  })

  it('keeps the open ticket, other filters, and what changed since it asked', () => {
    expect(pruned(tickets, tickets, [listed], 'open', floor, 'T1')).toBe(tickets)
    expect(pruned(tickets, tickets, [], 'closed', null, null)).toBe(tickets)
    expect(pruned(tickets, known(deep, listed), [listed], 'open', floor, null)).toBe(tickets)
  })
})
