import { defineConfig, type TestProjectConfiguration } from 'vitest/config'

/** Set by run.ts where PostgreSQL's binaries exist: one database for each way to run the suites on it. */
const { TEST_DATABASE_URL, TEST_DATABASE_URL_ONE } = process.env

const behaviour = ['test/{api,conformance,realtime}/**/*.test.ts']

const files = (names: readonly string[]) => names.map((name) => `test/${name.includes('/') ? name : `api/${name}`}.test.ts`)

/** What asks the database nothing that another one would answer otherwise: on PostgreSQL alone, where there is one. */
const onceOnPostgres = files([
  'cli-words',
  'conformance/console/refusals',
  'conformance/loop/input',
  'conformance/pgi/input',
  'conformance/ping/input',
  'differential',
  'differential-inputs',
  'differential-sabotage',
  'input-framing',
  'mail-faults',
  'mail-form',
  'mail-login',
  'mail-process',
  'rate-limits',
  'upload-limits',
  'wall-browser',
  'webhook-answers',
  'webhook-outage',
  'webhook-process',
  'webhook-shares',
  'realtime/handshake-limits',
])
/** What another pool would not answer otherwise. */
const notOnOne = [...onceOnPostgres, ...files(['cli', 'input-text', 'process', 'search', 'status-model', 'thread-model'])]

/** Nothing is timed by these: they end what hangs. On a busy machine the first test of a file may wait for its server for a minute. */
const patience = { testTimeout: 240_000, hookTimeout: 240_000, expect: { poll: { timeout: 60_000 } } }

/** The API and real-time suites on one database. All files share one server; every test makes an app of its own. */
const onDatabase = (name: string, env: Record<string, string>, exclude: string[] = []): TestProjectConfiguration => ({
  test: {
    name,
    include: behaviour,
    exclude,
    env,
    isolate: false,
    fileParallelism: false,
    ...patience,
  },
})

export default defineConfig({
  test: {
    root: '..',
    projects: [
      { test: { name: 'unit', include: ['{shared,server,widget}/src/**/*.test.ts', 'demo/{desk,host}/**/*.test.ts'], ...patience } },
      onDatabase('pglite', {}, TEST_DATABASE_URL ? onceOnPostgres : []),
      ...(TEST_DATABASE_URL ? [onDatabase('postgres', { DATABASE: TEST_DATABASE_URL })] : []),
      ...(TEST_DATABASE_URL_ONE ? [onDatabase('postgres, pool of one', { DATABASE: TEST_DATABASE_URL_ONE, POOL_SIZE: '1' }, notOnOne)] : []),
      {
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts'],
          ...patience,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Two browsers are what two cores can carry.
          maxWorkers: 2,
          expect: { poll: { timeout: 30_000 } },
        },
      },
    ],
  },
})
