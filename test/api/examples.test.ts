import { examples } from '@support-widget/shared/examples.ts'
import { operations } from '@support-widget/shared/operations.ts'
import type { RequestInput } from '@support-widget/shared/paths.ts'
import { beforeAll, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

/** Whoever tries an operation in the documentation starts from its example. */

beforeAll(async () => void (await sharedServer()))

test('API-5: an example is answered as the document says, with nothing put in but the ticket that its path names', async () => {
  const app = await newApp(await sharedServer())
  const [alice, sam, ada] = [await app.customer('alice'), await app.agent('sam'), await app.agent('ada', 'admin')]
  await newTicket(alice)
  const tried = {
    alice: ['createTicket', 'listTickets', 'getTicket', 'sendMessage', 'listMessages', 'readTicket', 'closeTicket', 'rateTicket'],
    sam: [
      'agentListTickets',
      'agentCreateTicket',
      'agentGetTicket',
      'agentSendMessage',
      'agentUpdateTicket',
      'agentReadTicket',
      'agentGetHistory',
      'agentBulkUpdateTickets',
      'agentCreateCannedReply',
      'agentGetStats',
    ],
    ada: ['agentUpdateApp'],
  } as const
  const statusOf = async (by: typeof alice, name: keyof typeof operations) => {
    const { id } = await newTicket(alice)
    // What can be rated is resolved.
    await sam.call('agentUpdateTicket', { params: { id }, body: { status: name === 'rateTicket' ? 'resolved' : 'open' } })
    const example = examples[name] as RequestInput
    return (await by.send(name, { ...example, ...(example.params ? { params: { id } } : {}) })).status
  }
  for (const [who, names] of Object.entries(tried)) {
    const by = { alice, sam, ada }[who] ?? alice
    for (const name of names) expect([name, await statusOf(by, name)]).toEqual([name, operations[name].status])
  }
})
