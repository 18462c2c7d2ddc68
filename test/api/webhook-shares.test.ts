import { takeDue } from '@support-widget/server/domain/delivery-work.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { stopClock } from '../support/clock.ts'
import { newTicket } from '../support/factories.ts'
import { openReceiver, patientMs, setUpHooks, within } from '../support/receiver.ts'

/** A receiver that says nothing until it is told to. No request ends by itself before the test does, unless the test says so. */
async function setUpHanging() {
  const hooks = await setUpHooks()
  const open: (() => void)[] = []
  let isHanging = true
  const receiver = await openReceiver((_, response) => {
    const answer = () => response.writeHead(204).end()
    if (isHanging) open.push(answer)
    else answer()
  })
  within(hooks.server, patientMs)
  // Nor is one taken for dead.
  stopClock(hooks.server)
  const release = () => {
    isHanging = false
    for (const answer of open.splice(0)) answer()
  }
  return { ...hooks, receiver, open, release }
}

describe('HOOK-27: who hangs or has much waiting', () => {
  test('HOOK-27: holds up no other app: four apps with four endpoints each that never answer, and a fifth', async () => {
    const { receiver, drain, release, open, server } = await setUpHanging()
    for (let n = 0; n < 4; n++) {
      const { endpoint, customer } = await setUpHooks(`Slow ${n}`, { keep: true })
      for (let count = 0; count < 4; count++) await endpoint(receiver.url)
      const alice = await customer()
      for (let count = 0; count < 8; count++) await newTicket(alice)
    }
    const all = drain()
    await expect.poll(() => open.length).toBeGreaterThanOrEqual(40)
    const fifth = await setUpHooks('Beside', { keep: true })
    const good = await openReceiver()
    const { id } = await fifth.endpoint(good.url)
    await newTicket(await fifth.customer())
    server.app.webhooks.wake()
    await expect.poll(async () => (await fifth.deliveries(id, { status: ['delivered'] })).length).toBe(1)
    // Nothing of the others has ended.
    expect(open.length).toBe(receiver.requests.length)
    release()
    await all
    expect(receiver.requests).toHaveLength(128)
  })

  test('HOOK-27: an endpoint that did not answer in time gets one request at once, until it answers', async () => {
    const { receiver, drain, later, release, endpoint, customer, server } = await setUpHanging()
    await endpoint(receiver.url)
    const alice = await customer()
    await newTicket(alice)
    // Long enough to arrive, in any case.
    within(server, 2_000)
    await drain()
    within(server, patientMs)
    for (let n = 0; n < 5; n++) await newTicket(alice)
    const hooks = await setUpHooks('Beside', { keep: true })
    const good = await openReceiver()
    await hooks.endpoint(good.url)
    const bob = await hooks.customer('bob')
    for (let n = 0; n < 20; n++) await newTicket(bob)
    const all = drain()
    await expect.poll(() => good.requests.length).toBe(20)
    expect(receiver.requests).toHaveLength(2)
    release()
    expect(await all).toBe(25)
    await later(6_000)
    expect(receiver.ids()).toHaveLength(6)
  })

  test('HOOK-27: nor does one who has hundreds of older ones waiting: the next of everybody is seen', async () => {
    const { server, app, endpoint, customer } = await setUpHooks()
    const { id: much } = await endpoint('https://receiver.example/')
    const alice = await customer()
    await newTicket(alice)
    const db = server.app.core.orm.db()
    await sql`insert into webhook_deliveries (id, app_id, endpoint_id, ticket_id, event_id, type, body, state, attempts, tries, due_at, created_at)
      select gen_random_uuid(), app_id, endpoint_id, ticket_id, 'evt_' || n, type, body, state, 0, 0, due_at - interval '1 minute', created_at
      from webhook_deliveries, generate_series(1, 300) as n where app_id = ${app.app.id}`.execute(db)
    const other = await setUpHooks('Beside', { keep: true })
    const { id: little } = await other.endpoint('https://receiver.example/')
    await newTicket(await other.customer())
    const taken = await takeDue(server.app.core, 64)
    expect(taken.map((one) => one.endpoint_id).sort()).toEqual([...Array(4).fill(decodeId(much)), decodeId(little)].sort())
  })
})
