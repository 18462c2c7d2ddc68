import { create as contentDisposition } from 'content-disposition'
import type { AttachmentRow } from '../domain/attachments.ts'
import type { Core } from '../domain/core.ts'
import { notFound, Refusal } from '../errors.ts'
import { type ByteRange, FileMissing } from '../storage/storage.ts'
import type { Ctx } from './context.ts'

/** Raster pictures, which a browser shows without running anything. */
const shown = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])

/**
 * Sends a stored file so that nothing in it can act, whatever it is: its type is not guessed, a page made of it would have neither origin nor script, and only pictures are
 * shown in place. Knows `If-None-Match`, `If-Range` and single ranges (RFC 9110); others are answered with the whole. Throws `range_not_satisfiable`, `not_found`
 * (the file is gone), `unavailable`.
 */
export async function serveFile(ctx: Ctx, core: Core, file: AttachmentRow, cacheControl: string): Promise<void> {
  const size = Number(file.size)
  const etag = `"${file.sha256.slice(0, 32)}"`
  const range = wantedRange(ctx, size, etag)
  const headers = {
    'Content-Type': file.content_type.startsWith('text/') ? `${file.content_type}; charset=utf-8` : file.content_type,
    'Content-Disposition': contentDisposition(file.filename, { type: shown.has(file.content_type) ? 'inline' : 'attachment' }),
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Accept-Ranges': 'bytes',
    'Cache-Control': cacheControl,
    ETag: etag,
  }
  const begin = (status: number, length: number) => {
    ctx.set(headers)
    ctx.status = status
    ctx.length = length
  }
  if (isFresh(ctx, etag)) {
    const { 'Content-Type': _type, 'Content-Disposition': _disposition, ...rest } = headers
    ctx.set(rest)
    ctx.status = 304
    return
  }
  if (ctx.method === 'HEAD') return begin(200, size)
  const bytes = await open(ctx, core, file.storage_key, range)
  ctx.body = bytes
  if (range) ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${size}`)
  begin(range ? 206 : 200, range ? range.end - range.start + 1 : size)
}

async function open(ctx: Ctx, core: Core, key: string, range: ByteRange | null) {
  try {
    return await core.storage.open(key, range ?? undefined)
  } catch (err) {
    if (!(err instanceof FileMissing))
      throw new Refusal('unavailable', { detail: 'The file cannot be read at the moment.', retryAfter: 5, cause: err })
    ctx.state.log.error({ err }, 'the file of an attachment is gone')
    throw notFound()
  }
}

/** RFC 9110 section 13.1.2: a list of entity tags, compared weakly, or `*`. Garbage matches nothing. */
function isFresh(ctx: Ctx, etag: string): boolean {
  const tags = ctx.get('If-None-Match').match(/(W\/)?"[^"]*"|^\s*\*\s*$/g) ?? []
  return tags.some((tag) => tag.trim() === '*' || tag.replace(/^W\//, '') === etag)
}

/** Null for the whole file: nothing else was asked for, or nothing that we know (RFC 9110 section 14.2: several ranges, other units, invalid ones). */
function wantedRange(ctx: Ctx, size: number, etag: string): ByteRange | null {
  const condition = ctx.get('If-Range')
  if (ctx.method !== 'GET' || (condition !== '' && condition !== etag)) return null
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(ctx.get('Range')) ?? []
  if (first === '' && last === '') return null
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  if (start < size) return { start, end: first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1) }
  ctx.set('Content-Range', `bytes */${size}`)
  throw new Refusal('range_not_satisfiable', { detail: `The file has ${size} bytes.` })
}
