import { expect, test } from 'vitest'
import type { Unsent } from './merge.ts'
import { createPersist, emptyDraft } from './persist.ts'
import type { Row, Store } from './store.ts'

/** A table as the browser's, that can be blocked. */
function table() {
  const rows = new Map<string, Row>()
  const state = { blocked: false }
  const guarded = async <T>(action: () => T) => {
    if (state.blocked) throw new DOMException('denied', 'SecurityError')
    return action()
  }
  const store: Store = {
    all: (scope) => guarded(() => [...rows.values()].filter(({ key }) => scope.every((part, at) => key[at] === part))),
    put: (row) => guarded(() => rows.set(row.key.join(' '), structuredClone(row))),
    remove: (key) => guarded(() => rows.delete(key.join(' '))),
    close: () => {},
  }
  return { store, rows, state, open: (who = 'alice') => createPersist(store, ['app', who]) }
}
const draft = { ...emptyDraft, subject: 's', body: 'b' }
const entry: Unsent = { client_id: 'c', ticket_id: 'T', subject: 's', body: 'b', category: '', more: null, files: [], at: 1, state: 'sending' }

test('nothing is written before it is allowed; then all that was typed and written is, and comes back', async () => {
  const { rows, open } = table()
  const persist = open()
  await persist.keepDraft('T', draft, emptyDraft)
  await persist.keepUnsent('c', entry)
  expect(rows.size).toBe(0)
  expect((await persist.load()).drafts).toEqual([['T', draft]])
  persist.allow()
  await expect.poll(() => rows.size).toBe(2)
  expect(await open().load()).toEqual({ drafts: [['T', draft]], unsent: [{ ...entry, state: 'failed' }] })
  await persist.keepUnsent('c', null)
  await persist.keepDraft('T', null, draft)
  expect(rows.size).toBe(0)
})

test('files of a draft are written when they change, not with every key', async () => {
  const { store, rows, open } = table()
  const persist = open()
  persist.allow()
  const written: string[] = []
  const { put } = store
  store.put = (row) => {
    written.push(String(row.key.at(-2)))
    return put(row)
  }
  const withFile = { ...draft, files: [new File(['x'], 'a.txt')] }
  await persist.keepDraft('T', withFile, emptyDraft)
  await persist.keepDraft('T', { ...withFile, body: 'bc' }, withFile)
  expect(written.sort()).toEqual(['draft', 'draft', 'files'])
  const [only] = (await open().load()).drafts
  expect(only?.[1]).toMatchObject({ body: 'bc', files: [{ name: 'a.txt', size: 1 }] })
  await persist.keepDraft('T', emptyDraft, withFile)
  expect(rows.size).toBe(0)
})

test('another customer sees nothing of it', async () => {
  const { open } = table()
  const persist = open('alice')
  persist.allow()
  await persist.keepDraft('T', draft, emptyDraft)
  expect(await open('bob').load()).toEqual({ drafts: [], unsent: [] })
  await persist.clear()
  expect((await open('alice').load()).drafts).toEqual([])
})

test('what is not ours is taken as text or left out', async () => {
  const { rows, open } = table()
  const key = (...rest: string[]) => ['app', 'alice', ...rest]
  rows.set('1', { key: key('draft', 'T'), body: { toString: 1 }, subject: 5, more: 'x' })
  rows.set('2', { key: key('files', 'T'), files: ['x', null] })
  rows.set('3', { key: key('unsent', 'c'), at: 'never', body: 'b', files: {}, state: 'sending', ticket_id: 7 })
  const { drafts, unsent } = await open().load()
  expect(drafts).toEqual([['T', emptyDraft]])
  expect(unsent).toEqual([{ client_id: 'c', ticket_id: null, subject: '', body: 'b', category: '', more: null, files: [], at: 0, state: 'failed' }])
})

test('a storage that throws is survived and told; once it works again everything is kept', async () => {
  const { state, rows, open } = table()
  const persist = open()
  persist.allow()
  state.blocked = true
  await persist.keepDraft('T', draft, emptyDraft)
  await persist.keepUnsent('c', entry)
  expect(persist.blocked.value).toBe(true)
  expect(await persist.load()).toMatchObject({ drafts: [['T', draft]], unsent: [{ client_id: 'c' }] })
  state.blocked = false
  await persist.keepDraft('new', draft, emptyDraft)
  expect(persist.blocked.value).toBe(false)
  expect(rows.size).toBe(3)
})

test('what the store had stays, if it cannot be read any more', async () => {
  const { state, open } = table()
  const before = open()
  before.allow()
  await before.keepUnsent('c', entry)
  const persist = open()
  expect((await persist.load()).unsent).toHaveLength(1)
  await persist.keepDraft('T', draft, emptyDraft)
  state.blocked = true
  expect(await persist.load()).toMatchObject({ drafts: [['T', draft]], unsent: [{ client_id: 'c' }] })
  await persist.keepUnsent('c', null)
  expect(await persist.load()).toMatchObject({ drafts: [['T', draft]], unsent: [] })
})
