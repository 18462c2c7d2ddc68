import type { AgentTicket } from './ticket.ts'

/**
 * The one error vocabulary. A code never changes its meaning and decides what a client does; titles and details are for people.
 * Written as RFC 9457 problem+json by the server's error funnel.
 */
export const errorCodes = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  unauthorized: { status: 401, title: 'A valid credential is needed' },
  token_expired: { status: 401, title: 'The token has expired' },
  forbidden: { status: 403, title: 'This credential may not do that' },
  link_not_allowed: { status: 403, title: 'This customer may not link that' },
  origin_not_allowed: { status: 403, title: 'This origin is not allowed for the app' },
  visitors_not_allowed: { status: 403, title: 'The app takes no visitors' },
  key_in_browser: { status: 403, title: 'API keys must not be used in a browser' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  ticket_closed: { status: 409, title: 'The ticket is closed' },
  ticket_full: { status: 409, title: 'The ticket has reached its number of messages' },
  not_resolved: { status: 409, title: 'The ticket is not resolved' },
  csat_final: { status: 409, title: 'The rating can no longer be changed' },
  already_exists: { status: 409, title: 'Something with this name or id exists already' },
  limit_reached: { status: 409, title: 'The app has as many of these as it may have' },
  visitor_taken: { status: 409, title: 'This visitor was merged into another customer' },
  webhook_unwanted: { status: 409, title: 'The webhook endpoint no longer takes this' },
  webhook_disabled: { status: 409, title: 'The webhook endpoint is switched off' },
  merge_not_possible: { status: 409, title: 'These tickets cannot be merged' },
  request_in_progress: { status: 409, title: 'A request with this Idempotency-Key is still running' },
  version_conflict: { status: 409, title: 'The ticket was changed in the meantime' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  quota_exceeded: { status: 413, title: 'Too many uploads wait to be used' },
  unsupported_media_type: { status: 415, title: 'The body is not of a type that is taken here' },
  range_not_satisfiable: { status: 416, title: 'There are no such bytes' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used with other input' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The request headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'The service is not available at the moment' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof errorCodes

/** One fault in an input: `location` is `body.…`, `query.…`, `params.…` or `headers.…`. */
export interface Fault {
  location: string
  message: string
}

/** RFC 9457 problem details with our members: `code` (stable), `instance` (the request id), `errors` (all faults of a bad input). */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: ErrorCode
  errors?: Fault[]
  /** Only with `version_conflict`: the ticket as it is now. */
  ticket?: AgentTicket
  /** Only where a ticket has been merged: the id of the one in which it goes on. */
  merged_into?: string
}
