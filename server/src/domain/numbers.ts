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
