import { type ErrorCode, errorCodes, type Problem } from '@support-widget/shared/errors.ts'
import type { Refusal } from '../errors.ts'

/** A refusal as RFC 9457 problem details. `type` is a URN: stable, and never a page that must exist. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  return { ...bareProblem(refusal.code, refusal.message, requestId), ...(refusal.faults ? { errors: refusal.faults } : {}), ...refusal.extra }
}

export function bareProblem(code: ErrorCode, detail: string, requestId: string): Problem {
  const { status, title } = errorCodes[code]
  return { type: `urn:support-widget:error:${code}`, title, status, detail, instance: `urn:uuid:${requestId}`, code }
}
