import { expect, test } from 'vitest'
import { cli } from '../support/cli.ts'

/** What the command line says before it looks at a database. */

test('CLI-2: what it does not understand it says in one line that names the option, and ends with 2', async () => {
  const create = ['app', 'create', '--id', 'ab', '--origin', 'https://a.example']
  const key = ['key', 'create', '--app', 'ab', '--kind']
  const wrong: [string[], RegExp][] = [
    [['app', 'create', '--id', 'a b', '--origin', 'https://a.example'], /^--id: /],
    [['app', 'create', '--origin', 'https://a.example'], /^--id ID: is missing/],
    [['app', 'create', '--id', 'ab'], /^--origin ORIGIN: /],
    [['app', 'create', '--id', 'ab', '--origin', 'https://a.example/path'], /^--origin: /],
    [['app', 'create', '--id', 'ab', '--origin', 'null'], /^--origin: /],
    [[...create, '--no-origins'], /^--no-origins: /],
    [[...create, '--nmae', 'x'], /^--nmae: there is no such option/],
    [[...create, '--constructor'], /^--constructor: there is no such option/],
    [[...create, '-j'], /^-j: there is no such option/],
    [[...create, 'extra'], /^extra: /],
    [[...create, '--name'], /^--name NAME: needs a value/],
    [[...create, '--name', '--json'], /^--name NAME: needs a value/],
    [[...create, '--name='], /^--name NAME: needs a value/],
    [[...create, '--id', 'cd'], /^--id: is given twice/],
    [[...create, '--json=yes'], /^--json: takes no value/],
    [['app', 'update', '--id', 'ab'], /^Say what to change/],
    [['app', 'update', '--id', 'ab', '--visitors', 'maybe'], /^--visitors maybe: /],
    [[...key, 'other'], /^--kind: /],
    [[...key, 'partner'], /^--customer: /],
    [[...key, 'partner', '--customer', 'a', '--link', 'x'], /^--link x: /],
    [[...key, 'jwks', '--issuer', 'a', '--audience', 'b', '--jwks-url', 'nope'], /^--jwks-url: /],
    [[...key, 'admin', '--issuer', 'a'], /^--issuer: /],
  ]
  const answers = await Promise.all(wrong.map(([args]) => cli({}, ...args)))
  for (const [at, { code, out, err }] of answers.entries()) {
    expect(err).toMatch(wrong[at]?.[1] ?? /^$/)
    expect([wrong[at]?.[0], err.trim().split('\n').length, code, out]).toEqual([wrong[at]?.[0], 1, 2, ''])
  }
  for (const args of [['app', 'destroy'], ['toString'], []]) {
    const unknown = await cli({}, ...args)
    expect([unknown.code, unknown.out]).toEqual([2, ''])
    expect(unknown.err).toContain('app create')
  }
}, 180_000)

test('CLI-5: every command tells its options', async () => {
  const all = await cli({}, '--help')
  expect([all.code, all.err]).toEqual([0, ''])
  const commands = [...all.out.matchAll(/^ {2}((?:app|key) [a-z]+)/gm)].map((match) => match[1] ?? '')
  expect(commands).toEqual(['app create', 'app list', 'app show', 'app update', 'app disable', 'app enable', 'key create', 'key list', 'key revoke'])
  for (const command of commands) {
    const help = await cli({}, ...command.split(' '), '--help')
    expect([help.code, help.err]).toEqual([0, ''])
    expect(help.out).toContain('--json')
  }
}, 120_000)
