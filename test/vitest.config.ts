import { defineConfig, type TestProjectConfiguration } from 'vitest/config'

/** Set by run.ts where PostgreSQL's binaries exist: one database for each way to run the suites on it. */
const { TEST_DATABASE_URL, TEST_DATABASE_URL_ONE } = process.env

const behaviour = ['test/{api,conformance,realtime}/**/*.test.ts']

/** What starts processes or servers of its own, or asks the database nothing that another pool would answer otherwise: not again with a pool of one. */
const ownServers = [
  'process',
  'mail-process',
  'cli',
  'rate-limits',
  'wall-browser',
  'input-framing',
  'input-text',
  'search',
  'differential',
  'differential-sabotage',
  'webhook-process',
]
const notOnOne = [...ownServers.map((name) => `test/api/${name}.test.ts`), 'test/realtime/handshake-limits.test.ts']

/** The API and real-time suites on one database. All files share one server; every test makes an app of its own. */
const onDatabase = (name: string, env: Record<string, string>, exclude: string[] = []): TestProjectConfiguration => ({
  test: {
    name,
    include: behaviour,
    exclude,
    env,
    isolate: false,
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
})

export default defineConfig({
  test: {
    root: '..',
    projects: [
      { test: { name: 'unit', include: ['{shared,server,widget}/src/**/*.test.ts', 'demo/{desk,host}/**/*.test.ts'], testTimeout: 20_000 } },
      onDatabase('pglite', {}),
      ...(TEST_DATABASE_URL ? [onDatabase('postgres', { DATABASE: TEST_DATABASE_URL })] : []),
      ...(TEST_DATABASE_URL_ONE ? [onDatabase('postgres, pool of one', { DATABASE: TEST_DATABASE_URL_ONE, POOL_SIZE: '1' }, notOnOne)] : []),
      {
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          expect: { poll: { timeout: 15_000 } },
        },
      },
    ],
  },
})
