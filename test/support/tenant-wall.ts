import type { Db } from '@support-widget/server/db/orm.ts'

import { createQueryId, type KyselyPlugin, PostgresQueryCompiler, sql } from 'kysely'
import { loadModule } from 'libpg-query'
import { type Catalog, unbound } from './bindings.ts'
import { ownedTables } from './rows.ts'

/**
 * Statements that are about no app or about all of them, by the file and the function that makes them, each with its reason. Everything else that touches a row of an app without naming
 * the app fails in every test.
 */
export const acrossApps: Record<string, string> = {
  'auth/identify.ts findSigningKey': 'the kid is unique among all apps, and names the app',
  'auth/identify.ts findApiKey': 'the hash of a key is unique among all apps, and names the app',
  'auth/identify.ts findIssuers': 'issuer and audience together are unique among all apps, and name the app',
  'auth/rotation.ts openSeals': 'every stored key is tried, at the start and before another is made',
  'auth/rotation.ts renewWebhooks': 'at the start every stored secret is tried',
  'auth/visitors.ts findVisitor': 'the signature of a visitor token was held against the id before, which names the app',
  'domain/attachments.ts seeLinkedAttachment': 'the signed link is the permission: its signature was held against the id before',
  'domain/delivery-work.ts seeDue': 'a worker for all apps: finds what is due, each is then delivered for its own app',
  'domain/delivery-work.ts takeDue': 'a worker for all apps: takes what is due, each is then delivered for its own app',
  'domain/delivery-work.ts readBacklog': 'how much waits, of all apps: a number alone',
  'domain/delivery-work.ts isStuck': 'whether anything waits too long, of all apps: yes or no',
  'domain/delivery-work.ts deleteOver': 'a chore for all apps: what has been over for 30 days',
  'domain/delivery-work.ts deleteOfDeleted': 'a chore for all apps: what is left of deleted endpoints',
  'domain/delivery-work.ts deleteEmpty': 'a chore for all apps: deleted endpoints of which nothing is left',
  'domain/delivery-work.ts dropOldSecrets': 'a chore for all apps: secrets that are over',
  'domain/desk-codes.ts redeemDeskCode': 'the hash of a code is unique among all apps, and names the agent with their app',
  'domain/desk-codes.ts forgetDeskCodes': 'a chore for all apps: codes that are over',
  'domain/due.ts resolvedTooLong': 'a chore for all apps: finds the tickets, each is then changed for its own app',
  'domain/due.ts snoozedLongEnough': 'a chore for all apps: finds the tickets, each is then changed for its own app',
  'domain/erase.ts finishErasures': 'a chore for all apps: finds the customers, each is then erased in its own app',
  'domain/mail-queue.ts takeDueMail': 'a worker for all apps: takes what is due, each mail is then sent for its own app',
  'domain/mail-queue.ts readMailBacklog': 'for probes and metrics: numbers of all apps together',
  'domain/mail-queue.ts forgetMails': 'a chore for all apps: what ended 30 days ago',
  'domain/once.ts forgetOldKeys': 'a chore for all apps: what is older than 48 hours',
  'domain/visitors.ts forgetVisitors': 'a chore for all apps: who stayed away for 90 days',
  'domain/uploads.ts purgeUnusedUploads': 'a chore for all apps: what has waited for 24 hours',
}

/** Holds every statement of a server against the wall. */
export interface TenantWall {
  plugin: KyselyPlugin
  /** Reads the catalog; from now on every statement is held. */
  learn(db: Db): Promise<void>
  /** The statements so far that name their app, by table. */
  seen: Map<string, number>
  /** The callers of {@link acrossApps} that were met. */
  met: Set<string>
}

export function tenantWall(): TenantWall {
  const compiler = new PostgresQueryCompiler()
  const known = new Map<string, string[]>()
  const [seen, met] = [new Map<string, number>(), new Set<string>()]
  let catalog: Catalog | null = null

  /** The unbound tables of a statement; read once. */
  function read(text: string, { owned, keys }: Catalog): string[] {
    const before = known.get(text)
    if (before) return before
    const faults = unbound(text, { owned, keys })
    known.set(text, faults)
    for (const table of owned) if (new RegExp(`\\b${table}\\b`).test(text)) seen.set(table, (seen.get(table) ?? 0) + 1)
    return faults
  }

  function hold(text: string): void {
    const faults = catalog ? read(text, catalog) : []
    if (faults.length === 0) return
    const caller = callerOf(stackHere())
    // What a test itself asks the database is its own affair.
    if (caller === null) return
    if (Object.hasOwn(acrossApps, caller)) return void met.add(caller)
    const breach = `${caller} touches ${faults.join(', ')} without naming the app: ${text}`
    // The caller of the API sees a 500 without its cause.
    process.stderr.write(`${breach}\n`)
    throw new Error(breach)
  }

  return {
    seen,
    met,
    plugin: {
      transformQuery({ node }) {
        hold(compiler.compileQuery(node, createQueryId()).sql)
        return node
      },
      transformResult: async ({ result }) => result,
    },
    async learn(db) {
      await loadModule()
      catalog = { owned: new Set(await ownedTables(db)), keys: await compositeKeys(db) }
    },
  }
}

/** Deeper than usual: a query builder stands in between. */
function stackHere(): string {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 50
  const { stack = '' } = new Error('here')
  Error.stackTraceLimit = before
  return stack
}

/** The first function of the server on the way to a statement, as `domain/list.ts count`; null if there is none. */
function callerOf(stack: string): string | null {
  for (const line of stack.split('\n')) {
    const [, name = '', folder, file] = /at (?:async )?(?:(.+?) \()?(?:file:\/\/)?\/.*\/(server\/src|test)\/([^:]+?\.ts)[?:]/.exec(line) ?? []
    if (folder === 'test' && file !== 'support/tenant-wall.ts') return null
    if (folder === 'server/src' && file && !file.startsWith('db/'))
      return `${file} ${name
        .replace(/ \[as .*/, '')
        .split('.')
        .at(-1)}`
  }
  return null
}

/** Pairs of columns that a foreign key holds together with `app_id`. */
async function compositeKeys(db: Db): Promise<Set<string>> {
  const { rows } = await sql<{ pair: string }>`
    select a.relname || '.' || x.attname || '=' || b.relname || '.' || y.attname as pair
    from pg_constraint k
    join pg_class a on a.oid = k.conrelid
    join pg_class b on b.oid = k.confrelid
    cross join lateral unnest(k.conkey, k.confkey) as u (here, there)
    join pg_attribute x on x.attrelid = a.oid and x.attnum = u.here
    join pg_attribute y on y.attrelid = b.oid and y.attnum = u.there
    where k.contype = 'f' and x.attname <> 'app_id' and exists (
      select from unnest(k.conkey, k.confkey) as v (here, there)
      join pg_attribute p on p.attrelid = a.oid and p.attnum = v.here and p.attname = 'app_id'
      join pg_attribute q on q.attrelid = b.oid and q.attnum = v.there and q.attname = 'app_id')`.execute(db)
  return new Set(rows.map(({ pair }) => pair))
}
