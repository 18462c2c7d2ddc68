import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `PRIV-3`, or a case by its number alone: `C46`. */
const named = /\b(?:[A-Z]+-|C)\d+(?=:)/g
const rule = /^- ((?:[A-Z]+-|C)\d+):(.*)$/gm
const outside = /^ does not apply:\s*(.*)$/

/** Rules without a test, tests that name a rule which test/SPEC.md does not have, and rules that do not apply without a reason or with a test. */
export function unmatchedRules(root: string): string[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts', 'test/support/*-suite.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const tests = files.split('\n').filter((file) => file !== '')
  return compareRules(
    readFileSync(join(root, 'test/SPEC.md'), 'utf8'),
    tests.map((file) => readFileSync(join(root, file), 'utf8')),
  )
}

/** The same of texts: that of the rules, and those of the tests. */
export function compareRules(spec: string, tests: readonly string[]): string[] {
  const rules = new Map([...spec.matchAll(rule)].map(([, id = '', text = '']) => [id, outside.exec(text)]))
  const tested = new Set(tests.flatMap((text) => text.match(named) ?? []))
  const faults = [...rules].map(([id, apart]) => {
    if (!apart) return tested.has(id) ? null : `${id} has no test`
    if (tested.has(id)) return `${id} does not apply, but has a test`
    return apart[1] === '' ? `${id} does not apply, but does not say why` : null
  })
  const unknown = [...tested].filter((id) => !rules.has(id)).map((id) => `${id} is no rule of test/SPEC.md`)
  return [...faults.filter((fault) => fault !== null), ...unknown]
}
