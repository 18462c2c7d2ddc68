import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { limits } from '@support-widget/shared/limits.ts'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { Refusal } from '../errors.ts'
import { problemOf } from '../present/problem.ts'

/** What stands before Socket.IO's engine; `use` as it has it. */
interface Engine {
  use(middleware: (req: IncomingMessage, res: ServerResponse, next: () => void) => void): void
}

const windowSeconds = 60

/**
 * Bounds the new sessions from one address a minute, whoever they are for: a 429 problem where the answer can be read, a closed connection where a WebSocket was asked for.
 * `factor` is on the default limit; null is off.
 */
export function limitHandshakes(engine: Engine, factor: number | null, addressOf: (req: IncomingMessage) => string): void {
  if (factor === null) return
  const points = limits.handshakesPerAddress * factor
  const limiter = new RateLimiterMemory({ points, duration: windowSeconds })
  engine.use((req, res, next) => {
    // What names a session goes on with one, or is refused for naming none.
    if (/[?&]sid=/.test(req.url ?? '')) return next()
    const pass = () => next()
    limiter.consume(addressOf(req)).then(pass, (refused: unknown) => {
      const retryAfter = refused instanceof RateLimiterRes ? Math.max(1, Math.ceil(refused.msBeforeNext / 1000)) : windowSeconds
      const requestId = randomUUID()
      const refusal = new Refusal('rate_limited', { detail: `At most ${points} new sockets a minute from one address.`, retryAfter })
      const headers = {
        'Content-Type': 'application/problem+json',
        'Retry-After': String(retryAfter),
        'X-Request-Id': requestId,
        'Cache-Control': 'no-store',
      }
      res.writeHead(refusal.status, headers)
      res.end(JSON.stringify(problemOf(refusal, requestId)))
    })
  })
}
