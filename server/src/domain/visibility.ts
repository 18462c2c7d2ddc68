import { type RawBuilder, type SqlBool, sql } from 'kysely'

/**
 * True for the tickets `t` of an app that its agents' lists, counts and exports show: not those of blocked customers, which are reached by their id alone. For
 * `.where(visible(appId))`; read once a statement, from an index of the blocked alone.
 */
export const visible = (appId: string): RawBuilder<SqlBool> =>
  sql<SqlBool>`t.customer_id not in (select blocked.id from customers as blocked where blocked.app_id = ${appId} and blocked.blocked_at is not null)`
