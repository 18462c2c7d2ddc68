import type { Unsent } from './merge.ts'

/** What somebody is typing: into a ticket only `body`, into the form of a new ticket all of it. */
export interface Draft {
  subject: string
  body: string
  category: string
}
export const emptyDraft: Draft = { subject: '', body: '', category: '' }

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Our entries hold no objects; somebody else's could stand where text is expected. */
const flat = (key: string, value: unknown) => (key && value && typeof value === 'object' ? '' : value)

export interface Persist {
  drafts: () => [ticketId: string, draft: Draft][]
  unsent: () => Unsent[]
  /** Null forgets it. */
  keepDraft: (ticketId: string, draft: Draft | null) => void
  keepUnsent: (clientId: string, entry: Unsent | null) => void
  /** From now on things are written; before the customer has opened the widget nothing is. */
  allow: () => void
}

/**
 * Drafts and unsent messages of one customer in one app, one storage entry each, so that several tabs do not overwrite one another. Whatever the
 * storage throws or holds is survived: then things live in memory alone. Tokens never come here.
 */
export function createPersist(prefix: string, storage: () => Kept): Persist {
  let allowed = false
  const attempt = <T>(action: (kept: Kept) => T, otherwise: T): T => {
    try {
      return action(storage())
    } catch {
      return otherwise
    }
  }
  const keep = (key: string, value: unknown) =>
    attempt((kept) => (value === null ? kept.removeItem(prefix + key) : allowed && kept.setItem(prefix + key, JSON.stringify(value))), undefined)

  /** What stands under a kind of key; what we cannot have written is thrown away. */
  const all = (kind: string) =>
    attempt((kept) => {
      const found: [string, Unsent][] = []
      for (const key of Object.keys(kept)) {
        if (!key.startsWith(prefix + kind)) continue
        const value = attempt(() => JSON.parse(kept.getItem(key) ?? '', flat) as Unsent, null)
        if (typeof value?.body === 'string') found.push([key.slice(prefix.length + kind.length), value])
        else kept.removeItem(key)
      }
      return found
    }, [])

  return {
    drafts: () => all('d:').map(([id, { body, subject, category }]) => [id, { body, subject: `${subject ?? ''}`, category: `${category ?? ''}` }]),
    unsent: () => all('u:').map(([client_id, entry]): Unsent => ({ ...entry, client_id, subject: `${entry.subject ?? ''}`, state: 'failed' })),
    keepDraft: (ticketId, draft) => keep(`d:${ticketId}`, draft),
    keepUnsent: (clientId, entry) => keep(`u:${clientId}`, entry),
    allow: () => {
      allowed = true
    },
  }
}
