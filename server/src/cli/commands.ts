import { AppPatch, type AppSettings } from '@support-widget/shared/app.ts'
import { keyKinds, NewKey } from '@support-widget/shared/key.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type * as z from 'zod'
import { appRef } from '../auth/apps.ts'
import { checkSeals } from '../auth/rotation.ts'
import { type AppRow, createApp, disableApp, findApp, type Keeper, listApps, operatorOf, settingsOf, updateApp } from '../domain/apps.ts'
import { createKey, listKeys, revokeKey } from '../domain/keys.ts'
import { notFound, Refusal } from '../errors.ts'
import { presentKey } from '../present/keys.ts'
import { type Given, type Options, UsageError } from './options.ts'
import type { Said } from './print.ts'

/** What to do once the database is open; what can be refused before is. */
export type Work = (core: Keeper) => Promise<Said>

export interface Command {
  about: string
  options: Options
  /** Throws {@link UsageError}. */
  plan(given: Given): Work
}

const id = { value: 'ID', required: true, about: "the app's public id, as in data-app" } as const
const app = { ...id, about: 'the app' } as const
const name = { value: 'NAME', about: 'what people call it' } as const
const origin = { value: 'ORIGIN', many: true, about: 'an origin of pages that have the widget, such as https://app.example.com' } as const
const noOrigins = { about: 'no browser may call; servers and mobile apps may' } as const

const one = (given: Given, option: string): string | undefined => given.get(option)?.[0]
const idShape = /^[a-z0-9][a-z0-9_-]{0,99}$/i

/** The option that stands for a field of the API. */
export const optionOf = (field: string) => `--${{ origins: 'origin' }[field] ?? field.replaceAll('_', '-')}`

/** Parsed as the API would; throws {@link UsageError} that names the option of every fault. */
function parse<T extends z.ZodType>(shape: T, value: unknown): z.output<T> {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path: [field = ''], message }) => `${optionOf(String(field))}: ${message}.`)
  throw new UsageError([...new Set(faults)].join('\n'))
}

const presentApp = (row: AppRow) => ({
  app: row.public_id,
  name: row.name,
  origins: row.origins,
  visitors: settingsOf(appRef(row)).visitors,
  created_at: row.created_at.toISOString(),
  disabled_at: row.disabled_at?.toISOString() ?? null,
})

async function appNamed(core: Keeper, option: string, publicId = ''): Promise<AppRow> {
  const row = await findApp(core.orm.db(), publicId)
  if (!row) throw new Refusal('not_found', { detail: `${option} ${publicId}: there is no such app.` })
  return row
}

function originsIn(given: Given): string[] | undefined {
  const origins = given.get('origin')
  if (origins && given.has('no-origins')) throw new UsageError('--no-origins: not together with --origin.')
  return given.has('no-origins') ? [] : origins && [...origins]
}

function yesOrNo(given: Given, option: string): boolean | undefined {
  const word = one(given, option)
  if (word === undefined) return undefined
  if (word !== 'yes' && word !== 'no') throw new UsageError(`--${option} ${word}: must be yes or no.`)
  return word === 'yes'
}

function settingsIn(given: Given): Partial<AppSettings> | undefined {
  const visitors = yesOrNo(given, 'visitors')
  const role_claim = one(given, 'role-claim')
  if (visitors === undefined && role_claim === undefined) return undefined
  return { ...(visitors === undefined ? {} : { visitors }), ...(role_claim === undefined ? {} : { role_claim }) }
}

const setDisabled =
  (disabled: boolean): Command['plan'] =>
  (given) =>
  async (core) => {
    const row = await appNamed(core, '--id', one(given, 'id'))
    return presentApp(await disableApp(core, operatorOf(row), disabled))
  }

/** `KEY=VALUE`, repeated for several values of a key. */
function linksIn(given: Given): Record<string, string[]> | undefined {
  const links: Record<string, string[]> = {}
  for (const word of given.get('link') ?? []) {
    const at = word.indexOf('=')
    if (at < 1) throw new UsageError(`--link ${word}: must be KEY=VALUE, such as policy_number=4711.`)
    const key = word.slice(0, at)
    links[key] = [...(links[key] ?? []), word.slice(at + 1)]
  }
  return given.has('link') ? links : undefined
}

function newKeyIn(given: Given): NewKey {
  const kind = one(given, 'kind')
  const customer = one(given, 'customer')
  return parse(NewKey, {
    kind,
    name: one(given, 'name') ?? `${kind} key`,
    customer: customer === undefined ? undefined : { external_id: customer },
    links: linksIn(given),
    issuer: one(given, 'issuer'),
    audience: one(given, 'audience'),
    jwks_url: one(given, 'jwks-url'),
    role_claim: one(given, 'role-claim'),
  })
}

