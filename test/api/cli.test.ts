import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, commands } from '@support-widget/server/cli/commands.ts'
import { readOptions } from '@support-widget/server/cli/options.ts'
import { readable, type Said } from '@support-widget/server/cli/print.ts'
import { SignJWT } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { freePort } from '../support/postgres.ts'
import { killAll, startProcess } from '../support/process.ts'
import { databaseUrl, sharedServer, testConfig } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'support-cli-'))
afterAll(async () => {
  await killAll()
  rmSync(folder, { recursive: true, force: true })
})

const wrongKey = randomBytes(32).toString('base64')
const ownKey = randomBytes(32).toString('base64')

/** On PostgreSQL the servers of this run share their database, and so their key. */
async function environment(): Promise<Record<string, string>> {
  if (!databaseUrl) return { DATA_DIR: folder, SECRET_KEY: ownKey }
  return { DATABASE_URL: databaseUrl, SECRET_KEY: (await testConfig()).secretKeys[0].toString('base64') }
}

function cli(env: Record<string, string>, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = fileURLToPath(import.meta.resolve('@support-widget/server/cli.ts'))
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env: { PATH: process.env.PATH ?? '', ...env } }, (failed, out, err) => {
      resolve({ code: failed ? Number(failed.code) : 0, out, err })
    })
  })
}

interface Made {
  id: string
  kind: string
  name: string
  secret: string
  revoked_at: string | null
}

async function setUp() {
  const env = await environment()
  const id = `cli-${randomUUID().slice(0, 8)}`
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, out, err } = await cli(env, ...args, '--json')
    if (code !== 0) throw new Error(err)
    return JSON.parse(out)
  }
  await json('app', 'create', '--id', id, '--name', 'Made here', '--origin', 'https://made.example')
  const key = (...args: string[]) => json('key', 'create', '--app', id, ...args) as Promise<Made>
  return { env, id, json, key }
}

async function serve(env: Record<string, string>) {
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const server = startProcess({ ...env, PORT: port, PUBLIC_URL: url })
  await server.ready
  return {
    url,
    async stop() {
      server.child.kill('SIGTERM')
      await server.exited
    },
  }
}

const sign = (key: Made, sub: string) =>
  new SignJWT({ name: 'Ann' })
    .setProtectedHeader({ alg: 'HS256', kid: key.id })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(key.secret))

test('CLI-1: an app and keys that the command line made serve that app’s people', async () => {
  const { env, id, key } = await setUp()
  const [signing, admin] = [await key('--kind', 'signing'), await key('--kind', 'admin', '--name', 'Backend')]
  const partner = await key('--kind', 'partner', '--customer', 'ann', '--link', 'policy=1', '--link', 'policy=2=2')
  expect(partner).toMatchObject({ customer: { external_id: 'ann' }, links: { policy: ['1', '2=2'] } })
  const server = await serve(env)
  expect(await client(server.url, await sign(signing, 'ann')).call('getMe', {})).toMatchObject({
    app: { id, name: 'Made here' },
    customer: { external_id: 'ann' },
  })
  const backend = client(server.url, admin.secret)
  expect(await backend.call('agentGetMe', {})).toMatchObject({ app: { id }, agent: null })
  expect((await client(server.url, partner.secret).call('getMe', {})).customer.external_id).toBe('ann')
  const written = (await backend.call('agentListAudit', {})).data.map(({ action, actor }) => [action, actor.type])
  expect(written).toEqual([...Array(3).fill(['key_created', 'operator']), ['app_created', 'operator']])
  if (databaseUrl) {
    // PostgreSQL has room for both.
    const revoked = await cli(env, 'key', 'revoke', '--app', id, '--key', admin.id)
    expect([revoked.code, revoked.out]).toEqual([0, expect.stringContaining('revoked_at')])
  } else {
    const { code, err } = await cli(env, 'app', 'list')
    expect([code, err.trim().split('\n').length]).toEqual([1, 1])
  }
  await server.stop()
}, 180_000)

test('CLI-2: what it does not understand it says in one line that names the option, and ends with 2', async () => {
  const env = await environment()
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
  const answers = await Promise.all(wrong.map(([args]) => cli(env, ...args)))
  for (const [at, { code, out, err }] of answers.entries()) {
    expect(err).toMatch(wrong[at]?.[1] ?? /^$/)
    expect([wrong[at]?.[0], err.trim().split('\n').length, code, out]).toEqual([wrong[at]?.[0], 1, 2, ''])
  }
  for (const args of [['app', 'destroy'], ['toString'], []]) {
    const unknown = await cli(env, ...args)
    expect([unknown.code, unknown.out]).toEqual([2, ''])
    expect(unknown.err).toContain('app create')
  }
}, 180_000)

/** A command as the process runs it, on the server that all tests share. */
async function here(command: string, ...args: string[]): Promise<Said> {
  const { plan, options } = commands[command] as Command
  return plan(readOptions(command, options, args))((await sharedServer()).app.core)
}

