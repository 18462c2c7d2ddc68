import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'

/** Bytes of a file, both ends inclusive. */
export interface ByteRange {
  start: number
  end: number
}

/** Where uploaded files are kept, by keys that {@link newStorageKey} makes. What goes wrong with the disk or the network is thrown as it comes. */
export interface Storage {
  /** Keeps all bytes of `source` under a new key; whole and safe from a power cut when it resolves, nothing is left when it rejects (also when `source` does). */
  put(key: string, source: AsyncIterable<Uint8Array>): Promise<void>
  /** The bytes, all or a range that lies within the file; whoever opens it reads it to its end or destroys it. Throws {@link FileMissing}. */
  open(key: string, range?: ByteRange): Promise<Readable>
  /** Bytes of the file; null if there is none. */
  size(key: string): Promise<number | null>
  /** Removes the file and what an interrupted `put` may have left; fine if there is none. */
  remove(key: string): Promise<void>
}

/** There is no file under this key. */
export class FileMissing extends Error {}

const key = /^[0-9a-f]{32}$/

/** 128 random bits in hex: says nothing about the file, and is safe in a path. */
export const newStorageKey = () => randomBytes(16).toString('hex')

/** Throws for anything that {@link newStorageKey} does not make. */
export function checkKey(given: string): void {
  if (!key.test(given)) throw new Error('not a storage key')
}
