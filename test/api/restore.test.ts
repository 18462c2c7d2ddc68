import { expect, test } from 'vitest'
import { newApp } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

const believed = 30_001

test('AGENT-3: a removed agent is let in again, within a minute; one who was erased as a customer is not', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const [ada, sam, tom] = [await app.agent('ada', 'admin'), await app.agent('sam'), await app.agent('tom')]
  const params = { id: (await sam.call('agentGetMe', {})).agent?.id ?? '' }
  await ada.call('agentRemoveAgent', { params })
  server.clock.ahead += believed
  expect(await sam.refused('agentGetMe')).toMatchObject({ status: 401 })
  expect(await tom.refused('agentRestoreAgent', { params })).toMatchObject({ status: 403 })
  const eve = await (await newApp(server)).agent('eve', 'admin')
  for (const id of [params.id, 'nope']) expect(await eve.refused('agentRestoreAgent', { params: { id } })).toMatchObject({ status: 404 })
  const restored = await ada.call('agentRestoreAgent', { params })
  expect(restored).toMatchObject({ id: params.id, external_id: 'sam' })
  expect(await ada.call('agentRestoreAgent', { params })).toEqual(restored)
  server.clock.ahead += believed
  expect((await (await app.agent('sam')).call('agentGetMe', {})).agent?.id).toBe(params.id)
  expect((await ada.call('agentListAgents', {})).data.map((agent) => agent.id)).toContain(params.id)
  const [self] = (await ada.call('agentListCustomers', { query: { search: 'sam' } })).data
  await ada.call('agentRemoveAgent', { params })
  await ada.call('agentEraseCustomer', { params: { id: self?.id ?? '' } })
  expect(await ada.refused('agentRestoreAgent', { params })).toMatchObject({ status: 403, code: 'forbidden' })
})
