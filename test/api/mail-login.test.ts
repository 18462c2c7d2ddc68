import type { AddressInfo } from 'node:net'
import { type Envelope, type MailTransport, smtpTransport } from '@support-widget/server/jobs/mail/transport.ts'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'

const envelope: Envelope = {
  from: { name: 'Acme', address: 'support@example.com' },
  to: 'alice@example.com',
  replyTo: null,
  subject: 'Your ticket',
  text: 'An answer',
  html: '<p>An answer</p>',
  messageId: '<1@example.com>',
  inReplyTo: null,
  headers: {},
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A server that wants a login, whose certificate nobody has signed who is trusted; what it saw of whoever came. */
async function demanding(options: SMTPServerOptions = {}) {
  const seen: { logins: string[]; mails: { user: string | undefined; isEncrypted: boolean }[] } = { logins: [], mails: [] }
  const server = new SMTPServer({
    logger: false,
    closeTimeout: 100,
    onAuth({ username = '', password = '' }, { secure }, done) {
      seen.logins.push(`${username} ${password}${secure ? '' : ' in the clear'}`)
      if (password === 'o/p:e@n') done(null, { user: username })
      else done(Object.assign(new Error('Wrong password'), { responseCode: 535 }))
    },
    onData(stream, { user, secure }, done) {
      stream.resume()
      stream.once('end', () => {
        seen.mails.push({ user, isEncrypted: secure })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  const { port } = server.server.address() as AddressInfo
  /** Sends over `scheme`, with what stands before the host and after the port. */
  const send = (scheme: 'smtp' | 'smtps', login = '', query = '') => {
    const transport: MailTransport = smtpTransport({ url: `${scheme}://${login}127.0.0.1:${port}${query}`, withinMs: 5_000 })
    closing.push(() => transport.close())
    return transport.send(envelope)
  }
  return { seen, send }
}

const login = 'me%40example.com:o%2Fp%3Ae%40n@'
const anyCertificate = '?tls.rejectUnauthorized=false'

describe('MAIL-25: the login goes over an encrypted connection', () => {
  test.each([
    ['smtps', { secure: true }],
    ['smtp', {}],
  ] as const)('%s, encrypted from the start or as soon as that is offered', async (scheme, options) => {
    const { seen, send } = await demanding(options)
    expect(await send(scheme, login, anyCertificate)).toEqual({ sent: true })
    expect(seen).toEqual({ logins: ['me@example.com o/p:e@n'], mails: [{ user: 'me@example.com', isEncrypted: true }] })
  })

  test.each([
    ['smtps', { secure: true }],
    ['smtp', {}],
  ] as const)('%s: nothing is shown to a server whose certificate is not trusted', async (scheme, options) => {
    const { seen, send } = await demanding(options)
    expect(await send(scheme, login)).toEqual({ sent: false, fault: 'tls', isFinal: false, isUntold: true })
    expect(seen).toEqual({ logins: [], mails: [] })
  })

  test('a refused login, one that is missing, and encryption that is not offered wait to be mended', async () => {
    const { seen, send } = await demanding()
    expect(await send('smtp', 'me:wrong@', anyCertificate)).toMatchObject({ fault: 'login', isFinal: false, isUntold: true })
    expect(await send('smtp', '', anyCertificate)).toMatchObject({ fault: 'sender_refused', isFinal: false, isUntold: true })
    expect(await send('smtps', login)).toMatchObject({ fault: 'tls', isFinal: false })
    const plain = await demanding({ disabledCommands: ['STARTTLS'], authOptional: true })
    expect(await plain.send('smtp', '', '?requireTLS=true')).toMatchObject({ fault: 'tls', isFinal: false, isUntold: true })
    expect([...seen.mails, ...plain.seen.mails, ...plain.seen.logins]).toEqual([])
  })
})
