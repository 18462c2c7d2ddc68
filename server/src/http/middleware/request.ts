import { randomUUID } from 'node:crypto'
import proxyAddr from 'proxy-addr'
import type { Log } from '../../log.ts'
import type { Ctx, Next } from '../context.ts'

/** Compiles TRUST_PROXY: a number of proxies in front, or their networks. */
export function trustOf(trustProxy: number | string[]): (address: string, hop: number) => boolean {
  return typeof trustProxy === 'number' ? (_, hop) => hop < trustProxy : proxyAddr.compile(trustProxy)
}

/**
 * Gives every request an id (`X-Request-Id`, and `instance` in problems) and one log line at its end. Headers that name another client are believed only from
 * trusted proxies.
 */
export function requestLog(log: Log, trust: (address: string, hop: number) => boolean) {
  return async (ctx: Ctx, next: Next) => {
    ctx.state.since = performance.now()
    ctx.state.requestId = randomUUID()
    ctx.state.address = proxyAddr(ctx.req, trust)
    ctx.state.log = log.child({ request_id: ctx.state.requestId })
    ctx.set('X-Request-Id', ctx.state.requestId)
    try {
      await next()
    } finally {
      const line = {
        method: ctx.method,
        path: ctx.path,
        status: ctx.status,
        ms: Math.round(performance.now() - ctx.state.since),
        address: ctx.state.address,
      }
      ctx.state.log.info(line, 'request')
    }
  }
}
