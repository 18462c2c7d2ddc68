import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { addressesOf } from './name-lookup.ts'

/** A request of ours to an address that somebody else has named. */
export interface Outbound {
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** For everything from the look-up of the name to the last byte, milliseconds. */
  timeoutMs: number
  /** Largest answer, bytes. */
  maxBytes: number
  /** True reads no more than that of a larger answer, instead of refusing it. */
  cut?: boolean
  /** True lets in our own machine, without encryption too: for the demo. */
  loopback: boolean
}

export interface OutboundAnswer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** What kept an answer away: no address, an address that must not be called, no trusted encryption, or a connection that was refused, broken, too slow, or failed otherwise. */
export type OutboundFault = 'dns' | 'blocked' | 'tls' | 'refused' | 'reset' | 'timeout' | 'network'

export class OutboundError extends Error {
  readonly fault: OutboundFault

  constructor(fault: OutboundFault, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'OutboundError'
    this.fault = fault
  }
}

/** Codes of Node.js and OpenSSL for encryption that did not come about, or cannot be trusted. */
export const tlsCodes = /^ERR_(TLS|SSL)_|CERT|SIGNATURE|^EPROTO$|ISSUER/

/** Error codes, by what they say. The first that fits counts. */
const faults: [RegExp, OutboundFault][] = [
  [/^ECONNREFUSED$/, 'refused'],
  [/^(ECONNRESET|EPIPE|HPE_)/, 'reset'],
  [/^ETIMEDOUT$/, 'timeout'],
  [tlsCodes, 'tls'],
]

/** Whatever was thrown on the way, as what it means. */
function outboundError(err: unknown, signal: AbortSignal): OutboundError {
  if (err instanceof OutboundError) return err
  if (signal.aborted) return new OutboundError('timeout', 'the answer did not come in time', err)
  const code = err instanceof Error && 'code' in err ? String(err.code) : ''
  const [, fault] = faults.find(([pattern]) => pattern.test(code)) ?? [null, 'network' as const]
  return new OutboundError(fault, err instanceof Error ? err.message : String(err), err)
}

const longestUrl = 2048
/** Ports above 1023 where nobody serves the web, but a database or a control plane may listen. */
const servicePorts = new Set([
  1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5671, 5672, 6379, 6380, 9042, 9092, 9200, 9300, 11211, 27017,
])
const localName = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i

/** IPv6 that is given out (RFC 4291 section 2.4): everything else is special, or leads to IPv4 by a detour. */
const global6 = ipaddr.parseCIDR('2000::/3')

/** True for an address that anybody on the internet may have. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(global6))
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback'
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')

/**
 * What is wrong with a URL that we are to call, as far as it shows without asking DNS; null if nothing. Only https on a public host, 443 or a port that is no service's
 * of its own, no user name, at most 2,048 characters.
 */
export function faultOfUrl(given: string, loopback: boolean): string | null {
  if (given.length > longestUrl || !URL.canParse(given)) return `must be a URL of at most ${longestUrl} characters`
  const url = new URL(given)
  const host = bare(url.hostname)
  if (url.username !== '' || url.password !== '') return 'must not hold a user name'
  if (loopback && /^https?:$/.test(url.protocol) && (isLoopback(host) || host === 'localhost')) return null
  if (url.protocol !== 'https:') return 'must be an https URL'
  const port = Number(url.port || 443)
  if (port !== 443 && (port < 1024 || servicePorts.has(port))) return 'must not name this port'
  const isPublic = isIP(host) === 0 ? !localName.test(host) && host.includes('.') : isPublicAddress(host)
  return isPublic ? null : 'must name a public host'
}

/** Looks a name up and lets no connection begin unless every address of it may be called; what was checked is what is connected to. */
function walledLookup(allowed: (address: string) => boolean, signal: AbortSignal): LookupFunction {
  return (hostname, options, answer) => {
    addressesOf(hostname, signal).then(
      (found) => {
        const [first] = found
        if (!first) return answer(new OutboundError('dns', 'the name has no address'), [])
        if (!found.every(({ address }) => allowed(address)))
          return answer(new OutboundError('blocked', 'the name leads to an address that must not be called'), [])
        if (options.all) answer(null, found)
        else answer(null, first.address, first.family)
      },
      // Whatever a name server says or does not say; but what was ended was ended because it is late.
      (err: Error) => answer(signal.aborted ? err : new OutboundError('dns', 'the name could not be looked up', err), []),
    )
  }
}

/**
 * Calls a URL that somebody else has named: https alone, on public addresses alone, held on the resolved address that is then connected to. Redirects are answers like
 * any other. Throws an {@link OutboundError} for a URL with a {@link faultOfUrl}, a blocked address, a failed connection, a time-out, and an answer that is too large.
 */
export async function safeFetch(given: string, options: Outbound): Promise<OutboundAnswer> {
  const fault = faultOfUrl(given, options.loopback)
  if (fault !== null) throw new OutboundError('blocked', `the URL ${fault}`)
  const signal = AbortSignal.timeout(options.timeoutMs)
  // Whatever becomes of the request, who waits for it is told in time.
  const late = new Promise<never>((_, fail) => {
    signal.onabort = () => fail(signal.reason)
  })
  try {
    return await Promise.race([call(given, options, signal), late])
  } catch (err) {
    throw outboundError(err, signal)
  }
}

async function call(given: string, options: Outbound, signal: AbortSignal): Promise<OutboundAnswer> {
  const url = new URL(given)
  // What was let in for being our own machine must stay there; what was not must not get there.
  const own = isLoopback(bare(url.hostname)) || url.hostname === 'localhost'
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    const req = send(url, {
      method: options.method ?? 'GET',
      headers: { 'User-Agent': 'support-widget', 'Accept-Encoding': 'identity', ...options.headers },
      // A connection of its own: one that is kept would be used again without a look-up.
      agent: false,
      lookup: walledLookup(own ? isLoopback : isPublicAddress, signal),
      signal,
    })
    req.on('response', done)
    req.on('error', fail)
    // Unheard, Node would drop the connection and tell nobody.
    req.on('upgrade', (_answer, socket) => {
      socket.destroy()
      fail(new OutboundError('network', 'the answer changes to another protocol'))
    })
    req.on('close', () => fail(new OutboundError('reset', 'the connection ended without an answer')))
    req.end(options.body)
  })
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await readAll(answer, options) }
}

async function readAll(answer: IncomingMessage, { maxBytes, cut }: Outbound): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop ends the connection.
    if (size > maxBytes && !cut) throw new OutboundError('network', `the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
    if (size >= maxBytes && cut) break
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}
