import { STATUS_CODES } from 'node:http'
import type { ErrorCode } from '@support-widget/shared/errors.ts'
import { Refusal, toRefusal } from '../../errors.ts'
import { problemOf } from '../../present/problem.ts'
import type { Ctx, Next, Shaped } from '../context.ts'
import { lingering } from '../linger.ts'

const byStatus: Partial<Record<number, ErrorCode>> = {
  403: 'not_found',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  501: 'method_not_allowed',
}

/** The one place where what was thrown becomes an answer. Refusals are told; everything else is logged and answered without its text. */
export async function funnel(ctx: Ctx, next: Next) {
  try {
    if (ctx.req.headers.host === undefined && ctx.req.httpVersion === '1.1')
      throw new Refusal('invalid_request', { detail: 'A Host header is needed.' })
    await next()
    if (ctx.status >= 400 && !ctx.body) throw unrouted(ctx)
  } catch (err) {
    answer(ctx, refusalOf(err))
  }
}

/** What the router left: no such path, or a path (`Allow` says for which methods) without this method. */
function unrouted(ctx: Ctx): Refusal {
  return ctx.response.get('Allow') ? new Refusal('method_not_allowed') : new Refusal('not_found', { detail: 'There is nothing at this path.' })
}

/** The status of an HTTP error that a library threw, told by its marks: each library brings a class of its own. Anything else is 500. */
function statusOf(err: unknown): number {
  return err instanceof Error && 'expose' in err && 'status' in err && typeof err.status === 'number' ? err.status : 500
}

function refusalOf(err: unknown): Refusal {
  const status = statusOf(err)
  const code = byStatus[status] ?? (status < 500 ? 'invalid_request' : null)
  return code ? new Refusal(code, { detail: STATUS_CODES[status] ?? 'Bad request' }) : toRefusal(err)
}

function answer(ctx: Ctx, refusal: Refusal): void {
  const { log, requestId } = ctx.state
  if (refusal.code === 'internal_error') log.error({ err: refusal.cause }, 'request failed')
  else if (refusal.code === 'unavailable') log.warn({ err: refusal.cause }, 'unavailable')
  else log.debug({ code: refusal.code, detail: refusal.message }, 'refused')
  const { status, type, body } = ctx.state.shape?.(refusal) ?? native(refusal, requestId)
  ctx.status = status
  const text = JSON.stringify(body)
  // The rest of a body that nobody reads would otherwise have to be read.
  const cut = refusal.code === 'payload_too_large' || refusal.code === 'request_timeout'
  if (cut) ctx.set('Connection', 'close')
  if (refusal.code === 'payload_too_large') {
    ctx.body = lingering(ctx.req, text)
    ctx.length = Buffer.byteLength(text)
  } else ctx.body = text
  ctx.type = type
  ctx.set('Cache-Control', 'no-store')
  if (refusal.retryAfter !== undefined) ctx.set('Retry-After', String(refusal.retryAfter))
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer')
}

const native = (refusal: Refusal, requestId: string): Shaped => ({
  status: refusal.status,
  type: 'application/problem+json',
  body: problemOf(refusal, requestId),
})
