import { createHmac } from 'node:crypto'
import { limits } from '@support-widget/shared/limits.ts'
import type { AttemptError, TestOutcome } from '@support-widget/shared/webhook.ts'
import { v7 as uuidv7 } from 'uuid'
import { OutboundError, safeFetch } from '../safe-fetch.ts'
import type { Core } from './core.ts'
import { type Endpoint, type Signing, secretsOf } from './webhooks.ts'

/** What is needed of an endpoint to send it something. */
export type Destination = Pick<Endpoint, 'id' | 'url'> & Signing

/** What became of one request to an endpoint. */
export interface Outcome {
  at: Date
  durationMs: number
  /** Of the answer; null if there was none. */
  status: number | null
  /** Null is a success: an answer of 2xx. */
  error: AttemptError | null
  /** What the answer's `Retry-After` asks for, milliseconds; null if it asks for nothing that can be read. */
  retryAfterMs: number | null
}

/**
 * The headers of Standard Webhooks 1.0: an id that stays the same over attempts, and the seconds and signatures of this one. A signature is the HMAC-SHA256 of `id.seconds.body` under the
 * bytes of the secret, one for each that is good now.
 */
export function signedHeaders(secrets: readonly string[], id: string, at: Date, body: string): Record<string, string> {
  const seconds = String(Math.floor(at.getTime() / 1000))
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      .update(`${id}.${seconds}.${body}`)
      .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  }
}

/** Sends a body to an endpoint once. Never throws: what goes wrong on our own side is an outcome too, so that it cannot be tried for ever. */
export async function postTo(core: Core, endpoint: Destination, id: string, makeBody: () => unknown): Promise<Outcome> {
  const at = core.clock.now()
  const started = performance.now()
  const outcome = (status: number | null, error: AttemptError | null, retryAfterMs: number | null = null): Outcome => ({
    at,
    durationMs: Math.round(performance.now() - started),
    status,
    error,
    retryAfterMs,
  })
  try {
    const body = JSON.stringify(makeBody())
    const answer = await safeFetch(endpoint.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(body)),
        ...signedHeaders(secretsOf(core, endpoint), id, at, body),
      },
      body,
      timeoutMs: core.outbound.timeoutMs,
      maxBytes: limits.webhookAnswerBytes,
      cut: true,
      loopback: core.loopback,
    })
    const isSuccess = answer.status >= 200 && answer.status < 300
    return outcome(answer.status, isSuccess ? null : 'http', retryAfter(answer.headers['retry-after'], core.clock.now()))
  } catch (err) {
    if (err instanceof OutboundError) return outcome(null, err.fault)
    core.log.error({ err, webhook_id: endpoint.id }, 'a webhook could not be sent')
    return outcome(null, 'internal')
  }
}

/** No receiver makes us wait longer. */
export const longestDelayMs = 24 * 3_600_000

/** RFC 9110 section 10.2.3: seconds, or a date. At most 24 hours; what is past asks for nothing. */
export function retryAfter(given: string | undefined, now: Date): number | null {
  if (given === undefined) return null
  const text = given.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : /[a-z]/i.test(text) ? Date.parse(text) - now.getTime() : Number.NaN
  return Number.isNaN(ms) || ms <= 0 ? null : Math.min(ms, longestDelayMs)
}

/** Sends a test event with this body. The answer comes at a full second, so that nobody can tell by its time what stands at an address. */
export async function testWebhook(core: Core, endpoint: Endpoint, body: object): Promise<TestOutcome> {
  const { durationMs, error } = await postTo(core, endpoint, `test_${uuidv7()}`, () => body)
  await core.outbound.pause(1000 - (durationMs % 1000))
  return error === null ? 'delivered' : error === 'timeout' ? 'timeout' : 'failed'
}
