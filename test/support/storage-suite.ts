import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { FileMissing, newStorageKey, type Storage } from '@support-widget/server/storage/storage.ts'
import { describe, expect, test } from 'vitest'

async function* chunks(...given: Uint8Array[]) {
  yield* given
}

async function read(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const chunk of stream) parts.push(chunk)
  return Buffer.concat(parts)
}

/** What every storage must do. `make` gives an empty one, and says which keys it holds anything of. */
export function storageSuite(name: string, make: () => Promise<{ storage: Storage; held(): Promise<string[]> }>): void {
  describe(`STORE-1: ${name}`, () => {
    test('gives back what it was given, all of it and ranges of it', async () => {
      const { storage } = await make()
      const key = newStorageKey()
      const bytes = randomBytes(300_000)
      await storage.put(key, chunks(bytes.subarray(0, 1), bytes.subarray(1, 100_000), new Uint8Array(), bytes.subarray(100_000)))
      expect(await storage.size(key)).toBe(bytes.length)
      expect((await read(await storage.open(key))).equals(bytes)).toBe(true)
      for (const [start, end] of [
        [0, 0],
        [0, bytes.length - 1],
        [99_999, 100_000],
        [bytes.length - 1, bytes.length - 1],
      ] as const) {
        expect((await read(await storage.open(key, { start, end }))).equals(bytes.subarray(start, end + 1))).toBe(true)
      }
    })

    test('keeps files apart, and empty ones', async () => {
      const { storage, held } = await make()
      const [one, two] = [newStorageKey(), newStorageKey()]
      await Promise.all([storage.put(one, chunks()), storage.put(two, chunks(Buffer.from('two')))])
      expect(await storage.size(one)).toBe(0)
      expect(String(await read(await storage.open(two)))).toBe('two')
      expect(await held()).toEqual([one, two].sort())
    })

    test('does not know what was never put, or was removed; removing twice is fine', async () => {
      const { storage, held } = await make()
      const key = newStorageKey()
      expect(await storage.size(key)).toBeNull()
      await expect(storage.open(key)).rejects.toBeInstanceOf(FileMissing)
      await storage.remove(key)
      await storage.put(key, chunks(Buffer.from('here')))
      await storage.remove(key)
      await storage.remove(key)
      expect(await storage.size(key)).toBeNull()
      await expect(storage.open(key, { start: 0, end: 1 })).rejects.toBeInstanceOf(FileMissing)
      expect(await held()).toEqual([])
    })

    test('leaves nothing of a source that fails, and throws its fault; the key can be used again', async () => {
      const { storage, held } = await make()
      const key = newStorageKey()
      let ended = false
      async function* broken() {
        try {
          yield Buffer.alloc(100_000)
          throw new Error('cut off')
        } finally {
          ended = true
        }
      }
      await expect(storage.put(key, broken())).rejects.toThrow('cut off')
      expect(ended).toBe(true)
      expect(await held()).toEqual([])
      await storage.put(key, chunks(Buffer.from('again')))
      expect(await storage.size(key)).toBe(5)
    })

    test('refuses keys that are not its own', async () => {
      const { storage, held } = await make()
      for (const key of ['', '..', '../x', 'a/b', '/etc/passwd', `${newStorageKey()}/..`, newStorageKey().toUpperCase(), `${newStorageKey()}\n`]) {
        await expect(storage.put(key, chunks(Buffer.from('x'))), key).rejects.toThrow('not a storage key')
        await expect(storage.open(key), key).rejects.toThrow('not a storage key')
        await expect(storage.size(key), key).rejects.toThrow('not a storage key')
        await expect(storage.remove(key), key).rejects.toThrow('not a storage key')
      }
      expect(await held()).toEqual([])
    })

    test('a stream that is not read to its end can be destroyed', async () => {
      const { storage } = await make()
      const key = newStorageKey()
      await storage.put(key, chunks(Buffer.alloc(1_000_000)))
      const stream = await storage.open(key)
      await stream[Symbol.asyncIterator]().next()
      stream.destroy()
      expect(await storage.size(key)).toBe(1_000_000)
    })
  })
}
