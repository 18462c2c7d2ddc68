import { limits } from '@support-widget/shared/limits.ts'
import type { Db, Orm } from '../db/orm.ts'
import { searchColumns } from '../db/search.ts'
import { type CustomerRow, newCustomer } from './provision.ts'

const dayMs = 24 * 60 * 60 * 1000
/** When a visitor who comes now will have stayed away too long. */
const expiryFrom = (now: Date) => new Date(now.getTime() + limits.visitorDays * dayMs)

/** Makes an anonymous customer; their visitor has the same id. */
export function addVisitor(orm: Orm, appId: string, now: Date): Promise<{ customer: CustomerRow; expiresAt: Date }> {
  const expiresAt = expiryFrom(now)
  return orm.transaction(async (db) => {
    const customer = await db
      .insertInto('customers')
      .values({ ...newCustomer(appId, now), ...searchColumns(appId, []) })
      .returningAll()
      .executeTakeFirstOrThrow()
    const { id } = customer
    await db.insertInto('visitors').values({ id, app_id: appId, customer_id: id, created_at: now, expires_at: expiresAt, merged_at: null }).execute()
    return { customer, expiresAt }
  })
}

/** The visitor of this id with what ends their token: null if there is none. */
export function findVisitor(db: Db, id: string) {
  return db
    .selectFrom('visitors as v')
    .innerJoin('customers as c', (join) => join.onRef('c.app_id', '=', 'v.app_id').onRef('c.id', '=', 'v.customer_id'))
    .select(['v.id', 'v.app_id', 'v.customer_id', 'v.expires_at', 'v.merged_at', 'c.blocked_at', 'c.erased_at'])
    .where('v.id', '=', id)
    .executeTakeFirst()
}

/** Moves the end of a visitor's token, at most once a day. Answers when that is. */
export async function renewVisitor(db: Db, visitor: { id: string; app_id: string; expires_at: Date }, now: Date): Promise<Date> {
  const expiresAt = expiryFrom(now)
  if (expiresAt.getTime() - visitor.expires_at.getTime() < dayMs) return visitor.expires_at
  await db
    .updateTable('visitors')
    .set({ expires_at: expiresAt })
    .where('app_id', '=', visitor.app_id)
    .where('id', '=', visitor.id)
    .where('merged_at', 'is', null)
    .execute()
  return expiresAt
}
