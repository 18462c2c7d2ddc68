import type { Ticket } from '@support-widget/shared/ticket.ts'
import { expect, test } from 'vitest'
import { createTickets } from './tickets.ts'

const ticket = (id: string, unread_count: number) =>
  ({ id, unread_count, last_seq: 9, updated_at: '2026-11-01T10:00:00.000Z', status: 'open' }) as Ticket

test('what is unread is counted once: with the rest until its ticket is known, then with that', () => {
  const tickets = createTickets(() => Promise.reject(new Error('nobody is asked')))
  tickets.expect({ unread_count: 5, open_tickets: 3 })
  expect(tickets.unread.value).toBe(5)
  tickets.put(ticket('A', 1), ticket('B', 2))
  expect(tickets.unread.value).toBe(5)
  tickets.put(ticket('A', 1))
  expect(tickets.unread.value).toBe(5)
  tickets.markRead('B', 9)
  expect(tickets.unread.value).toBe(3)
  tickets.put(ticket('C', 2))
  expect(tickets.unread.value).toBe(3)
})
