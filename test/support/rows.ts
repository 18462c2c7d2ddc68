import type { Db } from '@support-widget/server/db/orm.ts'
import { sql } from 'kysely'

/** The tables whose rows belong to an app: those with an `app_id`, whatever migration made them. */
export async function ownedTables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attname = 'app_id' and not a.attisdropped and c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace order by 1`.execute(
    db,
  )
  return rows.map(({ name }) => name)
}

/** Every row of an app as JSON text, by table, the app itself among them. */
export async function rowsOf(db: Db, appId: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const table of ['apps', ...(await ownedTables(db))]) {
    const column = sql.ref(table === 'apps' ? 'id' : 'app_id')
    const { rows } = await sql<{
      row: string
    }>`select to_jsonb(x)::text as row from ${sql.table(table)} x where ${column} = ${appId} order by 1`.execute(db)
    found[table] = rows.map(({ row }) => row)
  }
  return found
}
