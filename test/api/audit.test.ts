import type { AuditEntry } from '@support-widget/shared/audit.ts'
import { expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const ada = await app.agent('ada', 'admin')
  const audited = async (query: object = {}) => (await ada.call('agentListAudit', { query: { per_page: 100, ...query } })).data
  return { server, app, ada, audited }
}

/** An entry without what differs each time. */
const brief = ({ action, actor, object, data }: AuditEntry) => [action, actor.type, actor.name, object.type, object.id, data]

test('AUDIT-1: everything that matters is written down, with who did it and to what', async () => {
  const { server, app, ada, audited } = await setUp()
  const alice = await app.customer('alice')
  const sam = await app.agent('sam')
  const ticket = await newTicket(alice, { body: 'canary text' })
  const { requester } = await sam.call('agentGetTicket', { params: { id: ticket.id } })
  const agent = (await sam.call('agentGetMe', {})).agent?.id ?? ''
  const customer = { params: { id: requester.id } }
  await ada.call('agentUpdateApp', { body: { name: 'Renamed', settings: { visitors: true } } })
  const key = await app.backend.call('agentCreateKey', { body: { kind: 'admin', name: 'x' } })
  await ada.call('agentRevokeKey', { params: { id: key.id } })
  await sam.call('agentBlockCustomer', { ...customer, body: { blocked: true, reason: 'spam' } })
  await sam.call('agentBlockCustomer', { ...customer, body: { blocked: false } })
  await sam.call('agentRedactMessage', { params: { id: ticket.id, message_id: ticket.messages[0]?.id ?? '' } })
  await sam.send('agentExportTickets')
  await ada.send('agentExportCustomer', customer)
  await ada.call('agentRemoveAgent', { params: { id: agent } })
  await ada.call('agentRestoreAgent', { params: { id: agent } })
  await ada.call('agentEraseCustomer', customer)
  const [ofAda, ofSam] = ['ada', 'sam'].map((sub) => `${sub} of Test app`)
  expect((await audited()).map(brief)).toEqual([
    ['customer_erased', 'agent', ofAda, 'customer', requester.id, {}],
    ['agent_restored', 'agent', ofAda, 'agent', agent, {}],
    ['agent_removed', 'agent', ofAda, 'agent', agent, {}],
    ['customer_exported', 'agent', ofAda, 'customer', requester.id, {}],
    ['tickets_exported', 'agent', ofSam, 'tickets', null, {}],
    ['message_redacted', 'agent', ofSam, 'message', ticket.messages[0]?.id, { ticket_id: ticket.id }],
    ['customer_unblocked', 'agent', ofSam, 'customer', requester.id, {}],
    ['customer_blocked', 'agent', ofSam, 'customer', requester.id, { reason: 'spam' }],
    ['key_revoked', 'agent', ofAda, 'api_key', key.id, { kind: 'admin' }],
    ['key_created', 'key', 'backend', 'api_key', key.id, { kind: 'admin' }],
    [
      'app_updated',
      'agent',
      ofAda,
      'app',
      app.app.publicId,
      { changes: { name: { from: 'Test app', to: 'Renamed' }, 'settings.visitors': { from: false, to: true } } },
    ],
  ])
  const rows = await server.app.core.orm.db().selectFrom('audit_log').selectAll().where('app_id', '=', app.app.id).execute()
  for (const secret of ['canary', key.secret ?? '', 'alice', 'Payment']) expect(JSON.stringify(rows)).not.toContain(secret)
})

