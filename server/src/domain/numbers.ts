import { notFound } from '../errors.ts'
import type { AgentActor, Core } from './core.ts'
import type { Tx } from './record.ts'

/** `TKT-year-number`, at least five digits, counted per app and year (UTC) behind a row lock: no gap and no double, whatever rolls back. */
export async function nextNumber(tx: Tx, appId: string): Promise<string> {
  const year = tx.now.getUTCFullYear()
  const { last } = await tx.db
    .insertInto('ticket_counters')
    .values({ app_id: appId, year, last: 1 })
    .onConflict((conflict) => conflict.columns(['app_id', 'year']).doUpdateSet((eb) => ({ last: eb('ticket_counters.last', '+', 1) })))
    .returning('last')
    .executeTakeFirstOrThrow()
  return `TKT-${year}-${String(last).padStart(5, '0')}`
}

/** The id of the app's ticket with this number, as UUID. A malformed number is an unknown one. Throws `not_found`. */
export async function findNumber(core: Core, actor: AgentActor, number: string): Promise<string> {
  const row = /^TKT-\d{4}-\d{5,10}$/.test(number)
    ? await core.orm.db().selectFrom('tickets').select('id').where('app_id', '=', actor.app.id).where('number', '=', number).executeTakeFirst()
    : undefined
  if (!row) throw notFound()
  return row.id
}
