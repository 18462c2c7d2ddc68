import type { Problem } from '@support-widget/shared/errors.ts'
import { type Input, type Output, operations } from '@support-widget/shared/operations.ts'
import { type OperationName, type RequestInput, requestOf } from '@support-widget/shared/paths.ts'
import { holdToDocument, reaches } from './contract.ts'

export interface Answer<T = unknown> {
  status: number
  headers: Headers
  body: T
  text: string
}

/** Any request, as it stands. */
export async function request(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : undefined, text }
}

/** A caller of the API with one credential. */
export interface Client {
  /** Calls an operation and holds its answer against the operations table: the status, and no field more or less. */
  call<N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>>
  /** Calls an operation with whatever input and answers what came back, once the API document agrees that it may. */
  send(name: OperationName, input?: RequestInput, headers?: Record<string, string>): Promise<Answer>
  /** Calls an operation that must be refused: checks that it is a whole problem document, and answers that. */
  refused(name: OperationName, input?: RequestInput, headers?: Record<string, string>): Promise<Problem>
}

export function client(url: string, token?: string): Client {
  const send: Client['send'] = async (name, input = {}, headers = {}) => {
    const { method, url: path } = requestOf(name, input)
    const hasBody = input.body !== undefined
    const answer = await request(url + path, {
      method,
      headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(hasBody ? { 'Content-Type': 'application/json' } : {}), ...headers },
      ...(hasBody ? { body: JSON.stringify(input.body) } : {}),
    })
    if (reaches(name, url + path)) holdToDocument(name, answer)
    return answer
  }
  return {
    send,
    async call(name, input) {
      const answer = await send(name, input as RequestInput)
      const { status, output } = operations[name]
      if (answer.status !== status) throw new Error(`${name} answered ${answer.status}: ${answer.text}`)
      return output.parse(answer.body) as Output<typeof name>
    },
    async refused(name, input, headers) {
      const answer = await send(name, input, headers)
      return problemIn(answer)
    },
  }
}

/** The problem document in an answer; throws if it is not a whole one or does not agree with the answer (RFC 9457). */
export function problemIn(answer: Answer): Problem {
  const problem = answer.body as Problem
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') && problem.status === answer.status
  const whole = [problem?.type, problem?.title, problem?.detail, problem?.code, problem?.instance].every(
    (part) => typeof part === 'string' && part !== '',
  )
  const traced = problem?.instance === `urn:uuid:${answer.headers.get('x-request-id')}`
  if (!isProblem || !whole || !traced) throw new Error(`not a problem document: ${answer.status} ${answer.text}`)
  return problem
}
