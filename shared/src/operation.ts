import * as z from 'zod'
import type { ErrorCode } from './errors.ts'
import { limits } from './limits.ts'
import { queryInt } from './text.ts'

/** Who may call: nobody in particular, a customer for their own tickets, an agent of the app, an admin of the app. */
export type Access = 'public' | 'customer' | 'agent' | 'admin'

/**
 * One row of the operations table: the single source for routes, the typed client, the API document and the coverage tests. `params`, `query` and
 * `body` refuse unknown keys. `errors` are the codes beyond those that every operation of its access can answer.
 */
export interface Operation {
  summary: string
  /** More for the API document, in Markdown. */
  description?: string
  access: Access
  status: 200 | 201
  /** Takes an Idempotency-Key: done once for each key, and answered the same again. */
  once?: true
  /** Fields of the output that are shown once and never kept: a repetition of the request has null there. */
  secrets?: readonly string[]
  /** The body is multipart/form-data with one file, not JSON. */
  upload?: true
  /** Content type of a success that is not JSON; a redirect to it says so in `description`. `output` is then a string. */
  media?: string
  /** A signed link of ours opens it too, without a credential. */
  link?: true
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodObject
  output: z.ZodType
  errors: readonly ErrorCode[]
}

export const paging = z.strictObject({
  page: queryInt(1, limits.page).default(1),
  per_page: queryInt(1, limits.perPage).default(limits.perPageDefault),
})

export const Pagination = z
  .strictObject({ page: z.int(), per_page: z.int(), total: z.int(), total_pages: z.int() })
  .meta({ id: 'Pagination', description: '`total` counts all pages.' })

/** A page of a list, as every native list answers. */
export const pageOf = <T extends z.ZodType>(item: T) => z.strictObject({ success: z.literal(true), data: z.array(item), pagination: Pagination })
