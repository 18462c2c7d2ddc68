import { bare, end, type GetToken, NetworkError } from '../net/api.ts'

/** Where the host app's token comes from. A `token` beside one of the others is the first to be used; the next comes from there. */
export interface TokenSource {
  token?: string | undefined
  getToken?: (() => unknown) | undefined
  tokenUrl?: string | undefined
}

/** Seconds before its end at which a token is replaced. */
const ahead = 60

/** `sub` and `exp` (seconds) of a JWT, unverified: the server decides what a token is worth. Null for anything else. */
export function claimsOf(token: string): { sub: string; exp: number } | null {
  try {
    const bytes = Uint8Array.from(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const { sub, exp } = claims as { sub?: unknown; exp?: unknown }
    return typeof sub === 'string' ? { sub, exp: typeof exp === 'number' ? exp : Number.POSITIVE_INFINITY } : null
  } catch {
    return null
  }
}

/** FNV-1a, 64 bits, of the UTF-8 bytes: names a customer in storage without storing who it is. */
export function hash(text: string): string {
  let sum = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n)
  return sum.toString(36)
}

async function fromUrl(url: string, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(
    url,
    bare<RequestInit>({ credentials: 'same-origin', cache: 'no-store', headers: { accept: 'application/json' }, signal }),
  )
  if (response.status === 204 || response.status === 401) return null
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return ((await response.json()) as { token?: unknown }).token
}

export interface Session {
  getToken: GetToken
  /** In how many ms the token will be replaced. */
  renewIn: () => number
  /** The customer behind the token, or null when nobody is signed in. Rejects with `NetworkError` when that cannot be known now. */
  who: () => Promise<string | null>
}

interface Surroundings {
  /** The host's next token names somebody else, or nobody: whatever was shown so far must go. */
  onChange: () => void
  /** Runs in one tab at a time. */
  alone?: (task: () => Promise<string | null>) => Promise<string | null>
  fetch?: typeof fetch
  now?: () => number
  /** How long the page may take to give a token, ms. */
  patience?: number
}

/** Holds the host's token in memory, and asks for the next one before it ends. */
export function createSession(
  source: TokenSource,
  { onChange, alone = (task) => task(), fetch = globalThis.fetch.bind(globalThis), now = Date.now, patience = 20_000 }: Surroundings,
): Session {
  let held: { token: string | null; who: string | null; exp: number; at: number } | undefined
  let asking: Promise<string | null> | undefined

  const read = async (signal: AbortSignal): Promise<unknown> => {
    if (source.token && !held) return source.token
    if (source.getToken) return source.getToken()
    return source.tokenUrl ? fromUrl(source.tokenUrl, fetch, signal) : source.token
  }
  const ask = async () => {
    const late = AbortSignal.timeout(patience)
    // All that waits for a token waits for this one: a page that never answers must not hold it for ever.
    const answer = await Promise.race([read(late), end(late)]).catch((error: unknown) => {
      throw new NetworkError(`No token: ${error}`)
    })
    const token = typeof answer === 'string' && answer ? answer : null
    const claims = token ? claimsOf(token) : null
    const before = held
    // A token that is not a JWT is a name of its own.
    held = { token, who: claims?.sub ?? token, exp: claims?.exp ?? Number.POSITIVE_INFINITY, at: now() }
    if (before?.who && before.who !== held.who) onChange()
    return token
  }
  // A token that has just come is used even if it looks old: then it is this device's clock that is wrong.
  const usable = () => held && (held.exp - ahead > now() / 1000 || now() - held.at < ahead * 1000)

  const getToken: GetToken = async ({ fresh = false } = {}) => {
    if (held && !fresh && usable()) return held.token
    // Many tabs whose tokens end at once must not ask the page's backend at once.
    asking ??= (held ? alone(ask) : ask()).finally(() => {
      asking = undefined
    })
    return asking
  }
  return {
    getToken,
    renewIn: () => ((held?.exp ?? 0) - ahead) * 1000 - now(),
    who: async () => {
      // Who was nobody may have signed in since.
      await getToken({ fresh: held?.who === null })
      return held?.who ?? null
    },
  }
}
