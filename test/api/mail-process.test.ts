import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { databaseBeside, freePort } from '../support/postgres.ts'
import { killAll, startProcess } from '../support/process.ts'
import { databaseUrl, startServer } from '../support/server.ts'
import { startSmtp } from '../support/smtp.ts'

const folder = mkdtempSync(join(tmpdir(), 'support-mail-'))
const script = fileURLToPath(new URL('../support/ahead.ts', import.meta.url))

afterAll(async () => {
  await killAll()
  rmSync(folder, { recursive: true, force: true })
})

test('MAIL-14: MAIL-21: what waited without an SMTP server is sent once there is one, also if a process is killed in the middle of it', async () => {
  const port = String(await freePort())
  const smtp = await startSmtp()
  const env: Record<string, string> = {
    ...(databaseUrl ? { DATABASE_URL: await databaseBeside(databaseUrl) } : {}),
    DATA_DIR: folder,
    SECRET_KEY: randomBytes(32).toString('base64'),
    PORT: port,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    LOG_LEVEL: 'error',
  }
  const first = await startServer({ ...env, DEMO: '1' }, { inMemory: false })
  const app = await newApp(first)
  const inbox = 'inbox@example.com'
  await (await app.agent('ada', 'admin')).call('agentUpdateApp', { body: { settings: { inbox_email: inbox } } })
  const alice = await app.customer()
  const numbers: string[] = []
  for (let index = 0; index < 8; index++) numbers.push((await newTicket(alice)).number)
  await first.app.close()

  const mail = { SMTP_URL: smtp.url, MAIL_FROM: 'support@support.example' }
  smtp.behave('hang')
  const killed = startProcess({ ...env, ...mail }, script)
  await killed.ready
  await expect.poll(() => smtp.asked.length).toBe(3)
  killed.child.kill('SIGKILL')
  expect((await killed.exited).code).toBeNull()
  smtp.behave('accept')
  // A minute later.
  const next = startProcess({ ...env, ...mail, AHEAD: '60000' }, script)
  await next.ready
  await expect.poll(() => smtp.received(inbox).length).toBe(8)
  const told = smtp.received(inbox).map(({ mail: one }) => /TKT-\d+-\d+/.exec(one.subject ?? '')?.[0])
  expect(told.sort()).toEqual(numbers)
  next.child.kill('SIGTERM')
  expect((await next.exited).code).toBe(0)
  await smtp.close()
})
