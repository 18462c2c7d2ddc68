import { beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sendText } from '../support/raw.ts'
import { sharedServer } from '../support/server.ts'
import { watched } from '../support/watched.ts'

/** Keys and texts that would be lost or cost too much, if nobody looked. */

// Its first start takes longer than a test may.
beforeAll(async () => void (await sharedServer()))

const people = async () => {
  const app = await newApp(await sharedServer())
  return { alice: await app.customer('alice'), sam: await app.agent('sam') }
}

/** The faults of a new ticket, by location. */
async function faultsOf(alice: Client, body: object): Promise<Record<string, string>> {
  const problem = await alice.refused('createTicket', { body: { subject: 's', body: 'b', ...body } })
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
  return Object.fromEntries((problem.errors ?? []).map((fault) => [fault.location, fault.message]))
}

const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']))

describe('keys of custom fields, links and context', () => {
  test('FIELD-3: a key that could not be kept is refused and named; nothing is written', async () => {
    const at = await watched()
    const tickets = `${at.server.url}/v1/support/tickets`
    const odd = [
      ['"custom_fields":{"__proto__":"x","ok":1}', 'body.custom_fields.__proto__'],
      ['"custom_fields":{" __proto__ ":"x"}', 'body.custom_fields. __proto__ '],
      ['"links":{"__proto__":"x"}', 'body.links.__proto__'],
      ['"context":{"a":[{"__proto__":{"b":1}}]}', 'body.context'],
    ]
    for (const [field = '', location] of odd) {
      const answer = await sendText(tickets, at.token, `{"subject":"s","body":"b",${field}}`)
      expect(answer.body, field).toMatchObject({ status: 400, errors: [{ location }] })
    }
    for (const same of [
      { a: 1, ' a ': 2 },
      { 'e\u0301': 1, é: 2 },
      { ' ': 1, '\u200b': 2 },
    ])
      expect(Object.values(await faultsOf(at.alice, { custom_fields: same }))).toContain('is the same key as another one')
    const patch = { params: { id: at.ticketId }, body: JSON.parse('{"custom_fields":{"__proto__":null}}') }
    expect((await at.agent.refused('agentUpdateTicket', patch)).errors).toHaveLength(1)
    await at.end()
  })

  test('FIELD-4: every limit is taken, and one more is refused and named', async () => {
    const { alice, sam } = await people()
    const most = { ...keys(49), ['😀'.repeat(40)]: '😀'.repeat(500) }
    const ticket = await alice.call('createTicket', { body: { subject: 's', body: 'b', custom_fields: most, links: keys(50) } })
    expect([ticket.custom_fields, ticket.links]).toEqual([most, keys(50)])
    const faults = await faultsOf(alice, {
      custom_fields: { ['x'.repeat(41)]: 1, ok: 'x'.repeat(501), '  ': 1 },
      links: { a: 'x'.repeat(501), b: '' },
    })
    expect(faults).toEqual({
      [`body.custom_fields.${'x'.repeat(41)}`]: 'its key must have at most 40 characters',
      'body.custom_fields.ok': 'must have at most 500 characters',
      'body.custom_fields.  ': 'its key must not be empty',
      'body.links.a': 'must have at most 500 characters',
      'body.links.b': 'must not be empty',
    })
    for (const many of [51, 40_000]) {
      expect(await faultsOf(alice, { custom_fields: keys(many) })).toEqual({ 'body.custom_fields': 'must have at most 50 keys' })
      expect(await faultsOf(alice, { links: keys(many) })).toEqual({ 'body.links': 'must have at most 50 keys' })
    }
    const [params, custom_fields] = [{ id: ticket.id }, keys(101)]
    expect((await sam.refused('agentUpdateTicket', { params, body: { custom_fields } })).errors).toHaveLength(1)
    const room = 16 * 1024 - JSON.stringify({ a: '' }).length
    expect((await alice.send('createTicket', { body: { subject: 's', body: 'b', context: { a: 'x'.repeat(room) } } })).status).toBe(201)
    expect(await faultsOf(alice, { context: { a: 'x'.repeat(room + 1) } })).toEqual({ 'body.context': 'must have at most 16384 bytes as JSON' })
    expect(await faultsOf(alice, { context: { a: ['b\0'] } })).toEqual({ 'body.context': 'must be storable text' })
    expect((await alice.send('createTicket', { body: { subject: 's', body: 'b', context: { a: 'b\\u0000' } } })).status).toBe(201)
  })

  test('FIELD-4: what is no value is refused with what would be one', async () => {
    const { alice } = await people()
    for (const value of [null, [], {}, [1]])
      expect(await faultsOf(alice, { custom_fields: { a: value } })).toEqual({
        'body.custom_fields.a': 'must be a string, a finite number, true or false',
      })
  })
})

