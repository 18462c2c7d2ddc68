import type { Happening } from '@support-widget/server/domain/core.ts'
import type { DomainEvent } from '@support-widget/shared/events.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { whileEventsFail } from '../support/sabotage.ts'
import { sharedServer, testQueue } from '../support/server.ts'

/** What commits and rolls back together: data, events, jobs, and what is told afterwards. */

const undo: (() => void)[] = []
afterEach(() => {
  for (const one of undo.splice(0)) one()
})

async function setUp() {
  const server = await sharedServer()
  const { core } = server.app
  const app = await newApp(server)
  const [alice, agent] = [await app.customer(), await app.agent()]
  const happened: Happening[] = []
  const hear = (listener: (happening: Happening) => void) => {
    const mine = (happening: Happening) => void (happening.ticket.app_id === app.app.id && listener(happening))
    core.listeners.unshift(mine)
    undo.push(() => core.listeners.splice(core.listeners.indexOf(mine), 1))
  }
  hear((happening) => happened.push(happening))
  const rows = () => core.orm.db().selectFrom('events').selectAll().where('app_id', '=', app.app.id).orderBy('created_at').orderBy('id').execute()
  const jobs = async () => (await core.queue.boss.fetch<{ app: string }>(testQueue, { batchSize: 100 })).filter((job) => job.data.app === app.app.id)
  return { server, core, app, alice, agent, happened, hear, rows, jobs }
}

describe('jobs', () => {
  test('QUEUE-1: a job of a committed transaction is there once, with its data', async () => {
    const { core, app, jobs } = await setUp()
    const id = await core.orm.transaction(async (db) => {
      await db.updateTable('apps').set({ name: 'Renamed' }).where('id', '=', app.app.id).execute()
      return core.queue.enqueue(db, testQueue, { app: app.app.id, n: 1 })
    })
    expect((await jobs()).map((job) => [job.id, job.data])).toEqual([[id, { app: app.app.id, n: 1 }]])
    expect(await jobs()).toEqual([])
  })

  test('QUEUE-2: a job of a transaction that was rolled back never was', async () => {
    const { core, app, jobs } = await setUp()
    const failed = core.orm.transaction(async (db) => {
      await core.queue.enqueue(db, testQueue, { app: app.app.id, n: 1 })
      await db.updateTable('apps').set({ name: 'Lost' }).where('id', '=', app.app.id).execute()
      throw new Error('rolled back')
    })
    await expect(failed).rejects.toThrow('rolled back')
    expect(await jobs()).toEqual([])
    const row = await core.orm.db().selectFrom('apps').select('name').where('id', '=', app.app.id).executeTakeFirst()
    expect(row?.name).toBe('Test app')
  })

  test('QUEUE-3: transactions at once, half of them rolled back, leave the jobs of the others', async () => {
    const { core, app, jobs } = await setUp()
    const work = Array.from({ length: 20 }, (_, n) =>
      core.orm
        .transaction(async (db) => {
          await core.queue.enqueue(db, testQueue, { app: app.app.id, n })
          if (n % 2 === 1) throw new Error('rolled back')
        })
        .catch(() => {}),
    )
    await Promise.all(work)
    const done = (await jobs()).map((job) => (job.data as { n?: number }).n ?? -1)
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i * 2))
  })

  test('QUEUE-4: a queue that nobody made refuses, and the transaction with it', async () => {
    const { core, app } = await setUp()
    const failed = core.orm.transaction(async (db) => {
      await db.updateTable('apps').set({ name: 'Lost' }).where('id', '=', app.app.id).execute()
      await core.queue.enqueue(db, 'no-such-queue', {})
    })
    await expect(failed).rejects.toThrow('was not opened')
    expect((await core.orm.db().selectFrom('apps').select('name').where('id', '=', app.app.id).executeTakeFirst())?.name).toBe('Test app')
  })
})

