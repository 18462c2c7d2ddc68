import { bare, end } from '../net/api.ts'

/** What stands in the store: whose it is and what, and its members. */
export interface Row {
  key: readonly string[]
  [member: string]: unknown
}

/** The browser's database, one table of rows. Every method rejects where it is blocked, full or broken. */
export interface Store {
  /** The rows whose key begins so. Never makes the database, and rejects if it is silent for seconds. */
  all: (scope: readonly string[]) => Promise<Row[]>
  /** Makes the database if it is not there yet. */
  put: (row: Row) => Promise<unknown>
  remove: (key: readonly string[]) => Promise<unknown>
  close: () => void
}

const table = 'kept'
/** Some browsers' databases never open after they were killed; another tab that was frozen may hold one up. */
const patience = 2_000

/** Nothing is opened before it is needed, and nothing made before something is kept. */
export function createStore(factory: () => IDBFactory): Store {
  let opening: Promise<IDBDatabase> | undefined
  let opened: IDBDatabase | undefined

  const forget = () => {
    opened?.close()
    opened = opening = undefined
  }
  const open = (make: boolean) =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory().open('support-widget', 1)
      const late = setTimeout(reject, patience)
      request.onupgradeneeded = () => {
        if (make) request.result.createObjectStore(table, bare({ keyPath: 'key' }))
        else request.transaction?.abort()
      }
      request.onerror = (event) => {
        event.preventDefault()
        clearTimeout(late)
        reject(request.error)
      }
      request.onsuccess = () => {
        clearTimeout(late)
        opened = request.result
        opened.onclose = opened.onversionchange = forget
        resolve(opened)
      }
    })
  const attempt = async <T>(mode: IDBTransactionMode, make: boolean, action: (rows: IDBObjectStore) => IDBRequest<T>) => {
    opening ??= open(make)
    const database = await opening
    return new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(table, mode)
      const request = action(transaction.objectStore(table))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
      // On its way at once: the page may be gone before the answer.
      transaction.commit()
    })
  }
  const run: typeof attempt = async (...work) => {
    try {
      return await attempt(...work)
    } catch (error) {
      // The browser may have dropped the connection, or what was opened had nothing in it yet.
      const again = opened || work[1]
      forget()
      if (again) return attempt(...work)
      throw error
    }
  }
  return {
    all: (scope) =>
      Promise.race([run('readonly', false, (rows) => rows.getAll(IDBKeyRange.bound(scope, [...scope, []]))), end(AbortSignal.timeout(2 * patience))]),
    put: (row) => run('readwrite', true, (rows) => rows.put(row)),
    remove: (key) => run('readwrite', false, (rows) => rows.delete(key as string[])),
    close: forget,
  }
}
