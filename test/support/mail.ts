import { randomUUID } from 'node:crypto'
import { type MailTransport, smtpTransport } from '@support-widget/server/jobs/mail/transport.ts'
import type { Worker } from '@support-widget/server/jobs/worker.ts'
import { type Client, client } from './client.ts'
import { newApp, type TestApp } from './factories.ts'
import { startServer, type TestServer } from './server.ts'
import { type SmtpTestServer, startSmtp } from './smtp.ts'

export interface MailServer {
  server: TestServer
  smtp: SmtpTestServer
  /** Sends all that is due. */
  mailer: Worker
}

let shared: Promise<MailServer> | undefined

/** As in production, but where the server hangs, the wait for it is short. */
export function patientTransport(smtp: SmtpTestServer): MailTransport {
  const patient = smtpTransport({ url: smtp.url })
  const brief = smtpTransport({ url: smtp.url, withinMs: 3_000 })
  return {
    send: (envelope) => (smtp.hangs(envelope.to) ? brief : patient).send(envelope),
    close() {
      patient.close()
      brief.close()
    },
  }
}

async function start(): Promise<MailServer> {
  const smtp = await startSmtp()
  const env = { SMTP_URL: smtp.url, MAIL_FROM: 'support@support.example' }
  const server = await startServer(env, { mailTransport: patientTransport(smtp) })
  return { server, smtp, mailer: server.app.mail as Worker }
}

/** The server with mail that all files of a run share. */
export function mailServer(): Promise<MailServer> {
  shared ??= start()
  return shared
}

export interface MailSetUp extends MailServer {
  app: TestApp
  /** The app's inbox, and Alice's verified address: nobody else has them. */
  inbox: string
  address: string
  alice: Client
  sam: Client
  ada: Client
  /** Moves the clock and sends what is then due. */
  later(minutes: number): Promise<void>
  /** What became of the mails of the app, oldest first. */
  mails(): Promise<
    { kind: string; state: string; reason: string | null; attempts: number; due_at: Date; message_id: string | null; recipient: string | null }[]
  >
  settings(settings: object): Promise<void>
  /** A customer's token and client by what their host signs. */
  person(sub: string, claims: object): Promise<Client>
}

/** An app with an inbox, a customer and agents; no mail of anybody else waits. */
export async function setUpMail(): Promise<MailSetUp> {
  const { server, smtp, mailer } = await mailServer()
  smtp.behave('accept')
  const db = server.app.core.orm.db()
  await db.deleteFrom('mails').execute()
  const app = await newApp(server, 'Kilnshare')
  const mark = randomUUID().slice(0, 8)
  const [inbox, address] = [`inbox-${mark}@example.com`, `alice-${mark}@example.com`]
  const person = async (sub: string, claims: object) => client(server.url, await app.token(sub, { claims: { ...claims } }))
  const agent = async (sub: string, role: 'agent' | 'admin') =>
    client(server.url, await app.token(sub, { role, claims: { email: `${sub}-${mark}@desk.example`, name: sub } }))
  const ada = await agent('ada', 'admin')
  const settings = async (given: object) => void (await ada.call('agentUpdateApp', { body: { settings: given } }))
  await settings({ inbox_email: inbox, return_url: 'https://app.example/help?tab=2' })
  return {
    server,
    smtp,
    mailer,
    app,
    inbox,
    address,
    alice: await person('alice', { name: 'Alice', email: address, email_verified: true }),
    sam: await agent('sam', 'agent'),
    ada,
    async later(minutes) {
      server.clock.ahead += minutes * 60_000
      await mailer.drain()
    },
    mails: () =>
      db
        .selectFrom('mails')
        .select(['kind', 'state', 'reason', 'attempts', 'due_at', 'message_id', 'recipient'])
        .where('app_id', '=', app.app.id)
        .orderBy('id')
        .execute(),
    settings,
    person,
  }
}
