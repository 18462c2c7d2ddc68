import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { loadModule } from 'libpg-query'
import { describe, expect, test } from 'vitest'
import { type Catalog, unbound } from '../support/bindings.ts'
import { ownedTables, rowsOf } from '../support/rows.ts'
import { sharedServer } from '../support/server.ts'
import { acrossApps } from '../support/tenant-wall.ts'
import { newWorld } from '../support/world.ts'

/** The second half of the wall: what the database itself holds, and that every statement names its app. */

interface Reference {
  table: string
  columns: string[]
  target: string
  targets: string[]
}

async function catalog() {
  const db = (await sharedServer()).app.core.orm.db()
  const { rows: references } = await sql<Reference>`
    select a.relname as table, b.relname as target,
      array(select attname::text from pg_attribute join unnest(k.conkey) with ordinality as u (n, i) on attnum = u.n where attrelid = a.oid order by u.i) as columns,
      array(select attname::text from pg_attribute join unnest(k.confkey) with ordinality as u (n, i) on attnum = u.n where attrelid = b.oid order by u.i) as targets
    from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid
    where k.contype = 'f' and a.relnamespace = current_schema()::regnamespace`.execute(db)
  const { rows: columns } = await sql<{ table: string; column: string; type: string; required: boolean }>`
    select c.relname as table, a.attname as column, t.typname as type, a.attnotnull as required
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace`.execute(db)
  return { db, references, columns, owned: new Set(await ownedTables(db)) }
}

/** Columns that hold the id of something of the app without a foreign key, each with its reason. */
const withoutKey: Record<string, string> = {
  'audit_log.actor_id': 'a customer, an agent or an API key, by actor_type; the log keeps telling of who is gone',
  'events.cause_id': 'a customer, an agent or an API key, by cause_type; events keep telling of who is gone',
}

/** Tables whose rows are of no app, each with its reason: every other table has an app_id. */
const ofNoApp: Record<string, string> = {
  apps: 'the apps themselves',
  migrations: 'which migrations have run',
  widget_versions: 'the script that all apps embed',
  stray_files: 'files that no row needs any more',
}

/** Texts that no caller writes, or that are stored so that nobody reads them, each with its reason. */
const withoutMark: Record<string, string> = Object.fromEntries(
  Object.entries({
    'one of a closed list of words': [
      'agents.role',
      'api_keys.kind',
      'attachments.content_type',
      'audit_log.action',
      'audit_log.actor_type',
      'audit_log.object_type',
      'customers.block_reason',
      'customers.role',
      'events.cause_type',
      'events.type',
      'idempotency_keys.operation',
      'mails.kind',
      'mails.reason',
      'mails.state',
      'messages.author_type',
      'signing_keys.algorithm',
      'tickets.channel',
      'tickets.priority',
      'tickets.status',
      'tickets.waiting_on',
      'webhook_attempts.error',
      'webhook_deliveries.state',
      'webhook_deliveries.type',
      'webhook_endpoints.disabled_reason',
      'webhook_endpoints.flavour',
      'webhook_endpoints.types',
    ],
    'a hash, a signature or sealed': [
      'api_keys.hash',
      'attachments.sha256',
      'desk_codes.hash',
      'desk_codes.sealed',
      'erased_people.sub_hash',
      'idempotency_keys.input_hash',
      'mail_refusals.address_hash',
      'signing_keys.secret',
      'webhook_endpoints.previous_secret',
      'webhook_endpoints.secret',
    ],
    'a name that we give': [
      'attachments.storage_key',
      'audit_log.object_id',
      'idempotency_keys.principal',
      'mails.message_id',
      'signing_keys.kid',
      'tickets.number',
      'webhook_deliveries.event_id',
    ],
    'pieces of three characters of a text that is marked': ['canned_replies.search_grams', 'customers.search_grams', 'ticket_search.search_grams'],
    'public, and looked at as such': ['apps.origins', 'apps.public_id'],
    'written with the first attempt to send a mail, or by a link in one; the world has no mail server': [
      'customers.confirmed_email',
      'mails.recipient',
    ],
    'given by other APIs alone': ['customers.first_name', 'customers.last_name'],
  }).flatMap(([reason, columns]) => columns.map((column) => [column, reason])),
)

