import { randomUUID } from 'node:crypto'
import { dropAttachments } from '@support-widget/server/domain/attachments.ts'
import { forgetOldKeys } from '@support-widget/server/domain/once.ts'
import { change } from '@support-widget/server/domain/record.ts'
import { purgeUnusedUploads, removeStrayFiles } from '@support-widget/server/domain/uploads.ts'
import { keepHouse, watchClock } from '@support-widget/server/jobs/housekeeping.ts'
import { newStorageKey } from '@support-widget/server/storage/storage.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { problemIn, request } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import { sendParts, storedFiles, upload, uploadPath } from '../support/files.ts'
import { sharedServer, startServer, testQueue } from '../support/server.ts'

const hour = 3_600_000

async function setUp() {
  const server = await sharedServer()
  const { core } = server.app
  const app = await newApp(server)
  const keysOf = async () => {
    const rows = await core.orm.db().selectFrom('attachments').select('storage_key').where('app_id', '=', app.app.id).orderBy('id').execute()
    return rows.map((row) => row.storage_key)
  }
  const onDisk = (keys: string[]) => storedFiles(server).filter((name) => keys.includes(name)).length
  return {
    server,
    core,
    app,
    alice: await app.customer('alice'),
    token: await app.token('alice'),
    keysOf,
    onDisk,
    tick: () => keepHouse(core, () => true),
  }
}

describe('KEEP-1: C79: uploads that no message carries', () => {
  test('are purged after 24 hours, with their files; used ones stay', async () => {
    const { server, alice, token, keysOf, onDisk, tick } = await setUp()
    const [used, unused] = [await upload(server, token), await upload(server, token)]
    await alice.call('createTicket', { body: { subject: 'x', body: 'x', attachments: [used.id] } })
    const keys = await keysOf()
    server.clock.ahead += 23 * hour
    await tick()
    expect(onDisk(keys)).toBe(2)
    server.clock.ahead += hour
    const fresh = await upload(server, await (await newApp(server)).token('alice'))
    await tick()
    expect(onDisk(keys)).toBe(1)
    expect(await keysOf()).toEqual(keys.slice(0, 1))
    expect((await request(fresh.url)).status).toBe(200)
    const bearer = { headers: { Authorization: `Bearer ${token}` } }
    expect((await request(`${server.url}/v1/support/attachments/${unused.id}`, bearer)).status).toBe(401)
    const renewed = await alice.refused('getMe')
    expect(renewed.code).toBe('token_expired')
  })

  test('cannot be sent once they are purged', async () => {
    const { server, app, token } = await setUp()
    const { id, url } = await upload(server, token)
    server.clock.ahead += 24 * hour
    expect(await purgeUnusedUploads(server.app.core)).toBeGreaterThanOrEqual(1)
    const alice = await app.customer('alice')
    const problem = await alice.refused('createTicket', { body: { subject: 'x', body: 'x', attachments: [id] } })
    expect(problem.errors).toMatchObject([{ location: 'body.attachments.0' }])
    expect((await request(url)).status).toBe(404)
  })
})

