import { sql } from 'kysely'
import type { Db } from './orm.ts'

/**
 * The settings of PostgreSQL that are off, as our connections have them, without which a crash may take back what was acknowledged (its manual, "Asynchronous Commit" and
 * "Write Ahead Log").
 */
export async function unsafeSettings(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from pg_settings where name in ('fsync', 'synchronous_commit') and setting = 'off' order by name`.execute(db)
  return rows.map((row) => row.name)
}
