import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { tooLong } from './lines.ts'
import { widgetBudget, widgetSize } from './size.ts'
import { unmatchedRules } from './spec.ts'

/** The gates beside the tests. Each prints a line; the totals stand alone on the last. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)

/** Runs a program of the workspace; its output is the reason if it fails. */
async function program(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(`${root}/node_modules/.bin/${command}`, args, { cwd: root, maxBuffer: 2 ** 26 }).catch(
    (failed: { stdout?: string; stderr?: string }) => {
      throw new Error(`${failed.stdout ?? ''}${failed.stderr ?? ''}`)
    },
  )
  return stdout.trim().split('\n').at(-1) ?? ''
}

function lines(): string {
  const long = tooLong(root)
  if (long.length > 0) throw new Error(long.join('\n'))
  return 'no file is longer than 300 lines, no test than 500'
}

function spec(): string {
  const unmatched = unmatchedRules(root)
  if (unmatched.length > 0) throw new Error(unmatched.join('\n'))
  return 'every rule has a test, every test a rule'
}

function size(): string {
  const { raw, gzip } = widgetSize(`${root}/widget/dist/widget.js`)
  const line = `widget.js: ${gzip} bytes gzip -9 of ${widgetBudget} (${raw} minified)`
  if (gzip > widgetBudget) throw new Error(line)
  return line
}

const gates: Record<string, () => string | Promise<string>> = {
  'types: shared': () => program('tsc', '-p', 'shared'),
  'types: server': () => program('tsc', '-p', 'server'),
  'types: widget': () => program('tsc', '-p', 'widget'),
  'types: demo': () => program('tsc', '-p', 'demo'),
  'types: test': () => program('tsc', '-p', 'test'),
  'lint and format': () => program('biome', 'ci', '--colors=off', '--max-diagnostics=20', '--error-on-warnings', '.'),
  'imports one way, no circles': () =>
    program('depcruise', '--config', '.dependency-cruiser.mjs', 'shared/src', 'server/src', 'widget/src', 'demo', 'test'),
  'length of files': lines,
  'rules and tests': spec,
  'size of the widget': size,
}

let passed = 0
let failed = 0
for (const [name, gate] of Object.entries(gates)) {
  try {
    const said = await gate()
    passed++
    process.stdout.write(`ok    ${name}${said ? `: ${said}` : ''}\n`)
  } catch (err) {
    failed++
    process.stdout.write(`FAIL  ${name}\n${err instanceof Error ? err.message : String(err)}\n`)
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