test('CLI-3: what cannot be done it says in one line, and ends with 1', async () => {
  const id = `cli-${randomUUID().slice(0, 8)}`
  const create = ['--id', id, '--origin', 'https://other.example']
  await here('app create', ...create)
  const wrong: [string, string[], RegExp][] = [
    ['app create', create, /already/],
    ['app show', ['--id', 'nobody'], /^--id nobody: /],
    ['key create', ['--app', 'nobody', '--kind', 'admin'], /^--app nobody: /],
    ['key revoke', ['--app', id, '--key', 'none'], /^--key none: /],
  ]
  for (const [command, args, line] of wrong) await expect(here(command, ...args)).rejects.toThrow(line)
  const { env, id: own } = await setUp()
  await setUp().then(({ key }) => key('--kind', 'signing'))
  const jwks = ['--kind', 'jwks', '--issuer', own, '--audience', 'a']
  const failed = [
    { ...(await cli(env, 'app', 'show', '--id', 'nobody')), line: /^--id nobody: / },
    { ...(await cli({ ...env, SECRET_KEY: wrongKey }, 'key', 'create', '--app', own, '--kind', 'signing')), line: /^SECRET_KEY: does not open/ },
    { ...(await cli({ ...env, SECRET_KEY: 'short' }, 'app', 'list')), line: /^SECRET_KEY: / },
    {
      ...(await cli(env, 'key', 'create', '--app', own, ...jwks, '--jwks-url', 'https://169.254.169.254/')),
      line: /^--jwks-url: must name a public host/,
    },
  ]
  for (const { code, out, err, line } of failed) {
    expect(err).toMatch(line)
    expect([err.trim().split('\n').length, code, out]).toEqual([1, 1, ''])
  }
}, 120_000)

test('CLI-4: apps and keys are listed, changed, revoked, shut and opened; a secret is told once', async () => {
  const id = `cli-${randomUUID().slice(0, 8)}`
  expect(await here('app create', '--id', id, '--no-origins')).toMatchObject({ app: id, name: id, origins: [] })
  const made = async (...args: string[]) => (await here('key create', '--app', id, ...args)) as unknown as Made
  const one = await made('--kind', 'signing', '--name', 'One')
  const two = await made('--kind', 'jwks', '--issuer', id, '--audience', 'a', '--jwks-url', 'https://a.example/jwks')
  const list = async (...more: string[]) => (await here('key list', '--app', id, ...more)) as unknown as Made[]
  expect((await list()).map((key) => key.id).sort()).toEqual([one.id, two.id].sort())
  expect(JSON.stringify(await list())).not.toContain(one.secret)
  expect(await here('key revoke', '--app', id, '--key', one.id)).toMatchObject({ id: one.id, revoked_at: expect.any(String) })
  expect([(await list()).map((key) => key.id), (await list('--revoked')).map((key) => key.id)]).toEqual([[two.id], [one.id]])
  const origins = ['--origin', 'https://a.example', '--origin', 'https://b.example']
  expect(await here('app update', '--id', id, '--name', 'New name', ...origins)).toMatchObject({
    origins: ['https://a.example', 'https://b.example'],
  })
  const updated = { name: 'New name', origins: [], visitors: true }
  expect(await here('app update', '--id', id, '--no-origins', '--visitors', 'yes')).toMatchObject(updated)
  expect(await here('app update', '--id', id, '--role-claim', 'https://x.example/role')).toMatchObject(updated)
  expect(await here('app disable', '--id', id)).toMatchObject({ disabled_at: expect.any(String) })
  expect(await here('app enable', '--id', id)).toMatchObject({ disabled_at: null })
  expect(await here('app show', '--id', id)).toMatchObject({ app: id, settings: { visitors: true, role_claim: 'https://x.example/role' } })
  expect(await here('app list')).toContainEqual(expect.objectContaining({ app: id, ...updated }))
  expect(readable(await here('key list', '--app', id)).split('\n')[0]).toMatch(/^id +kind +name/)
  expect(readable(await here('key list', '--app', id, '--revoked'))).toContain(one.id)
})

test('CLI-5: every command tells its options', async () => {
  const env = await environment()
  const all = await cli(env, '--help')
  expect([all.code, all.err]).toEqual([0, ''])
  const commands = [...all.out.matchAll(/^ {2}((?:app|key) [a-z]+)/gm)].map((match) => match[1] ?? '')
  expect(commands).toEqual(['app create', 'app list', 'app show', 'app update', 'app disable', 'app enable', 'key create', 'key list', 'key revoke'])
  for (const command of commands) {
    const help = await cli({}, ...command.split(' '), '--help')
    expect([help.code, help.err]).toEqual([0, ''])
    expect(help.out).toContain('--json')
  }
}, 120_000)
