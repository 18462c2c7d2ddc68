import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { limits } from '@support-widget/shared/limits.ts'
import { tooLarge } from '../domain/uploads.ts'
import { badInput, Refusal } from '../errors.ts'
import type { Ctx } from './context.ts'
import { type Pace, watchPace } from './pace.ts'

/** The one file of an upload, while it arrives. */
export interface ArrivingFile {
  /** As the client wrote it. */
  name: string | undefined
  bytes: AsyncIterable<Uint8Array>
}

/** What boundaries and part headers may add to the file, bytes. */
const envelopeBytes = 16 * 1024

const onePart = () => badInput('body', 'must be one part named "file", with a file in it')
const malformed = () => new Refusal('invalid_request', { detail: 'The body is not whole multipart/form-data.' })

/**
 * Reads a multipart body that has exactly one part, named `file`, and gives the file to `take` while it arrives. Resolves when `take` has and the body ended as it should; else
 * breaks `bytes`, waits for `take` and rejects. Throws `invalid_request`, `unsupported_media_type`, `payload_too_large`, `request_timeout`, and what `take` throws.
 */
export async function receiveFile<T>(ctx: Ctx, pace: Pace, take: (file: ArrivingFile) => Promise<T>): Promise<T> {
  const { req } = ctx
  checkHead(ctx)
  if (req.destroyed) throw malformed()
  const parser = parserFor(req)
  const whole = Promise.withResolvers<void>()
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => {})
  let taken: Promise<T> | undefined
  let file: Readable | undefined

  parser.on('file', (field, bytes, name: string | undefined) => {
    file = bytes
    bytes.on('error', () => broken.reject(malformed()))
    bytes.on('limit', () => broken.reject(tooLarge()))
    if (field !== 'file') return broken.reject(onePart())
    // Whoever gives up reading says why; a stream that is destroyed under the parser's hands would be the first to be heard.
    taken = take({ name, bytes: bytes.iterator({ destroyOnReturn: false }) })
    taken.catch(broken.reject)
  })
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) parser.on(limit, () => broken.reject(onePart()))
  parser.on('error', () => broken.reject(malformed()))
  parser.on('finish', whole.resolve)
  const cut = () => {
    if (!req.complete) broken.reject(malformed())
  }
  req.on('error', cut)
  req.on('close', cut)
  const stopWatching = watchPace(req, pace, broken.reject)
  req.pipe(parser)
  try {
    await Promise.race([whole.promise, broken.promise])
    if (!taken) throw onePart()
    return await Promise.race([taken, broken.promise])
  } catch (err) {
    req.unpipe(parser)
    file?.destroy(err instanceof Error ? err : malformed())
    // Its own clean-up comes before the answer.
    await taken?.catch(() => {})
    // Nobody waits for the end of a body that does not say when it ends.
    if (ctx.request.length === undefined && !req.complete) ctx.set('Connection', 'close')
    throw err
  } finally {
    stopWatching()
    req.off('close', cut)
  }
}

function checkHead(ctx: Ctx): void {
  const { length } = ctx.request
  if (length === 0 || (length === undefined && ctx.get('Transfer-Encoding') === '')) throw onePart()
  if (ctx.get('Content-Encoding') !== '' && ctx.get('Content-Encoding') !== 'identity') throw unsupported('Send the body without Content-Encoding.')
  if (!/^multipart\/form-data\s*(;|$)/i.test(ctx.get('Content-Type'))) throw unsupported('Send the file as multipart/form-data.')
  if (length !== undefined && length > limits.uploadBytes + envelopeBytes) throw tooLarge()
}

const unsupported = (detail: string) => new Refusal('unsupported_media_type', { detail })

function parserFor(req: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...req.headers, 'content-type': req.headers['content-type'] ?? '' },
      preservePath: true,
      limits: { parts: 1, files: 1, fields: 0, fileSize: limits.uploadBytes, headerPairs: 16, headerSize: envelopeBytes },
    })
  } catch {
    throw malformed()
  }
}
