import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secretBox } from '@support-widget/server/auth/secrets.ts'
import { unsafeSettings } from '@support-widget/server/db/durability.ts'
import { openOrm } from '@support-widget/server/db/orm.ts'
import { SignJWT } from 'jose'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { client, request } from '../support/client.ts'
import { freePort } from '../support/postgres.ts'
import { killAll, startProcess } from '../support/process.ts'
import { rawRequest, rawText } from '../support/raw.ts'
import { databaseUrl } from '../support/server.ts'
import { listen } from '../support/sockets.ts'

/** The server as a real process: start, refusals to start, kill -9, graceful stop. */

const folder = mkdtempSync(join(tmpdir(), 'support-process-'))
const secretKey = randomBytes(32)
const secret = 'signing secret, signing secret!!'
const kid = `kid-${randomUUID()}`
let database: Record<string, string>
let base: Record<string, string>

/** A database of its own with one app in it: the folder of an embedded one, or a new one on PostgreSQL. */
beforeAll(async () => {
  database = databaseUrl ? { DATABASE_URL: await newDatabase(databaseUrl) } : {}
  base = { ...database, DATA_DIR: folder, SECRET_KEY: secretKey.toString('base64'), PORT: String(await freePort()) }
  const orm = await openOrm({ url: database.DATABASE_URL ?? null, folder: join(folder, 'db'), poolSize: 1, waitMs: 60_000 })
  await orm.migrate()
  const id = randomUUID()
  const created_at = new Date()
  await orm
    .db()
    .insertInto('apps')
    .values({ id, public_id: 'demo', name: 'Demo', origins: [], settings: {}, created_at, disabled_at: null })
    .execute()
  const sealed = secretBox([secretKey]).seal(secret)
  await orm
    .db()
    .insertInto('signing_keys')
    .values({ kid, app_id: id, algorithm: 'HS256', name: kid, secret: sealed, created_at, revoked_at: null })
    .execute()
  await orm.close()
})
afterAll(async () => {
  await killAll()
  rmSync(folder, { recursive: true, force: true })
})

async function newDatabase(at: string): Promise<string> {
  const name = `process_${randomUUID().replaceAll('-', '')}`
  const admin = new Client({ connectionString: at })
  await admin.connect()
  await admin.query(`create database ${name}`)
  await admin.end()
  const url = new URL(at)
  url.pathname = `/${name}`
  return url.href
}

/** Sets it for every connection to this database. */
async function setForAll(at: string, setting: string): Promise<void> {
  const admin = new Client({ connectionString: at })
  await admin.connect()
  await admin.query(`alter database ${new URL(at).pathname.slice(1)} set ${setting}`)
  await admin.end()
}

const url = () => `http://127.0.0.1:${base.PORT}`
const token = (sub: string) =>
  new SignJWT({}).setProtectedHeader({ alg: 'HS256', kid }).setSubject(sub).setIssuedAt().setExpirationTime('1h').sign(Buffer.from(secret))
const customer = async (sub = 'alice') => client(url(), await token(sub))

/** Ends with code 1 and one readable line that says this. */
async function expectRefusal(env: Record<string, string>, line: RegExp): Promise<void> {
  const { code, out, err } = await startProcess(env).exited
  expect(err).toMatch(line)
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).not.toMatch(/\bat .*:\d+:\d+/)
  expect([code, out]).toEqual([1, ''])
}

