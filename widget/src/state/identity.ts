import { type ReadonlySignal, signal } from '@preact/signals-core'
import { createApi } from '../net/api.ts'
import { type connectSocket, waitBefore } from '../net/socket.ts'
import { type Emit, report } from './events.ts'
import { createPersist } from './persist.ts'
import { createPerson, type Person } from './person.ts'
import { claimsOf, createSession, hash, type Session, type TokenSource } from './session.ts'
import type { View } from './view.ts'

interface Ways {
  app: string
  server: string
  view: View
  connect: typeof connectSocket
  emit: Emit
  storage?: () => Storage
}

export interface Identity {
  /** Null while nobody is signed in, or while that is not known. */
  person: ReadonlySignal<Person | null>
  /** Somebody else from now on: what the one before saw and typed is gone before this returns. `unlessSame`: a source already in use changes nothing. */
  use: (source: TokenSource, how?: { unlessSame?: boolean }) => void
  /** Asks the page who is signed in, if that is not known yet. Never rejects. */
  resolve: () => Promise<Person | null>
  /** Sends what waits for up to 3 s, forgets everybody; the number of messages that stay unsent. */
  logout: () => Promise<number>
  dispose: () => void
}

const patience = 3000
const kinds = ['token', 'getToken', 'tokenUrl'] as const

/** Who is signed in. Everything known of them hangs on one `Person` and one abort signal, so that nothing of them outlives the switch. */
export function createIdentity({ app, server, view, connect, emit, storage = () => localStorage }: Ways): Identity {
  const person = signal<Person | null>(null)
  let session: Session | undefined
  let who: string | null = null
  let life = new AbortController()
  let resolving: Promise<Person | null> | undefined
  let used: TokenSource = {}
  let failures = 0
  let retry: ReturnType<typeof setTimeout> | undefined

  const leave = () => {
    clearTimeout(retry)
    life.abort()
    life = new AbortController()
    resolving = undefined
    session = undefined
    who = null
    person.peek()?.dispose()
    person.value = null
    view.go('list')
  }
  /** The session in force answers, so that a newer token of the same customer is used at once. */
  const getToken = async (how?: { fresh?: boolean }) => session?.getToken(how) ?? null

  const welcome = (name: string) => {
    who = name
    const call = createApi({ server, getToken, signal: life.signal })
    const made = createPerson({
      call,
      connect: (ways) => connect({ server, getToken, ...ways }),
      persist: createPersist(`support-widget:${app}:${hash(name)}:`, storage),
      view,
      emit,
    })
    call('getMe').then(made.tickets.expect, (error: unknown) => report(emit, error))
    person.value = made
    return made
  }
  const find = async (): Promise<Person | null> => {
    const asked = session
    clearTimeout(retry)
    let name: string | null | undefined
    let error: unknown
    try {
      name = await asked?.who()
    } catch (caught) {
      error = caught
    }
    // While we asked, somebody else may have been named.
    if (asked !== session) return identity.resolve()
    if (!name) resolving = undefined
    else if (name !== who) welcome(name)
    if (error) {
      retry = setTimeout(identity.resolve, waitBefore(failures++))
      emit('error', { code: 'no_token', message: (error as Error).message })
    } else failures = 0
    return person.value
  }
  const start = (source: TokenSource) => {
    const made = createSession(source, {
      onChange: () => {
        if (made !== session) return
        leave()
        start(source)
        void identity.resolve()
      },
    })
    session = made
    used = source
    resolving = undefined
  }

  const identity: Identity = {
    person,
    use: (source, { unlessSame } = {}) => {
      if (unlessSame && session && kinds.every((kind) => source[kind] === used[kind])) return
      if (!source.token || claimsOf(source.token)?.sub !== who) leave()
      start(source)
    },
    resolve: () => {
      resolving ??= find()
      return resolving
    },
    logout: async () => {
      view.open.value = false
      const leaving = person.value
      const unsent = leaving?.outbox.entries.value.length ? await leaving.outbox.flush(patience) : 0
      if (person.value === leaving) leave()
      return unsent
    },
    dispose: leave,
  }
  return identity
}
