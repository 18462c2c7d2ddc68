import type { GetToken } from '../net/api.ts'
import type { Session } from './session.ts'

/** Who is not signed in and has opened the widget here: `id` is this browser's own name for them, `token` what the server gave. */
export interface Visitor {
  id: string
  token?: string
}

export interface VisitorRecord {
  /** Where the storage is blocked, this page's own. */
  read: () => Visitor | null
  write: (visitor: Visitor | null) => void
}

/** The one visitor of this browser in an app. */
export function createVisitorRecord(key: string, storage: () => Storage): VisitorRecord {
  let held: Visitor | null = null
  return {
    read: () => {
      try {
        const { id, token } = JSON.parse(storage().getItem(key) ?? '{}') as Partial<Visitor>
        if (typeof id === 'string') return typeof token === 'string' ? { id, token } : { id }
        return null
      } catch {
        return held
      }
    },
    write: (visitor) => {
      held = visitor
      try {
        if (visitor) storage().setItem(key, JSON.stringify(visitor))
        else storage().removeItem(key)
      } catch {}
    },
  }
}

interface Ways {
  id: string
  record: VisitorRecord
  /** Asks the server to take a visitor; answers the token. */
  ask: () => Promise<string>
  /** The token is good for nothing any more, or this browser's visitor is another one. */
  onEnd: () => void
  /** Runs in one tab at a time. */
  alone: (task: () => Promise<string | null>) => Promise<string | null>
}

/** A visitor's token: asked for when something is asked of the server, once for all tabs, and kept. */
export function createVisitorSession({ id, record, ask, onEnd, alone }: Ways): Pick<Session, 'getToken'> {
  let used: string | undefined
  let ended = false
  let asking: Promise<string | null> | undefined
  const own = () => {
    const held = record.read()
    return held?.id === id ? held : null
  }
  const obtain = async () => {
    const known = own()?.token
    if (known) return known
    const token = await ask()
    if (own()) record.write({ id, token })
    return token
  }
  const end = (held: Visitor | null) => {
    if (ended) return
    ended = true
    if (used && held?.token === used) record.write({ id })
    onEnd()
  }
  const getToken: GetToken = async ({ fresh } = {}) => {
    const held = own()
    if (!held || (used && (fresh || held.token !== used))) end(held)
    if (ended || !held) return null
    asking ??= (held.token ? Promise.resolve(held.token) : alone(obtain)).finally(() => {
      asking = undefined
    })
    used = (await asking) ?? undefined
    return used ?? null
  }
  return { getToken }
}
