import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, commands } from '@support-widget/server/cli/commands.ts'
import { readOptions } from '@support-widget/server/cli/options.ts'
import { readable, type Said } from '@support-widget/server/cli/print.ts'
import { SignJWT } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { cli } from '../support/cli.ts'
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
