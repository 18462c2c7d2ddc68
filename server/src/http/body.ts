import { limits } from '@support-widget/shared/limits.ts'
import { parse as parseContentType } from 'content-type'
import getRawBody from 'raw-body'
import { Refusal } from '../errors.ts'
import type { Ctx } from './context.ts'
import { type Pace, watchPace } from './pace.ts'

/** A JSON body must have arrived so long after its request began, milliseconds. */
const bodyTimeoutMs = 30_000

const malformed = (detail: string) => new Refusal('malformed_json', { detail })
const unsupported = (detail: string) => new Refusal('unsupported_media_type', { detail })

/** A body that has a file in it: larger, and as slow as an upload may be. */
export interface Large {
  bytes: number
  pace: Pace
}

/**
 * Reads a JSON body: `application/json` in UTF-8, without content encoding, at most 512 KiB and complete within 30 s (or what `large` says), at most 32 levels deep. A byte order
 * mark is dropped. Throws `invalid_request` (none), `unsupported_media_type`, `payload_too_large`, `request_timeout`, `malformed_json`.
 */
export async function readJson(ctx: Ctx, large?: Large): Promise<unknown> {
  const most = large?.bytes ?? limits.jsonBytes
  const length = ctx.request.length
  if (length === 0 || (length === undefined && ctx.get('Transfer-Encoding') === '')) {
    throw new Refusal('invalid_request', { detail: 'A JSON body is needed.', faults: [{ location: 'body', message: 'is missing' }] })
  }
  checkType(ctx)
  if (length !== undefined && length > most) throw tooLarge(most)
  const value = parse(decode(await read(ctx, most, large?.pace)))
  checkDepth(value)
  return value
}

const tooLarge = (most: number) => new Refusal('payload_too_large', { detail: `A JSON body has at most ${most} bytes.` })

function checkType(ctx: Ctx): void {
  if (ctx.get('Content-Encoding') !== '' && ctx.get('Content-Encoding') !== 'identity') throw unsupported('Send the body without Content-Encoding.')
  const { type, charset } = contentType(ctx.get('Content-Type'))
  if (type !== 'application/json') throw unsupported('Send the body as Content-Type: application/json.')
  if (charset !== '' && !/^utf-?8$/i.test(charset)) throw unsupported('Send the body in UTF-8.')
}

function contentType(header: string): { type: string; charset: string } {
  try {
    const { type, parameters } = parseContentType(header)
    return { type: type.toLowerCase(), charset: parameters.charset ?? '' }
  } catch {
    return { type: '', charset: '' }
  }
}

async function read(ctx: Ctx, most: number, pace?: Pace): Promise<Buffer> {
  const late = Promise.withResolvers<never>()
  const unwatch = pace ? watchPace(ctx.req, pace, late.reject) : watchTime(ctx, late.reject)
  try {
    return await Promise.race([getRawBody(ctx.req, { limit: most, length: ctx.request.length ?? null }), late.promise])
  } catch (err) {
    if (err instanceof Error && 'type' in err && err.type === 'entity.too.large') throw tooLarge(most)
    if (err instanceof Refusal) throw err
    throw malformed('The body did not arrive whole.')
  } finally {
    unwatch()
  }
}

function watchTime(ctx: Ctx, refuse: (refusal: Refusal) => void): () => void {
  const left = ctx.state.since + bodyTimeoutMs - performance.now()
  const timer = setTimeout(() => refuse(new Refusal('request_timeout', { detail: 'The body took longer than 30 seconds.' })), left)
  return () => clearTimeout(timer)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed('The body is not UTF-8.')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('The body is not valid JSON.')
  }
}

const isContainer = (value: unknown): value is object => value !== null && typeof value === 'object'

function checkDepth(value: unknown): void {
  let level = [value].filter(isContainer)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limits.jsonDepth) throw new Refusal('invalid_request', { detail: `The body is nested deeper than ${limits.jsonDepth} levels.` })
    level = level.flatMap((one) => Object.values(one).filter(isContainer))
  }
}
