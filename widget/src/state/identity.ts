import { type ReadonlySignal, signal } from '@preact/signals-core'
import { createApi, end as ended, retryable } from '../net/api.ts'
import { type connectSocket, type SocketOptions, waitBefore } from '../net/socket.ts'
import { type Emit, report } from './events.ts'
import { alone } from './lock.ts'
import { newClientId } from './merge.ts'
import { createPersist, type Persist } from './persist.ts'
import { createPerson, type Person } from './person.ts'
import { claimsOf, createSession, hash, type Session, type TokenSource } from './session.ts'
import { createStore } from './store.ts'
import { joinTabs } from './tabs.ts'
import type { View } from './view.ts'
import { createVisitorRecord, createVisitorSession } from './visitor.ts'

interface Ways {
  app: string
  server: string
  view: View
  connect: typeof connectSocket
  emit: Emit
}

export interface Identity {
  /** Null while nobody is signed in and no visitor is known, or while that is not known. */
  person: ReadonlySignal<Person | null>
  /** The page says that nobody is signed in. */
  nobody: ReadonlySignal<boolean>
  /** Somebody else from now on: what the one before saw and typed is gone before this returns. `unlessSame`: a source already in use changes nothing. */
  use: (source: TokenSource, how?: { unlessSame?: boolean }) => void
  /** Asks the page who is signed in, if that is not known yet; else the visitor of this browser. Never rejects. */
  resolve: () => Promise<Person | null>
  /** Nobody is signed in and wants to write: a visitor. */
  visit: () => Promise<Person | null>
  /** Sends what waits for up to 3 s, forgets everybody; the number of messages that stay unsent. */
  logout: () => Promise<number>
  dispose: () => void
}

type Credentials = Pick<SocketOptions, 'renewIn'> & Pick<Session, 'getToken'>

const patience = 3000
const kinds = ['token', 'getToken', 'tokenUrl'] as const

