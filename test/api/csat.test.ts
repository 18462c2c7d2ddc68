import { expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam] = [await app.customer('alice'), await app.agent('sam')]
  const ticket = await newTicket(alice)
  const params = { id: ticket.id }
  const set = (status: 'open' | 'in_progress' | 'resolved' | 'closed') => sam.call('agentUpdateTicket', { params, body: { status } })
  return { server, app, alice, sam, ticket, params, set }
}

test('CSAT-1: only a resolved or closed ticket can be rated', async () => {
  const { alice, app, params, set } = await setUp()
  for (const status of ['open', 'in_progress'] as const) {
    await set(status)
    expect(await alice.refused('rateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 409, code: 'not_resolved' })
    expect(await app.backend.refused('agentRateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 409, code: 'not_resolved' })
  }
  await set('resolved')
  expect((await alice.call('rateTicket', { params, body: { score: 4 } })).csat).toMatchObject({ score: 4, comment: null })
  await set('closed')
  expect((await alice.call('rateTicket', { params, body: { score: 5, comment: ' Thanks! ' } })).csat).toMatchObject({ score: 5, comment: 'Thanks!' })
  expect((await alice.call('getTicket', { params })).csat).toMatchObject({ score: 5, comment: 'Thanks!' })
})

test('CSAT-2: a rating can be changed for seven days after it was given first; a comment stays until it is replaced or removed', async () => {
  const { server, app, params, set } = await setUp()
  await set('resolved')
  const first = await (await app.customer()).call('rateTicket', { params, body: { score: 2, comment: 'Slow' } })
  const second = await (await app.customer()).call('rateTicket', { params, body: { score: 3 } })
  expect(second.csat).toEqual({ score: 3, comment: 'Slow', created_at: first.csat?.created_at })
  server.clock.ahead += 7 * 86_400_000 - 60_000
  expect((await (await app.customer()).call('rateTicket', { params, body: { score: 1, comment: null } })).csat).toMatchObject({
    score: 1,
    comment: null,
  })
  server.clock.ahead += 120_000
  const alice = await app.customer()
  expect(await alice.refused('rateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 409, code: 'csat_final' })
  expect(await app.backend.refused('agentRateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 409, code: 'csat_final' })
  expect((await alice.call('getTicket', { params })).csat?.score).toBe(1)
})

test('CSAT-3: an API key may rate for the customer, an agent as a person may not', async () => {
  const { app, alice, sam, params, set } = await setUp()
  await set('resolved')
  expect(await sam.refused('agentRateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 403, code: 'forbidden' })
  const admin = await app.agent('ada', 'admin')
  expect(await admin.refused('agentRateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 403, code: 'forbidden' })
  expect(await app.backend.refused('rateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 403 })
  expect(await alice.refused('agentRateTicket', { params, body: { score: 5 } })).toMatchObject({ status: 403 })
  expect((await app.backend.call('agentRateTicket', { params, body: { score: 5, comment: 'Said by phone' } })).csat).toMatchObject({ score: 5 })
  const { data } = await sam.call('agentGetHistory', { params })
  expect(data.at(-1)).toMatchObject({
    type: 'ticket_updated',
    actor: { type: 'key', name: 'backend' },
    changes: [
      { field: 'csat_score', from: null, to: 5 },
      { field: 'csat_comment', from: null, to: 'Said by phone' },
    ],
  })
})

test('CSAT-4: the same rating twice, or many at once, is one; bad scores, foreign and unknown tickets are refused', async () => {
  const { app, alice, sam, params, set } = await setUp()
  await set('resolved')
  const answers = await Promise.all(Array.from({ length: 10 }, () => alice.send('rateTicket', { params, body: { score: 4 } })))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const { data } = await sam.call('agentGetHistory', { params })
  expect(data.filter(({ changes }) => changes.some(({ field }) => field === 'csat_score'))).toHaveLength(1)
  for (const body of [
    { score: 0 },
    { score: 6 },
    { score: 4.5 },
    { score: '5' },
    {},
    { score: 5, stars: 5 },
    { score: 5, comment: 'x'.repeat(2001) },
    { score: 5, comment: ' ' },
  ])
    expect(await alice.refused('rateTicket', { params, body })).toMatchObject({ status: 400 })
  const bob = await app.customer('bob')
  const unknown = { id: '01JN2XG6H7Q8R9S0T1V2W3X4Y5' }
  for (const other of [
    await bob.refused('rateTicket', { params, body: { score: 5 } }),
    await alice.refused('rateTicket', { params: unknown, body: { score: 5 } }),
  ])
    expect(other).toMatchObject({ status: 404, detail: 'There is no such object, or it is not yours.' })
})
