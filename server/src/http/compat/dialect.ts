import type * as z from 'zod'
import type { Principal } from '../../auth/principal.ts'
import type { AgentActor, Core, CustomerActor } from '../../domain/core.ts'
import type { Refusal } from '../../errors.ts'
import type { Shaped } from '../context.ts'

type Access = 'customer' | 'agent'
type Nothing = z.ZodObject<Record<never, never>>

/** What a route of a dialect gets: the parsed input in the dialect's own words, and who calls. */
export interface Call<A extends Access = Access, Q extends z.ZodObject = z.ZodObject, B extends z.ZodObject = z.ZodObject> {
  core: Core
  actor: A extends 'agent' ? AgentActor : CustomerActor
  principal: Principal
  params: Record<string, string>
  query: z.output<Q>
  body: z.output<B>
  /** Absolute URL of this dialect, without a slash at its end. */
  base: string
}

/** One operation of a dialect. Paths are as the document prints them; with and without a slash at the end, both forms are served. */
export interface Route<A extends Access = Access, Q extends z.ZodObject = z.ZodObject, B extends z.ZodObject = z.ZodObject, P = unknown> {
  name: string
  method: 'GET' | 'POST' | 'PUT'
  path: string
  summary: string
  access: A
  status: 200 | 201
  query?: Q
  body?: B
  output: z.ZodType
  /** An example of the body, for the API document. */
  example?: unknown
  /** When it answers with which status of an error, where the document says so. */
  refusals?: Record<number, string>
  /** It creates: with an Idempotency-Key it is done once. */
  once?: true
  /** What must happen before, outside of any transaction. */
  prepare?(call: Call<A, Q, B>): Promise<P>
  /** What makes two requests with one Idempotency-Key the same, if that is not their input as it came. */
  same?(call: Call<A, Q, B>, prepared: P): unknown
  /** Awaits nothing but the database. */
  handle(call: Call<A, Q, B>, prepared: P): Promise<unknown>
  /** What happens after the commit, and makes the answer of what `handle` answered. */
  finish?(call: Call<A, Q, B>, answer: unknown): Promise<unknown>
  /** Ends what `prepare` began, whether it was used or not: `handle` may have failed, or an earlier answer may have been given again. */
  settle?(call: Call<A, Q, B>, prepared: P): Promise<void>
}

/** Keeps the types of a route's input together. */
export const route = <A extends Access, Q extends z.ZodObject = Nothing, B extends z.ZodObject = Nothing, P = unknown>(
  one: Route<A, Q, B, P>,
): Route => one as unknown as Route

/** A foreign ticket API that is served under `/compat/NAME`. It has no data and no rules of its own: it translates. */
export interface Dialect {
  name: string
  title: string
  description: string
  /** Headers that carry an API key, beside `Authorization`. */
  keyHeaders?: readonly string[]
  /** Largest JSON body, bytes, if not the native one; it may come as slowly as an upload. */
  bodyBytes?: number
  /** Unknown body keys and query parameters are refused; else they are ignored. */
  strict?: true
  /** Errors in the dialect's own shape; native problem documents without it. */
  refuse?(refusal: Refusal, at: { requestId: string; base: string; input: unknown }): Shaped
  /** The shape of an error, for the API document, and its content type if not `application/json`. */
  error?: z.ZodType
  errorType?: string
  /** JSON documents that everybody may read, by their path below the dialect's URL. */
  published?(base: string): Record<string, unknown>
  routes: readonly Route[]
}
