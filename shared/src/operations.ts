import type * as z from 'zod'
import { agentOperations } from './agent-operations.ts'
import { appOperations } from './app-operations.ts'
import { attachmentOperations } from './attachment-operations.ts'
import { customerOperations } from './customer-operations.ts'
import { deskOperations } from './desk-operations.ts'
import { identityOperations } from './identity-operations.ts'
import { lifeOperations } from './life-operations.ts'
import { mailOperations } from './mail-operations.ts'
import type { Operation } from './operation.ts'
import type { OperationName } from './paths.ts'
import { webhookOperations } from './webhook-operations.ts'

/** All operations by name; the compiler holds that each has a path and each path an operation. */
export const operations = {
  ...customerOperations,
  ...identityOperations,
  ...attachmentOperations,
  ...agentOperations,
  ...lifeOperations,
  ...deskOperations,
  ...appOperations,
  ...mailOperations,
  ...webhookOperations,
} as const satisfies Record<OperationName, Operation>

export type Operations = typeof operations
type Part<N extends OperationName, K extends 'params' | 'query' | 'body'> = Operations[N] extends { [P in K]: infer S extends z.ZodType } ? S : never
type Optional<T> = { [K in keyof T]?: T[K] | undefined }

/** What the handler of an operation gets, parsed. */
export type Parsed<N extends OperationName> = {
  params: [Part<N, 'params'>] extends [never] ? Record<string, never> : z.output<Part<N, 'params'>>
  query: [Part<N, 'query'>] extends [never] ? Record<string, never> : z.output<Part<N, 'query'>>
  body: [Part<N, 'body'>] extends [never] ? undefined : z.output<Part<N, 'body'>>
}

/** What a client gives to an operation. */
export type Input<N extends OperationName> = ([Part<N, 'params'>] extends [never] ? unknown : { params: z.input<Part<N, 'params'>> }) &
  ([Part<N, 'query'>] extends [never] ? unknown : { query?: Optional<z.output<Part<N, 'query'>>> }) &
  ([Part<N, 'body'>] extends [never] ? unknown : { body: z.input<Part<N, 'body'>> })

/** What an operation answers. */
export type Output<N extends OperationName> = z.output<Operations[N]['output']>
