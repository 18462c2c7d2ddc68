import { randomBytes } from 'node:crypto'
import { type AppPatch, type AppSettings, defaultSettings } from '@support-widget/shared/app.ts'
import { v7 as uuidv7 } from 'uuid'
import { appRef } from '../auth/apps.ts'
import type { AppRef, Links, Profile } from '../auth/principal.ts'
import { provisionCustomer } from '../auth/provision.ts'
import { hashKey } from '../auth/secrets.ts'
import type { AgentActor, Core } from './core.ts'

/** The app's settings, defaults for what it has not set. */
export const settingsOf = (app: AppRef): AppSettings => ({ ...defaultSettings, ...app.settings })

/** The app as it is stored now, whatever is remembered of it. */
export async function readApp(core: Core, actor: AgentActor): Promise<AppRef> {
  return appRef(await core.orm.db().selectFrom('apps').selectAll().where('id', '=', actor.app.id).executeTakeFirstOrThrow())
}

/** Changes what is named. This process sees it at once, others when they ask the database again. */
export async function updateApp(core: Core, actor: AgentActor, { name, settings = {} }: AppPatch): Promise<AppRef> {
  const named = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  const row = await core.orm.transaction(async (db) => {
    const before = await db.selectFrom('apps').selectAll().where('id', '=', actor.app.id).forUpdate().executeTakeFirstOrThrow()
    return db
      .updateTable('apps')
      .set({ name: name ?? before.name, settings: { ...before.settings, ...named } })
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow()
  })
  core.apps.forget()
  return appRef(row)
}

/** What making apps and keys needs: the command line has no more. */
export type Keeper = Pick<Core, 'orm' | 'apps' | 'clock' | 'secrets'>

export interface NewApp {
  publicId: string
  name: string
  /** Exact origins (RFC 6454) from which browsers may call. */
  origins: string[]
}

/** Makes the app, or brings the one with this public id up to date. */
export async function saveApp(core: Keeper, { publicId, name, origins }: NewApp): Promise<AppRef> {
  const row = { id: uuidv7(), public_id: publicId, name, origins, settings: {}, created_at: core.clock.now(), disabled_at: null }
  await core.orm
    .db()
    .insertInto('apps')
    .values(row)
    .onConflict((conflict) => conflict.column('public_id').doUpdateSet({ name, origins }))
    .execute()
  core.apps.forget()
  const app = await core.apps.byPublicId(publicId)
  if (!app) throw new Error(`app ${publicId} is disabled`)
  return app
}

/** Gives the app a key to sign its users' tokens with (HS256); an existing `kid` of the same app gets the new secret, one of another app stays theirs. The
 * secret is kept encrypted. */
export async function addSigningKey(core: Keeper, app: AppRef, key: { kid: string; secret: string }): Promise<void> {
  await core.orm
    .db()
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      app_id: app.id,
      algorithm: 'HS256',
      secret: core.secrets.seal(key.secret),
      created_at: core.clock.now(),
      revoked_at: null,
    })
    .onConflict((conflict) =>
      conflict
        .column('kid')
        .doUpdateSet({ secret: core.secrets.seal(key.secret) })
        .where('signing_keys.app_id', '=', app.id),
    )
    .execute()
}

export interface NewApiKey {
  kind: 'admin' | 'partner'
  name: string
  /** The key itself, if it is made elsewhere. */
  key?: string
  /** For a partner key: the `sub` of the customer it stands for. */
  sub?: string
  links?: Links
}

/** Makes an API key and answers it: it can be read only now, because only its hash is kept. */
export async function addApiKey(core: Keeper, app: AppRef, input: NewApiKey): Promise<string> {
  const key = input.key ?? `sup_${input.kind}_${randomBytes(32).toString('base64url')}`
  const customer =
    input.kind === 'partner' && input.sub ? await provisionCustomer(core.orm, app.id, input.sub, unknownProfile, core.clock.now()) : null
  await core.orm
    .db()
    .insertInto('api_keys')
    .values({
      id: uuidv7(),
      app_id: app.id,
      kind: input.kind,
      name: input.name,
      hash: hashKey(key),
      customer_id: customer?.id ?? null,
      links: input.links ? (structuredClone(input.links) as Record<string, string[]>) : null,
      created_at: core.clock.now(),
      revoked_at: null,
    })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute()
  return key
}

const unknownProfile: Profile = { name: undefined, email: undefined, emailVerified: false, phone: undefined, locale: undefined }
