import type { ErrorCode, Fault, Problem } from '@support-widget/shared/errors.ts'
import type { Input, Output } from '@support-widget/shared/operations.ts'
import { customerPaths, type RequestInput, requestTo } from '@support-widget/shared/paths.ts'
import { send } from './send.ts'

/** A token for the next call; `fresh` after the server refused the one before. Null: nobody is signed in. */
export type GetToken = (how?: { fresh?: boolean }) => Promise<string | null>

/** The server answered, and the answer is no. `code` decides; `detail` is for people. */
export class ApiError extends Error {
  declare code: ErrorCode
  declare status: number
  declare detail: string
  declare errors?: Fault[]
  /** Where a merged ticket goes on, by id. */
  declare merged_into?: string
  /** Seconds that the server asks us to wait, or 0. */
  declare retryAfter: number
  constructor(problem: Partial<Problem>, status: number, retryAfter = 0) {
    super(problem.detail)
    Object.assign(this, { detail: `HTTP ${status}` }, problem, { status, retryAfter })
  }
}

/** No answer of ours came: offline, blocked, timed out, or a page of somebody else's in between. */
export class NetworkError extends Error {}

/** What was stored has an id; anything else that says 2xx is no answer of the server's. */
export const stored = <T extends { id: string }>(answer: T | null): T => {
  if (!answer?.id) throw new NetworkError()
  return answer
}

/** Whether the same call may succeed later without a change. A refused token counts: the host may sign in again. */
export const retryable = (error: unknown) =>
  !(error instanceof ApiError) || error.status >= 500 || /^(401|408|429)$/.test(`${error.status}`) || error.code === 'request_in_progress'

type CustomerOperation = keyof typeof customerPaths
/** A file, and the name under which it is sent once however often it is sent. */
interface Upload {
  body: FormData
  once: string
  /** Its abort takes the file back. */
  stop?: AbortSignal | undefined
  /** Hears how much of it has gone out, 0 to 1. */
  onPart: (share: number) => void
}
/** Operations without arguments are called without arguments. */
type Arguments<N extends CustomerOperation> = N extends 'uploadAttachment' ? [input: Upload] : unknown extends Input<N> ? [] : [input: Input<N>]
export type Call = <N extends CustomerOperation>(name: N, ...input: Arguments<N>) => Promise<Output<N>>

type Request = RequestInput & Omit<Partial<Upload>, 'body'>

interface Ways {
  server: string
  getToken: GetToken
  /** Its abort ends every call: an ended call never settles, so nothing of a person who left can happen later. */
  signal: AbortSignal
  fetch?: typeof fetch
  timeout?: number
}

/** A copy without a prototype: from others the browser, and we, would read whatever a page has put on `Object.prototype`. */
export const bare = <T extends object>(options: T): T => Object.assign(Object.create(null), options)

/** Rejects when the signal aborts. */
export const end = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.onabort = () => reject(signal.reason)
  })

/** Aborts after so many ms, or with one of the others. */
function within(ms: number, ...others: (AbortSignal | undefined)[]) {
  const stop = new AbortController()
  const abort = () => stop.abort()
  const late = AbortSignal.timeout(ms)
  late.onabort = abort
  for (const one of others) {
    one?.addEventListener('abort', abort, { signal: late })
    if (one?.aborted) abort()
  }
  return stop.signal
}

const never = () => new Promise<never>(() => {})

const isPublic = (name: CustomerOperation) => name === 'getWidgetConfig' || name === 'createVisitor'

/** The typed client: `call('createTicket', { body })`. Rejects with `ApiError` or `NetworkError` alone. */
export function createApi({ server, getToken, signal, fetch = globalThis.fetch.bind(globalThis), timeout = 30_000 }: Ways): Call {
  /** One HTTP request, bounded in time, the reading of its body included. */
  const exchange = async (name: CustomerOperation, { once, stop: takenBack, onPart, ...input }: Request, token: string | null) => {
    const { method, url } = requestTo(customerPaths[name], input)
    // A file may take its time, as long as the server waits for it.
    const stop = within(once ? 600_000 : timeout, signal, takenBack)
    const json = !once && input.body !== undefined
    // A question without a token has no header that would cost a preflight.
    const headers: Record<string, string> = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(json && { 'content-type': 'application/json' }),
      ...(once && { 'idempotency-key': once }),
    }
    const cache = token ? 'no-store' : 'default'
    try {
      const body = json ? JSON.stringify(input.body) : ((input.body as FormData | undefined) ?? null)
      const response = await (onPart
        ? send(server + url, { headers, method, body, signal: stop, onPart })
        : fetch(server + url, bare<RequestInit>({ cache, headers, method, body, credentials: 'omit', signal: stop })))
      return { response, content: (await response.json()) as unknown }
    } catch (error) {
      throw new NetworkError('No answer', { cause: error })
    }
  }

  const attempt = async (name: CustomerOperation, input: RequestInput, fresh: boolean): Promise<unknown> => {
    let token: string | null = null
    if (!isPublic(name)) {
      token = await getToken({ fresh })
      if (signal.aborted) return never()
      if (!token) throw new ApiError({ code: 'unauthorized' }, 401)
    }
    const { response, content } = await exchange(name, input, token)
    if (response.ok) return content
    const problem = Object(content) as Partial<Problem>
    // Whatever stands between us and the server may answer for it, in words of its own.
    if (!problem.code) throw new NetworkError()
    throw new ApiError(problem, response.status, Number(response.headers.get('retry-after')) || 0)
  }

  const call = async (name: CustomerOperation, given: RequestInput = {}) => {
    const input = bare(given)
    try {
      return await attempt(name, input, false).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 401 && !signal.aborted) return attempt(name, input, true)
        throw error
      })
    } catch (error) {
      if (signal.aborted) return never()
      throw error
    }
  }
  return call as Call
}
