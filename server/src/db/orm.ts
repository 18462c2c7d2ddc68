import type { PGlite } from '@electric-sql/pglite'
import { MikroORM } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { PgliteDriver } from '@mikro-orm/pglite'
import { PostgreSqlDriver } from '@mikro-orm/postgresql'
import { createPostgreSqlTypeParsers, type InferKyselyDB } from '@mikro-orm/sql'
import { CompiledQuery, type DatabaseConnection, type Kysely, type KyselyPlugin, sql } from 'kysely'
import { Client, type Pool, TypeOverrides } from 'pg'
import postgresArray from 'postgres-array'
import { ConfigError } from '../config.ts'
import { ApiKeyEntity, AppEntity, CannedReplyEntity, IdempotencyKeyEntity, SigningKeyEntity } from './entities/app.ts'
import { AuditEntity, DeskCodeEntity } from './entities/audit.ts'
import { ErasedPersonEntity, IssuerEntity, MailRefusalEntity, VisitorEntity } from './entities/identity.ts'
import { MailEntity } from './entities/mail.ts'
import { AgentEntity, CustomerEntity } from './entities/people.ts'
import {
  AttachmentEntity,
  EventEntity,
  MessageEntity,
  StrayFileEntity,
  TicketCounterEntity,
  TicketEntity,
  TicketSearchEntity,
} from './entities/ticket.ts'
import { WebhookAttemptEntity, WebhookDeliveryEntity, WebhookEndpointEntity } from './entities/webhook.ts'
import { WidgetVersionEntity } from './entities/widget-version.ts'
import { closeWhenLate } from './late.ts'
import { Migration0001 } from './migrations/migration-0001.ts'
import { Migration0002 } from './migrations/migration-0002.ts'
import { Migration0003 } from './migrations/migration-0003.ts'
import { Migration0004 } from './migrations/migration-0004.ts'
import { Migration0005 } from './migrations/migration-0005.ts'
import { Migration0006 } from './migrations/migration-0006.ts'
import { Migration0007 } from './migrations/migration-0007.ts'
import { Migration0008 } from './migrations/migration-0008.ts'
import { Migration0009 } from './migrations/migration-0009.ts'
import { Migration0010 } from './migrations/migration-0010.ts'
import { Migration0011 } from './migrations/migration-0011.ts'
import { openPGlite, SerialPGliteDialect } from './pglite.ts'

const entities = [
  AppEntity,
  SigningKeyEntity,
  ApiKeyEntity,
  CustomerEntity,
  AgentEntity,
  IssuerEntity,
  ErasedPersonEntity,
  MailRefusalEntity,
  VisitorEntity,
  TicketCounterEntity,
  TicketEntity,
  TicketSearchEntity,
  MessageEntity,
  EventEntity,
  AttachmentEntity,
  StrayFileEntity,
  CannedReplyEntity,
  IdempotencyKeyEntity,
  WidgetVersionEntity,
  AuditEntity,
  DeskCodeEntity,
  WebhookEndpointEntity,
  WebhookDeliveryEntity,
  WebhookAttemptEntity,
  MailEntity,
] as const

/** All tables, typed from the entities. */
export type Tables = InferKyselyDB<(typeof entities)[number]>
export type Db = Kysely<Tables>

export interface Orm {
  /** A query builder on a connection of its own, outside any transaction. */
  db(): Db
  /** Runs `work` in one transaction: its own `db` only, and no await but the database, or a pool of one hangs. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** Runs `work` in one transaction: with the Orm it gets, `db()` is inside it and each `transaction` is a savepoint of it. No await but the database. */
  oneTransaction<T>(work: (orm: Orm) => Promise<T>): Promise<T>
  /** The embedded database, where that is what we run on. */
  pglite: PGlite | null
  /** Runs the missing migrations, one process at a time. */
  migrate(): Promise<void>
  /** True if the entities and the migrated tables agree. */
  drift(): Promise<string>
  close(): Promise<void>
}

/** `timestamptz` as Date on both drivers; everything else as MikroORM parses it. */
const parsers: Record<number, (text: string) => unknown> = {
  ...createPostgreSqlTypeParsers((text) => postgresArray.parse(text)),
  1184: (text: string) => new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')),
}

export interface DatabaseOptions {
  /** PostgreSQL; else the embedded database. */
  url: string | null
  /** Folder of the embedded database; null keeps it in memory. */
  folder: string | null
  /** Connections to PostgreSQL at most. */
  poolSize: number
  /** How long anybody waits for one of them, ms; 1,500 unless it is given. */
  waitMs?: number | undefined
  /** See every statement before it is sent. */
  plugins?: readonly KyselyPlugin[]
}

