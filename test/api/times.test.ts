import { expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

test('TIME-1: whatever overtakes what, a ticket’s last state has the latest times of all that was told of it', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const alice = await app.customer()
  const sam = await app.agent()
  const { id } = await newTicket(alice)
  const told: number[] = []
  const listener = ({ ticket }: { ticket: { app_id: string; public_updated_at: Date } }) => {
    if (ticket.app_id === app.app.id) told.push(ticket.public_updated_at.getTime())
  }
  server.app.core.listeners.push(listener)
  for (let round = 0; round < 15; round++) {
    await Promise.all([
      alice.call('sendMessage', { params: { id }, body: { body: 'one' } }),
      sam.call('agentUpdateTicket', { params: { id }, body: { priority: round % 2 ? 'high' : 'low' } }),
      sam.call('agentSendMessage', { params: { id }, body: { body: 'two' } }),
      sam.call('agentUpdateTicket', { params: { id }, body: { category: `c${round}` } }),
    ])
    const now = await alice.call('getTicket', { params: { id } })
    expect(Date.parse(now.updated_at)).toBe(Math.max(...told))
    const times = now.messages.map((message) => Date.parse(message.created_at))
    expect(times).toEqual([...times].sort((a, b) => a - b))
  }
  server.app.core.listeners.splice(server.app.core.listeners.indexOf(listener), 1)
})
