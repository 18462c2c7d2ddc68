import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../db/orm.ts'
import { searchColumns } from '../db/search.ts'
import { erased } from '../errors.ts'
import type { Core, CustomerActor } from './core.ts'
import { forgetRefusal, isTrusted, takesMail } from './mail-trust.ts'
import { openTickets } from './views.ts'

export type CustomerRow = Selectable<Tables['customers']>

/** The customer themselves, with what waits for them: unread public messages of the other side, and tickets that are not closed. */
export async function readMe(
  core: Core,
  actor: CustomerActor,
): Promise<{ customer: CustomerRow; notify: boolean; unread: number; openTickets: number }> {
  const db = core.orm.db()
  const row = await db
    .selectFrom('customers as c')
    .selectAll('c')
    .select((eb) => [
      openTickets,
      eb
        .selectFrom('tickets as t')
        .innerJoin('messages as m', 'm.ticket_id', 't.id')
        .whereRef('t.customer_id', '=', 'c.id')
        .whereRef('t.customer_read_seq', '<', 't.public_seq')
        .whereRef('m.public_seq', '>', 't.customer_read_seq')
        .where('m.author_type', '=', 'agent')
        .select(sql<number>`count(*)::int`.as('count'))
        .$asScalar()
        .$notNull()
        .as('unread'),
    ])
    .where('c.app_id', '=', actor.app.id)
    .where('c.id', '=', actor.customerId)
    .where('c.erased_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw erased()
  return { customer: row, notify: await takesMail(db, actor.app.id, row), unread: row.unread, openTickets: row.open_tickets }
}

export interface MePatch {
  email?: string | null | undefined
  name?: string | null | undefined
  /** False wants no mail. */
  notify?: boolean | undefined
}

/**
 * What customers say of themselves. It is believed by nobody: an address is unverified and opens nothing. What their signed token says stays, because it would say it again.
 */
export async function updateMe(core: Core, actor: CustomerActor, patch: MePatch): Promise<void> {
  await core.orm.transaction(async (db) => {
    const known = await db
      .selectFrom('customers')
      .selectAll()
      .where('app_id', '=', actor.app.id)
      .where('id', '=', actor.customerId)
      .where('erased_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!known) throw erased()
    const fields = fieldsAfter(known, actor, patch, core.clock.now())
    const { name, email, muted_at } = fields
    if (patch.notify && email !== null && isTrusted({ ...known, ...fields }, email)) await forgetRefusal(db, actor.app.id, email)
    if (name === known.name && email === known.email && (muted_at === null) === (known.muted_at === null)) return
    await db
      .updateTable('customers')
      .set({ ...fields, ...searchColumns(actor.app.id, [name, email, known.phone]), updated_at: core.clock.now() })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', actor.customerId)
      .execute()
  })
}

function fieldsAfter(known: CustomerRow, { signed }: CustomerActor, patch: MePatch, now: Date) {
  const name = patch.name === undefined || signed?.name !== undefined ? known.name : patch.name
  const email = patch.email === undefined || signed?.email !== undefined ? known.email : patch.email
  const muted_at = patch.notify === undefined ? known.muted_at : patch.notify ? null : (known.muted_at ?? now)
  const trust = email === known.email ? {} : { email_verified: false, by_agent: false }
  return { name, email, muted_at, ...trust }
}
