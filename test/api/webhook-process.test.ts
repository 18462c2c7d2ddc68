import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { freePort } from '../support/postgres.ts'
import { killAll, startProcess } from '../support/process.ts'
import { answering, openReceiver } from '../support/receiver.ts'
import { databaseUrl, startServer } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'support-webhooks-'))
const script = fileURLToPath(new URL('../support/ahead.ts', import.meta.url))

afterAll(async () => {
  await killAll()
  rmSync(folder, { recursive: true, force: true })
})

async function newDatabase(at: string): Promise<string> {
  const name = `webhooks_${randomUUID().replaceAll('-', '')}`
  const admin = new Client({ connectionString: at })
  await admin.connect()
  await admin.query(`create database ${name}`)
  await admin.end()
  return Object.assign(new URL(at), { pathname: `/${name}` }).href
}

test('D7: HOOK-25: a worker killed while it sends: every event arrives, twice at most what was under way, under its own id', async () => {
  const port = String(await freePort())
  const env: Record<string, string> = {
    ...(databaseUrl ? { DATABASE_URL: await newDatabase(databaseUrl) } : {}),
    DATA_DIR: folder,
    SECRET_KEY: randomBytes(32).toString('base64'),
    PORT: port,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    LOG_LEVEL: 'error',
  }
  const receiver = await openReceiver(() => {
    // Says nothing until its caller is dead.
  })
  // Whatever is committed while nobody delivers.
  const first = await startServer({ ...env, DEMO: '1' }, { inMemory: false })
  const app = await newApp(first)
  await app.backend.call('agentCreateWebhook', { body: { url: receiver.url } })
  const alice = await app.customer()
  for (let n = 0; n < 12; n++) await newTicket(alice, { subject: `Ticket ${n}` })
  const rows = await first.app.core.orm.db().selectFrom('webhook_deliveries').select('event_id').where('app_id', '=', app.app.id).execute()
  await first.app.close()
  expect(rows).toHaveLength(12)

  const killed = startProcess(env, script)
  await killed.ready
  await expect.poll(() => receiver.requests.length).toBe(4)
  killed.child.kill('SIGKILL')
  expect((await killed.exited).code).toBeNull()
  receiver.respond = answering(204)
  // A minute later.
  const next = startProcess({ ...env, AHEAD: '60000' }, script)
  await next.ready
  await expect.poll(() => receiver.ids().length).toBe(12)
  await expect.poll(() => receiver.requests.length).toBe(16)
  expect(receiver.ids().sort()).toEqual(rows.map((row) => row.event_id).sort())
  next.child.kill('SIGTERM')
  expect((await next.exited).code).toBe(0)
})
