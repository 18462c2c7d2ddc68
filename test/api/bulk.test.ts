import { describe, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

async function setUp(count: number) {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, agent] = [await app.customer('alice'), await app.agent('sam')]
  const tickets = []
  for (let n = 0; n < count; n++) tickets.push(await newTicket(alice, { subject: `Ticket ${n}` }))
  return { server, app, alice, agent, ids: tickets.map((ticket) => ticket.id) }
}

const unknown = '01ARYZ6S41TSV4RRFFQ69G5FAV'

describe('BULK-1: each ticket is changed by itself and has its own result, in the order given', () => {
  test('all of them', async () => {
    const { app, server, agent, ids } = await setUp(3)
    const listener = await listen(server.url, await app.token('tom', { role: 'agent' }))
    const { results } = await agent.call('agentBulkUpdateTickets', { body: { ids, set: { priority: 'urgent', tags: ['wave'], assignee_id: 'me' } } })
    expect(results.map((one) => one.id)).toEqual(ids)
    for (const one of results)
      expect(one).toMatchObject({
        ok: true,
        ticket: { id: one.id, priority: 'urgent', tags: ['wave'], assignee: { name: 'sam of Test app' }, version: 2 },
      })
    for (const id of ids) await listener.frame(({ type, payload }) => type === 'ticket.updated' && (payload.ticket as { id: string }).id === id)
    const { data } = await agent.call('agentGetHistory', { params: { id: ids[2] ?? '' } })
    expect(
      data
        .at(-1)
        ?.changes.map((change) => change.field)
        .sort(),
    ).toEqual(['assignee', 'priority', 'tags'])
  })

  test('some are missing, foreign, merged or in each other’s way: the others are changed', async () => {
    const { agent, ids, app } = await setUp(4)
    const foreign = await newTicket(await (await newApp(await sharedServer())).customer('alice'))
    const [merged = '', into = '', third = '', fourth = ''] = ids
    await agent.call('agentMergeTicket', { params: { id: merged }, body: { into } })
    const { results } = await agent.call('agentBulkUpdateTickets', {
      body: { ids: [unknown, merged, 'nonsense', third, foreign.id, fourth], set: { status: 'in_progress', external_ticket_id: 'ext-1' } },
    })
    expect(results.map((one) => (one.ok ? one.ticket.status : one.error.code))).toEqual([
      'not_found',
      'ticket_closed',
      'not_found',
      'in_progress',
      'not_found',
      'already_exists',
    ])
    expect(results[1]).toMatchObject({ ok: false, error: { merged_into: into, status: 409 } })
    expect(results[5]).toMatchObject({ ok: false, error: { errors: [{ location: 'body.set.external_ticket_id' }] } })
    const problems = results.flatMap((one) => (one.ok ? [] : [one.error]))
    expect(new Set(problems.map((one) => one.instance)).size).toBe(1)
    // A foreign ticket is like an unknown one.
    expect(results[4]).toEqual({ ...results[0], id: foreign.id })
    expect((await agent.call('agentGetTicket', { params: { id: fourth } })).status).toBe('open')
    expect((await app.backend.call('agentListTickets', { query: { status: ['in_progress'] } })).pagination.total).toBe(1)
  })

  test('a fault of what is set is told for each', async () => {
    const { agent, ids } = await setUp(2)
    const { results } = await agent.call('agentBulkUpdateTickets', { body: { ids, set: { assignee_id: unknown } } })
    for (const one of results)
      expect(one).toMatchObject({ ok: false, error: { code: 'invalid_request', errors: [{ location: 'body.set.assignee_id' }] } })
  })

  test('an id that is there twice, in whatever case, is done once', async () => {
    const { agent, ids } = await setUp(1)
    const [id = ''] = ids
    const { results } = await agent.call('agentBulkUpdateTickets', {
      body: { ids: [id, id.toLowerCase(), unknown, id, unknown], set: { priority: 'low' } },
    })
    expect(results.map((one) => [one.id, one.ok])).toEqual([
      [id, true],
      [unknown, false],
    ])
    expect((await agent.call('agentGetTicket', { params: { id } })).version).toBe(2)
  })

  test('twice the same is no second change', async () => {
    const { agent, ids } = await setUp(2)
    const call = () => agent.call('agentBulkUpdateTickets', { body: { ids, set: { status: 'resolved' } } })
    const [first, second] = [await call(), await call()]
    expect(second).toEqual(first)
  })
})

describe('BULK-2: 1 to 100 ids and something to change', () => {
  test('100 are done, 101 refused', async () => {
    const { agent, ids } = await setUp(1)
    const many = [...ids, ...Array.from({ length: 99 }, (_, n) => `${unknown.slice(0, -3)}${String(n).padStart(3, '0')}`)]
    const { results } = await agent.call('agentBulkUpdateTickets', { body: { ids: many, set: { priority: 'high' } } })
    expect([results.length, results.filter((one) => one.ok).length]).toEqual([100, 1])
    const problem = await agent.refused('agentBulkUpdateTickets', { body: { ids: [...many, unknown], set: { priority: 'low' } } })
    expect([problem.status, problem.errors?.[0]?.location]).toEqual([400, 'body.ids'])
    expect((await agent.call('agentGetTicket', { params: { id: ids[0] ?? '' } })).priority).toBe('high')
  })

  test.each([
    [{ ids: [], set: { priority: 'low' } }],
    [{ ids: [unknown], set: {} }],
    [{ ids: [unknown] }],
    [{ ids: unknown, set: { priority: 'low' } }],
    [{ ids: [unknown], set: { version: 1, priority: 'low' } }],
    [{ ids: [unknown], set: { priority: 'sometimes' } }],
    [{ ids: [{ $ne: null }], set: { priority: 'low' } }],
    [{ ids: [unknown], set: { customer_id: unknown } }],
  ])('%j', async (body) => {
    const { agent } = await setUp(0)
    expect(await agent.refused('agentBulkUpdateTickets', { body })).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test('customers may not', async () => {
    const { alice, ids } = await setUp(1)
    expect((await alice.refused('agentBulkUpdateTickets', { body: { ids, set: { priority: 'low' } } })).status).toBe(403)
  })
})
