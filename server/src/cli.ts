import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createApps } from './auth/apps.ts'
import { secretBox } from './auth/secrets.ts'
import { systemClock } from './clock.ts'
import { ConfigError, readConfig } from './config.ts'
import { openOrm } from './db/orm.ts'
import { lockDataDir } from './db/pglite.ts'
import { addApiKey, addSigningKey, type Keeper, saveApp } from './domain/apps.ts'
import { fail } from './main.ts'

const usage = `Makes apps and their keys. Reads the same variables as the server.

  app create --id ID --name NAME --origin ORIGIN [--origin ORIGIN …]   makes or changes an app
  key create --app ID --kind signing|admin                             makes a key; its secret is shown once

  --json prints JSON.`

/** A call that cannot be understood; its message is what to do. */
class UsageError extends ConfigError {}

interface Said {
  [name: string]: string | string[]
}

const originShape = /^https?:\/\/[^/?#\s]+$/

/** What to do once the database is open; what can be refused before is. */
type Work = (core: Keeper) => Promise<Said>

function createApp(options: Options): Work {
  const { id, name, origin = [] } = options
  if (!id || !/^[a-z0-9][a-z0-9_-]{0,99}$/i.test(id)) throw new UsageError('--id: letters, digits, - and _, at most 100.')
  const wrong = origin.find((one) => !originShape.test(one) || new URL(one).origin !== one)
  if (wrong !== undefined) throw new UsageError(`--origin ${wrong}: must be an origin as browsers send it, such as https://app.example.com.`)
  if (origin.length === 0) throw new UsageError('--origin: name the origins of the pages that have the widget.')
  return async (core) => {
    const app = await saveApp(core, { publicId: id, name: name ?? id, origins: origin })
    return { app: app.publicId, name: app.name, origins: [...app.origins] }
  }
}

function createKey({ app: id = '', kind }: Options): Work {
  if (kind !== 'signing' && kind !== 'admin') throw new UsageError('--kind: signing or admin.')
  return async (core) => {
    const app = await core.apps.byPublicId(id)
    if (!app) throw new UsageError(`--app ${id}: there is no such app.`)
    if (kind === 'admin') return { app: app.publicId, key: await addApiKey(core, app, { kind: 'admin', name: 'command line' }) }
    const kid = `${app.publicId}-${randomBytes(4).toString('hex')}`
    const secret = randomBytes(32).toString('base64url')
    await addSigningKey(core, app, { kid, secret })
    return { app: app.publicId, algorithm: 'HS256', kid, secret }
  }
}

const commands: Record<string, (options: Options) => Work> = { 'app create': createApp, 'key create': createKey }

const optionShapes = {
  id: { type: 'string' },
  name: { type: 'string' },
  origin: { type: 'string', multiple: true },
  app: { type: 'string' },
  kind: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const
type Options = ReturnType<typeof parse>['values']

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: optionShapes, allowPositionals: true })
  } catch (err) {
    throw new UsageError(`${err instanceof Error ? err.message : err}\n\n${usage}`)
  }
}

/** The embedded database is one process's at a time: with it, the server must not be running. */
async function withCore(work: (core: Keeper) => Promise<void>): Promise<void> {
  const config = readConfig(process.env)
  const lock = config.databaseUrl ? null : lockDataDir(config.dataDir)
  const orm = await openOrm({ url: config.databaseUrl, folder: lock ? join(config.dataDir, 'db') : null, poolSize: 1 })
  try {
    await orm.migrate()
    await work({ orm, apps: createApps(orm, systemClock), clock: systemClock, secrets: secretBox(config.secretKeys) })
  } finally {
    await orm.close()
    lock?.release()
  }
}

function print(said: Said, json: boolean): void {
  const lines = Object.entries(said).map(([name, value]) => `${`${name}:`.padEnd(11)} ${[value].flat().join(' ')}`)
  process.stdout.write(json ? `${JSON.stringify(said)}\n` : `${lines.join('\n')}\n`)
}

try {
  const { values, positionals } = parse(process.argv.slice(2))
  const command = commands[positionals.join(' ')]
  if (values.help) process.stdout.write(`${usage}\n`)
  else if (!command) throw new UsageError(usage)
  else {
    const work = command(values)
    await withCore(async (core) => print(await work(core), values.json === true))
  }
} catch (err) {
  fail(err)
}
