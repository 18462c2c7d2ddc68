import { limits } from '@support-widget/shared/limits.ts'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Principal } from '../auth/principal.ts'
import { Refusal } from '../errors.ts'
import type { Ctx, Next } from './context.ts'

/** A minute's budget by address before anybody is known, then by who is calling. Identity comes first, so that an office behind one address is not one caller. */
export interface RateLimit {
  address(ctx: Ctx, next: Next): Promise<unknown>
  principal(ctx: Ctx, principal: Principal): Promise<void>
  /** Before a visitor is made, for whom nobody vouches. */
  visitor(ctx: Ctx): Promise<void>
  /** Before an app has us call an address of its choice; held also where the others are off, because it guards others. */
  webhookTest(ctx: Ctx, appId: string): Promise<void>
}

const windowSeconds = 60

/** `factor` on the default limits; null is off. */
export function createRateLimit(factor: number | null): RateLimit {
  const tests = new RateLimiterMemory({ points: limits.webhookTests, duration: windowSeconds })
  const webhookTest = (ctx: Ctx, appId: string) => spend(ctx, tests, 'webhook-tests', appId)
  if (factor === null) return { address: (_, next) => next(), principal: async () => {}, visitor: async () => {}, webhookTest }
  const make = (points: number) => new RateLimiterMemory({ points: points * factor, duration: windowSeconds })
  const addresses = make(limits.requestsPerAddress)
  const writes = make(limits.writesPerCustomer)
  const reads = make(limits.readsPerCustomer)
  const keys = make(limits.requestsPerKey)
  const visitors = make(limits.visitorsPerAddress)

  return {
    async address(ctx, next) {
      await spend(ctx, addresses, 'address', ctx.state.address)
      await next()
    },
    webhookTest,
    visitor: (ctx) => spend(ctx, visitors, 'visitors', ctx.state.address),
    principal(ctx, principal) {
      const reading = ctx.method === 'GET' || ctx.method === 'HEAD'
      if (principal.kind === 'admin_key' || principal.kind === 'partner_key') return spend(ctx, keys, 'key', principal.keyId)
      if (principal.kind === 'user' && principal.agentId) return spend(ctx, keys, 'agent', principal.agentId)
      return reading ? spend(ctx, reads, 'reads', principal.customerId) : spend(ctx, writes, 'writes', principal.customerId)
    },
  }
}

async function spend(ctx: Ctx, limiter: RateLimiterMemory, name: string, key: string): Promise<void> {
  const result = await limiter.consume(key).catch((refused: unknown) => refused)
  if (!(result instanceof RateLimiterRes)) throw result
  const seconds = Math.max(1, Math.ceil(result.msBeforeNext / 1000))
  // IETF draft-ietf-httpapi-ratelimit-headers: policy name, quota and window; what remains, and when it renews.
  ctx.set('RateLimit-Policy', `"${name}";q=${limiter.points};w=${windowSeconds}`)
  ctx.set('RateLimit', `"${name}";r=${result.remainingPoints};t=${seconds}`)
  if (result.consumedPoints > limiter.points) {
    throw new Refusal('rate_limited', { detail: `At most ${limiter.points} such requests a minute.`, retryAfter: seconds })
  }
}
