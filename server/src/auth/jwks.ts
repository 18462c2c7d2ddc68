import { limits } from '@support-widget/shared/limits.ts'
import { type CryptoKey, importJWK, type JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Log } from '../log.ts'
import { safeFetch } from '../safe-fetch.ts'

/** A public key of somebody else's, with the algorithms that it is for: they are the key's, never the token's. */
export interface VerifyKey {
  kid: string | undefined
  algorithms: string[]
  key: CryptoKey
}

/** Key sets by URL (RFC 7517). */
export interface Jwks {
  /**
   * The keys that may have signed a token with this header. `again` asks the issuer once more, at most every {@link cooldownMs}; null means that there is nothing new.
   * Throws `unavailable` if the set could never be read.
   */
  keysFor(url: string, header: { alg: string; kid: string | undefined }, again: boolean): Promise<VerifyKey[] | null>
}

/** A set is used without a question for so long; then it is asked for beside the request, and past `staleMs` before it. So a key that was withdrawn ends within a minute. */
const freshMs = 30_000
const staleMs = 55_000
/** How often a token that no key fits may make us ask. */
const cooldownMs = 30_000
/** How long an issuer that did not answer is left alone. */
const pauseMs = 5_000
const timeoutMs = 5_000
const mostSets = 1_000

interface Entry {
  keys: VerifyKey[] | null
  /** Times of the steady clock, milliseconds. */
  readAt: number
  failedAt: number
  againAt: number
  pending: Promise<void> | null
}

const text = z.string().optional().catch(undefined)
const jwkShape = z.object({
  kty: z.string(),
  kid: text,
  use: text,
  alg: text,
  key_ops: z.array(z.string()).optional().catch([]),
  crv: text,
  n: text,
  e: text,
  x: text,
  y: text,
})
const setShape = z.object({ keys: z.array(z.unknown()).max(limits.jwksKeys) })

/** By key type and curve: the algorithms that we take (RFC 7518, RFC 8037, RFC 9864). Symmetric keys are none. */
const algorithmsOf: Record<string, string[]> = { RSA: ['RS256'], 'EC P-256': ['ES256'], 'OKP Ed25519': ['EdDSA', 'Ed25519'] }
const taken = new Set(Object.values(algorithmsOf).flat())
const smallestModulus = 256

export function createJwks(clock: Clock, log: Log, loopback: boolean): Jwks {
  const sets = new LRUCache<string, Entry>({ max: mostSets })

  function entryOf(url: string): Entry {
    const known = sets.get(url)
    if (known) return known
    const entry = { keys: null, readAt: -Infinity, failedAt: -Infinity, againAt: -Infinity, pending: null }
    sets.set(url, entry)
    return entry
  }

  /** Reads the set, all who ask at the same time together. Never throws: what was known stays. */
  function refresh(url: string, entry: Entry): Promise<void> {
    entry.pending ??= readSet(url, loopback)
      .then(
        (keys) => Object.assign(entry, { keys, readAt: clock.monotonic(), failedAt: -Infinity }),
        (err: unknown) => {
          entry.failedAt = clock.monotonic()
          log.warn({ err, url }, 'the keys of an issuer cannot be read')
        },
      )
      .then(() => {
        entry.pending = null
      })
    return entry.pending
  }

  async function current(url: string, entry: Entry): Promise<VerifyKey[]> {
    const now = clock.monotonic()
    const failing = entry.failedAt > -Infinity
    const paused = now - entry.failedAt < pauseMs
    const age = now - entry.readAt
    if (age > freshMs && !paused) {
      const asked = refresh(url, entry)
      // Who has keys does not wait for an issuer that is out.
      if (!entry.keys || (age > staleMs && !failing)) await asked
    }
    if (entry.keys) return entry.keys
    throw new Refusal('unavailable', { detail: "The keys of the token's issuer cannot be read at the moment.", retryAfter: pauseMs / 1000 })
  }

  return {
    async keysFor(url, { alg, kid }, again) {
      const entry = entryOf(url)
      if (again) {
        // No new key would fit such a token: it must not use up the question that a rotated key needs.
        if (!taken.has(alg)) return null
        const now = clock.monotonic()
        if (now - entry.againAt < cooldownMs || now - entry.failedAt < pauseMs) return null
        entry.againAt = now
        await refresh(url, entry)
      }
      const fitting = (await current(url, entry)).filter((one) => one.algorithms.includes(alg))
      if (kid !== undefined) return fitting.filter((one) => one.kid === kid)
      return fitting.length === 1 ? fitting : []
    },
  }
}

async function readSet(url: string, loopback: boolean): Promise<VerifyKey[]> {
  const headers = { Accept: 'application/jwk-set+json, application/json' }
  const { status, body } = await safeFetch(url, { headers, timeoutMs, maxBytes: limits.jwksBytes, loopback })
  if (status !== 200) throw new Error(`the answer has status ${status}`)
  const { keys } = setShape.parse(JSON.parse(body.toString('utf8')))
  const read = await Promise.all(keys.map(readKey))
  return read.filter((key) => key !== null)
}

/** The key if it is one that verifies; a set may hold others too. */
async function readKey(given: unknown): Promise<VerifyKey | null> {
  const parsed = jwkShape.safeParse(given)
  if (!parsed.success) return null
  const { kty, kid, use, alg, key_ops, crv, n, e, x, y } = parsed.data
  const algorithms = algorithmsOf[crv === undefined ? kty : `${kty} ${crv}`]
  if (!algorithms || (alg !== undefined && !algorithms.includes(alg))) return null
  if ((use !== undefined && use !== 'sig') || (key_ops && !key_ops.includes('verify'))) return null
  if (kty === 'RSA' && Buffer.from(n ?? '', 'base64url').length < smallestModulus) return null
  try {
    // The public half alone, whatever else stands there.
    const jwk = JSON.parse(JSON.stringify({ kty, crv, n, e, x, y })) as JWK
    return { kid, algorithms, key: (await importJWK(jwk, algorithms[0])) as CryptoKey }
  } catch {
    return null
  }
}
