import { randomBytes } from 'node:crypto'
import type { AuditAction } from '@support-widget/shared/audit.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type { NewWebhook, WebhookChange, WebhookType } from '@support-widget/shared/webhook.ts'
import type { Selectable } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Db, Tables } from '../db/orm.ts'
import { badInput, notFound, Refusal } from '../errors.ts'
import { faultOfUrl } from '../safe-fetch.ts'
import { audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'
import { cancelOpen } from './deliveries.ts'
import { planNotice } from './mail-notice.ts'

export type Endpoint = Selectable<Tables['webhook_endpoints']>

/** Standard Webhooks asks for 24 to 64 random bytes. */
const secretBytes = 32
const newSecret = () => `whsec_${randomBytes(secretBytes).toString('base64')}`

/** The events that the `pgi` API's document knows. */
export const pgiTypes: readonly WebhookType[] = ['support.message_received', 'support.ticket_closed']

const endpointsOf = (db: Db, appId: string) =>
  db.selectFrom('webhook_endpoints').selectAll().where('app_id', '=', appId).where('deleted_at', 'is', null)

/** The app's endpoints, newest first. `total` counts all pages. */
export async function listWebhooks(core: Core, actor: AgentActor, { page, per_page }: { page: number; per_page: number }) {
  const db = core.orm.db()
  const { total } = await db
    .selectFrom('webhook_endpoints')
    .where('app_id', '=', actor.app.id)
    .where('deleted_at', 'is', null)
    .select((eb) => eb.fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow()
  const endpoints = await endpointsOf(db, actor.app.id)
    .orderBy('id', 'desc')
    .limit(per_page)
    .offset((page - 1) * per_page)
    .execute()
  return { endpoints, total: Number(total) }
}

/** Throws `not_found`. */
export async function readWebhook(core: Core, actor: AgentActor, id: string): Promise<Endpoint> {
  const endpoint = await endpointsOf(core.orm.db(), actor.app.id).where('id', '=', id).executeTakeFirst()
  if (!endpoint) throw notFound()
  return endpoint
}

/** Until the transaction ends; what is queued for the endpoint meanwhile does not wait. */
export const lockEndpoint = (db: Db, appId: string, id: string) => endpointsOf(db, appId).where('id', '=', id).forNoKeyUpdate().executeTakeFirst()

async function lock(db: Db, actor: AgentActor, id: string): Promise<Endpoint> {
  const endpoint = await lockEndpoint(db, actor.app.id, id)
  if (!endpoint) throw notFound()
  return endpoint
}

function checkUrl(core: Core, url: string): void {
  const fault = faultOfUrl(url, core.loopback)
  if (fault !== null) throw badInput('body.url', fault)
}

function checkTypes({ flavour, types }: Pick<Endpoint, 'flavour' | 'types'>): void {
  if (flavour === 'pgi' && types?.some((type) => !pgiTypes.includes(type)))
    throw badInput('body.types', `must be of ${pgiTypes.join(', ')}, which are all that the pgi flavour knows`)
}

const entry = (actor: AgentActor, action: AuditAction, id: string, now: Date, data?: Record<string, unknown>) => ({
  appId: actor.app.id,
  actor: causeOf(actor),
  action,
  object: { type: 'webhook' as const, id },
  now,
  ...(data ? { data } : {}),
})

/** Throws `invalid_request` for a URL that must not be called, `limit_reached`. The secret can be read only now. */
export function createWebhook(core: Core, actor: AgentActor, input: NewWebhook): Promise<{ endpoint: Endpoint; secret: string }> {
  checkUrl(core, input.url)
  checkTypes(input)
  const [secret, now] = [newSecret(), core.clock.now()]
  return core.orm.transaction(async (db) => {
    // One at a time for each app: so the limit holds.
    await db.selectFrom('apps').select('id').where('id', '=', actor.app.id).forNoKeyUpdate().executeTakeFirstOrThrow()
    const before = await endpointsOf(db, actor.app.id).execute()
    if (before.length >= limits.webhooksPerApp)
      throw new Refusal('limit_reached', { detail: `An app has at most ${limits.webhooksPerApp} webhook endpoints: delete one first.` })
    const endpoint = await db
      .insertInto('webhook_endpoints')
      .values({
        id: uuidv7(),
        app_id: actor.app.id,
        ...input,
        disabled_reason: input.enabled ? null : 'manual',
        secret: core.secrets.seal(secret),
        previous_secret: null,
        previous_until: null,
        created_at: now,
        updated_at: now,
        deleted_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await audit(db, entry(actor, 'webhook_created', endpoint.id, now))
    return { endpoint, secret }
  })
}

/** Throws `not_found`, `invalid_request`. What is open is cancelled when the endpoint is switched off, or no longer wants it. */
export function updateWebhook(core: Core, actor: AgentActor, id: string, change: WebhookChange): Promise<Endpoint> {
  if (change.url !== undefined) checkUrl(core, change.url)
  const now = core.clock.now()
  return core.orm.transaction(async (db) => {
    const before = await lock(db, actor, id)
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<Endpoint>
    const after = { ...before, ...given }
    checkTypes(after)
    const fields = (Object.keys(given) as (keyof Endpoint)[]).filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    if (fields.length === 0) return before
    if (before.enabled !== after.enabled) after.disabled_reason = after.enabled ? null : 'manual'
    const endpoint = await db
      .updateTable('webhook_endpoints')
      .set({ ...given, disabled_reason: after.disabled_reason, updated_at: now })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    if (!endpoint.enabled) await cancelOpen(db, actor.app.id, id, now)
    else if (fields.includes('flavour') || fields.includes('types')) await cancelOpen(db, actor.app.id, id, now, endpoint)
    // A URL may have a secret in its path: the log says that it was changed.
    await audit(db, entry(actor, 'webhook_updated', id, now, { fields }))
    return endpoint
  })
}

/** Nothing is sent any more, and nobody sees it; the rows go soon, see `forgetWebhooks`. Throws `not_found`. */
export function deleteWebhook(core: Core, actor: AgentActor, id: string): Promise<Endpoint> {
  const now = core.clock.now()
  return core.orm.transaction(async (db) => {
    const before = await lock(db, actor, id)
    await db
      .updateTable('webhook_endpoints')
      .set({ enabled: false, disabled_reason: 'manual', secret: '', previous_secret: null, previous_until: null, updated_at: now, deleted_at: now })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', id)
      .execute()
    await audit(db, entry(actor, 'webhook_deleted', id, now))
    return { ...before, enabled: false, disabled_reason: 'manual', previous_until: null }
  })
}

/** A new secret beside the one before, which stays good for a while. Throws `not_found`. */
export function rotateWebhook(core: Core, actor: AgentActor, id: string): Promise<{ endpoint: Endpoint; secret: string }> {
  const [secret, now] = [newSecret(), core.clock.now()]
  return core.orm.transaction(async (db) => {
    const before = await lock(db, actor, id)
    const endpoint = await db
      .updateTable('webhook_endpoints')
      .set({
        secret: core.secrets.seal(secret),
        previous_secret: before.secret,
        previous_until: new Date(now.getTime() + limits.webhookOverlapHours * 3_600_000),
        updated_at: now,
      })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await audit(db, entry(actor, 'webhook_rotated', id, now))
    return { endpoint, secret }
  })
}

export type Signing = Pick<Endpoint, 'secret' | 'previous_secret' | 'previous_until'>

/** The secrets that sign now, the newest first. Throws if no SECRET_KEY opens them. */
export function secretsOf(core: Pick<Core, 'secrets' | 'clock'>, { secret, previous_secret, previous_until }: Signing): string[] {
  const isGood = previous_until !== null && previous_until > core.clock.now()
  return [secret, ...(previous_secret !== null && isGood ? [previous_secret] : [])].map((sealed) => core.secrets.open(sealed))
}

/** Switches an endpoint off because it said that it is gone; open deliveries with it. The inbox is told by mail. False if it was off already. */
export async function disableGone(db: Db, appId: string, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('webhook_endpoints')
    .set({ enabled: false, disabled_reason: 'gone', updated_at: now })
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .where('enabled', '=', true)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  await cancelOpen(db, appId, id, now)
  await planNotice(db, appId, id, now)
  await audit(db, {
    appId,
    actor: { type: 'system', id: null },
    action: 'webhook_disabled',
    object: { type: 'webhook', id },
    data: { reason: 'gone' },
    now,
  })
  return true
}
