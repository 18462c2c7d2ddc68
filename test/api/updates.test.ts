import { describe, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, agent] = [await app.customer(), await app.agent('sam')]
  const { id } = await newTicket(alice)
  const params = { id }
  return {
    server,
    app,
    alice,
    agent,
    params,
    patch: (body: Record<string, unknown>, by = agent) => by.send('agentUpdateTicket', { params, body }),
    me: async (by = agent) => (await by.call('agentGetMe', {})).agent?.id ?? '',
  }
}

describe('changes by agents', () => {
  test('PATCH-1: several fields change at once, and the version by one', async () => {
    const { patch, alice, params } = await setUp()
    const answer = await patch({ status: 'in_progress', priority: 'urgent', category: '  Own words ', type: 'bug' })
    expect(answer.body).toMatchObject({ status: 'in_progress', priority: 'urgent', category: 'Own words', type: 'bug', version: 2 })
    expect(await alice.call('getTicket', { params })).toMatchObject({ status: 'in_progress', priority: 'urgent', category: 'Own words', type: 'bug' })
    expect((await patch({ category: null })).body).toMatchObject({ category: null, version: 3 })
  })

  test('PATCH-2: what changes nothing changes no byte', async () => {
    const { patch } = await setUp()
    const before = await patch({})
    expect(before.status).toBe(200)
    for (const same of [{}, { status: 'open' }, { priority: 'normal', assignee_id: null }, { version: 1 }])
      expect((await patch(same)).text).toBe(before.text)
  })

  test('PATCH-3: an old version is 409 with the ticket as it is, and changes nothing', async () => {
    const { agent, params, patch } = await setUp()
    expect((await patch({ version: 1, status: 'resolved' })).body).toMatchObject({ version: 2 })
    const current = await agent.call('agentGetTicket', { params })
    const problem = await agent.refused('agentUpdateTicket', { params, body: { version: 1, status: 'closed', priority: 'low' } })
    const { messages, ...ticket } = current
    expect(messages).toHaveLength(1)
    expect(problem).toMatchObject({ status: 409, code: 'version_conflict', ticket })
    expect(await agent.call('agentGetTicket', { params })).toEqual(current)
    expect((await patch({ version: 3, status: 'closed' })).status).toBe(409)
  })

  test('PATCH-4: of twenty changes at once with one version, one wins', async () => {
    const { patch } = await setUp()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => patch({ version: 1, type: `t${i}` })))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 409)])
    const winner = answers.find((answer) => answer.status === 200)?.body as { type: string }
    for (const { status, body } of answers) if (status === 409) expect(body).toMatchObject({ ticket: { type: winner.type, version: 2 } })
  })

  test('PATCH-5: a message moves the version only with the status, a note and a read never', async () => {
    const { agent, alice, params } = await setUp()
    const version = async () => (await agent.call('agentGetTicket', { params })).version
    await alice.call('sendMessage', { params, body: { body: 'x' } })
    await agent.call('agentSendMessage', { params, body: { body: 'x', is_internal: true } })
    await agent.call('agentReadTicket', { params, body: { seq: 3 } })
    expect(await version()).toBe(1)
    await agent.call('agentSendMessage', { params, body: { body: 'x' } })
    expect(await version()).toBe(2)
    await agent.call('agentSendMessage', { params, body: { body: 'x' } })
    expect(await version()).toBe(2)
  })

  test('ASSIGN-1: to me, to a colleague, to nobody; the customer sees who, never the address', async () => {
    const { app, alice, patch, params, me } = await setUp()
    const eve = await app.agent('eve')
    const [samId, eveId] = [await me(), await me(eve)]
    expect((await patch({ assignee_id: 'me' })).body).toMatchObject({ assignee: { id: samId, name: 'sam of Test app' } })
    expect((await patch({ assignee_id: eveId })).body).toMatchObject({ assignee: { id: eveId } })
    expect((await patch({ assignee_id: samId.toLowerCase() })).body).toMatchObject({ assignee: { id: samId }, version: 4 })
    const seen = await alice.send('getTicket', { params })
    expect(seen.body).toMatchObject({ assignee: { id: samId, name: 'sam of Test app', avatar_url: null } })
    expect(seen.text).not.toContain('sam@example.com')
    expect((await patch({ assignee_id: null })).body).toMatchObject({ assignee: null })
  })

  test('ASSIGN-2: anybody who is no agent of the app is refused', async () => {
    const { server, app, alice, patch, me } = await setUp()
    const stranger = await me(await (await newApp(server)).agent('sam'))
    const customer = (await alice.call('getMe', {})).customer.id
    const gone = await me(await app.agent('gone'))
    await server.app.core.orm
      .db()
      .updateTable('agents')
      .set({ removed_at: new Date() })
      .where('app_id', '=', app.app.id)
      .where('external_id', '=', 'gone')
      .execute()
    for (const assignee_id of [stranger, customer, gone, 'ME', 'none', '', 'x'.repeat(10_000), "' or 1=1"]) {
      const answer = await patch({ assignee_id, status: 'closed' })
      expect(answer.body, assignee_id.slice(0, 40)).toMatchObject({
        status: 400,
        code: 'invalid_request',
        errors: [{ location: 'body.assignee_id' }],
      })
    }
    expect((await patch({ assignee_id: 'me' }, app.backend)).body).toMatchObject({ status: 400, errors: [{ location: 'body.assignee_id' }] })
    expect((await patch({})).body).toMatchObject({ status: 'open', version: 1, assignee: null })
  })

  test("PATCH-6: the app's key may do what an agent may", async () => {
    const { app, patch, me } = await setUp()
    expect((await patch({ status: 'resolved', assignee_id: await me() }, app.backend)).body).toMatchObject({
      status: 'resolved',
      assignee: { name: 'sam of Test app' },
    })
  })
})