const common = {
  entities: [...entities],
  extensions: [Migrator],
  migrations: {
    migrationsList: [
      { name: 'migration-0001', class: Migration0001 },
      { name: 'migration-0002', class: Migration0002 },
      { name: 'migration-0003', class: Migration0003 },
      { name: 'migration-0004', class: Migration0004 },
      { name: 'migration-0005', class: Migration0005 },
      { name: 'migration-0006', class: Migration0006 },
      { name: 'migration-0007', class: Migration0007 },
      { name: 'migration-0008', class: Migration0008 },
      { name: 'migration-0009', class: Migration0009 },
      { name: 'migration-0010', class: Migration0010 },
      { name: 'migration-0011', class: Migration0011 },
    ],
    snapshot: false,
    tableName: 'migrations',
  },
  logger: () => {},
}

export async function openOrm(options: DatabaseOptions): Promise<Orm> {
  const pglite = options.url ? null : await openPGlite(options.folder, parsers)
  const orm = options.url ? await onPostgres(options.url, options.poolSize, timeLimits, options.waitMs) : await onPGlite(pglite as PGlite)
  const plugins = options.plugins ?? []
  const db = plugins.reduce((db, plugin) => db.withPlugin(plugin), orm.em.fork().getKysely() as unknown as Db)
  const opened: Orm = {
    db: () => db,
    transaction: (work) => db.transaction().execute(work),
    oneTransaction: (work) => db.transaction().execute((inner) => work(within(opened, inner))),
    pglite,
    migrate: () => (options.url ? migrateAlone(options.url) : orm.migrator.up().then(() => {})),
    drift: () => orm.schema.getUpdateSchemaSQL({ safe: true, dropTables: false }),
    close: async () => {
      await orm.close(true)
      if (pglite && !pglite.closed) await pglite.close()
    },
  }
  return opened
}

/** The Orm inside a transaction of its: what it calls a transaction is a savepoint. */
function within(orm: Orm, db: Db): Orm {
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    // A name hides the one outside until its own end.
    await sql`savepoint attempt`.execute(db)
    try {
      const result = await work()
      await sql`release savepoint attempt`.execute(db)
      return result
    } catch (err) {
      await sql`rollback to savepoint attempt`.execute(db)
      await sql`release savepoint attempt`.execute(db)
      throw err
    }
  }
  const inner: Orm = { ...orm, db: () => db, transaction: (work) => attempt(() => work(db)), oneTransaction: (work) => attempt(() => work(inner)) }
  return inner
}

/** Runs the missing migrations while no other process does, on connections of their own: one for the lock, and one that may take its time. */
async function migrateAlone(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect().catch((err: Error) => {
    throw new ConfigError(`DATABASE_URL: the database cannot be reached (${err.message}).`)
  })
  try {
    await client.query('select pg_advisory_lock(7366270181)')
    const orm = await onPostgres(url, 1, {})
    await orm.migrator.up().finally(() => orm.close(true))
  } finally {
    await client.end()
  }
}

/** An unreachable or silent database is a 503 within seconds, never a request that hangs. */
const timeLimits = { statement_timeout: 7_000, query_timeout: 8_000, idle_in_transaction_session_timeout: 30_000 }

/** `waitMs`: whoever finds no connection for so long, free or new, is refused. */
function onPostgres(clientUrl: string, poolSize: number, limits: Partial<typeof timeLimits>, waitMs = 1_500) {
  const types = new TypeOverrides()
  for (const [oid, parse] of Object.entries(parsers)) types.setTypeParser(Number(oid), parse)
  return MikroORM.init({
    ...common,
    driver: PostgreSqlDriver,
    clientUrl,
    pool: { min: 0, max: poolSize },
    // A page from anywhere costs hardly more than the next one, on today's disks and in memory: with the default, made for spinning disks, the planner reads a whole
    // table rather than its index.
    onCreateConnection: async (connection) => {
      // What throws here keeps its connection for ever. One that is dead already says so with its first statement, and is given back.
      await (connection as DatabaseConnection).executeQuery(CompiledQuery.raw('set random_page_cost = 1.1')).catch(() => {})
    },
    driverOptions: { connectionTimeoutMillis: waitMs, ...limits, types, onPoolCreated: (pool: Pool) => pool.on('connect', closeWhenLate) },
  })
}

function onPGlite(pglite: PGlite) {
  return MikroORM.init({ ...common, driver: PgliteDriver, dbName: 'support', driverOptions: new SerialPGliteDialect({ pglite }) })
}