describe('KEEP-2: no file is forgotten', () => {
  test('dropped attachments are dead with the commit, their files go after it, even if the process died in between', async () => {
    const { server, core, app, alice, token, keysOf, onDisk, tick } = await setUp()
    const [one, two] = [await upload(server, token), await upload(server, token)]
    const ticket = await alice.call('createTicket', { body: { subject: 'x', body: 'x', attachments: [one.id, two.id] } })
    const keys = await keysOf()
    const { id } = await core.orm.db().selectFrom('messages').select('id').where('app_id', '=', app.app.id).executeTakeFirstOrThrow()
    const actor = { type: 'system' as const, app: app.app }
    await expect(
      change(core, actor, async (tx) => {
        await dropAttachments(tx, app.app.id, id)
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
    expect((await request(one.url)).status).toBe(200)
    await change(core, actor, (tx) => dropAttachments(tx, app.app.id, id))
    expect((await request(one.url)).status).toBe(404)
    expect((await alice.call('getTicket', { params: { id: ticket.id } })).messages[0]?.attachments).toEqual([])
    expect(onDisk(keys)).toBe(2)
    await tick()
    expect(onDisk(keys)).toBe(0)
  })

  test('an upload that a crash interrupted goes within an hour', async () => {
    const { server, core, tick } = await setUp()
    const key = newStorageKey()
    await core.orm
      .db()
      .insertInto('stray_files')
      .values({ storage_key: key, due_at: new Date(core.clock.now().getTime() + hour) })
      .execute()
    await core.storage.put(
      key,
      (async function* () {
        yield Buffer.from('half')
      })(),
    )
    await tick()
    expect(storedFiles(server)).toContain(key)
    server.clock.ahead += hour
    await tick()
    expect(storedFiles(server)).not.toContain(key)
    expect(await core.orm.db().selectFrom('stray_files').selectAll().where('storage_key', '=', key).execute()).toEqual([])
  })

  test('a file that cannot be removed is tried again, and keeps no other', async () => {
    const { server, core, token, keysOf, onDisk, tick } = await setUp()
    await upload(server, token)
    await upload(server, token)
    const keys = await keysOf()
    server.clock.ahead += 24 * hour
    const { remove } = core.storage
    onTestFinished(() => {
      core.storage.remove = remove
    })
    core.storage.remove = (key) => (key === keys[0] ? Promise.reject(new Error('EIO')) : remove(key))
    await tick()
    expect(onDisk(keys)).toBe(1)
    core.storage.remove = remove
    expect(await removeStrayFiles(core)).toBeGreaterThanOrEqual(1)
    expect(onDisk(keys)).toBe(0)
  })
})

describe('KEEP-3: I20: nothing is deleted on a clock that jumped', () => {
  test.each([
    ['an hour and a second ahead', hour + 1_000, true],
    ['an hour and a second back', -hour - 1_000, true],
    ['less than an hour', hour - 1_000, false],
  ])('%s', async (_, jump, stops) => {
    const { server, core, token, keysOf, onDisk } = await setUp()
    const clock = { now: () => new Date(server.clock.now().getTime() + (jumped ? jump : 0)), monotonic: () => server.clock.monotonic() }
    let jumped = false
    const isSteady = watchClock(clock)
    expect(isSteady()).toBe(true)
    await upload(server, token)
    const keys = await keysOf()
    server.clock.ahead += 25 * hour
    jumped = true
    await keepHouse({ ...core, clock }, isSteady)
    expect(onDisk(keys)).toBe(stops ? 1 : 0)
    await keepHouse(core, () => true)
    expect(onDisk(keys)).toBe(0)
  })

  test('a chore that fails keeps no other from being done', async () => {
    const { server, core, app, token, keysOf } = await setUp()
    await sendParts(server, token, [{ bytes: 'x', filename: 'x.txt' }], { 'Idempotency-Key': 'one' })
    server.clock.ahead += 49 * hour
    const broken = { ...core, storage: { ...core.storage, remove: () => Promise.reject(new Error('EIO')) } }
    await keepHouse(broken, () => true)
    expect(await keysOf()).toEqual([])
    const kept = await core.orm.db().selectFrom('idempotency_keys').select('key').where('app_id', '=', app.app.id).execute()
    expect(kept).toEqual([])
    expect(await forgetOldKeys(core)).toBe(0)
    await keepHouse(core, () => true)
  })
})

describe('KEEP-4: the chores are done by themselves', () => {
  test('a job of the queue does them, every minute', async () => {
    const server = await startServer({}, { housekeeping: true })
    onTestFinished(() => server.app.close())
    const { boss } = server.app.core.queue
    expect(await boss.getSchedules('housekeeping')).toMatchObject([{ cron: '* * * * *' }])
    expect(await boss.getSchedules('sweep')).toMatchObject(server.app.core.orm.pglite ? [{ cron: '23 * * * *' }] : [])
    await upload(server, await (await newApp(server)).token('alice'))
    expect(storedFiles(server)).toHaveLength(1)
    server.clock.ahead += 24 * hour
    await boss.send('housekeeping', {})
    await expect.poll(() => storedFiles(server)).toEqual([])
  })
})

describe('QUOTA-1: C81: what waits to be used is bounded', () => {
  const most = limits.unusedUploadBytes
  const part = [{ bytes: 'x'.repeat(1_000), filename: 'x.txt' }]

  /** Makes what already waits larger than it is, so that the test need not write 100 MiB. */
  async function fill(bytes: number) {
    const all = await setUp()
    const { server, core, app, token } = all
    await upload(server, token)
    await core.orm.db().updateTable('attachments').set({ size: bytes }).where('app_id', '=', app.app.id).execute()
    return all
  }

  test('up to the last byte and not beyond; it is free again once sent', async () => {
    const { server, core, app, alice, token, keysOf } = await fill(most - 1_000)
    expect((await sendParts(server, token, part)).status).toBe(201)
    const files = storedFiles(server).length
    for (const bytes of ['x', 'x'.repeat(1_000_000)]) {
      expect(problemIn(await sendParts(server, token, [{ bytes, filename: 'x.txt' }]))).toMatchObject({ status: 413, code: 'quota_exceeded' })
    }
    expect(await keysOf()).toHaveLength(2)
    expect(storedFiles(server)).toHaveLength(files)
    // Everybody has their own.
    expect((await sendParts(server, await app.token('bob'), part)).status).toBe(201)
    const agent = await app.token('sam', { role: 'agent' })
    for (const token of [agent, app.adminKey]) expect((await sendParts(server, token, part, {}, uploadPath.agent)).status).toBe(201)
    const first = await core.orm.db().selectFrom('attachments').select('id').where('app_id', '=', app.app.id).orderBy('id').executeTakeFirstOrThrow()
    await alice.call('createTicket', { body: { subject: 'x', body: 'x', attachments: [encodeId(first.id)] } })
    expect((await sendParts(server, token, part)).status).toBe(201)
  })

  test('30 in parallel do not get past it', async () => {
    const { server, core, app, token } = await fill(most - 5_500)
    const answers = await Promise.all(Array.from({ length: 30 }, () => sendParts(server, token, part)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 413)).toHaveLength(25)
    const { sum } = await core.orm
      .db()
      .selectFrom('attachments')
      .select(sql<string>`sum(size)`.as('sum'))
      .where('app_id', '=', app.app.id)
      .executeTakeFirstOrThrow()
    expect(Number(sum)).toBeLessThanOrEqual(most)
  })
})

describe('QUEUE-5: the queue keeps out of the transactions of others', () => {
  test('what it does meanwhile is neither rolled back nor commits anything with them', async () => {
    const { core, app } = await setUp()
    const { boss } = core.queue
    const key = randomUUID()
    let sent: Promise<string | null> = Promise.resolve(null)
    const transaction = core.orm.transaction(async (db) => {
      await db.insertInto('stray_files').values({ storage_key: key, due_at: new Date() }).execute()
      sent = boss.send(testQueue, { app: app.app.id })
      await sql`select pg_sleep(0.1)`.execute(db)
      throw new Error('rolled back')
    })
    await expect(transaction).rejects.toThrow('rolled back')
    const job = await sent
    expect(await boss.getJobById(testQueue, job ?? '')).toMatchObject({ id: job, data: { app: app.app.id } })
    const rows = await core.orm.db().selectFrom('stray_files').selectAll().where('storage_key', '=', key).execute()
    expect(rows).toEqual([])
  })
})
