import type { Selectable } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { Orm, Tables } from '../db/orm.ts'
import type { AppRef } from './principal.ts'

/** How long a key, an app or a person is believed without asking the database again: half of the minute in which a revocation must hold. */
const believeMs = 30_000
/** A database that does not answer is left alone for so long. */
const outageMs = 5_000

type AppRow = Selectable<Tables['apps']>
export const appRef = (row: AppRow): AppRef => ({ id: row.id, publicId: row.public_id, name: row.name, origins: row.origins, settings: row.settings })

/** Apps by id and by public id, and the origins of all of them; disabled apps are as good as missing. */
export interface Apps {
  byId(id: string): Promise<AppRef | null>
  byPublicId(publicId: string): Promise<AppRef | null>
  /** True if some active app lists this origin. */
  knowsOrigin(origin: string): Promise<boolean>
  /** Forgets what was remembered, after a change made here. */
  forget(): void
}

/** A cache whose entries are believed for {@link believeMs} of this clock. */
export const believing = <V extends object>(clock: Clock, max: number) =>
  new LRUCache<string, V>({ max, ttl: believeMs, perf: { now: () => clock.monotonic() } })

export function createApps(orm: Orm, clock: Clock): Apps {
  const cache = believing<{ app: AppRef | null }>(clock, 10_000)
  let origins: { set: Set<string>; at: number } | null = null
  /** What was read last, however long ago. */
  let before: Set<string> | null = null
  let isReading = false
  // What was asked before a change is not remembered after it.
  let generation = 0

  const find = async (column: 'id' | 'public_id', value: string) => {
    const key = `${column} ${value}`
    const known = cache.get(key)
    if (known) return known.app
    const asked = generation
    const row = await orm.db().selectFrom('apps').selectAll().where(column, '=', value).where('disabled_at', 'is', null).executeTakeFirst()
    const app = row ? appRef(row) : null
    if (asked === generation) cache.set(key, { app })
    return app
  }

  /**
   * The origins of all active apps. One reads, the others need not wait for it; in an outage the list of before still says which pages may read that there is one.
   */
  async function knownOrigins(): Promise<Set<string>> {
    const at = clock.monotonic()
    if (origins && (isReading || at - origins.at <= believeMs)) return origins.set
    const asked = generation
    isReading = true
    try {
      const rows = await orm.db().selectFrom('apps').select('origins').where('disabled_at', 'is', null).execute()
      before = new Set(rows.flatMap((row) => row.origins))
      if (asked === generation) origins = { set: before, at }
    } catch (err) {
      if (!before) throw err
      origins = { set: before, at: at - believeMs + outageMs }
    } finally {
      isReading = false
    }
    return before
  }

  return {
    byId: (id) => find('id', id),
    byPublicId: (publicId) => find('public_id', publicId),
    knowsOrigin: async (origin) => (await knownOrigins()).has(origin),
    forget() {
      generation++
      cache.clear()
      origins = null
    },
  }
}
