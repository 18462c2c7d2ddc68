import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { client } from '../support/client.ts'
import { freePort } from '../support/postgres.ts'
import { killAll, startProcess } from '../support/process.ts'
import { databaseUrl, testConfig } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'support-cli-'))
afterAll(async () => {
  await killAll()
  rmSync(folder, { recursive: true, force: true })
})

/** On PostgreSQL the servers of this run share their database, and so their key. */
async function environment(): Promise<Record<string, string>> {
  if (!databaseUrl) return { DATA_DIR: folder, SECRET_KEY: randomBytes(32).toString('base64') }
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

test('CLI-1: an app and keys that the command line made serve that app’s people', async () => {
  const env = await environment()
  const id = `cli-${randomUUID().slice(0, 8)}`
  const made = await cli(env, 'app', 'create', '--id', id, '--name', 'Made here', '--origin', 'https://made.example', '--json')
  expect(JSON.parse(made.out)).toEqual({ app: id, name: 'Made here', origins: ['https://made.example'] })
  const signing = JSON.parse((await cli(env, 'key', 'create', '--app', id, '--kind', 'signing', '--json')).out) as { kid: string; secret: string }
  const admin = JSON.parse((await cli(env, 'key', 'create', '--app', id, '--kind', 'admin', '--json')).out) as { key: string }

  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const server = startProcess({ ...env, PORT: port, PUBLIC_URL: url })
  await server.ready
  const token = await new SignJWT({ name: 'Ann' })
    .setProtectedHeader({ alg: 'HS256', kid: signing.kid })
    .setSubject('ann')
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(new TextEncoder().encode(signing.secret))
  expect(await client(url, token).call('getMe', {})).toMatchObject({ app: { id, name: 'Made here' }, customer: { external_id: 'ann' } })
  expect(await client(url, admin.key).call('agentGetMe', {})).toMatchObject({ app: { id }, agent: null })
  server.child.kill('SIGTERM')
  await server.exited
}, 120_000)

test('CLI-2: what it cannot do it says in one line that names the option', async () => {
  const env = await environment()
  const wrong: [string[], RegExp][] = [
    [['app', 'create', '--id', 'a b', '--origin', 'https://a.example'], /^--id: /],
    [['app', 'create', '--id', 'ab'], /^--origin: /],
    [['app', 'create', '--id', 'ab', '--origin', 'https://a.example/path'], /^--origin https:\/\/a\.example\/path: /],
    [['key', 'create', '--app', 'nobody', '--kind', 'admin'], /^--app nobody: /],
  ]
  for (const [args, line] of wrong) {
    const { code, out, err } = await cli(env, ...args)
    expect(err).toMatch(line)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect([code, out]).toEqual([1, ''])
  }
  const unknown = await cli(env, 'app', 'destroy')
  expect(unknown.code).toBe(1)
  expect(unknown.err).toContain('app create')
}, 60_000)
