import { signal } from '@preact/signals'
import { requestOf } from '@support-widget/shared/paths.ts'

export type SessionState = 'starting' | 'signed_in' | 'signed_out' | 'unreachable'

interface Kept {
  token: string
  /** The demo agent whose token can be had again; null for a token that somebody pasted. */
  agent: string | null
}

interface Options {
  /** The demo agent to sign in as. */
  agent: string
  /** A code that came with the link to this page; it goes before whoever was signed in. */
  code?: string | null
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  fetch: typeof fetch
}

const storageKey = 'desk.session'
const longestTimer = 6 * 60 * 60 * 1000

/** Milliseconds at which a token ends, read from its payload without trusting it; null when it does not say. */
export function expiryOf(token: string): number | null {
  try {
    const payload: unknown = JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
    if (typeof payload !== 'object' || payload === null || !('exp' in payload) || typeof payload.exp !== 'number') return null
    return payload.exp * 1000
  } catch {
    return null
  }
}

function parseKept(text: string | null): Kept | null {
  try {
    const kept: unknown = JSON.parse(text ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('token' in kept) || typeof kept.token !== 'string') return null
    return { token: kept.token, agent: 'agent' in kept && typeof kept.agent === 'string' ? kept.agent : null }
  } catch {
    return null
  }
}

/** Who works at the desk: keeps the agent's token for this tab and has a fresh one before it ends. */
export function createSession(options: Options) {
  const state = signal<SessionState>('starting')
  const token = signal<string | null>(null)
  /** True when somebody who had been signed in has to do so again. */
  const ended = signal(false)
  /** True when the code in the link opened nothing. */
  const codeRefused = signal(false)
  let code = options.code ?? null
  let agent: string | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let renewing: Promise<boolean> | null = null

  /** The demo's token, null where there is no demo. Rejects when the server cannot be reached. */
  async function demoToken(name: string): Promise<string | null> {
    const response = await options.fetch(`/demo/token?agent=${encodeURIComponent(name)}`, { cache: 'no-store', credentials: 'omit' })
    if (response.status >= 500 || response.status === 429) throw new Error('unavailable')
    if (!response.ok) return null
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string' ? body.token : null
  }

  /** The token behind a code, null where it is not taken. Rejects when the server cannot be reached. */
  async function tokenFor(given: string): Promise<string | null> {
    const { method, url } = requestOf('redeemDeskCode')
    const headers = { 'Content-Type': 'application/json' }
    const response = await options.fetch(url, { method, headers, body: JSON.stringify({ code: given }), cache: 'no-store', credentials: 'omit' })
    if (response.status >= 500 || response.status === 429) throw new Error('unavailable')
    if (!response.ok) return null
    const { token } = (await response.json()) as { token: string }
    return token
  }

  function accept(next: string, from: string | null) {
    agent = from
    options.storage.setItem(storageKey, JSON.stringify({ token: next, agent: from } satisfies Kept))
    token.value = next
    state.value = 'signed_in'
    ended.value = false
    codeRefused.value = false
    clearTimeout(timer)
    const ends = expiryOf(next)
    if (ends === null || from === null) return
    timer = setTimeout(() => void renew(next), Math.min(Math.max(ends - Date.now() - 60_000, 5_000), longestTimer))
  }

  function drop(wasEnded: boolean) {
    clearTimeout(timer)
    options.storage.removeItem(storageKey)
    token.value = null
    ended.value = wasEnded
    state.value = 'signed_out'
  }

  async function fetchAgain(): Promise<boolean> {
    if (agent === null) {
      drop(true)
      return false
    }
    try {
      const next = await demoToken(agent)
      if (next !== null) accept(next, agent)
      else drop(true)
      return next !== null
    } catch {
      // Not reachable is not signed out: whoever asked fails as offline and asks again.
      return false
    }
  }

  /** A fresh token in place of `refused`; false when there is none. One request however many ask. */
  async function renew(refused: string | null): Promise<boolean> {
    if (token.value !== refused) return token.value !== null
    renewing ??= fetchAgain().finally(() => {
      renewing = null
    })
    return renewing
  }

  /** Signs in with the code, once; it stays for another try while the server cannot be reached. */
  async function enterByCode(given: string) {
    try {
      const next = await tokenFor(given)
      code = null
      if (next !== null) return accept(next, null)
      drop(false)
      codeRefused.value = true
    } catch {
      state.value = 'unreachable'
    }
  }

  async function start() {
    state.value = 'starting'
    if (code !== null) return enterByCode(code)
    const kept = parseKept(options.storage.getItem(storageKey))
    const fresh = kept !== null && (expiryOf(kept.token) ?? 0) > Date.now() + 30_000
    if (kept && fresh && (kept.agent === null || kept.agent === options.agent)) return accept(kept.token, kept.agent)
    try {
      const next = await demoToken(options.agent)
      if (next !== null) accept(next, options.agent)
      else drop(false)
    } catch {
      state.value = 'unreachable'
    }
  }

  return {
    state,
    token,
    ended,
    codeRefused,
    start,
    /** Signs in with a code from a link that was followed while the page was open. */
    startWith(given: string) {
      drop(false)
      code = given
      return start()
    },
    renew,
    /** Takes a token that the agent pasted, surrounding blanks and a `Bearer` prefix removed. */
    signIn: (pasted: string) => accept(pasted.trim().replace(/^bearer\s+/i, ''), null),
    signOut: () => drop(false),
  }
}

export type Session = ReturnType<typeof createSession>