describe('the catalog', () => {
  test('WALL-6: every row of an app says which, and every reference between such rows carries the app', async () => {
    const { references, columns, owned } = await catalog()
    const tables = new Set(columns.map((one) => one.table))
    expect([...tables].filter((table) => !owned.has(table) && !Object.hasOwn(ofNoApp, table))).toEqual([])
    expect(columns.filter((one) => one.column === 'app_id' && !(one.required && one.type === 'uuid'))).toEqual([])
    const between = references.filter((one) => owned.has(one.table) && owned.has(one.target))
    expect(between.length).toBeGreaterThan(10)
    expect(between.filter((one) => one.targets[one.columns.indexOf('app_id')] !== 'app_id')).toEqual([])
    // A chain of references that ends at the app: no row is of an app that is not.
    const reaches = (table: string): boolean =>
      references.some(
        (one) => one.table === table && one.columns.includes('app_id') && (one.target === 'apps' || (one.target !== table && reaches(one.target))),
      )
    expect([...owned].filter((table) => !reaches(table))).toEqual([])
  })

  test('WALL-6: every column with an id of something else is such a reference, or says why not', async () => {
    const { references, columns, owned } = await catalog()
    const referring = new Set(references.flatMap((one) => one.columns.map((column) => `${one.table}.${column}`)))
    const loose = columns
      .filter((one) => owned.has(one.table) && one.type === 'uuid' && one.column !== 'id' && !referring.has(`${one.table}.${one.column}`))
      .map((one) => `${one.table}.${one.column}`)
    expect(loose.sort()).toEqual(Object.keys(withoutKey).sort())
  })

  test('WALL-7: the world of the differential test has a row of every table, and a mark in every text', async () => {
    const { columns, db, owned } = await catalog()
    const server = await sharedServer()
    const { app, marks } = await newWorld(server)
    const rows = await rowsOf(db, app.app.id)
    expect(Object.keys(rows).filter((table) => rows[table]?.length === 0)).toEqual([])
    const texts = columns.filter((one) => (owned.has(one.table) || one.table === 'apps') && ['text', '_text', 'jsonb'].includes(one.type))
    const unmarked = texts
      .filter(({ table, column }) => !rows[table]?.some((row) => JSON.stringify(JSON.parse(row)[column]).toLowerCase().includes(marks.any)))
      .map(({ table, column }) => `${table}.${column}`)
    expect(unmarked.sort()).toEqual(Object.keys(withoutMark).sort())
  })
})

describe('statements', () => {
  const known: Catalog = {
    owned: new Set(['tickets', 'messages', 'customers']),
    keys: new Set(['messages.ticket_id=tickets.id', 'tickets.customer_id=customers.id']),
  }
  const bound = [
    'select * from tickets where app_id = $1 and id = $2',
    'select * from tickets as t where $1::uuid = t.app_id',
    'select * from tickets t join messages m on m.ticket_id = t.id where t.app_id = $1',
    'select * from tickets t left join messages m on m.app_id = t.app_id and m.seq = 1 where t.app_id = $1',
    'select (select count(*) from messages m where m.ticket_id = t.id) from tickets t where t.app_id = $1',
    'select * from tickets t join apps on apps.id = t.app_id where apps.id = $1',
    'update tickets set seq = 1 where app_id = $1 and id = $2',
    'with m as (insert into messages (id) values ($1) returning id) update tickets set seq = 1 where app_id = $2',
    'delete from messages using tickets t where t.id = messages.ticket_id and t.app_id = $1',
    'insert into tickets (id) values ($1) on conflict (app_id, number) do update set seq = 1',
    'insert into tickets (id) values ($1) on conflict (id) do nothing',
    'select 1 from apps',
  ]
  const loose: [string, string[]][] = [
    ['select * from tickets', ['tickets (tickets)']],
    ['select * from tickets where id = $1', ['tickets (tickets)']],
    ['select * from tickets where app_id = $1 or id = $2', ['tickets (tickets)']],
    ['select * from tickets where not app_id = $1', ['tickets (tickets)']],
    ['select * from tickets where app_id <> $1', ['tickets (tickets)']],
    ['select * from tickets t where t.app_id = t.app_id', ['t (tickets)']],
    ['select * from tickets t join messages m on m.seq = t.seq where t.app_id = $1', ['m (messages)']],
    ['select * from tickets t left join messages m on m.ticket_id = t.id and t.app_id = $1', ['t (tickets)', 'm (messages)']],
    ['select * from tickets t, messages m where t.app_id = $1 and m.id = $2', ['m (messages)']],
    ['select * from messages m where m.app_id = $1 and exists (select from tickets t where t.id = $2)', ['t (tickets)']],
    ['select (select count(*) from messages m where m.seq = t.seq) from tickets t where t.app_id = $1', ['m (messages)']],
    ['update tickets set seq = 1 where id = $1', ['tickets (tickets)']],
    ['with old as (delete from messages where id = $1 returning id) select * from old', ['messages (messages)']],
    ['select * from tickets where app_id = $1 union select * from tickets where id = $2', ['tickets (tickets)']],
    ['insert into tickets (id) select id from tickets where number = $1', ['tickets (tickets)']],
    ['insert into tickets (id) values ($1) on conflict (id) do update set seq = 1', ['on conflict (tickets)']],
  ]

  test('WALL-5: a statement that does not name the app of a table is found out', async () => {
    await loadModule()
    for (const text of bound) expect(unbound(text, known), text).toEqual([])
    for (const [text, faults] of loose) expect(unbound(text, known), text).toEqual(faults)
  })

  test('WALL-5: the server of every test is held to it, and each exception is a function that is', async () => {
    const server = await sharedServer()
    await newWorld(server)
    const { owned } = await catalog()
    expect([...owned].filter((table) => !server.wall.seen.has(table))).toEqual([])
    expect(server.wall.met.size).toBeGreaterThan(0)
    for (const [caller, reason] of Object.entries(acrossApps)) {
      const [file = '', name = ''] = caller.split(' ')
      const source = readFileSync(fileURLToPath(new URL(`../../server/src/${file}`, import.meta.url)), 'utf8')
      expect(source, caller).toMatch(new RegExp(`(function|const) ${name}\\b`))
      expect(reason).not.toBe('')
    }
  })
})