/** Every command by its words. */
export const commands: Record<string, Command> = {
  'app create': {
    about: 'makes an app',
    options: { id: { ...id, about: 'its public id: letters, digits, - and _' }, name, origin, 'no-origins': noOrigins },
    plan(given) {
      const publicId = one(given, 'id') ?? ''
      if (!idShape.test(publicId)) throw new UsageError('--id: letters, digits, - and _, at most 100.')
      const origins = originsIn(given)
      if (!origins) throw new UsageError('--origin ORIGIN: name the origins of the pages that have the widget, or say --no-origins.')
      const wanted = parse(AppPatch, { name: one(given, 'name') ?? publicId, origins })
      return async (core) => presentApp(await createApp(core, { publicId, name: wanted.name ?? publicId, origins }))
    },
  },
  'app list': {
    about: 'lists the apps',
    options: {},
    plan: () => async (core) => (await listApps(core)).map(presentApp),
  },
  'app show': {
    about: 'shows an app and its settings',
    options: { id },
    plan: (given) => async (core) => {
      const row = await appNamed(core, '--id', one(given, 'id'))
      return { ...presentApp(row), settings: settingsOf(appRef(row)) }
    },
  },
  'app update': {
    about: 'changes what is named; origins are replaced',
    options: {
      id,
      name,
      origin,
      'no-origins': noOrigins,
      visitors: { value: 'yes|no', about: 'people who are not signed in may write' },
      'role-claim': { value: 'CLAIM', about: 'the claim of a token that holds its role' },
    },
    plan(given) {
      const origins = originsIn(given)
      const patch = parse(AppPatch, { name: one(given, 'name'), origins, settings: settingsIn(given) })
      if (Object.values(patch).every((value) => value === undefined))
        throw new UsageError('Say what to change: --name, --origin, --no-origins, --visitors or --role-claim.')
      return async (core) => {
        const row = await appNamed(core, '--id', one(given, 'id'))
        return presentApp(await updateApp(core, operatorOf(row), patch))
      }
    },
  },
  'app disable': { about: 'shuts every door of an app; nothing is lost', options: { id }, plan: setDisabled(true) },
  'app enable': { about: 'opens them again', options: { id }, plan: setDisabled(false) },
  'key create': {
    about: 'makes a key; its secret is shown once',
    options: {
      app,
      kind: { value: keyKinds.join('|'), required: true, about: 'for user tokens, a backend, one customer, or tokens of an identity provider' },
      name: { ...name, about: 'to know it again' },
      customer: { value: 'USER_ID', about: 'partner: your own id of the customer for whom it speaks' },
      link: { value: 'KEY=VALUE', many: true, about: 'partner: a value that it may link; keys not named are not limited' },
      issuer: { value: 'ISS', about: 'jwks: the iss of the tokens' },
      audience: { value: 'AUD', about: 'jwks: what their aud contains, or their azp is' },
      'jwks-url': { value: 'URL', about: 'jwks: where the keys are' },
      'role-claim': { value: 'CLAIM', about: "jwks: the claim with the role, if not the app's" },
    },
    plan(given) {
      const input = newKeyIn(given)
      return async (core) => {
        const row = await appNamed(core, '--app', one(given, 'app'))
        if (input.kind === 'signing') await checkSeals(core.orm, core.secrets)
        const { key, secret } = await createKey(core, operatorOf(row), input)
        return { app: row.public_id, ...presentKey(key), secret }
      }
    },
  },
  'key list': {
    about: "lists an app's keys, never their secrets",
    options: { app, revoked: { about: 'the revoked ones' } },
    plan: (given) => async (core) => {
      const row = await appNamed(core, '--app', one(given, 'app'))
      const said: Said[] = []
      for (let page = 1, more = true; more; page++) {
        const { keys, total } = await listKeys(core, row.id, { revoked: given.has('revoked'), page, per_page: limits.perPage })
        said.push(...keys.map(presentKey))
        more = keys.length > 0 && said.length < total
      }
      return said as Said
    },
  },
  'key revoke': {
    about: 'revokes a key for good, within a minute everywhere',
    options: { app, key: { value: 'ID', required: true, about: 'its id, as the list has it' } },
    plan: (given) => async (core) => {
      const row = await appNamed(core, '--app', one(given, 'app'))
      const key = one(given, 'key') ?? ''
      try {
        return { app: row.public_id, ...presentKey(await revokeKey(core, operatorOf(row), key)) }
      } catch (err) {
        if (err instanceof Refusal && err.code === notFound().code)
          throw new Refusal('not_found', { detail: `--key ${key}: the app has no such key.` })
        throw err
      }
    },
  },
}
