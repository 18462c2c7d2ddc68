import { sql } from 'kysely'
import type { TestApp } from './factories.ts'
import type { TestServer } from './server.ts'

/** While `work` runs, every transaction of this app fails at its very end, when its event is written: everything before it is rolled back. */
export async function whileEventsFail<T>(server: TestServer, app: TestApp, work: () => Promise<T>): Promise<T> {
  const db = server.app.core.orm.db()
  const name = sql.id(`fail_${app.app.id.replaceAll('-', '')}`)
  await sql`alter table events add constraint ${name} check (app_id <> ${sql.lit(app.app.id)}) not valid`.execute(db)
  try {
    return await work()
  } finally {
    await sql`alter table events drop constraint ${name}`.execute(db)
  }
}
