import { agentExamples } from './agent-examples.ts'
import { appExamples } from './app-examples.ts'
import { attachmentExamples } from './attachment-examples.ts'
import { customerExamples } from './customer-examples.ts'
import { deskExamples } from './desk-examples.ts'
import { identityExamples } from './identity-examples.ts'
import { lifeExamples } from './life-examples.ts'
import { mailExamples } from './mail-examples.ts'
import type { Input, Output } from './operations.ts'
import type { OperationName } from './paths.ts'
import { webhookExamples } from './webhook-examples.ts'

/** What an operation is given and what it answers, as the API document shows it. */
export type ExampleOf<N extends OperationName> = Input<N> & { output: Output<N> }

/** The same for whatever operation. */
export interface Example {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
  output?: unknown
}

/** One for each operation; the compiler holds them against the operations table, a test against the API document. */
export const examples = {
  ...customerExamples,
  ...identityExamples,
  ...attachmentExamples,
  ...agentExamples,
  ...lifeExamples,
  ...deskExamples,
  ...appExamples,
  ...mailExamples,
  ...webhookExamples,
} satisfies {
  [N in OperationName]: ExampleOf<N>
}
