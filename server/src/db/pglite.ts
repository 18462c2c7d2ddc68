import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import { type DatabaseConnection, type Driver, type Kysely, PGliteDialect, sql } from 'kysely'
import { ConfigError } from '../config.ts'

/**
 * Kysely's PGlite driver hands its one connection to everybody at once: a query of one request would run inside the open transaction of another. Here
 * the connection is lent to one borrower at a time, as a pool of one would.
 */
export class SerialPGliteDialect extends PGliteDialect {
  override createDriver(): Driver {
    const driver = super.createDriver()
    const acquire = driver.acquireConnection.bind(driver)
    let last: Promise<void> = Promise.resolve()
    let release = () => {}
    driver.acquireConnection = async (options): Promise<DatabaseConnection> => {
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      await before
      release = resolve
      return acquire(options)
    }
    driver.releaseConnection = async () => release()
    return driver
  }
}

/** A folder that another process has open. */
export class DataDirInUse extends Error {}

/**
 * Takes `DATA_DIR` for this process: two openers of one PGlite folder lose data. The lock is the operating system's, held through an SQLite file, so that
 * it ends with the process, however that ends. Throws {@link DataDirInUse}, and {@link ConfigError} for a folder
 * that cannot be made or written.
 */
export function lockDataDir(dataDir: string): { release(): void } {
  const lock = openLock(dataDir)
  try {
    lock.exec('begin exclusive')
  } catch {
    lock.close()
    throw new DataDirInUse(`DATA_DIR ${dataDir} is in use by another process; stop it, or give this one a folder of its own.`)
  }
  return { release: () => lock.close() }
}

function openLock(dataDir: string): DatabaseSync {
  try {
    mkdirSync(dataDir, { recursive: true })
    return new DatabaseSync(join(dataDir, 'lock'))
  } catch (err) {
    throw new ConfigError(`DATA_DIR: cannot be used (${err instanceof Error ? err.message : String(err)}).`)
  }
}

/** Opens (and on the first start makes) the embedded database; null is one in memory, for tests. */
export function openPGlite(folder: string | null, parsers: Record<number, (text: string) => unknown>): Promise<PGlite> {
  return PGlite.create({ ...(folder ? { dataDir: folder } : {}), parsers, relaxedDurability: false })
}

/**
 * What autovacuum does elsewhere, and nobody in the embedded database: dead rows go, and the planner learns how large the tables are (on an empty table's figures it reads
 * all of a large one). A table at a time, so that others get their turn in between.
 */
export async function sweepTables<T>(db: Kysely<T>): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables where schemaname in ('public', 'pgboss')`.execute(db)
  for (const { name } of rows) await sql.raw(`vacuum (analyze) ${name}`).execute(db)
}
