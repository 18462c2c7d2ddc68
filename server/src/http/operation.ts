import type Router from '@koa/router'
import type { Fault } from '@support-widget/shared/errors.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { type Output, operations, type Parsed } from '@support-widget/shared/operations.ts'
import { type OperationName, paths } from '@support-widget/shared/paths.ts'
import type * as z from 'zod'
import type { Auth } from '../auth/identify.ts'
import type { Principal } from '../auth/principal.ts'
import type { AgentActor, Core, CustomerActor } from '../domain/core.ts'
import { type OnceAnswer, once } from '../domain/once.ts'
import { asAgent, asCustomer } from '../domain/policy.ts'
import { Refusal } from '../errors.ts'
import { type Large, readJson } from './body.ts'
import type { Ctx } from './context.ts'
import { inTime } from './deadline.ts'
import type { RateLimit } from './rate-limit.ts'

type ActorOf<N extends OperationName> = (typeof operations)[N]['access'] extends 'public'
  ? null
  : (typeof operations)[N]['access'] extends 'customer'
    ? CustomerActor
    : AgentActor

/** What a handler gets: parsed input and the caller, already allowed to call it. */
export type Call<N extends OperationName> = Parsed<N> & { core: Core; actor: ActorOf<N>; requestId: string }
export type Handler<N extends OperationName> = (call: Call<N>) => Promise<Output<N>>
/** Handlers by operation; a folder of routes exports one. */
export type Handlers<N extends OperationName> = { [K in N]: Handler<K> }

export interface Doors {
  core: Core
  auth: Auth
  rateLimit: RateLimit
  /** How long the database may take for an answer, milliseconds. */
  withinMs: number
}

/** Mounts the operations of the table: method, path, identity, limits, input and status all come from there. */
export function mount<N extends OperationName>(router: Router, doors: Doors, handlers: Handlers<N>): void {
  for (const name of Object.keys(handlers) as N[]) {
    const [method = '', path = ''] = paths[name].split(' ')
    const handler = handlers[name] as (call: unknown) => Promise<unknown>
    const operation: Operation = operations[name]
    router.register(path, [method], async (ctx) => {
      const actor = operation.access === 'public' ? null : await authenticate(ctx as unknown as Ctx, doors, operation)
      const { key, ...input } = await parseInput(ctx as unknown as Ctx, operation, ctx.params)
      ctx.status = operation.status
      ctx.set('Cache-Control', 'no-store')
      const call = { ...input, actor, requestId: ctx.state.requestId }
      if (key === undefined || actor === null) ctx.body = await inTime(handler({ ...call, core: doors.core }), doors.withinMs)
      else {
        const request = { operation: name, key, input, status: operation.status, secrets: operation.secrets ?? [] }
        answerOnce(
          ctx as unknown as Ctx,
          await inTime(
            once(doors.core, actor, request, (core) => handler({ ...call, core })),
            doors.withinMs,
          ),
        )
      }
    })
  }
}

/** Sends an answer that is given once; `Idempotency-Replayed` says that it is the kept one. */
export function answerOnce(ctx: Ctx, { status, json, replayed }: OnceAnswer): void {
  ctx.status = status
  ctx.type = 'application/json'
  ctx.body = json
  if (replayed) ctx.set('Idempotency-Replayed', 'true')
}

/** Who is calling, counted against their rate limit. Throws `unauthorized` and its like, `rate_limited`. */
export async function identify(ctx: Ctx, doors: Doors, keyHeaders: readonly string[] = ['X-Api-Key']): Promise<Principal> {
  const principal = await inTime(doors.auth.identify({ token: tokenOf(ctx, keyHeaders), origin: originOf(ctx) }), doors.withinMs)
  await doors.rateLimit.principal(ctx, principal)
  return principal
}

/** The caller as one who may call the operation. Throws `forbidden` too. */
export async function authenticate(ctx: Ctx, doors: Doors, operation: Operation): Promise<CustomerActor | AgentActor> {
  const principal = await identify(ctx, doors)
  return operation.access === 'customer' ? asCustomer(principal) : asAgent(principal, operation.access === 'admin' ? 'admin' : 'agent')
}

const originOf = (ctx: Ctx) => ctx.req.headers.origin

/** `Authorization: Bearer …`, or an API key in a header of its own. Never the URL. */
export function tokenOf(ctx: Ctx, keyHeaders: readonly string[] = ['X-Api-Key']): string | undefined {
  const bearer = /^Bearer +([^\s]+)$/i.exec(ctx.get('Authorization'))?.[1]
  return bearer ?? keyHeaders.map((header) => ctx.get(header)).find((key) => key !== '')
}

type Input = Pick<Operation, 'params' | 'query' | 'body' | 'once'>

/** The parsed input of an operation, its Idempotency-Key beside it. Throws `invalid_request` that names every fault. */
export async function parseInput(ctx: Ctx, operation: Input, params: unknown, large?: Large) {
  const faults: Fault[] = []
  const body = operation.body ? await readJson(ctx, large) : undefined
  ctx.state.input = { body, query: ctx.query }
  const input = {
    params: operation.params ? check(operation.params, params, 'params', faults) : {},
    query: checkQuery(ctx, operation, faults),
    body: operation.body ? check(operation.body, body, 'body', faults) : undefined,
    key: operation.once ? idempotencyKey(ctx, faults) : undefined,
  }
  if (faults.length > 0) {
    throw new Refusal('invalid_request', {
      detail: `${faults.length === 1 ? 'One value is' : `${faults.length} values are`} not valid.`,
      faults: faults.slice(0, mostFaults),
    })
  }
  return input
}

/** The caller's key for what happens only once: 1 to 255 printable ASCII characters, in one header. */
function idempotencyKey(ctx: Ctx, faults: Fault[]): string | undefined {
  const given = ctx.req.headersDistinct['idempotency-key']
  if (given === undefined) return undefined
  const [key = ''] = given
  if (given.length === 1 && key.length <= limits.idempotencyKey && /^[ -~]+$/.test(key)) return key
  const message = given.length > 1 ? 'must be sent once' : `must have 1 to ${limits.idempotencyKey} printable ASCII characters`
  faults.push({ location: 'headers.Idempotency-Key', message })
  return undefined
}

/** More faults than these are counted, not listed. */
const mostFaults = 100

function checkQuery(ctx: Ctx, operation: Input, faults: Fault[]): unknown {
  const query = { ...ctx.query }
  if (operation.query) return check(operation.query, query, 'query', faults)
  for (const key of Object.keys(query)) faults.push({ location: `query.${clip(key)}`, message: 'is not known' })
  return {}
}

const clip = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text)

function check(schema: z.ZodObject, value: unknown, where: string, faults: Fault[]): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const at = [where, ...issue.path.map((part) => clip(String(part)))].join('.')
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) faults.push({ location: `${at}.${clip(key)}`, message: 'is not known' })
    else faults.push({ location: at, message: issue.code === 'invalid_key' ? `its key ${issue.issues[0]?.message}` : issue.message })
  }
  return undefined
}
