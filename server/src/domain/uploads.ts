import { createHash } from 'node:crypto'
import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Db } from '../db/orm.ts'
import { badInput, Refusal } from '../errors.ts'
import { newStorageKey } from '../storage/storage.ts'
import type { AttachmentRow } from './attachments.ts'
import { type Content, contentOf, textCheck } from './content.ts'
import type { Caller, Core } from './core.ts'
import { cleanFilename } from './filename.ts'

/** A file that came in and is stored, but belongs to nobody yet. */
export interface StoredFile extends Content {
  key: string
  filename: string
  size: number
  /** Hex. */
  sha256: string
}

/** Longer than any upload may take: what is a stray by then is left over from a crash. */
const uploadMs = 3_600_000

/** Makes room for an upload. Answers its key; until it is kept, whatever is stored under that key is a stray. Throws `quota_exceeded`. */
export async function beginUpload(core: Core, actor: Caller): Promise<string> {
  const db = core.orm.db()
  if ((await unusedBytes(db, actor)) >= limits.unusedUploadBytes) throw quotaExceeded()
  const key = newStorageKey()
  await db
    .insertInto('stray_files')
    .values({ storage_key: key, due_at: new Date(core.clock.now().getTime() + uploadMs) })
    .execute()
  return key
}

/**
 * Stores the bytes while it counts and hashes them, and finds out what they are. Throws `invalid_request` for an empty file and for a picture of too many pixels,
 * `payload_too_large`, `unavailable` if the storage fails, and whatever `bytes` throws.
 */
export async function storeFile(core: Core, key: string, name: string | undefined, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile> {
  const { storage } = core
  const filename = cleanFilename(name)
  const hash = createHash('sha256')
  const text = textCheck()
  let size = 0
  async function* measured() {
    for await (const chunk of bytes) {
      size += chunk.length
      if (size > limits.uploadBytes) throw tooLarge()
      hash.update(chunk)
      text.see(chunk)
      yield chunk
    }
    if (size === 0) throw badInput('body.file', 'must not be empty')
  }
  const content = await orUnavailable(async () => {
    await storage.put(key, measured())
    if ((await storage.size(key)) !== size) throw new Error('the storage did not keep the whole file')
    return contentOf(storage, { key, size, filename, isText: text.isText() })
  })
  if ((content.width ?? 0) * (content.height ?? 0) > limits.uploadPixels) {
    throw badInput('body.file', `must have at most ${limits.uploadPixels} pixels`)
  }
  return { key, filename, size, sha256: hash.digest('hex'), ...content }
}

/** Stores a file whose bytes are all there; {@link dropUnlessKept} has to follow. Throws as {@link beginUpload} and {@link storeFile} do. */
export async function storeBytes(core: Core, actor: Caller, name: string, bytes: Uint8Array): Promise<StoredFile> {
  const key = await beginUpload(core, actor)
  try {
    return await storeFile(core, key, name, slices(bytes))
  } catch (err) {
    await discardUpload(core, key)
    throw err
  }
}

const sliceBytes = 64 * 1024

/** In pieces as they come from a network, so that looking at them lets others take their turn. */
async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes)
}

export const tooLarge = () => new Refusal('payload_too_large', { detail: `A file has at most ${limits.uploadBytes} bytes.` })
const quotaExceeded = () =>
  new Refusal('quota_exceeded', {
    detail: `At most ${limits.unusedUploadBytes} bytes of uploads may wait for a message; send some, or wait ${limits.unusedUploadHours} hours.`,
  })

/** What the storage throws is an outage. */
async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (err) {
    throw err instanceof Refusal ? err : new Refusal('unavailable', { detail: 'The file cannot be stored at the moment.', retryAfter: 5, cause: err })
  }
}

