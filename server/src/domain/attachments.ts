import { decodeId } from '@support-widget/shared/ids.ts'
import type { Selectable } from 'kysely'
import type { Tables } from '../db/orm.ts'
import { badInput, notFound } from '../errors.ts'
import type { Caller, Core } from './core.ts'
import type { Tx } from './record.ts'

export type AttachmentRow = Selectable<Tables['attachments']>

/**
 * Gives uploads to the message that carries them, in this order. An upload can be given once, by who uploaded it (the app's agents and keys share theirs). Throws
 * `invalid_request` for any other id.
 */
export async function claimAttachments(tx: Tx, actor: Caller, messageId: string, given: readonly string[]): Promise<void> {
  const free = await lockUploads(tx, actor, given)
  for (const [position, id] of given.entries()) {
    const uuid = decodeId(id)
    // What was given stands no longer in the set: not twice.
    if (uuid === null || !free.delete(uuid)) throw badInput(`body.attachments.${position}`, 'is not an upload of yours that waits to be used')
    await tx.db
      .updateTable('attachments')
      .set({ message_id: messageId, position })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', uuid)
      .execute()
  }
}

/** Those of the ids that the actor may give away, locked in one order, so that two messages that name the same uploads wait for each other. */
async function lockUploads(tx: Tx, actor: Caller, given: readonly string[]): Promise<Set<string>> {
  const ids = given.map(decodeId).filter((id) => id !== null)
  if (ids.length === 0) return new Set()
  const rows = await tx.db
    .selectFrom('attachments')
    .select('id')
    .where('app_id', '=', actor.app.id)
    .where('id', 'in', ids)
    .where('message_id', 'is', null)
    .where('customer_id', actor.type === 'customer' ? '=' : 'is', actor.type === 'customer' ? actor.customerId : null)
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Set(rows.map((row) => row.id))
}

/** Deletes the attachments of a message: their links are dead with the commit, their files are removed after it, whatever happens in between. */
export async function dropAttachments(tx: Tx, appId: string, messageId: string): Promise<void> {
  await tx.db
    .with('dropped', (db) => db.deleteFrom('attachments').where('app_id', '=', appId).where('message_id', '=', messageId).returning('storage_key'))
    .insertInto('stray_files')
    .columns(['storage_key', 'due_at'])
    .expression((eb) => eb.selectFrom('dropped').select(['storage_key', eb.val(tx.now).as('due_at')]))
    .execute()
}

/**
 * An attachment that one of the callers may read: their own upload that waits (the app's agents and keys share theirs); once a message carries it, who may see that. They are
 * one person in their roles. Throws `not_found`.
 */
export async function seeAttachment(core: Core, callers: readonly [Caller, ...Caller[]], id: string | null): Promise<AttachmentRow> {
  const row = await core.orm
    .db()
    .selectFrom('attachments as f')
    .leftJoin('messages as m', (join) => join.onRef('m.id', '=', 'f.message_id').onRef('m.app_id', '=', 'f.app_id'))
    .leftJoin('tickets as t', (join) => join.onRef('t.id', '=', 'm.ticket_id').onRef('t.app_id', '=', 'm.app_id'))
    .selectAll('f')
    .where('f.app_id', '=', callers[0].app.id)
    .where('f.id', '=', id)
    .where((eb) =>
      eb.or(
        callers.flatMap((caller) =>
          caller.type === 'agent'
            ? [eb('f.message_id', 'is not', null), eb('f.customer_id', 'is', null)]
            : [
                eb.and([eb('f.message_id', 'is', null), eb('f.customer_id', '=', caller.customerId)]),
                eb.and([eb('t.customer_id', '=', caller.customerId), eb('m.is_internal', '=', false)]),
              ],
        ),
      ),
    )
    .executeTakeFirst()
  if (!row) throw notFound()
  return row
}

/** The attachment that a signed link names, which is the permission. Throws `not_found`. */
export async function seeLinkedAttachment(core: Core, id: string): Promise<AttachmentRow> {
  const row = await core.orm.db().selectFrom('attachments').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound()
  return row
}
