import { createHash } from 'node:crypto'
import type { Db } from '../db/orm.ts'

/** What is kept of an erased person's `sub`: SHA-256 with the app, hex; enough to know it again, too little to read it. */
export const hashSub = (appId: string, sub: string) =>
  createHash('sha256')
    .update(JSON.stringify([appId, sub]))
    .digest('hex')

/** What is kept of an address whose owner wants no mail: the same, in lower case. */
export const hashAddress = (appId: string, address: string) => hashSub(appId, `mailto:${address.toLowerCase()}`)

/** True for the `sub` of somebody whom the app has erased. */
export async function isErased(db: Db, appId: string, sub: string): Promise<boolean> {
  const row = await db
    .selectFrom('erased_people')
    .select('erased_at')
    .where('app_id', '=', appId)
    .where('sub_hash', '=', hashSub(appId, sub))
    .executeTakeFirst()
  return row !== undefined
}
