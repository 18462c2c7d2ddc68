import { createHash } from 'node:crypto'
import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import type { Db } from '../db/orm.ts'
import { Refusal } from '../errors.ts'
import { type Actor, type Core, causeOf } from './core.ts'
import { together } from './record.ts'

/** The operation of a dialect, by its name: `pgi createTicket`. */
export const isForeign = (operation: string) => operation.includes(' ')

/** What must happen only once. */
export interface OnceOnly {
  operation: string
  /** The caller's Idempotency-Key. */
  key: string
  /** The parsed input: the same input with the same key is the same request. */
  input: unknown
  /** The status of a success. */
  status: number
  /** Fields of the answer that are not kept: a repetition has null in their place. */
  secrets: readonly string[]
}

export interface OnceAnswer {
  status: number
  /** The body as JSON. */
  json: string
  /** True for the kept answer of an earlier request. */
  replayed: boolean
}

/**
 * Does `work` once for each key of the actor's in 48 hours; later, answers what was answered first. The key, the change and its events are committed together or not at
 * all, so a key whose request failed or whose process died is free at once. `work` must do everything with the core it gets and await nothing but the database:
 * it runs inside the transaction. Throws `request_in_progress` while another request holds the key, `idempotency_key_reused` for other input.
 */
export async function once(core: Core, actor: Actor, request: OnceOnly, work: (core: Core) => Promise<unknown>): Promise<OnceAnswer> {
  const slot = { app_id: actor.app.id, principal: principalOf(actor), operation: request.operation, key: request.key }
  const inputHash = sha256(canonical(request.input)).toString('hex')
  return together(core, async (inner) => {
    const db = inner.orm.db()
    await take(db, slot)
    const kept = await find(db, slot, core.clock.now())
    if (kept) {
      if (kept.input_hash !== inputHash) throw new Refusal('idempotency_key_reused', { detail: 'Use a new Idempotency-Key for other input.' })
      return { status: kept.status, json: kept.answer, replayed: true }
    }
    const tickets = new Set<string>()
    const body = await work({ ...inner, listeners: [...inner.listeners, ({ ticket }) => tickets.add(ticket.id)] })
    const { status } = request
    const answer = JSON.stringify(without(request.secrets, body))
    await keep(db, { ...slot, input_hash: inputHash, status, answer, tickets: [...tickets], created_at: core.clock.now() })
    return { status, json: JSON.stringify(body), replayed: false }
  })
}

/** Forgets the keys whose time is over. Answers how many they were. */
export async function forgetOldKeys(core: Core): Promise<number> {
  const { numDeletedRows } = await core.orm
    .db()
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', oldest(core.clock.now()))
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

interface Slot {
  app_id: string
  principal: string
  operation: string
  key: string
}

/** All keys of an app's backend are one caller: a request may be repeated with the key that replaced the first. */
function principalOf(actor: Actor): string {
  const { type, id } = causeOf(actor)
  return type === 'key' ? 'backend' : `${type}:${id}`
}

/** Holds the key until the transaction ends, however it ends. */
async function take(db: Db, { app_id, principal, operation, key }: Slot): Promise<void> {
  const name = sha256(JSON.stringify([app_id, principal, operation, key])).readBigInt64BE()
  const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_xact_lock(${String(name)}::bigint) as taken`.execute(db)
  if (!rows[0]?.taken) {
    throw new Refusal('request_in_progress', { detail: 'The first request with this Idempotency-Key has not been answered yet.', retryAfter: 1 })
  }
}

/** What one customer has sent once is done for the other one too, but for keys that both have used. */
export async function moveKeys(db: Db, appId: string, fromCustomer: string, toCustomer: string): Promise<void> {
  const [from, to] = [`customer:${fromCustomer}`, `customer:${toCustomer}`]
  await sql`
    update idempotency_keys k set principal = ${to}
    where app_id = ${appId} and principal = ${from} and not exists (
      select from idempotency_keys o where o.app_id = k.app_id and o.principal = ${to} and o.operation = k.operation and o.key = k.key)`.execute(db)
}

/** A statement of its own after the lock was taken, so that it sees what the one before us committed. */
function find(db: Db, slot: Slot, now: Date) {
  return db
    .selectFrom('idempotency_keys')
    .select(['input_hash', 'status', 'answer'])
    .where('app_id', '=', slot.app_id)
    .where('principal', '=', slot.principal)
    .where('operation', '=', slot.operation)
    .where('key', '=', slot.key)
    .where('created_at', '>', oldest(now))
    .executeTakeFirst()
}

/** In the place of a forgotten one, if there is one. */
async function keep(db: Db, row: Slot & { input_hash: string; status: number; answer: string; tickets: string[]; created_at: Date }): Promise<void> {
  const { input_hash, status, answer, tickets, created_at } = row
  await db
    .insertInto('idempotency_keys')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'principal', 'operation', 'key']).doUpdateSet({ input_hash, status, answer, tickets, created_at }),
    )
    .execute()
}

const oldest = (now: Date) => new Date(now.getTime() - limits.idempotencyHours * 3_600_000)
const sha256 = (text: string) => createHash('sha256').update(text).digest()

/** JSON with the keys of every object in order, so that the order in which a client writes them does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    one !== null && typeof one === 'object' && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(byName)) : one,
  )
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

function without(secrets: readonly string[], body: unknown): unknown {
  if (secrets.length === 0 || body === null || typeof body !== 'object') return body
  return { ...body, ...Object.fromEntries(secrets.filter((name) => name in body).map((name) => [name, null])) }
}
