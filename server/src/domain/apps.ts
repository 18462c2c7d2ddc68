import { isDeepStrictEqual } from 'node:util'
import { type AppPatch, type AppSettings, defaultSettings } from '@support-widget/shared/app.ts'
import type { Selectable } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { appRef } from '../auth/apps.ts'
import type { AppRef } from '../auth/principal.ts'
import type { Db, Tables } from '../db/orm.ts'
import { Refusal } from '../errors.ts'
import { type Audited, audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'

export type AppRow = Selectable<Tables['apps']>

/** The app's settings, defaults for what it has not set. */
export const settingsOf = (app: AppRef): AppSettings => ({ ...defaultSettings, ...app.settings })

/** What making apps and keys needs: the command line has no more. */
export type Keeper = Pick<Core, 'orm' | 'apps' | 'clock' | 'secrets' | 'loopback'>

/** Who changes an app or its keys, as the audit log names them: an admin, a key, or the operator. */
export interface Steward {
  app: { id: string; publicId: string }
  cause: Audited['actor']
  /** The API key that calls, if one does. */
  keyId: string | null
}

export const stewardOf = (actor: AgentActor): Steward => ({ app: actor.app, cause: causeOf(actor), keyId: actor.keyId })
export const operatorOf = ({ id, public_id }: AppRow): Steward => ({
  app: { id, publicId: public_id },
  cause: { type: 'operator', id: null },
  keyId: null,
})

/** The app as it is stored now, whatever is remembered of it. */
export async function readApp(core: Core, actor: AgentActor): Promise<AppRef> {
  return appRef(await core.orm.db().selectFrom('apps').selectAll().where('id', '=', actor.app.id).executeTakeFirstOrThrow())
}

/** Changes what is named, and writes down what that was before. This process sees it at once, others when they ask the database again. */
export async function updateApp(core: Keeper, by: Steward, { name, origins, settings = {} }: AppPatch): Promise<AppRow> {
  const named = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  const now = core.clock.now()
  const row = await core.orm.transaction(async (db) => {
    const before = await db.selectFrom('apps').selectAll().where('id', '=', by.app.id).forUpdate().executeTakeFirstOrThrow()
    const after = await db
      .updateTable('apps')
      .set({ name: name ?? before.name, origins: origins ?? before.origins, settings: { ...before.settings, ...named } })
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    const changes = changesOf(before, after)
    if (Object.keys(changes).length > 0) await audit(db, { ...entryOf(by, 'app_updated', now), data: { changes } })
    return after
  })
  core.apps.forget()
  return row
}

const entryOf = (by: Steward, action: Audited['action'], now: Date): Audited => ({
  appId: by.app.id,
  actor: by.cause,
  action,
  object: { type: 'app', id: by.app.id },
  now,
})

/** What differs, by its name: `settings.visitors` from false to true. A default that is set for the first time is no change. */
function changesOf(before: AppRow, after: AppRow): Record<string, { from: unknown; to: unknown }> {
  const flat = ({ name, origins, settings }: AppRow): Record<string, unknown> => ({
    name,
    origins,
    ...Object.fromEntries(Object.entries({ ...defaultSettings, ...settings }).map(([key, value]) => [`settings.${key}`, value])),
  })
  const [from, to] = [flat(before), flat(after)]
  const changed = Object.keys(to).filter((key) => !isDeepStrictEqual(from[key], to[key]))
  return Object.fromEntries(changed.map((key) => [key, { from: from[key] ?? null, to: to[key] ?? null }]))
}

export interface NewApp {
  publicId: string
  name: string
  /** Exact origins (RFC 6454) from which browsers may call. */
  origins: string[]
}

const newRow = (core: Keeper, { publicId, name, origins }: NewApp) => ({
  id: uuidv7(),
  public_id: publicId,
  name,
  origins,
  settings: {},
  created_at: core.clock.now(),
  disabled_at: null,
})

/** Makes an app. Throws `already_exists`. */
export async function createApp(core: Keeper, app: NewApp): Promise<AppRow> {
  const row = await core.orm.transaction(async (db) => {
    const made = await db
      .insertInto('apps')
      .values(newRow(core, app))
      .onConflict((conflict) => conflict.column('public_id').doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!made) throw new Refusal('already_exists', { detail: `There is an app ${app.publicId} already.` })
    await audit(db, entryOf(operatorOf(made), 'app_created', made.created_at))
    return made
  })
  core.apps.forget()
  return row
}

/** Makes the app, or brings the one with this public id up to date. */
export async function saveApp(core: Keeper, app: NewApp): Promise<AppRef> {
  const { name, origins } = app
  await core.orm
    .db()
    .insertInto('apps')
    .values(newRow(core, app))
    .onConflict((conflict) => conflict.column('public_id').doUpdateSet({ name, origins }))
    .execute()
  core.apps.forget()
  const saved = await core.apps.byPublicId(app.publicId)
  if (!saved) throw new Error(`app ${app.publicId} is disabled`)
  return saved
}

/** Every app by its public id, disabled ones too. */
export const listApps = (core: Keeper): Promise<AppRow[]> => core.orm.db().selectFrom('apps').selectAll().orderBy('public_id').execute()

/** The app with this public id, disabled or not. */
export const findApp = (db: Db, publicId: string): Promise<AppRow | undefined> =>
  db.selectFrom('apps').selectAll().where('public_id', '=', publicId).executeTakeFirst()

/** Shuts every door of an app, or opens them again; nothing of it is lost. What is so already stays. */
export async function disableApp(core: Keeper, by: Steward, disabled: boolean): Promise<AppRow> {
  const now = core.clock.now()
  const row = await core.orm.transaction(async (db) => {
    const before = await db.selectFrom('apps').selectAll().where('id', '=', by.app.id).forUpdate().executeTakeFirstOrThrow()
    if ((before.disabled_at !== null) === disabled) return before
    await audit(db, entryOf(by, disabled ? 'app_disabled' : 'app_enabled', now))
    return db
      .updateTable('apps')
      .set({ disabled_at: disabled ? now : null })
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow()
  })
  core.apps.forget()
  return row
}
