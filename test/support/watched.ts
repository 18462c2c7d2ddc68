import { expect } from 'vitest'
import type { Client } from './client.ts'
import { newApp, newTicket, type TestApp } from './factories.ts'
import { sharedServer, type TestServer } from './server.ts'
import { listen } from './sockets.ts'

/** An app with one ticket, and everybody who would hear of a change. */
export interface Watched {
  server: TestServer
  app: TestApp
  token: string
  alice: Client
  agent: Client
  ticketId: string
  /** Checks that nothing was written so far, and that the next valid requests are answered. */
  unchanged(): Promise<void>
  /** The same, and that nobody was told anything: writes one message and sees that its frames are the first. */
  end(): Promise<void>
}

/** For input that must have no effect. */
export async function watched(): Promise<Watched> {
  const server = await sharedServer()
  const app = await newApp(server)
  const [token, agentToken] = [await app.token('alice'), await app.token('sam', { role: 'agent' })]
  const [alice, agent] = [await app.customer('alice'), await app.agent('sam')]
  const ticket = await newTicket(alice)
  const listeners = [await listen(server.url, token), await listen(server.url, agentToken)]
  const state = async () => {
    const answers = [
      await alice.send('getTicket', { params: { id: ticket.id } }),
      await alice.send('listTickets'),
      await agent.send('agentGetTicket', { params: { id: ticket.id } }),
      await agent.send('agentListTickets'),
    ]
    const events = await server.app.core.orm.db().selectFrom('events').select('id').where('app_id', '=', app.app.id).execute()
    return [...answers.map((answer) => answer.text), String(events.length)]
  }
  const before = await state()
  const unchanged = async () => expect(await state()).toEqual(before)
  return {
    server,
    app,
    token,
    alice,
    agent,
    ticketId: ticket.id,
    unchanged,
    async end() {
      await unchanged()
      const message = await alice.call('sendMessage', { params: { id: ticket.id }, body: { body: 'Still here' } })
      for (const listener of listeners) {
        await listener.frame(({ type }) => type === 'ticket.updated')
        expect(listener.frames.map(({ type }) => type)).toEqual(['message.created', 'ticket.updated'])
        expect(listener.frames[0]?.payload).toMatchObject({ message: { id: message.id } })
        listener.close()
      }
    },
  }
}
