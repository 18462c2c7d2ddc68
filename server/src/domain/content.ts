import { ReadableStream } from 'node:stream/web'
import { fileTypeFromStream } from 'file-type'
import type { Storage } from '../storage/storage.ts'
import { extensionOf } from './filename.ts'
import { pictureSize } from './picture.ts'

/** What a file is, by its bytes. Only pictures have a size. */
export interface Content {
  contentType: string
  width: number | null
  height: number | null
}

interface Stored {
  key: string
  size: number
  filename: string
  /** See {@link textCheck}. */
  isText: boolean
}

const unknown: Content = { contentType: 'application/octet-stream', width: null, height: null }

const pictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/heic'])
const zips = new Set([
  'application/zip',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
])
const known = new Set([...pictures, ...zips, 'application/pdf', 'video/mp4', 'video/quicktime', 'audio/mpeg'])
/** What the library calls a picture that we call by its family. */
const families: Partial<Record<string, string>> = { 'image/apng': 'image/png', 'image/heif': 'image/heic' }
/** Text has no signature: its name says what it is. */
const texts: Partial<Record<string, string>> = { txt: 'text/plain', log: 'text/plain', csv: 'text/csv', json: 'application/json' }

/** A picture's size stands within this much of its start; what hides it further on is no picture to us. */
const headBytes = 256 * 1024
/** APPNOTE 4.3.16: the end record of a zip has 22 bytes and at most 65,535 of comment after it. */
const zipTailBytes = 22 + 65_535
/** Detection reads what it needs; a file that keeps it longer than this, milliseconds, is nothing that it knows. */
const detectWithinMs = 5_000

/**
 * The content type of a stored file, from its bytes alone; the name only tells texts apart. Whatever is not on our list, and whatever is more than one thing at a time
 * (markup, scripts or archives in disguise), is `application/octet-stream`.
 */
export async function contentOf(storage: Storage, file: Stored): Promise<Content> {
  const contentType = await detect(storage, file.key)
  const head = await readRange(storage, file.key, 0, Math.min(file.size, headBytes) - 1)
  if (await isDisguised(storage, file, contentType, head)) return unknown
  if (!known.has(contentType)) return { ...unknown, contentType: (file.isText && texts[extensionOf(file.filename)]) || unknown.contentType }
  if (!pictures.has(contentType)) return { ...unknown, contentType }
  const size = pictureSize(head)
  return size ? { contentType, ...size } : unknown
}

async function readRange(storage: Storage, key: string, start: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await storage.open(key, { start, end })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function detect(storage: Storage, key: string): Promise<string> {
  const stream = await storage.open(key)
  let broken: unknown
  stream.on('error', (err) => {
    broken = err
  })
  try {
    const type = await fileTypeFromStream(ReadableStream.from<Uint8Array>(stream), { signal: AbortSignal.timeout(detectWithinMs) })
    return families[type?.mime ?? ''] ?? type?.mime ?? unknown.contentType
  } catch (err) {
    // A malformed file may break the detection; a storage that fails is no property of the file.
    if (broken) throw broken instanceof Error ? broken : err
    return unknown.contentType
  } finally {
    stream.destroy()
  }
}

/** Markup where sniffing programs look for it (WHATWG MIME Sniffing: the first 1,445 bytes). */
const markup = /<(!doctype|\?xml|html|head|body|script|svg|iframe|style|math|object|embed|link|meta)[\s>/]/i
const sniffedBytes = 1445
/** A header that goes on as a script: its next bytes open a comment, or are the operator after a name. */
const script = /^(GIF8[79]a|RIFF|\xff\xd8\xff[\xe0-\xef])(\/[*/]|[\t\n\r ]?[=;([.,`+\-*%&|^?][\t\n\r -~])/

function looksActive(head: Buffer): boolean {
  const start = head.toString('latin1', 0, sniffedBytes)
  return markup.test(start) || script.test(start) || /^(\xef\xbb\xbf)?\s*<[!?a-z/]/i.test(start)
}

/** A zip that also opens as a PDF (whose header may stand anywhere in the first 1,024 bytes), or anything else that is also a page, a script or a zip. */
async function isDisguised(storage: Storage, { key, size }: Stored, contentType: string, head: Buffer): Promise<boolean> {
  if (zips.has(contentType)) return head.subarray(0, 1024).includes('%PDF-')
  if (looksActive(head)) return true
  const tail = await readRange(storage, key, Math.max(0, size - zipTailBytes), size - 1)
  return tail.includes('PK\x05\x06', 0, 'latin1')
}

/** Control characters that no text has (WHATWG MIME Sniffing, "binary data byte"): all but tab, line and page breaks, and escape. */
const isBinary = (byte: number) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b

/** Looks at a file as it passes: text is valid UTF-8 without control characters. */
export function textCheck(): { see(chunk: Uint8Array): void; isText(): boolean } {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = true
  const decodes = (chunk: Uint8Array, more: boolean) => {
    try {
      decoder.decode(chunk, { stream: more })
      return true
    } catch {
      return false
    }
  }
  return {
    see(chunk) {
      text = text && !chunk.some(isBinary) && decodes(chunk, true)
    },
    isText: () => text && decodes(new Uint8Array(), false),
  }
}
