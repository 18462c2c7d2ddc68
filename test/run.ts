import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needChromium } from './support/chromium.ts'
import { findPostgres, type Postgres, startPostgres } from './support/postgres.ts'

/** Without arguments the databases are asked side by side, in a process each, and the browsers when those are done. */
const rounds = [[['pglite'], ['postgres'], ['postgres, pool of one', 'unit', 'engine']], [['e2e']]]

/**
 * `npm test`: every suite. The API and real-time suites run on the embedded database and, where PostgreSQL is installed, on that too, once with a pool of one connection.
 * Further arguments go to Vitest. Ends with the totals, alone on the last line.
 */
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

interface Results {
  numPassedTests: number
  numPendingTests: number
  numTodoTests: number
  success: boolean
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}

async function main(): Promise<number> {
  mkdirSync(here('./output'), { recursive: true })
  // A process that is ended by another cleans nothing up.
  const folder = mkdtempSync(join(tmpdir(), 'support-tests-'))
  chmodSync(folder, 0o755)
  const env: NodeJS.ProcessEnv = { ...process.env, CHROMIUM: needChromium(), TMPDIR: folder, TEST_PORTS: folder }
  const bin = findPostgres()
  const postgres = bin ? await startPostgres(bin) : null
  if (postgres) await addDatabases(postgres, env)
  else process.stdout.write('PostgreSQL is not installed: the API and real-time suites run on the embedded database alone.\n')
  try {
    const given = process.argv.slice(2)
    const isWhole = given.length === 0
    const results: (Results | null)[] = []
    const projectsOf = (names: string[]) => names.flatMap((name) => (postgres === null && name.startsWith('postgres') ? [] : ['--project', name]))
    const calls = isWhole ? rounds.map((round) => round.map(projectsOf).filter((args) => args.length > 0)) : [[given]]
    for (const round of calls) results.push(...(await Promise.all(round.map((args) => vitest(env, args)))))
    const names = calls.flat()
    for (const [index, result] of results.entries())
      for (const failure of failuresOf(result)) process.stdout.write(`FAILED (${names[index]?.join(' ')}) ${failure}\n`)
    return total(results)
  } finally {
    await postgres?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function addDatabases(postgres: Postgres, env: NodeJS.ProcessEnv): Promise<void> {
  env.TEST_DATABASE_URL = await postgres.database('support')
  env.TEST_DATABASE_URL_ONE = await postgres.database('support_one')
}

let started = 0

/** Null if it ended badly without telling why. */
function vitest(env: NodeJS.ProcessEnv, given: readonly string[]): Promise<Results | null> {
  const report = here(`./output/results-${started++}.json`)
  rmSync(report, { force: true })
  const args = ['run', '--config', here('./vitest.config.ts'), '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...given]
  const child = spawn(process.execPath, [here('./node_modules/vitest/vitest.mjs'), ...args], {
    env,
    cwd: here('.'),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return new Promise((resolve) => child.once('exit', (code) => resolve(read(report, code ?? 1))))
}

/** What failed, with its cause: many lines of what passed stand between the failure and the end, and may be cut off where the output is kept. */
function failuresOf(results: Results | null): string[] {
  const suites = (results?.testResults ?? []).filter((suite) => suite.status === 'failed')
  return suites.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    const told = failed.map((test) => `${test.fullName}\n${ownFrames(test.failureMessages.join('\n'))}`)
    // A file that could not even be loaded.
    return (told.length > 0 ? told : [message]).map((text) => `${relative(here('..'), name)}: ${text}`)
  })
}

const ownFrames = (text: string) =>
  text
    .split('\n')
    .filter((line) => !/^ +at .*(node_modules|<anonymous>|node:)/.test(line))
    .join('\n')

/** The true totals: a suite that could not even be loaded, or a skipped test, is a failure. */
function total(parts: readonly (Results | null)[]): number {
  let [passed, failed, skipped] = [0, 0, 0]
  for (const results of parts) {
    passed += results?.numPassedTests ?? 0
    const left = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0)
    const bad = failuresOf(results).length + left
    skipped += left
    failed += results?.success ? bad : Math.max(bad, 1)
  }
  if (passed === 0 && failed === 0) failed = 1
  if (skipped > 0) process.stdout.write(`${skipped} tests were skipped; a skipped test counts as failed.\n`)
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

function read(report: string, code: number): Results | null {
  try {
    const results = JSON.parse(readFileSync(report, 'utf8')) as Results
    return { ...results, success: results.success && code === 0 }
  } catch {
    return null
  }
}

process.exitCode = await main()
