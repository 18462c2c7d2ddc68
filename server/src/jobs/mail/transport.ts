import { limits } from '@support-widget/shared/limits.ts'
import type { MailFault } from '@support-widget/shared/mail.ts'
import { createTransport, type NodemailerError } from 'nodemailer'
import { tlsCodes } from '../../safe-fetch.ts'

/** A mail as it is handed to a server. */
export interface Envelope {
  from: { name: string; address: string }
  to: string
  replyTo: string | null
  subject: string
  text: string
  html: string
  /** With angle brackets (RFC 5322 section 3.6.4). */
  messageId: string
  inReplyTo: string | null
  /** Further headers, ours alone. */
  headers: Record<string, string>
}

/** What became of an attempt. `isFinal`: the same mail would be refused again; `isUntold`: the server certainly did not take it. */
export type Outcome = { sent: true } | { sent: false; fault: MailFault; isFinal: boolean; isUntold: boolean }

/** Whoever takes mail away. */
export interface MailTransport {
  /** Never throws, and always answers in {@link TransportOptions.withinMs}. */
  send(envelope: Envelope): Promise<Outcome>
  close(): void
}

export interface TransportOptions {
  /** `smtp://user:password@host:port` or `smtps://…`; its query may set further options of nodemailer, such as `?tls.rejectUnauthorized=false`. */
  url: string
  /** One attempt in all, milliseconds. */
  withinMs?: number
}

/** Less than the lease of a mail, so that no two hold it at once. */
const attemptMs = 30_000

/** Mail by SMTP, over a few connections that are kept. */
export function smtpTransport({ url, withinMs = attemptMs }: TransportOptions): MailTransport {
  const stepMs = Math.min(10_000, withinMs)
  const pool = createTransport({
    pool: true,
    url,
    maxConnections: limits.mailConnections,
    // When to try again is written down with the mail.
    maxRequeues: 0,
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    dnsTimeout: stepMs,
    socketTimeout: withinMs,
    idleTimeout: 30_000,
    // A text that somebody wrote must never be taken for the name of a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ from, to, replyTo, inReplyTo, ...envelope }) {
      try {
        await pool.sendMail({
          ...envelope,
          from,
          // As one address and not as a list to be parsed.
          to: { name: '', address: to },
          ...(replyTo === null ? {} : { replyTo: { name: '', address: replyTo } }),
          ...(inReplyTo === null ? {} : { inReplyTo, references: inReplyTo }),
          signal: AbortSignal.timeout(withinMs),
        })
        return { sent: true }
      } catch (err) {
        return outcomeOf(err as NodemailerError)
      }
    },
    close: () => pool.close({ force: true }),
  }
}

/** What an error says of the mail. Without an answer of the server to the text itself, nobody knows whether it took it. */
export function outcomeOf(err: Pick<NodemailerError, 'code' | 'originalCode' | 'command' | 'responseCode' | 'permanent' | 'name'>): Outcome {
  const reply = err.responseCode
  const fault = reply === undefined ? connectionFault(err) : replyFault(err, reply)
  const isFinal = fault === 'recipient_refused' || fault === 'message_refused' || fault === 'bad_address'
  // What OpenSSL says may also end a connection over which the text has gone.
  const handshake = fault === 'tls' && !err.originalCode?.startsWith('ERR_SSL_')
  const beforeText = handshake || fault === 'dns' || fault === 'connection_refused' || fault === 'login' || fault === 'bad_address'
  return { sent: false, fault, isFinal, isUntold: reply !== undefined || beforeText }
}

type Fault = Parameters<typeof outcomeOf>[0]

/** The server answered, with something other than yes. A refused sender or login is ours to mend, and the mail waits for that. */
function replyFault({ command = '', permanent, code }: Fault, reply: number): MailFault {
  if (code === 'EAUTH' || command.startsWith('AUTH')) return 'login'
  if (code === 'ETLS' || command === 'STARTTLS') return 'tls'
  if (!permanent || reply < 500) return 'deferred'
  if (command === 'RCPT TO') return 'recipient_refused'
  if (command === 'DATA') return 'message_refused'
  return command === 'MAIL FROM' ? 'sender_refused' : 'deferred'
}

const bySystem: Record<string, MailFault> = {
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
}
const byLibrary: Record<string, MailFault> = {
  EDNS: 'dns',
  ETLS: 'tls',
  EAUTH: 'login',
  ENOAUTH: 'login',
  ETIMEDOUT: 'timeout',
  EABORT: 'timeout',
  // A server without SMTPUTF8 cannot take an address in another script.
  EENVELOPE: 'bad_address',
  ECONNECTION: 'connection_lost',
  ESOCKET: 'connection_lost',
  EPROTOCOL: 'connection_lost',
}

function connectionFault({ code = '', originalCode = '', name }: Fault): MailFault {
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout'
  if (tlsCodes.test(originalCode)) return 'tls'
  return bySystem[originalCode] ?? bySystem[code] ?? byLibrary[code] ?? 'other'
}