test('AUDIT-2: what changes nothing or fails is not written', async () => {
  const { app, ada, audited } = await setUp()
  const alice = await app.customer('alice')
  const ticket = await newTicket(alice)
  const { requester } = await ada.call('agentGetTicket', { params: { id: ticket.id } })
  const me = (await ada.call('agentGetMe', {})).agent?.id ?? ''
  await ada.call('agentUpdateApp', { body: {} })
  await ada.call('agentUpdateApp', {
    body: { name: 'Test app', origins: [app.origin], settings: { visitors: false, theme: {}, auto_close_days: 7 } },
  })
  await ada.send('agentUpdateApp', { body: { origins: ['null'] } })
  await ada.call('agentBlockCustomer', { params: { id: requester.id }, body: { blocked: false } })
  await ada.send('agentRemoveAgent', { params: { id: me } })
  await ada.call('agentRestoreAgent', { params: { id: me } })
  await ada.send('agentEraseCustomer', { params: { id: ticket.id } })
  await ada.send('agentExportCustomer', { params: { id: ticket.id } })
  await ada.send('agentExportTickets', { query: { sort: 'nonsense' } })
  expect(await audited()).toEqual([])
})

test('AUDIT-3: it is found by action, actor and object, and comes in pages', async () => {
  const { app, ada, audited } = await setUp()
  const me = (await ada.call('agentGetMe', {})).agent?.id ?? ''
  const key = await app.backend.call('agentCreateKey', { body: { kind: 'signing', name: 'x' } })
  await ada.call('agentRevokeKey', { params: { id: key.id } })
  await ada.call('agentUpdateApp', { body: { name: 'Second' } })
  await ada.call('agentUpdateApp', { body: { name: 'Third' } })
  const actions = async (query: object) => (await audited(query)).map((entry) => entry.action)
  expect(await actions({ action: 'app_updated' })).toEqual(['app_updated', 'app_updated'])
  expect(await actions({ action: 'app_updated,key_created' })).toEqual(['app_updated', 'app_updated', 'key_created'])
  expect(await actions({ actor: me })).toEqual(['app_updated', 'app_updated', 'key_revoked'])
  expect(await actions({ actor: me.toLowerCase(), object: app.app.publicId })).toEqual(['app_updated', 'app_updated'])
  expect(await actions({ actor_type: 'key' })).toEqual(['key_created'])
  expect(await actions({ object: key.id })).toEqual(['key_revoked', 'key_created'])
  for (const nobody of ['nope', 'é', key.id.repeat(9), "' or 1=1 --"]) {
    expect(await actions({ actor: nobody })).toEqual([])
    expect(await actions({ object: nobody.slice(0, 200).replace(key.id, '') })).toEqual([])
  }
  const page = await ada.call('agentListAudit', { query: { page: 2, per_page: 3 } })
  expect(page.pagination).toEqual({ page: 2, per_page: 3, total: 4, total_pages: 2 })
  expect(page.data.map((entry) => entry.action)).toEqual(['key_created'])
  for (const query of [{ action: 'other' }, { actor_type: 'nobody' }, { actor: 'a\0' }])
    expect(await ada.refused('agentListAudit', { query })).toMatchObject({ status: 400 })
})

test('AUDIT-4: it is for admins of the app, and of that app alone', async () => {
  const { server, app, ada } = await setUp()
  await ada.call('agentUpdateApp', { body: { name: 'Quiet' } })
  for (const caller of [await app.agent('sam'), await app.customer('alice'), client(server.url, await app.partnerKey('pat'))])
    expect(await caller.refused('agentListAudit')).toMatchObject({ status: 403 })
  expect((await app.backend.call('agentListAudit', {})).data).toHaveLength(1)
  const neighbour = await newApp(server)
  const eve = await neighbour.agent('eve', 'admin')
  for (const query of [{}, { object: app.app.publicId }]) expect((await eve.call('agentListAudit', { query })).data).toEqual([])
})

test('AUDIT-5: a change that is rolled back leaves no entry', async () => {
  const { app, ada, audited } = await setUp()
  const send = (name: string) => ada.send('agentCreateKey', { body: { kind: 'admin', name } }, { 'Idempotency-Key': 'same' })
  expect((await send('one')).status).toBe(201)
  expect((await send('two')).status).toBe(422)
  await ada.send('agentCreateKey', { body: { kind: 'partner', name: 'x', customer: { id: app.kid } } })
  expect(await audited()).toHaveLength(1)
})
