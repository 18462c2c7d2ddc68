import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { needChromium } from './support/chromium.ts'
import { findPostgres, type Postgres, startPostgres } from './support/postgres.ts'

/**
 * `npm test`: every suite. The API and real-time suites run on the embedded database and, where PostgreSQL is installed, on that too, once with a pool of one connection.
 * Further arguments go to Vitest. Ends with the totals, alone on the last line.
 */
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const report = here('./output/results.json')

interface Results {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  numFailedTestSuites: number
  success: boolean
}

async function main(): Promise<number> {
  mkdirSync(here('./output'), { recursive: true })
  rmSync(report, { force: true })
  const env: NodeJS.ProcessEnv = { ...process.env, CHROMIUM: needChromium() }
  const bin = findPostgres()
  const postgres = bin ? await startPostgres(bin) : null
  if (postgres) await addDatabases(postgres, env)
  else process.stdout.write('PostgreSQL is not installed: the API and real-time suites run on the embedded database alone.\n')
  try {
    const code = await vitest(env)
    return total(code)
  } finally {
    await postgres?.stop()
  }
}

async function addDatabases(postgres: Postgres, env: NodeJS.ProcessEnv): Promise<void> {
  env.TEST_DATABASE_URL = await postgres.database('support')
  env.TEST_DATABASE_URL_ONE = await postgres.database('support_one')
}

function vitest(env: NodeJS.ProcessEnv): Promise<number> {
  const args = [
    'run',
    '--config',
    here('./vitest.config.ts'),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ]
  const child = spawn(process.execPath, [here('./node_modules/vitest/vitest.mjs'), ...args], {
    env,
    cwd: here('.'),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}

/** The true totals: a suite that could not even be loaded, or a skipped test, is a failure. */
function total(code: number): number {
  const results = read()
  const passed = results?.numPassedTests ?? 0
  const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0)
  let failed = (results?.numFailedTests ?? 0) + skipped
  const ok = code === 0 && results?.success === true && failed === 0 && passed > 0
  if (!ok && failed === 0) failed = Math.max(1, results?.numFailedTestSuites ?? 0)
  if (skipped > 0) process.stdout.write(`${skipped} tests were skipped; a skipped test counts as failed.\n`)
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return ok ? 0 : 1
}

function read(): Results | null {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Results
  } catch {
    return null
  }
}

process.exitCode = await main()
