import { decodeId, isUuid } from '@support-widget/shared/ids.ts'
import { notFound } from '../errors.ts'

/** The customer that a path names, as UUID. Throws `not_found`. */
export const customerId = (params: { id: string }): string => ticketId(params)

/** The agent that a path names, as UUID. Throws `not_found`. */
export const agentId = (params: { id: string }): string => ticketId(params)

/** The ticket that a path names, as UUID. A malformed id is an unknown one. Throws `not_found`. */
export function ticketId(params: { id: string }): string {
  const id = decodeId(params.id)
  if (id === null) throw notFound()
  return id
}

/** What a path names by its UUID, in either case (RFC 9562 section 4). Throws `not_found`. */
export function uuidIn(given: string | undefined): string {
  const id = given?.toLowerCase() ?? ''
  if (!isUuid(id)) throw notFound()
  return id
}