/** Gives a stored file to its uploader, to be used in a message. Uploads of one caller take turns here, so that they cannot exceed the quota together. Throws `quota_exceeded`. */
export function keepUpload(core: Core, actor: Caller, file: StoredFile): Promise<AttachmentRow> {
  const row = {
    id: uuidv7(),
    app_id: actor.app.id,
    ...uploaderOf(actor),
    message_id: null,
    position: null,
    filename: file.filename,
    content_type: file.contentType,
    size: file.size,
    width: file.width,
    height: file.height,
    sha256: file.sha256,
    storage_key: file.key,
    created_at: core.clock.now(),
  }
  return core.orm.transaction(async (db) => {
    const turn = `uploads ${row.app_id} ${row.customer_id} ${row.agent_id}`
    await sql`select pg_advisory_xact_lock(hashtextextended(${turn}, 0))`.execute(db)
    if ((await unusedBytes(db, actor)) + file.size > limits.unusedUploadBytes) throw quotaExceeded()
    const { numDeletedRows } = await db.deleteFrom('stray_files').where('storage_key', '=', file.key).executeTakeFirstOrThrow()
    if (numDeletedRows !== 1n) throw new Refusal('unavailable', { detail: 'The upload took too long to be kept.', retryAfter: 1 })
    return db.insertInto('attachments').values(row).returningAll().executeTakeFirstOrThrow()
  })
}

/** Removes the file of an upload that is not kept. What fails here is left to {@link removeStrayFiles}. */
export async function discardUpload(core: Core, key: string): Promise<void> {
  try {
    await core.storage.remove(key)
    await core.orm.db().deleteFrom('stray_files').where('storage_key', '=', key).execute()
  } catch (err) {
    core.log.warn({ err }, 'an upload could not be removed at once')
  }
}

/** Removes a stored file that nobody was given in the end. */
export async function dropUnlessKept(core: Core, { key }: StoredFile): Promise<void> {
  const stray = core.orm.db().selectFrom('stray_files').select('storage_key').where('storage_key', '=', key)
  try {
    if (await stray.executeTakeFirst()) await discardUpload(core, key)
  } catch (err) {
    core.log.warn({ err }, 'an upload could not be removed at once')
  }
}

/** Null twice is the app's backend. */
function uploaderOf(actor: Caller): { customer_id: string | null; agent_id: string | null } {
  return actor.type === 'customer' ? { customer_id: actor.customerId, agent_id: null } : { customer_id: null, agent_id: actor.agentId }
}

async function unusedBytes(db: Db, actor: Caller): Promise<number> {
  const { customer_id, agent_id } = uploaderOf(actor)
  const { bytes } = await db
    .selectFrom('attachments')
    .select((eb) => eb.fn.sum<string | null>('size').as('bytes'))
    .where('app_id', '=', actor.app.id)
    .where('customer_id', customer_id === null ? 'is' : '=', customer_id)
    .where('agent_id', agent_id === null ? 'is' : '=', agent_id)
    .where('message_id', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(bytes ?? 0)
}

/** Uploads that no message has carried for 24 hours become strays. Answers how many. */
export async function purgeUnusedUploads(core: Core): Promise<number> {
  const now = core.clock.now()
  const { numInsertedOrUpdatedRows } = await core.orm
    .db()
    .with('purged', (db) =>
      db
        .deleteFrom('attachments')
        .where('message_id', 'is', null)
        .where('created_at', '<=', new Date(now.getTime() - limits.unusedUploadHours * 3_600_000))
        .returning('storage_key'),
    )
    .insertInto('stray_files')
    .columns(['storage_key', 'due_at'])
    .expression((eb) => eb.selectFrom('purged').select(['storage_key', eb.val(now).as('due_at')]))
    .executeTakeFirstOrThrow()
  return Number(numInsertedOrUpdatedRows ?? 0)
}

const strayBatch = 500

/** Removes the stray files that are due; one that cannot be removed now stays for the next time. Answers how many went. */
export async function removeStrayFiles(core: Core): Promise<number> {
  let removed = 0
  for (let after = ''; ; ) {
    const rows = await core.orm
      .db()
      .selectFrom('stray_files')
      .select('storage_key')
      .where('due_at', '<=', core.clock.now())
      .where('storage_key', '>', after)
      .orderBy('storage_key')
      .limit(strayBatch)
      .execute()
    for (const { storage_key } of rows) if (await removeStray(core, storage_key)) removed++
    after = rows.at(-1)?.storage_key ?? ''
    if (rows.length < strayBatch) return removed
  }
}

/** Removes files that have just become strays; what cannot be removed now is left to {@link removeStrayFiles}. */
export async function removeStrays(core: Core, keys: readonly string[]): Promise<void> {
  for (const key of keys) await removeStray(core, key)
}

async function removeStray(core: Core, key: string): Promise<boolean> {
  try {
    await core.storage.remove(key)
  } catch (err) {
    core.log.warn({ err }, 'a stray file could not be removed')
    return false
  }
  await core.orm.db().deleteFrom('stray_files').where('storage_key', '=', key).execute()
  return true
}
