import { CompiledQuery } from 'kysely'
import { Client } from 'pg'
import { newApp } from '../support/factories.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'
import { type Case, casesOf, choresOf } from './cases.ts'
import { type Query, record } from './record.ts'
import { fill } from './seed.ts'

/**
 * `npm run bench`: every query of every list, filter, order, search, thread and count on PostgreSQL with 100,000 tickets (`TICKETS=`). Fails if one of them reads a whole
 * table. Prints the time of each call through the API, and what the database needs for its slowest query. An argument picks cases by part of their name; `VERBOSE=1`
 * shows every query and its plan.
 */
const tickets = Number(process.env.TICKETS ?? 100_000)
const large = new Set([
  'tickets',
  'messages',
  'customers',
  'ticket_search',
  'events',
  'attachments',
  'webhook_deliveries',
  'webhook_attempts',
  'mails',
])

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  Plans?: Plan[]
}

interface Explained {
  Plan: Plan
  'Execution Time': number
}

const shown = ['Node Type', 'Relation Name', 'Index Name', 'Actual Rows', 'Plan Rows', 'Actual Total Time', 'Actual Loops', 'Plans']

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

const bin = findPostgres()
if (!bin) throw new Error('PostgreSQL is not installed')
const postgres = await startPostgres(bin)
const url = await postgres.database('bench')
const server = await startServer({ DATABASE_URL: url, LOG_LEVEL: 'error' })
const db = new Client({ connectionString: url })

const { transaction } = server.app.core.orm
const recorder = record(server.app.core.orm)

/** Runs `call` twice, the second time against the clock; answers what the server asked the database for it. */
async function queriesOf(call: () => Promise<unknown>): Promise<{ queries: Query[]; ms: number }> {
  await call()
  recorder.length = 0
  const start = performance.now()
  await call()
  return { queries: recorder.splice(0), ms: performance.now() - start }
}

/** What the planner makes of a query on a connection of the server; what it changes is taken back. */
async function explain({ text, values }: Query): Promise<{ scans: string[]; ms: number }> {
  const plans: Explained[] = []
  const undo = new Error('take it back')
  const work = transaction(async (one) => {
    const { rows } = await one.executeQuery<{ 'QUERY PLAN': Explained[] }>(CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...values]))
    plans.push(...rows.flatMap((row) => row['QUERY PLAN']))
    throw undo
  })
  await work.catch((err: unknown) => {
    if (err !== undo) throw err
  })
  const [explained] = plans
  if (!explained) throw new Error('no plan')
  const nodes = nodesOf(explained.Plan)
  if (process.env.VERBOSE) process.stdout.write(`${text}\n${JSON.stringify(values)}\n${JSON.stringify(explained.Plan, shown, 1)}\n`)
  const scans = nodes.filter((node) => node['Node Type'].endsWith('Seq Scan') && large.has(node['Relation Name'] ?? ''))
  return { scans: scans.map((node) => node['Relation Name'] ?? ''), ms: explained['Execution Time'] }
}

/** What is written it must not write twice. */
const readsMuch = ({ text }: Query) =>
  /^\s*(with|select|update|delete)\b/.test(text) && !/\binsert into\b/.test(text) && [...large].some((table) => text.includes(table))

async function check({ name, call }: Case): Promise<boolean> {
  const { queries, ms } = await queriesOf(call)
  const plans = []
  for (const query of queries.filter(readsMuch)) plans.push({ query, ...(await explain(query)) })
  const scanning = plans.filter((plan) => plan.scans.length > 0)
  const slowest = Math.max(0, ...plans.map((plan) => plan.ms))
  const verdict = plans.length === 0 ? 'NO QUERY' : scanning.length > 0 ? `READS ALL OF ${scanning.flatMap((plan) => plan.scans).join()}` : 'ok'
  process.stdout.write(`${verdict.padEnd(10)} ${ms.toFixed(0).padStart(6)} ms  ${slowest.toFixed(1).padStart(7)} ms  ${name}\n`)
  for (const { query } of scanning) process.stdout.write(`  ${query.text}\n  ${JSON.stringify(query.values)}\n`.slice(0, 600))
  return verdict === 'ok'
}

/** Part of the names of the cases to run. */
const only = process.argv[2] ?? ''
let passed = 0
let failed = 0
try {
  await db.connect()
  const apps = []
  for (let n = 0; n < 20; n++) apps.push(await newApp(server, `Shop ${n}`))
  const start = performance.now()
  await fill(db, { tickets, share: 0.8, apps: apps.map((app) => app.app) })
  const size = await db.query<{
    size: string
  }>(`select string_agg(relname || ' ' || pg_size_pretty(pg_relation_size(oid)), ', ' order by pg_relation_size(oid) desc) as size
    from pg_class where relname in ('tickets', 'tickets_by_app', 'ticket_search', 'ticket_search_grams', 'messages', 'customers')`)
  process.stdout.write(`${tickets} tickets in ${Math.round((performance.now() - start) / 1000)} s: ${size.rows[0]?.size}\n`)
  const [big, small] = apps
  if (!big || !small) throw new Error('no app')
  for (const one of [
    ...(await casesOf(server.url, big, db)),
    ...(await casesOf(server.url, small, db)).map((one) => ({ ...one, name: `small app: ${one.name}` })),
    ...choresOf(server.app.core),
  ]) {
    if (!one.name.includes(only)) continue
    if (await check(one)) passed++
    else failed++
  }
} finally {
  await db.end()
  await server.app.close()
  await postgres.stop()
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
