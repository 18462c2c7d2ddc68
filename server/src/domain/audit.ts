import type { AuditAction, AuditActor, AuditObject } from '@support-widget/shared/audit.ts'
import type { Cause } from '@support-widget/shared/events.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Db } from '../db/orm.ts'
import type { AgentActor, Core } from './core.ts'

/** Something that is written down for ever: who, what, to which object. Ids are UUIDs, that of a signing key its `kid`. */
export interface Audited {
  appId: string
  /** `causeOf(actor)`, or the operator at the command line. */
  actor: Cause | { type: Extract<AuditActor, 'operator'>; id: null }
  action: AuditAction
  object: { type: AuditObject; id: string | null }
  /** What the row says beyond that: never a secret, the text of a message, or anything that names a customer but their id. */
  data?: Record<string, unknown>
  now: Date
}

/** Writes an entry of the audit log, in the transaction of the change. */
export async function audit(db: Db, { appId, actor, action, object, data, now }: Audited): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      id: uuidv7(),
      app_id: appId,
      actor_type: actor.type,
      actor_id: actor.id,
      action,
      object_type: object.type,
      object_id: object.id,
      data: data ?? {},
      created_at: now,
    })
    .execute()
}

export interface AuditFilter {
  action?: readonly AuditAction[] | undefined
  actor_type?: AuditActor | undefined
  /** Ids as they are written outside. */
  actor?: string | undefined
  object?: string | undefined
  page: number
  per_page: number
}

const unknown = '00000000-0000-0000-0000-000000000000'

function matching(core: Core, actor: AgentActor, { action, actor_type, actor: by, object }: AuditFilter) {
  let query = core.orm.db().selectFrom('audit_log as l').where('l.app_id', '=', actor.app.id)
  if (action) query = query.where('l.action', 'in', action)
  if (actor_type) query = query.where('l.actor_type', '=', actor_type)
  if (by !== undefined) query = query.where('l.actor_id', '=', decodeId(by) ?? unknown)
  if (object !== undefined) {
    const ids = object === actor.app.publicId ? [actor.app.id] : [object, decodeId(object) ?? object]
    query = query.where('l.object_id', 'in', ids)
  }
  return query
}

/** What happened in the app, newest first, with the names of who did it. `total` counts all pages. */
export async function listAudit(core: Core, actor: AgentActor, filter: AuditFilter) {
  const all = matching(core, actor, filter)
  const { total } = await all.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const entries = await all
    .leftJoin('customers as c', (join) => join.onRef('c.id', '=', 'l.actor_id').onRef('c.app_id', '=', 'l.app_id'))
    .leftJoin('agents as a', (join) => join.onRef('a.id', '=', 'l.actor_id').onRef('a.app_id', '=', 'l.app_id'))
    .leftJoin('api_keys as k', (join) => join.onRef('k.id', '=', 'l.actor_id').onRef('k.app_id', '=', 'l.app_id'))
    .selectAll('l')
    .select(sql<string | null>`coalesce(c.name, a.name, k.name)`.as('actor_name'))
    .orderBy('l.id', 'desc')
    .limit(filter.per_page)
    .offset((filter.page - 1) * filter.per_page)
    .execute()
  return { entries, total: Number(total) }
}
export type AuditView = Awaited<ReturnType<typeof listAudit>>['entries'][number]
