import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { newApp } from '../../support/factories.ts'
import { patientTransport } from '../../support/mail.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { type SmtpTestServer, startSmtp } from '../../support/smtp.ts'
import { body, loopClient } from './setup.ts'

/** A server of its own: mail is sent by itself here, as it is in production. */
let smtp: SmtpTestServer
let server: TestServer
beforeAll(async () => {
  smtp = await startSmtp()
  const env = { SMTP_URL: smtp.url, MAIL_FROM: 'support@support.example' }
  server = await startServer(env, { mailTransport: patientTransport(smtp) })
  // What other files left in the same database is not sent here.
  await server.app.core.orm.db().deleteFrom('mails').execute()
  await server.app.mail?.start()
})
afterAll(async () => {
  smtp.behave('accept')
  await smtp.close()
  await server.app.close()
})

async function setUp(settings: object) {
  smtp.behave('accept')
  const app = await newApp(server)
  const admin = await app.agent('ada', 'admin')
  const inbox = `inbox-${randomUUID().slice(0, 8)}@example.com`
  await admin.call('agentUpdateApp', { body: { settings: { inbox_email: inbox, ...settings } } })
  return { inbox, person: loopClient(server, await app.token(body.person_id)) }
}

describe('LOOP-10: `sent` says that the inbox mail was taken in time', () => {
  test('sent, once it was; with an Idempotency-Key the same again, and one mail', async () => {
    const { person, inbox } = await setUp({})
    // In time, however slow the machine is.
    const clock = vi.spyOn(server.clock, 'now').mockReturnValue(server.clock.now())
    onTestFinished(() => clock.mockRestore())
    expect(await person.create()).toMatchObject({ status: 'sent' })
    const key = { 'Idempotency-Key': randomUUID() }
    const first = await person.create(body, key)
    expect(first.status).toBe('sent')
    expect(await person.create(body, key)).toEqual(first)
    expect(smtp.received(inbox)).toHaveLength(2)
    expect(smtp.received(inbox)[0]?.mail.text).toContain(body.body)
  })

  test('requested at once without an inbox, and where the server says no for now or for good', async () => {
    expect(await (await setUp({ inbox_email: null })).person.create()).toMatchObject({ status: 'requested' })
    expect(await (await setUp({ inbox_mail: false })).person.create()).toMatchObject({ status: 'requested' })
    for (const behaviour of ['greylist', 'refuse'] as const) {
      const { person, inbox } = await setUp({})
      smtp.behave(behaviour)
      expect(await person.create()).toMatchObject({ status: 'requested' })
      expect(smtp.received(inbox)).toEqual([])
    }
  })

  test('requested, also when asked again later, if the server says nothing for three seconds', async () => {
    const { person, inbox } = await setUp({})
    smtp.behave('hang')
    const key = { 'Idempotency-Key': randomUUID() }
    const first = await person.create(body, key)
    expect(first.status).toBe('requested')
    expect(smtp.received(inbox)).toEqual([])
    smtp.behave('accept')
    expect(await person.create(body, key)).toEqual(first)
  })
})
