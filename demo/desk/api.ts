import type { agentOperations } from '@support-widget/shared/agent-operations.ts'
import type { Problem } from '@support-widget/shared/errors.ts'
import type { Input, Output } from '@support-widget/shared/operations.ts'
import { type RequestInput, requestOf } from '@support-widget/shared/paths.ts'

export type AgentOperation = keyof typeof agentOperations
/** Calls one agent operation. Rejects with `ApiError`. */
export type Call = <N extends AgentOperation>(name: N, input: Input<N> & RequestInput) => Promise<Output<N>>

const patience = 20_000

/** An answer that is not the wanted one; `status` 0: no answer came at all. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: Partial<Problem>

  /** The message goes into sentences of the desk, so it has no full stop of its own. */
  constructor(status: number, problem: Partial<Problem> = {}) {
    const said = problem.errors?.[0]?.message ?? problem.detail ?? problem.title
    super(said?.replace(/\.$/, '') ?? (status === 0 ? 'The server cannot be reached' : `The server answered ${status}`))
    this.status = status
    this.problem = problem
  }

  /** True when the same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500
  }
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}

/** The agent endpoints, called with the token of the moment. After a 401 the token is renewed once and the call repeated. */
export function createCall(options: { token: () => string | null; renew: (refused: string | null) => Promise<boolean>; fetch: typeof fetch }): Call {
  const send = async (name: AgentOperation, input: RequestInput, token: string | null) => {
    const { method, url } = requestOf(name, input)
    const headers: Record<string, string> = { Authorization: `Bearer ${token ?? ''}` }
    if (input.body !== undefined) headers['Content-Type'] = 'application/json'
    try {
      const body = input.body === undefined ? null : JSON.stringify(input.body)
      return await options.fetch(url, { method, headers, body, credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(patience) })
    } catch {
      throw new ApiError(0)
    }
  }

  return async (name, input) => {
    const token = options.token()
    let response = await send(name, input, token)
    if (response.status === 401 && (await options.renew(token))) response = await send(name, input, options.token())
    if (!response.ok) throw new ApiError(response.status, await problemOf(response))
    return response.json()
  }
}
