import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { Orm } from '../db/orm.ts'
import type { Log } from '../log.ts'

/** A key that was used: by `kid` in `signing_keys`, by UUID in the other tables. */
export interface UsedKey {
  table: 'signing_keys' | 'api_keys' | 'issuers'
  id: string
}

/** Written at most so often, whatever a key does. */
const everyMs = 3_600_000

/** Notes that a key was used, so that nobody has to guess which one can be revoked. Never throws. */
export function createKeyUse(orm: Orm, clock: Clock, log: Log): (appId: string, key: UsedKey) => Promise<void> {
  const noted = new LRUCache<string, true>({ max: 10_000, ttl: everyMs, perf: { now: () => clock.monotonic() } })
  return async (appId, { table, id }) => {
    const name = `${table} ${id}`
    if (noted.has(name)) return
    noted.set(name, true)
    const now = clock.now()
    const column = table === 'signing_keys' ? 'kid' : 'id'
    try {
      await sql`update ${sql.table(table)} set last_used_at = ${now}
        where app_id = ${appId} and ${sql.ref(column)} = ${id} and (last_used_at is null or last_used_at <= ${new Date(now.getTime() - everyMs)})`.execute(
        orm.db(),
      )
    } catch (err) {
      log.warn({ err }, 'the use of a key was not noted')
    }
  }
}
