import { type ErrorCode, errorCodes, type Fault } from '@support-widget/shared/errors.ts'

/** A refusal that the caller is told about. Anything else that is thrown is a fault of ours. */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly faults: Fault[] | undefined
  /** Seconds, for `Retry-After`. */
  readonly retryAfter: number | undefined
  /** Further members of the problem document. */
  readonly extra: Record<string, unknown>

  constructor(
    code: ErrorCode,
    options: { detail?: string; faults?: Fault[]; retryAfter?: number; extra?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(options.detail ?? errorCodes[code].title, { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.faults = options.faults
    this.retryAfter = options.retryAfter
    this.extra = options.extra ?? {}
  }

  get status(): number {
    return errorCodes[this.code].status
  }
}

/** A refusal that names one fault. */
export const badInput = (location: string, message: string) =>
  new Refusal('invalid_request', { detail: 'One value is not valid.', faults: [{ location, message }] })

/** One answer for what does not exist and what is somebody else's. */
export const notFound = () => new Refusal('not_found', { detail: 'There is no such object, or it is not yours.' })

/** A customer who was erased while their credential was still believed. */
export const erased = (cause?: unknown) => new Refusal('unauthorized', { detail: 'This customer has been erased.', cause })

/** SQLSTATE classes and codes, and socket errors, that say "the database is not there", not "the query is wrong". */
const outage = /^(08|53|57P|58)|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$|^(40001|40P01|57014|55P03)$/
const outageText =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|closed the connection/

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : ''
}

/** True for the violation of a unique constraint (SQLSTATE 23505), of the named one if a name is given. */
export function isUniqueViolation(err: unknown, constraint?: string): boolean {
  if (codeOf(err) !== '23505') return false
  return constraint === undefined || (err as { constraint?: string }).constraint === constraint
}

/** True where a row refers to what is not there (SQLSTATE 23503), by a constraint whose name fits. */
export const isBrokenReference = (err: unknown, constraint: RegExp): boolean =>
  codeOf(err) === '23503' && constraint.test((err as { constraint?: string }).constraint ?? '')

/** References of what customers write: broken only by the erasure of who is writing. */
const ofErased = /_(customer_id|follow_up_of)_fkey$/

/** Anything that was thrown → the refusal that the caller gets. Database outages are 503; SQLSTATE class 22 (bad data) is 400, a caller who was erased meanwhile 401. */
export function toRefusal(err: unknown): Refusal {
  if (err instanceof Refusal) return err
  const code = codeOf(err)
  const message = err instanceof Error ? err.message : ''
  if (outage.test(code) || outageText.test(message)) return new Refusal('unavailable', { retryAfter: 2, cause: err })
  if (isBrokenReference(err, ofErased)) return erased(err)
  if (code.startsWith('22') && code.length === 5) return new Refusal('invalid_request', { detail: 'A value cannot be stored.', cause: err })
  return new Refusal('internal_error', { detail: 'The request was not carried out. It is safe to try again.', cause: err })
}
