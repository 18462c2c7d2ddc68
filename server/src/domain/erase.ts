import { encodeId } from '@support-widget/shared/ids.ts'
import { sql } from 'kysely'
import { nobody } from '../auth/provision.ts'
import { hashSub } from '../auth/tombstone.ts'
import { arrayOf } from '../db/array.ts'
import type { Db } from '../db/orm.ts'
import { isBrokenReference, notFound, Refusal } from '../errors.ts'
import { audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'
import { isAgent } from './customers.ts'
import { removeStrays } from './uploads.ts'

/** Tickets of one transaction: at most so many times 5,000 messages are locked and deleted together. */
const batch = 20

/** Webhook deliveries of one transaction, each with its attempts. */
const deliveriesAtOnce = 2_000

/** So often may somebody else's request come in between, before it is left to the next time. */
const mostInterruptions = 100

/** Customers whose erasure was interrupted, of one look. */
const mostAtOnce = 100

/**
 * Erases a customer: tickets with every message and note, files, search, history, what was kept to answer repeated requests, keys. From the first transaction on nobody sees them and
 * no credential of theirs is good; then the rows go, some at a time, and at last the customer. What a crash leaves is done by {@link finishErasures}. Throws `not_found`, also
 * the second time, and `forbidden` for who is an agent of the app.
 */
export async function eraseCustomer(core: Core, actor: AgentActor, customerId: string): Promise<Date> {
  const erasedAt = await begin(core, actor, customerId)
  await finish(core, actor.app.id, customerId)
  return erasedAt
}

/** Goes on with what was interrupted. Answers how many customers are gone for good. */
export async function finishErasures(core: Core): Promise<number> {
  const left = await core.orm.db().selectFrom('customers').select(['id', 'app_id']).where('erased_at', 'is not', null).limit(mostAtOnce).execute()
  let done = 0
  for (const { id, app_id } of left) {
    try {
      await finish(core, app_id, id)
      done++
    } catch (err) {
      core.log.error({ err, customer_id: id }, 'an erasure could not be finished')
    }
  }
  return done
}

function begin(core: Core, actor: AgentActor, customerId: string): Promise<Date> {
  const now = core.clock.now()
  const appId = actor.app.id
  return core.orm.transaction(async (db) => {
    const customer = await db
      .selectFrom('customers')
      .select('external_id')
      .where('app_id', '=', appId)
      .where('id', '=', customerId)
      .where('erased_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!customer) throw notFound()
    const { external_id } = customer
    if (external_id !== null && (await isAgent(db, actor, external_id)))
      throw new Refusal('forbidden', { detail: 'Who is an agent of the app cannot be erased: remove the agent first.' })
    if (external_id !== null) await remember(db, appId, external_id, now)
    await db
      .updateTable('customers')
      .set({ erased_at: now, blocked_at: now, block_reason: null, ...nothing })
      .where('app_id', '=', appId)
      .where('id', '=', customerId)
      .execute()
    await db.deleteFrom('api_keys').where('app_id', '=', appId).where('customer_id', '=', customerId).execute()
    await audit(db, { appId, actor: causeOf(actor), action: 'customer_erased', object: { type: 'customer', id: customerId }, now })
    return now
  })
}

/** The user id stays until the row goes: a token that arrives meanwhile finds the row, and is refused. */
const nothing = { ...nobody, confirmed_email: null, search: '', search_grams: [] }

/** Keeps a hash of the user id, so that a token that is still good does not make the person anew. */
async function remember(db: Db, appId: string, externalId: string, now: Date): Promise<void> {
  await db
    .insertInto('erased_people')
    .values({ app_id: appId, sub_hash: hashSub(appId, externalId), erased_at: now })
    .onConflict((conflict) => conflict.columns(['app_id', 'sub_hash']).doNothing())
    .execute()
}

async function finish(core: Core, appId: string, customerId: string): Promise<void> {
  for (let interruptions = 0; ; ) {
    const { files, isDone } = await core.orm
      .transaction((db) => eraseSome(db, appId, customerId, core.clock.now()))
      .catch((err: unknown) => {
        // A request that was under way when the erasure began has written once more: one more round.
        if (isBrokenReference(err, /_customer_id_fkey$/) && interruptions++ < mostInterruptions) return { files: [], isDone: false }
        throw err
      })
    await removeStrays(core, files)
    if (isDone) return
  }
}

/** Some tickets, or the customer if there is none left. Answers the keys of the files that nobody needs any more. */
async function eraseSome(db: Db, appId: string, customerId: string, now: Date): Promise<{ files: string[]; isDone: boolean }> {
  const rows = await db
    .selectFrom('tickets')
    .select('id')
    .where('app_id', '=', appId)
    .where('customer_id', '=', customerId)
    .orderBy('id')
    .limit(batch)
    .forUpdate()
    .execute()
  const tickets = rows.map((row) => row.id)
  if (tickets.length > 0 && !(await dropDeliveries(db, appId, tickets))) return { files: [], isDone: false }
  if (tickets.length > 0) return { files: await eraseTickets(db, appId, tickets, now), isDone: false }
  const files = await dropFiles(db, appId, sql<boolean>`f.customer_id = ${customerId}`, now)
  await db
    .deleteFrom('idempotency_keys')
    .where('app_id', '=', appId)
    .where((eb) => eb.or([eb('principal', '=', `customer:${customerId}`), mentions([customerId])]))
    .execute()
  await db.deleteFrom('customers').where('app_id', '=', appId).where('id', '=', customerId).execute()
  return { files, isDone: true }
}

/** Deletes what webhooks were told of the tickets, so much at once: every message may have gone to many endpoints. False if there is more. */
async function dropDeliveries(db: Db, appId: string, tickets: string[]): Promise<boolean> {
  const some = db.selectFrom('webhook_deliveries').select('id').where('app_id', '=', appId).where('ticket_id', 'in', tickets).limit(deliveriesAtOnce)
  const { numDeletedRows } = await db.deleteFrom('webhook_deliveries').where('app_id', '=', appId).where('id', 'in', some).executeTakeFirstOrThrow()
  return Number(numDeletedRows) < deliveriesAtOnce
}

async function eraseTickets(db: Db, appId: string, tickets: string[], now: Date): Promise<string[]> {
  const messages = db.selectFrom('messages').select('id').where('app_id', '=', appId).where('ticket_id', 'in', tickets)
  const files = await dropFiles(db, appId, sql<boolean>`f.message_id in (${messages})`, now)
  // What another ticket says of these, which may be in a later round.
  for (const column of ['follow_up_of', 'merged_into'] as const)
    await db
      .updateTable('tickets')
      .set({ [column]: null })
      .where('app_id', '=', appId)
      .where(column, 'in', tickets)
      .execute()
  await db.updateTable('messages').set({ merged_from: null }).where('app_id', '=', appId).where('merged_from', 'in', tickets).execute()
  await db.updateTable('messages').set({ copy_of: null }).where('app_id', '=', appId).where('copy_of', 'in', messages).execute()
  await db
    .deleteFrom('idempotency_keys')
    .where('app_id', '=', appId)
    .where((eb) => eb.or([mentions(tickets), sql<boolean>`tickets && ${arrayOf(tickets)}::uuid[]`]))
    .execute()
  for (const table of ['messages', 'webhook_deliveries', 'events', 'ticket_search'] as const)
    await db.deleteFrom(table).where('app_id', '=', appId).where('ticket_id', 'in', tickets).execute()
  await db.deleteFrom('tickets').where('app_id', '=', appId).where('id', 'in', tickets).execute()
  return files
}

/** True for a kept answer in which one of the ids stands: it is of what goes, whoever was answered. */
const mentions = (ids: readonly string[]) =>
  sql<boolean>`exists (select from unnest(${arrayOf(ids.map(encodeId))}::text[]) as gone (id) where strpos(idempotency_keys.answer, gone.id) > 0)`

/** Deletes attachments; their files are strays from now on, so that a crash loses none. */
async function dropFiles(db: Db, appId: string, which: ReturnType<typeof sql<boolean>>, now: Date): Promise<string[]> {
  const rows = await db
    .with('dropped', (inner) => inner.deleteFrom('attachments as f').where('f.app_id', '=', appId).where(which).returning('f.storage_key'))
    .insertInto('stray_files')
    .columns(['storage_key', 'due_at'])
    .expression((eb) => eb.selectFrom('dropped').select(['storage_key', eb.val(now).as('due_at')]))
    .returning('storage_key')
    .execute()
  return rows.map((row) => row.storage_key)
}