/** Who is signed in. Everything known of them hangs on one `Person` and one abort signal, so that nothing of them outlives the switch. */
export function createIdentity({ app, server, view, connect, emit }: Ways): Identity {
  const person = signal<Person | null>(null)
  const nobody = signal(false)
  const ours = `support-widget:${app}`
  const store = createStore(() => indexedDB)
  const visitor = createVisitorRecord(ours, () => localStorage)
  let session: Session | undefined
  let who: string | null = null
  let life = new AbortController()
  let resolving: Promise<Person | null> | undefined
  let used: TokenSource = {}
  let failures = 0
  let retry: ReturnType<typeof setTimeout> | undefined
  let merging: ReturnType<typeof setTimeout> | undefined
  /** What the visitor of this page wrote, some of it perhaps in memory alone. */
  let written: { id: string; persist: Persist } | undefined

  /** Lets go of the person, not of the way to ask who is signed in. */
  const part = () => {
    clearTimeout(retry)
    clearTimeout(merging)
    life.abort()
    life = new AbortController()
    who = null
    person.peek()?.dispose()
    person.value = null
    view.go('list')
  }
  const leave = () => {
    part()
    resolving = undefined
    session = undefined
    nobody.value = false
  }
  /** The visitor is none any more. Who comes next opens the drawer again. */
  const end = () => {
    view.open.value = false
    part()
    resolving = undefined
    void identity.resolve()
  }
  /** The session in force answers, so that a newer token of the same customer is used at once. */
  const signedIn = {
    getToken: async (how?: { fresh?: boolean }) => session?.getToken(how) ?? null,
    renewIn: () => session?.renewIn() ?? 0,
  }
  /** A visitor and a customer of the same name are two. */
  const scopeOf = (kind: string, name: string) => [app, kind + hash(name)] as const

  const welcome = async (kind: 'c' | 'v', name: string, { getToken, renewIn }: Credentials, persist = createPersist(store, scopeOf(kind, name))) => {
    part()
    who = kind + name
    const mine = life
    const kept = await persist.load()
    // Somebody else was named while we looked.
    if (mine !== life) return
    // A call that was under way for somebody who left never settles: it must not hold up what they send when they are back.
    const over = ended(mine.signal).catch(() => {})
    const place = `${ours}:${scopeOf(kind, name)[1]}`
    const call = createApi({ server, getToken, signal: life.signal })
    const made = createPerson({
      call,
      connect: (ways) => connect({ server, getToken, renewIn, ...ways }),
      join: (ways) => joinTabs({ name: place, visible: view.visible, ...ways }),
      persist,
      kept,
      alone: (lane, task) => alone(`${place}:${lane}`, () => Promise.race([task(), over])),
      onBegin: () => {
        try {
          // Heard in the other tabs, and nothing stays of it.
          localStorage.setItem(place, '1')
          localStorage.removeItem(place)
        } catch {}
      },
      view,
      emit,
    })
    window.addEventListener(
      'storage',
      ({ key }) => {
        if (key === place) made.called.value = true
        // The visitor of this browser has signed in elsewhere, or has been forgotten.
        else if (kind === 'v' && visitor.read()?.id !== name) end()
      },
      { signal: life.signal },
    )
    // Of a visitor without a token the server knows nothing.
    if (kind === 'c' || visitor.read()?.token) call('getMe').then(made.know, (error: unknown) => report(emit, error))
    person.value = made
    if (kind === 'c') void adopt(made, call)
  }

  const welcomeVisitor = async () => {
    const id = visitor.read()?.id
    if (!id || who === `v${id}`) return
    const ask = async () => {
      const call = createApi({ server, getToken: async () => null, signal: life.signal })
      return (await call('createVisitor', { body: { app } })).token
    }
    const onEnd = () => {
      person.value?.recall()
      end()
    }
    const credentials = createVisitorSession({ id, record: visitor, ask, onEnd, alone: (task) => alone(`${ours}:visitor`, task) })
    const persist = createPersist(store, scopeOf('v', id))
    written = { id, persist }
    await welcome('v', id, credentials, persist)
  }
  /** What the visitor of this browser wrote becomes the signed-in customer's: on the server by both tokens, here once the server has agreed. */
  const adopt = async (made: Person, call: ReturnType<typeof createApi>, attempt = 0): Promise<void> => {
    const record = visitor.read()
    if (!record) return
    try {
      if (record.token) await call('mergeVisitor', { body: { visitor_token: record.token } })
    } catch (error) {
      if (retryable(error)) merging = setTimeout(adopt, waitBefore(attempt), made, call, attempt + 1)
      else {
        // The visitor was blocked, or is somebody else by now: their texts are nobody's to see.
        visitor.write(null)
        report(emit, error)
      }
      return
    }
    const left = written?.id === record.id ? written.persist : createPersist(store, scopeOf('v', record.id))
    await made.adopt(await left.load())
    await left.clear()
    if (visitor.read()?.id === record.id) visitor.write(null)
    void made.sync.catchUp()
  }

  /** Who the page says is signed in: a name, nobody, or why that is not known. */
  const ask = async () => {
    try {
      return { name: (await session?.who()) ?? null }
    } catch (error) {
      return { error }
    }
  }
  const find = async (): Promise<Person | null> => {
    const asked = session
    clearTimeout(retry)
    const { name, error } = await ask()
    // While we asked, somebody else may have been named.
    if (asked !== session) return identity.resolve()
    if (name === null) await welcomeVisitor()
    else if (name && who !== `c${name}`) await welcome('c', name, signedIn)
    if (asked !== session) return identity.resolve()
    if (!name) resolving = undefined
    nobody.value = name === null
    failures = error ? failures + 1 : 0
    if (error) {
      retry = setTimeout(identity.resolve, waitBefore(failures - 1))
      emit('error', { code: 'no_token', message: (error as Error).message })
    }
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
      alone: (task) => alone(`${ours}:token`, task),
    })
    session = made
    used = source
    resolving = undefined
  }

  const identity: Identity = {
    person,
    nobody,
    use: (source, { unlessSame } = {}) => {
      if (unlessSame && session && kinds.every((kind) => source[kind] === used[kind])) return
      const name = source.token && claimsOf(source.token)?.sub
      if (!name || who !== `c${name}`) leave()
      start(source)
    },
    resolve: () => {
      resolving ??= find()
      return resolving
    },
    visit: async () => {
      if (!visitor.read()) visitor.write({ id: newClientId() })
      return identity.resolve()
    },
    logout: async () => {
      view.open.value = false
      const leaving = person.value
      const unsent = leaving?.outbox.entries.value.length ? await leaving.outbox.flush(patience) : 0
      if (person.value === leaving) {
        visitor.write(null)
        written = undefined
        leave()
        nobody.value = true
      }
      return unsent
    },
    dispose: () => {
      leave()
      // Nobody is found any more, whoever still asks.
      resolving = Promise.resolve(null)
      store.close()
    },
  }
  return identity
}
