import type Router from '@koa/router'
import type Koa from 'koa'
import * as z from 'zod'
import { once } from '../../domain/once.ts'
import { asAgent, asCustomer } from '../../domain/policy.ts'
import type { Refusal } from '../../errors.ts'
import type { Ctx, State } from '../context.ts'
import { inTime } from '../deadline.ts'
import { type Documents, serve as serveDocument } from '../docs.ts'
import { answerOnce, type Doors, identify, parseInput } from '../operation.ts'
import type { Pace } from '../pace.ts'
import type { Call, Dialect, Route } from './dialect.ts'
import { dialectDocument } from './openapi.ts'

/** Where dialects are mounted. */
export interface CompatDoors extends Doors {
  publicUrl: string
  release: string
  documents: Documents
  pace: Pace
}

/** Serves a dialect: routes, errors, limits and its API document, all below `/compat/NAME`. */
export function mountDialect(koa: Koa<State>, router: Router, doors: CompatDoors, dialect: Dialect): void {
  const prefix = `/compat/${dialect.name}`
  const base = doors.publicUrl + prefix
  koa.use((ctx, next) => {
    const { refuse } = dialect
    // The router does not mind upper case.
    if (refuse && `${ctx.path.toLowerCase()}/`.startsWith(`${prefix}/`)) {
      ctx.state.shape = (refusal: Refusal) => refuse(refusal, { requestId: ctx.state.requestId, base, input: ctx.state.input })
    }
    return next()
  })
  for (const one of dialect.routes) {
    router.register(prefix + one.path.replace(/\/$/, ''), [one.method], (ctx) => serve(ctx as unknown as Ctx, doors, dialect, one, base))
  }
  for (const [path, body] of Object.entries(dialect.published?.(base) ?? {})) serveDocument(router, { path: prefix + path, body })
  doors.documents.add({ title: dialect.title, path: `${prefix}/openapi.json`, body: dialectDocument(dialect, base, doors.release) })
}

async function serve(ctx: Ctx, doors: CompatDoors, dialect: Dialect, one: Route, base: string): Promise<void> {
  const principal = await identify(ctx, doors, dialect.keyHeaders)
  const actor = one.access === 'agent' ? asAgent(principal) : asCustomer(principal)
  const { key, query, body } = await parseInput(
    ctx,
    inputOf(dialect, one),
    ctx.params,
    dialect.bodyBytes === undefined ? undefined : { bytes: dialect.bodyBytes, pace: doors.pace },
  )
  const call = { core: doors.core, actor, principal, params: ctx.params, query, body, base } as Call
  const prepared = await one.prepare?.(call)
  ctx.set('Cache-Control', 'no-store')
  try {
    if (key === undefined) ctx.body = await finished(call, one, await inTime(one.handle(call, prepared), doors.withinMs))
    else {
      const input = one.same?.(call, prepared) ?? { params: ctx.params, query, body }
      const request = { operation: `${dialect.name} ${one.name}`, key, input, status: one.status, secrets: [] }
      const answer = await inTime(
        once(doors.core, actor, request, (core) => one.handle({ ...call, core }, prepared)),
        doors.withinMs,
      )
      answerOnce(ctx, { ...answer, json: JSON.stringify(await finished(call, one, JSON.parse(answer.json))) })
    }
  } finally {
    await one.settle?.(call, prepared)
  }
  ctx.status = one.status
}

const finished = async (call: Call, one: Route, answer: unknown) => (one.finish ? one.finish(call, answer) : answer)

/** What a dialect does not know it ignores, unless it is a strict one. */
function inputOf({ strict }: Dialect, { query = z.object({}), body, once: creates }: Route) {
  const as = (shape: z.ZodObject) => (strict ? shape.strict() : shape)
  return { query: as(query), ...(body ? { body: as(body) } : {}), ...(creates ? { once: creates } : {}) }
}
