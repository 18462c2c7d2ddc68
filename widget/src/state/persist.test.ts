import { expect, test } from 'vitest'
import type { Unsent } from './merge.ts'
import { createPersist } from './persist.ts'

/** A storage whose entries are its own properties, as in a browser. */
class MemoryStorage {
  [key: string]: unknown
  getItem(key: string) {
    return Object.hasOwn(this, key) ? String(this[key]) : null
  }
  setItem(key: string, value: string) {
    this[key] = value
  }
  removeItem(key: string) {
    delete this[key]
  }
}
const draft = { subject: 's', body: 'b', category: '' }
const entry: Unsent = { client_id: 'c', ticket_id: 'T', subject: 's', body: 'b', at: 1, state: 'sending' }
const open = (storage: MemoryStorage, prefix = 'w:') => createPersist(prefix, () => storage)

test('nothing is written before it is allowed; then drafts and unsent messages come back', () => {
  const storage = new MemoryStorage()
  const persist = open(storage)
  persist.keepDraft('T', draft)
  expect(Object.keys(storage)).toEqual([])
  persist.allow()
  persist.keepDraft('T', draft)
  persist.keepUnsent('c', entry)
  expect(open(storage).drafts()).toEqual([['T', draft]])
  expect(open(storage).unsent()).toEqual([{ ...entry, state: 'failed' }])
  persist.keepUnsent('c', null)
  persist.keepDraft('T', null)
  expect(Object.keys(storage)).toEqual([])
})

test('another customer sees nothing of it', () => {
  const storage = new MemoryStorage()
  const persist = open(storage, 'app:alice:')
  persist.allow()
  persist.keepDraft('T', draft)
  expect(open(storage, 'app:bob:').drafts()).toEqual([])
  expect(open(storage, 'app:alice:').drafts()).toHaveLength(1)
})

test('what we cannot have written is thrown away, and what is not text becomes text', () => {
  const storage = new MemoryStorage()
  for (const [at, value] of ['{', 'null', '5', '{"body":7}', '[]'].entries()) storage.setItem(`w:d:${at}`, value)
  storage.setItem('w:d:T', '{"body":"b","subject":{"toString":1},"category":null}')
  storage.setItem('other', '{')
  const [only] = open(storage).drafts()
  expect(only?.[0]).toBe('T')
  expect(typeof only?.[1].category).toBe('string')
  expect(Object.keys(storage).sort()).toEqual(['other', 'w:d:T'])
})

test('a storage that throws is survived', () => {
  const blocked = createPersist('w:', () => {
    throw new Error('SecurityError')
  })
  blocked.allow()
  blocked.keepDraft('T', draft)
  expect(blocked.drafts()).toEqual([])
  expect(blocked.unsent()).toEqual([])
})
