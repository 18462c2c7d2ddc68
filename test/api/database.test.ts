import { randomUUID } from 'node:crypto'
import { openOrm } from '@support-widget/server/db/orm.ts'
import { sweepTables } from '@support-widget/server/db/pglite.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { databaseUrl, poolSize, sharedServer } from '../support/server.ts'

/** Longer than any connection takes to be made, however slow the machine is. */
const waitMs = 60_000

async function setUp() {
  const server = await sharedServer()
  const [mine, theirs] = [await newApp(server), await newApp(server)]
  const [ours, foreign] = [await newTicket(await mine.customer()), await newTicket(await theirs.customer())]
  for (const app of [mine, theirs]) await (await app.agent()).call('agentGetMe', {})
  const db = server.app.core.orm.db()
  const one = (table: 'customers' | 'agents', app: string) => db.selectFrom(table).select('id').where('app_id', '=', app).executeTakeFirstOrThrow()
  return {
    db,
    app: mine.app.id,
    ticket: decodeId(ours.id) ?? '',
    foreignTicket: decodeId(foreign.id) ?? '',
    customer: (await one('customers', mine.app.id)).id,
    foreignCustomer: (await one('customers', theirs.app.id)).id,
    foreignAgent: (await one('agents', theirs.app.id)).id,
  }
}