test('TICKET-9: the 64 characters of a client_id are code points', async () => {
  const { alice } = await people()
  const create = (client_id: string) => alice.send('createTicket', { body: { subject: 's', body: 'b', client_id } })
  expect([(await create('😀'.repeat(64))).status, (await create('😀'.repeat(65))).status]).toEqual([201, 400])
})

test('INPUT-9: thousands of query keys, and one called __proto__, are refused and named like any other', async () => {
  const at = await watched()
  const ask = async (query: string) => {
    const answer = await fetch(`${at.server.url}/v1/support/tickets?${query}`, { headers: { Authorization: `Bearer ${at.token}` } })
    return { status: answer.status, ...((await answer.json()) as { errors?: { location: string }[] }) }
  }
  expect(await ask('__proto__=1')).toMatchObject({ status: 400, errors: [{ location: 'query.__proto__' }] })
  expect(await ask('a&'.repeat(7_000))).toMatchObject({ status: 400, errors: [{ location: 'query.a' }] })
  expect((await ask(Array.from({ length: 2_000 }, (_, n) => `k${n}`).join('&'))).errors).toHaveLength(100)
  expect(await ask('status=open&status=closed&page=1&search=a+b%20c')).toMatchObject({ status: 200 })
  await at.end()
})

describe('marks without end', () => {
  // In descending order of their classes: the dearest for NFC, which sorts them.
  const marks = (count: number) => '\u0315'.repeat(count / 2) + '\u0300'.repeat(count / 2)

  test('TEXT-12: they are counted like other characters and stay as they were written', async () => {
    const { alice, sam } = await people()
    const body = `x${marks(9_998)}`
    const ticket = await alice.call('createTicket', { body: { subject: `y${marks(198)}`, body } })
    expect(ticket.messages[0]?.body).toBe(body)
    expect(ticket.subject).toBe(`y${marks(198)}`.normalize('NFC'))
    expect((await sam.call('agentListTickets', { query: { search: 'x\u0315' } })).data).toHaveLength(1)
    for (const long of [`xx${marks(10_000)}`, `x${marks(250_000)}`, `${'z'.repeat(200_000)}`])
      expect((await alice.refused('createTicket', { body: { subject: 's', body: long } })).errors).toEqual([
        { location: 'body.body', message: 'must have at most 10000 characters' },
      ])
    const key = `k${marks(200_000)}`
    expect((await alice.refused('createTicket', { body: { subject: 's', body: 'b', custom_fields: { [key]: 1 } } })).errors).toHaveLength(1)
  })
})

test('SNOOZE-3: a snooze ends in a year from 1 to 9999, whatever its offset', async () => {
  const { alice, sam } = await people()
  const params = { id: (await newTicket(alice)).id }
  const until = (snoozed_until: string) => sam.send('agentUpdateTicket', { params, body: { snoozed_until } })
  expect((await until('9999-12-31T23:59:59+01:00')).body).toMatchObject({ snoozed_until: '9999-12-31T22:59:59.000Z' })
  for (const time of ['9999-12-31T23:59:59-01:00', '0000-06-01T00:00:00Z', '0001-01-01T00:00:00+01:00'])
    expect((await until(time)).body).toMatchObject({ status: 400, errors: [{ location: 'body.snoozed_until' }] })
})