describe('events', () => {
  test('EVENT-1: every change writes its events with who caused them; what changes nothing writes none', async () => {
    const { app, alice, agent, rows } = await setUp()
    const { id } = await newTicket(alice, { client_id: 'c' })
    await newTicket(alice, { client_id: 'c' })
    const params = { id }
    await agent.call('agentSendMessage', { params, body: { body: 'Note', is_internal: true } })
    await agent.call('agentSendMessage', { params, body: { body: 'Answer', client_id: 'a' } })
    await agent.call('agentSendMessage', { params, body: { body: 'Answer', client_id: 'a' } })
    await app.backend.call('agentUpdateTicket', { params, body: { status: 'resolved', priority: 'high' } })
    await app.backend.call('agentUpdateTicket', { params, body: { status: 'resolved' } })
    await alice.call('sendMessage', { params, body: { body: 'Not solved' } })
    await alice.call('closeTicket', { params })
    await alice.call('closeTicket', { params })
    await alice.send('sendMessage', { params, body: { body: 'refused' } })
    await alice.call('readTicket', { params, body: { seq: 2 } })
    const events = await rows()
    const uuid = decodeId(id)
    expect(events.every((row) => row.ticket_id === uuid)).toBe(true)
    const status = (from: string, to: string) => ({ field: 'status', from, to })
    expect(events.map((row) => [row.cause_type, row.type])).toEqual([
      ['customer', 'ticket_created'],
      ['agent', 'message_created'],
      ['agent', 'message_created'],
      ['agent', 'ticket_updated'],
      ['key', 'ticket_updated'],
      ['customer', 'message_created'],
      ['customer', 'ticket_updated'],
      ['customer', 'ticket_updated'],
    ])
    const changes = events.map((row) => row.data as DomainEvent).flatMap((event) => (event.type === 'ticket_updated' ? [event.changes] : []))
    expect(changes[0]).toEqual([status('open', 'in_progress')])
    expect(changes[1]).toEqual(expect.arrayContaining([status('in_progress', 'resolved'), { field: 'priority', from: 'normal', to: 'high' }]))
    expect(changes.slice(2)).toEqual([[status('resolved', 'in_progress')], [status('in_progress', 'closed')]])
    expect(events.map((row) => row.cause_id === null)).toEqual(Array(8).fill(false))
  })

  test('EVENT-2: a change that is rolled back leaves no event, no row and tells nobody', async () => {
    const { server, app, alice, agent, happened, rows } = await setUp()
    const { id } = await newTicket(alice)
    const params = { id }
    const before = [await agent.send('agentGetTicket', { params }), await rows(), happened.length].map((part) => JSON.stringify(part))
    await whileEventsFail(server, app, async () => {
      for (const answer of [
        await alice.send('sendMessage', { params, body: { body: 'lost' } }),
        await agent.send('agentSendMessage', { params, body: { body: 'lost' } }),
        await agent.send('agentUpdateTicket', { params, body: { status: 'closed' } }),
        await alice.send('closeTicket', { params }),
      ]) {
        expect(answer.status).toBe(500)
      }
    })
    expect([await agent.send('agentGetTicket', { params }), await rows(), happened.length].map((part) => JSON.stringify(part))).toEqual(before)
    expect((await alice.call('sendMessage', { params, body: { body: 'kept' } })).seq).toBe(2)
  })

  test('EVENT-3: a listener that throws breaks neither the change nor the other listeners', async () => {
    const { server, alice, happened, hear } = await setUp()
    hear(() => {
      throw new Error('broken listener')
    })
    const { id } = await newTicket(alice)
    await alice.call('sendMessage', { params: { id }, body: { body: 'x' } })
    expect(happened.map(({ event }) => event.type)).toEqual(['ticket_created', 'message_created'])
    expect(server.logged()).toContain('a listener failed after the commit')
  })

  test('EVENT-4: a listener finds what it is told of already committed', async () => {
    const { core, alice, hear } = await setUp()
    const found: Promise<unknown>[] = []
    hear(({ message, ticket }) => {
      const read = core.orm
        .db()
        .selectFrom('messages')
        .select('seq')
        .where('id', '=', message?.id ?? '')
        .where('ticket_id', '=', ticket.id)
      found.push(read.executeTakeFirst())
    })
    const { id } = await newTicket(alice)
    await alice.call('sendMessage', { params: { id }, body: { body: 'x' } })
    expect(await Promise.all(found)).toEqual([{ seq: 1 }, { seq: 2 }])
  })

  test("EVENT-5: reading an agents' note tells the customer nothing, reading their message does", async () => {
    const { alice, agent, happened } = await setUp()
    const { id } = await newTicket(alice)
    const params = { id }
    await agent.call('agentReadTicket', { params, body: { seq: 1 } })
    await agent.call('agentSendMessage', { params, body: { body: 'Note', is_internal: true } })
    await agent.call('agentReadTicket', { params, body: { seq: 2 } })
    await agent.call('agentReadTicket', { params, body: { seq: 2 } })
    const reads = happened.map(({ event }) => event).filter((event) => event.type === 'ticket_read')
    expect(reads).toEqual([
      { type: 'ticket_read', by: 'agent', seq: 1, public_seq: 1 },
      { type: 'ticket_read', by: 'agent', seq: 2, public_seq: null },
    ])
  })
})
