import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { arrayOf } from '../../db/array.ts'
import type { Core, Effect } from '../../domain/core.ts'
import { webhookQueue } from '../../domain/deliveries.ts'
import { nativeBody, pgiBody, type Told, toldOf } from '../../present/webhook.ts'

/**
 * What is recorded is queued for every endpoint that wants it, as it then is, in the transaction of the change: if that is undone so is this, and what is committed is
 * never forgotten.
 */
export const queueEvents =
  (core: Pick<Core, 'queue' | 'links'>): Effect =>
  async (tx, happening) => {
    if (!happening.hasEndpoints) return
    let count = 0
    for (const told of toldOf(happening)) count += await queueOne(told)
    if (count > 0) await core.queue.enqueueAll(tx.db, webhookQueue, [{}])

    async function queueOne(told: Told): Promise<number> {
      const { ticket, message } = happening
      const native = JSON.stringify(nativeBody(told, happening, core.links, tx.now))
      const pgi = pgiBody(told, happening, tx.now)
      const ids = Array.from({ length: limits.webhooksPerApp }, () => uuidv7())
      const { numAffectedRows } = await sql`
        insert into webhook_deliveries (id, app_id, endpoint_id, ticket_id, message_id, event_id, type, body, state, attempts, tries, due_at, created_at)
        select fresh.id, e.app_id, e.id, ${ticket.id}::uuid, ${told.withMessage ? (message?.id ?? null) : null}::uuid, ${told.eventId}, ${told.type},
          case e.flavour when 'pgi' then ${pgi && JSON.stringify(pgi)}::jsonb else ${native}::jsonb end, 'pending', 0, 0, ${tx.now}, ${tx.now}
        from (
          select id, app_id, flavour, row_number() over (order by id) as nth from webhook_endpoints
          where app_id = ${ticket.app_id} and enabled and (types is null or ${told.type} = any(types)) and (flavour = 'native' or ${pgi !== null})
        ) e
        join unnest(${arrayOf(ids)}::uuid[]) with ordinality as fresh (id, nth) on fresh.nth = e.nth`.execute(tx.db)
      return Number(numAffectedRows ?? 0)
    }
  }
