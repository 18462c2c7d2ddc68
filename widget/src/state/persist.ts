import { type ReadonlySignal, signal } from '@preact/signals-core'
import type { More, Unsent } from './merge.ts'
import type { Row, Store } from './store.ts'

/** What somebody is typing: into a ticket only `body` and files, into the form of a new ticket all of it. */
export interface Draft {
  subject: string
  body: string
  category: string
  more: More | null
  files: readonly File[]
}
export const emptyDraft: Draft = { subject: '', body: '', category: '', more: null, files: [] }

/** A draft, or what was one. */
export type Written = Partial<Draft> | Unsent
/** What is typed there now stays, and what came back before; a second subject goes into the text. */
export const joined = (typed: Draft, { subject, body, category, more = null, files = [] }: Written): Draft => ({
  subject: typed.subject || subject || '',
  body: [typed.body, typed.subject && subject, body].filter(Boolean).join('\n\n'),
  category: typed.category || category || '',
  more: typed.more ?? more,
  files: files.length > 0 ? [...typed.files, ...files] : typed.files,
})

/** What was kept of one customer. */
export interface Kept {
  drafts: [place: string, draft: Draft][]
  /** In the order of writing. */
  unsent: Unsent[]
}

export interface Persist {
  /** Never rejects. */
  load: () => Promise<Kept>
  /** Null forgets it. `before`: the draft that this one replaces. Settles when it is kept, or known that it cannot be. */
  keepDraft: (place: string, draft: Draft | null, before: Draft) => Promise<unknown>
  keepUnsent: (clientId: string, entry: Unsent | null) => Promise<unknown>
  /** From now on things are written; before the customer has opened the widget nothing is. */
  allow: () => void
  /** Something could not be kept: it lives in memory alone. */
  blocked: ReadonlySignal<boolean>
  clear: () => Promise<unknown>
}

/** Drafts, their files (apart, as they are large and change rarely), unsent messages with theirs. */
type Kind = 'draft' | 'files' | 'unsent'

/** Somebody else's rows could hold anything. */
const text = (value: unknown) => (typeof value === 'string' ? value : '')
const filesOf = (row: Row | undefined) => (Array.isArray(row?.files) ? row.files.filter((one) => one instanceof File) : [])
const draftOf = ({ subject, body, category, more }: Row): Omit<Draft, 'files'> => ({
  subject: text(subject),
  body: text(body),
  category: text(category),
  more: more instanceof Object ? more : null,
})

function entryOf(client_id: string, row: Row): Unsent {
  const priority = text(row.priority) as NonNullable<Unsent['priority']>
  return {
    ...draftOf(row),
    client_id,
    ticket_id: text(row.ticket_id) || null,
    ...(priority && { priority }),
    files: filesOf(row),
    at: Number(row.at) || 0,
    ...(row.tried === true && { tried: true }),
    state: 'failed',
  }
}

/** Rows by kind and id. */
function collect(rows: ReadonlyMap<string, Row | null>): Kept {
  const drafts = new Map<string, Draft>()
  const unsent: Unsent[] = []
  for (const [name, row] of rows) {
    const [kind, id = ''] = name.split(' ')
    if (!row) continue
    if (kind === 'unsent') unsent.push(entryOf(id, row))
    else drafts.set(id, { ...emptyDraft, ...drafts.get(id), ...(kind === 'draft' ? draftOf(row) : { files: filesOf(row) }) })
  }
  return { drafts: [...drafts], unsent: unsent.sort((a, b) => a.at - b.at) }
}

/** Drafts and unsent messages of one customer (`scope`), in the store. What the store does not take stays here, and is tried again with the next. Tokens never come here. */
export function createPersist(store: Store, scope: readonly string[]): Persist {
  const blocked = signal(false)
  let allowed = false
  /** What the store does not have yet; null is to be removed from it. */
  const waiting = new Map<string, Row | null>()
  /** What the store had when it could last be read, and what was kept since. */
  let known = new Map<string, Row | null>()

  const keyOf = (name: string) => [...scope, ...name.split(' ')]
  const write = async (name: string, row: Row | null) => {
    try {
      await (row ? store.put(row) : store.remove(keyOf(name)))
    } catch {
      // Nothing has to be removed from where nothing is.
      if (row) {
        blocked.value = true
        return
      }
    }
    if (waiting.get(name) === row) waiting.delete(name)
    if (![...waiting.values()].some(Boolean)) blocked.value = false
  }
  const keep = async (kind: Kind, id: string, members: object | null) => {
    const name = `${kind} ${id}`
    const row = members && { ...members, key: keyOf(name) }
    waiting.set(name, row)
    known.set(name, row)
    if (blocked.peek()) await flush()
    else if (allowed || !row) await write(name, row)
  }
  const flush = () => Promise.all([...waiting].map(([name, row]) => write(name, row)))

  return {
    blocked,
    load: async () => {
      try {
        const stored = await store.all(scope)
        // Whoever has something here has opened the widget before.
        if (stored.length > 0) allowed = true
        known = new Map(stored.map((row) => [row.key.slice(scope.length).join(' '), row]))
      } catch {
        // What cannot be read is not gone.
      }
      for (const [name, row] of waiting) known.set(name, row)
      return collect(known)
    },
    keepDraft: (place, draft, before) => {
      const { files, ...written } = draft ?? emptyDraft
      return Promise.all([
        keep('draft', place, Object.values(written).some(Boolean) ? written : null),
        files !== before.files && keep('files', place, files.length > 0 ? { files } : null),
      ])
    },
    keepUnsent: (clientId, entry) => keep('unsent', clientId, entry),
    allow: () => {
      if (allowed) return
      allowed = true
      void flush()
    },
    clear: async () => {
      const rows = await store.all(scope).catch(() => [])
      waiting.clear()
      known.clear()
      await Promise.allSettled(rows.map(({ key }) => store.remove(key)))
    },
  }
}