/** A database of its own, where there is a PostgreSQL; else one in memory. */
async function freshDatabase(): Promise<{ url: string | null; drop(): Promise<void> }> {
  if (!databaseUrl) return { url: null, drop: async () => {} }
  const name = `fresh_${randomUUID().replaceAll('-', '')}`
  const admin = new Client({ connectionString: databaseUrl })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

describe('the database', () => {
  test('DB-1: migrations run once, however often and by however many servers they are started', async () => {
    const { url, drop } = await freshDatabase()
    const open = () => openOrm({ url, folder: null, poolSize, waitMs })
    const orms = url ? [await open(), await open(), await open()] : [await open()]
    await Promise.all(orms.map((orm) => orm.migrate()))
    for (const orm of orms) await orm.migrate()
    const [orm] = orms
    const { rows } = await sql<{ name: string }>`select name from migrations`.execute(orm?.db() ?? (await open()).db())
    expect(rows.map((row) => row.name)).toEqual([
      'migration-0001',
      'migration-0002',
      'migration-0003',
      'migration-0004',
      'migration-0005',
      'migration-0006',
      'migration-0007',
      'migration-0008',
      'migration-0009',
      'migration-0010',
      'migration-0011',
    ])
    for (const one of orms) await one.close()
    await drop()
  })

  test('DB-2: entities and migrated tables agree in tables, columns and types', async () => {
    const { url, drop } = await freshDatabase()
    const orm = await openOrm({ url, folder: null, poolSize, waitMs })
    await orm.migrate()
    const statements = (await orm.drift())
      .split(';')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    const other = statements.filter(
      (line) => !/^(alter table \S+ (drop|add) constraint|drop index|set names|alter table \S+ alter column \S+ set default)/.test(line),
    )
    expect(other).toEqual([])
    await orm.close()
    await drop()
  })

  test('WALL-3: no row can point into another app, whatever a statement says', async () => {
    const { db, app, ticket, foreignTicket, customer, foreignCustomer, foreignAgent } = await setUp()
    const message = {
      id: randomUUID(),
      app_id: app,
      ticket_id: ticket,
      seq: 9,
      public_seq: 9,
      client_id: null,
      author_type: 'customer' as const,
      customer_id: customer,
      agent_id: null,
      body: 'x',
      is_internal: false,
      created_at: new Date(),
    }
    const event = {
      id: randomUUID(),
      app_id: app,
      type: 'ticket_created' as const,
      cause_type: 'system' as const,
      cause_id: null,
      created_at: new Date(),
    }
    const key = {
      id: randomUUID(),
      app_id: app,
      kind: 'partner' as const,
      name: 'x',
      hash: randomUUID(),
      links: null,
      created_at: new Date(),
      revoked_at: null,
    }
    const attempts = {
      'a ticket of a foreign customer': () => db.updateTable('tickets').set({ customer_id: foreignCustomer }).where('id', '=', ticket).execute(),
      'a ticket for a foreign agent': () => db.updateTable('tickets').set({ assignee_id: foreignAgent }).where('id', '=', ticket).execute(),
      'a message in a foreign ticket': () =>
        db
          .insertInto('messages')
          .values({ ...message, ticket_id: foreignTicket })
          .execute(),
      'a message by a foreign customer': () =>
        db
          .insertInto('messages')
          .values({ ...message, customer_id: foreignCustomer })
          .execute(),
      'a message by a foreign agent': () =>
        db
          .insertInto('messages')
          .values({ ...message, author_type: 'agent', customer_id: null, agent_id: foreignAgent })
          .execute(),
      'an event of a foreign ticket': () =>
        db
          .insertInto('events')
          .values({ ...event, ticket_id: foreignTicket, data: { type: 'ticket_created', message_id: message.id } })
          .execute(),
      'a key of a foreign customer': () =>
        db
          .insertInto('api_keys')
          .values({ ...key, customer_id: foreignCustomer })
          .execute(),
      'a ticket moved to another app': () => db.updateTable('tickets').set({ app_id: randomUUID() }).where('id', '=', ticket).execute(),
    }
    for (const [what, attempt] of Object.entries(attempts)) await expect(attempt(), what).rejects.toMatchObject({ code: '23503' })
  })

  test('DB-3: a message cannot be a note with a public number, nor take a number twice', async () => {
    const { db, app, ticket, customer } = await setUp()
    const message = (more: object) => ({
      id: randomUUID(),
      app_id: app,
      ticket_id: ticket,
      seq: 2,
      public_seq: 2,
      client_id: null,
      author_type: 'customer' as const,
      customer_id: customer,
      agent_id: null,
      body: 'x',
      is_internal: false,
      created_at: new Date(),
      ...more,
    })
    const insert = (more: object) => db.insertInto('messages').values(message(more)).execute()
    await expect(insert({ is_internal: true })).rejects.toMatchObject({ code: '23514' })
    await expect(insert({ public_seq: null })).rejects.toMatchObject({ code: '23514' })
    await expect(insert({ customer_id: null })).rejects.toMatchObject({ code: '23514' })
    await expect(insert({ seq: 1 })).rejects.toMatchObject({ code: '23505' })
    await expect(insert({ public_seq: 1 })).rejects.toMatchObject({ code: '23505' })
  })

  test('DB-4: a transaction that fails gives its connection back', async () => {
    const { core } = (await sharedServer()).app
    const fail = () => core.orm.transaction(async (db) => void (await sql`select 1/0`.execute(db)))
    const failures = await Promise.allSettled(Array.from({ length: 30 }, fail))
    expect(failures.every((one) => one.status === 'rejected')).toBe(true)
    expect((await sql<{ n: number }>`select 1 as n`.execute(core.orm.db())).rows).toEqual([{ n: 1 }])
  })

  test('DB-6: connections that the database cuts, before, in and at the end of a transaction, are replaced', async () => {
    const { url, drop } = await freshDatabase()
    const orm = await openOrm({ url, folder: null, poolSize: 1, waitMs })
    const cut = async () => {
      if (!url) throw new Error('cut')
      const admin = new Client({ connectionString: url })
      await admin.connect()
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()')
      await admin.end()
    }
    for (let times = 0; times < 3; times++) {
      const [inTheMiddle, atTheEnd] = [
        () => orm.transaction(async (db) => cut().then(() => sql`select 1`.execute(db))),
        () => orm.transaction(async (db) => sql`select 1`.execute(db).then(cut)),
      ]
      for (const work of [inTheMiddle, atTheEnd]) await expect(work()).rejects.toThrow()
      if (url) await cut()
      await expect.poll(() => sql<{ n: number }>`select 1 as n`.execute(orm.db()).then(({ rows }) => rows, String)).toEqual([{ n: 1 }])
    }
    await orm.close()
    await drop()
  })

  test('DB-7: a connection whose statement was given up is closed, and nobody commits what was open in it', async () => {
    const { url, drop } = await freshDatabase()
    const orm = await openOrm({ url, folder: null, poolSize: 1, waitMs })
    await sql`create table marks (n int)`.execute(orm.db())
    const mark = (db: ReturnType<typeof orm.db>, n: number) => sql`insert into marks values (${n})`.execute(db)
    let silent = 0
    const givenUp = orm.transaction(async (db) => {
      await mark(db, 1)
      if (!url) throw new Error('given up')
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
      silent = rows[0]?.pid ?? 0
      process.kill(silent, 'SIGSTOP')
      await sql`select 1`.execute(db)
    })
    await expect(givenUp.finally(() => silent && process.kill(silent, 'SIGCONT'))).rejects.toThrow()
    await orm.transaction((db) => mark(db, 2))
    expect((await sql`select n from marks`.execute(orm.db())).rows).toEqual([{ n: 2 }])
    await orm.close()
    await drop()
  })

  test('DB-5: a sweep tells the planner how large the tables are', async () => {
    const { url, drop } = await freshDatabase()
    const orm = await openOrm({ url, folder: null, poolSize: 1, waitMs })
    await orm.migrate()
    const rows = Array.from({ length: 70 }, (_, n) => ({
      id: randomUUID(),
      public_id: `a${n}`,
      name: 'A',
      origins: [],
      settings: {},
      created_at: new Date(),
    }))
    await orm.db().insertInto('apps').values(rows).execute()
    const size = async () => (await sql<{ n: number }>`select reltuples::int as n from pg_class where oid = 'apps'::regclass`.execute(orm.db())).rows
    expect(await size()).not.toEqual([{ n: 70 }])
    await sweepTables(orm.db())
    expect(await size()).toEqual([{ n: 70 }])
    await orm.close()
    await drop()
  })
})
