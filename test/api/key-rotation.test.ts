import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secretBox } from '@support-widget/server/auth/secrets.ts'
import { secretsOf } from '@support-widget/server/domain/webhooks.ts'
import { Client } from 'pg'
import { afterAll, expect, test } from 'vitest'
import { client, request } from '../support/client.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { databaseUrl, sharedServer, startServer, type TestServer } from '../support/server.ts'

/** SECRET_KEY is changed: what was sealed is sealed anew, what was signed is good as long as the old key is named. */

const folder = mkdtempSync(join(tmpdir(), 'support-rotation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A database that several servers use one after the other. */
async function ownDatabase(): Promise<Record<string, string>> {
  if (!databaseUrl) return { DATA_DIR: folder }
  const name = `rotation_${randomUUID().replaceAll('-', '')}`
  const admin = new Client({ connectionString: databaseUrl })
  await admin.connect()
  await admin.query(`create database ${name}`)
  await admin.end()
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  return { DATABASE_URL: url.href, DATA_DIR: folder }
}

const newKey = () => randomBytes(32).toString('base64')
const renewed = (server: TestServer) => /"count":(\d+),"msg":"stored secrets sealed/.exec(server.logged())?.[1]

test('SECRET-5: a start with the new key and the old one seals all anew and honours what the old one signed; then the old one can go', async () => {
  const database = await ownDatabase()
  const [old, next] = [newKey(), newKey()]
  const start = (env: Record<string, string>) => startServer({ ...database, ...env }, { inMemory: false })

  const first = await start({ SECRET_KEY: old })
  const [app, revoked] = [await newApp(first), await newApp(first)]
  const db = first.app.core.orm.db()
  await db.updateTable('signing_keys').set({ revoked_at: new Date() }).where('app_id', '=', revoked.app.id).execute()
  await (await app.agent('ada', 'admin')).call('agentUpdateApp', { body: { settings: { visitors: true } } })
  const visit = (server: TestServer) => client(server.url).call('createVisitor', { body: { app: app.app.publicId } })
  const before = await visit(first)
  const file = await upload(first, before.token, 'Text', 'a.txt')
  const ticket = await newTicket(client(first.url, before.token))
  const said = { params: { id: ticket.id }, body: { body: 'See', attachments: [file.id] } }
  const link = new URL((await client(first.url, before.token).call('sendMessage', said)).attachments[0]?.url ?? '')
  const open = (server: TestServer) => request(server.url + link.pathname + link.search, { redirect: 'manual' })
  expect((await open(first)).text).toBe('Text')
  const hook = await app.backend.call('agentCreateWebhook', { body: { url: 'https://receiver.example/' } })
  const rotated = await app.backend.call('agentRotateWebhook', { params: { id: hook.id } })
  expect(renewed(first)).toBeUndefined()
  await first.app.close()

  const both = await start({ SECRET_KEY: next, SECRET_KEY_PREVIOUS: old })
  expect(renewed(both)).toBe('4')
  await client(both.url, await app.token('alice')).call('getMe', {})
  await client(both.url, before.token).call('getTicket', { params: { id: ticket.id } })
  expect((await open(both)).text).toBe('Text')
  const after = await visit(both)
  await both.app.close()

  const alone = await start({ SECRET_KEY: next })
  expect(renewed(alone)).toBeUndefined()
  await client(alone.url, await app.token('alice')).call('getMe', {})
  await client(alone.url, after.token).call('getMe', {})
  expect(await client(alone.url, before.token).refused('getMe')).toMatchObject({ status: 401, code: 'unauthorized' })
  expect((await open(alone)).status).toBeGreaterThanOrEqual(400)
  const rows = await alone.app.core.orm.db().selectFrom('signing_keys').select('secret').execute()
  expect(rows.map((row) => alone.app.core.secrets.open(row.secret)).sort()).toEqual([app.secret, revoked.secret].sort())
  const hooks = await alone.app.core.orm.db().selectFrom('webhook_endpoints').selectAll().where('app_id', '=', app.app.id).execute()
  expect(hooks.flatMap((one) => secretsOf(alone.app.core, one))).toEqual([rotated.secret, hook.secret])
  await alone.app.close()
})

test('SECRET-6: a process that still has the old key alone answers 503 for what another sealed with the next, and never 500', async () => {
  const server = await sharedServer()
  const app = await newApp(server)
  const sealed = server.app.core.secrets.seal(app.secret)
  const db = server.app.core.orm.db()
  const store = (secret: string) => db.updateTable('signing_keys').set({ secret }).where('app_id', '=', app.app.id).execute()
  const alice = client(server.url, await app.token('alice'))
  await store(secretBox([randomBytes(32)]).seal(app.secret))
  const problem = await alice.refused('getMe')
  // Another server that starts on the same database would rightly refuse it.
  await store(sealed)
  expect(problem).toMatchObject({ status: 503, code: 'unavailable' })
  await alice.call('getMe', {})
})
