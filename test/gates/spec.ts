import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const id = /\b[A-Z]+-\d+(?=:)/g

/** Rules without a test, and tests that name a rule which test/SPEC.md does not have. */
export function unmatchedRules(root: string): string[] {
  const rules = new Set(readFileSync(join(root, 'test/SPEC.md'), 'utf8').match(/(?<=^- )[A-Z]+-\d+(?=:)/gm))
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts', 'test/support/*-suite.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const named = new Set(
    files
      .split('\n')
      .filter((file) => file !== '')
      .flatMap((file) => readFileSync(join(root, file), 'utf8').match(id) ?? []),
  )
  const untested = [...rules].filter((rule) => !named.has(rule)).map((rule) => `${rule} has no test`)
  const unknown = [...named].filter((name) => !rules.has(name)).map((name) => `${name} is no rule of test/SPEC.md`)
  return [...untested, ...unknown]
}