describe('the process', () => {
  test('START-1: a variable that is missing, malformed or unknown stops it with one line that names it', async () => {
    const { SECRET_KEY, ...without } = base
    await Promise.all([
      expectRefusal(without, /^SECRET_KEY: is required/),
      expectRefusal({ ...base, S3_BUKET: 'x' }, /^S3_BUKET: there is no such variable/),
    ])
    await expectRefusal({ ...base, PORT: 'http' }, /^PORT: must be a port/)
    expect(SECRET_KEY).toBeDefined()
  })

  test('START-4: so does a database that cannot be reached, and a folder that cannot be used', async () => {
    const { DATABASE_URL, ...embedded } = base
    const closed = `postgres://support:hunter2@127.0.0.1:${await freePort()}/support`
    await Promise.all([
      expectRefusal({ ...base, DATABASE_URL: closed }, /^DATABASE_URL: the database cannot be reached \((?!.*hunter2)/),
      expectRefusal({ ...embedded, DATA_DIR: '/dev/null/support' }, /^DATA_DIR: cannot be used \(/),
    ])
    expect(DATABASE_URL).toBe(database.DATABASE_URL)
  })

  test('START-5: on PostgreSQL without fsync or synchronous_commit it warns and names the setting, else not', async () => {
    const unsafeIn = async (given: string | null) => {
      const orm = await openOrm({ url: given, folder: null, poolSize: 1, waitMs: 60_000 })
      return unsafeSettings(orm.db()).finally(() => orm.close())
    }
    // The embedded database has no fsync, which is said where it is chosen: what is looked for can be found.
    expect(await unsafeIn(null)).toEqual(['fsync'])
    const { DATABASE_URL: at } = database
    if (at) {
      expect(await unsafeIn(at)).toEqual([])
      await setForAll(at, 'synchronous_commit = off')
    }
    const running = startProcess(base)
    await running.ready.finally(() => at && setForAll(at, 'synchronous_commit = on'))
    running.child.kill('SIGTERM')
    const { err } = await running.exited
    if (at) expect(err).toMatch(/"setting":"synchronous_commit","msg":"synchronous_commit is off in PostgreSQL/)
    else expect(err).not.toMatch(/fsync|synchronous_commit/)
  })

  test('START-2: a SECRET_KEY that does not open what is stored stops it with one line; with the old one named it starts', async () => {
    const other = { ...base, SECRET_KEY: randomBytes(32).toString('base64') }
    await expectRefusal(other, new RegExp(`^SECRET_KEY: does not open the stored signing key ${kid}`))
    const rotated = startProcess({ ...other, SECRET_KEY_PREVIOUS: base.SECRET_KEY ?? '' })
    await rotated.ready
    expect((await (await customer()).call('getMe', {})).app.id).toBe('demo')
    rotated.child.kill('SIGTERM')
    expect((await rotated.exited).code).toBe(0)
    // What is stored was sealed anew: from here on the old key is needed by nobody.
    base = other
  })

  test('START-3: a port or a DATA_DIR in use stops it with one line; kill -9 loses nothing acknowledged and frees both', async () => {
    const first = startProcess(base)
    expect(await first.ready).toBe(`Ready: http://localhost:${base.PORT}\n`)
    if (databaseUrl) await expectRefusal(base, /^PORT: something else listens there already/)
    else await expectRefusal({ ...base, PORT: String(await freePort()) }, /^DATA_DIR .* is in use by another process/)
    const alice = await customer()
    const ticket = await alice.call('createTicket', { body: { subject: 'Kept', body: 'First' } })
    const params = { id: ticket.id }
    const socket = await listen(url(), await token('alice'))
    const acknowledged: string[] = []
    for (let i = 0; i < 20; i++) acknowledged.push((await alice.call('sendMessage', { params, body: { body: `m${i}`, client_id: `m${i}` } })).id)
    // More are on their way when it dies; those may be kept or lost, but in order and without a gap.
    const late = Array.from({ length: 10 }, (_, i) =>
      alice.send('sendMessage', { params, body: { body: `late${i}`, client_id: `late${i}` } }).catch(() => null),
    )
    first.child.kill('SIGKILL')
    await first.exited
    await Promise.all(late)
    await socket.closed
    const second = startProcess(base)
    await second.ready
    const kept = (await alice.call('getTicket', { params })).messages
    expect(kept.slice(1, 21).map((message) => message.id)).toEqual(acknowledged)
    expect(kept.map((message) => message.seq)).toEqual(kept.map((_, i) => i + 1))
    for (let i = 0; i < 10; i++) await alice.call('sendMessage', { params, body: { body: `late${i}`, client_id: `late${i}` } })
    expect((await alice.call('getTicket', { params })).message_count).toBe(31)
    second.child.kill('SIGKILL')
    await second.exited
  })

  test('STOP-1: SIGTERM answers what is under way, refuses what is new, closes sockets and ends with 0', async () => {
    const running = startProcess(base)
    await running.ready
    const socket = await listen(url(), await token('alice'))
    expect((await request(`${url()}/health/ready`)).status).toBe(200)
    const body = JSON.stringify({ subject: 'Under way', body: 'x' })
    const headers = {
      Authorization: `Bearer ${await token('alice')}`,
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      Connection: 'keep-alive',
    }
    const half = rawRequest('POST /v1/support/tickets', headers, body.slice(0, 5))
    const answer = await rawText(url(), half, {
      async written(write) {
        running.child.kill('SIGTERM')
        await socket.closed
        write(body.slice(5))
      },
    })
    expect(answer).toMatch(/^HTTP\/1.1 201 /)
    expect((await running.exited).code).toBe(0)
    await expect(request(`${url()}/health/live`)).rejects.toThrow()
  })
})
