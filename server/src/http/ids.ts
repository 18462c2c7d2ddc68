import { decodeId } from '@support-widget/shared/ids.ts'
import { notFound } from '../errors.ts'

/** The customer that a path names, as UUID. Throws `not_found`. */
export const customerId = (params: { id: string }): string => ticketId(params)

/** The ticket that a path names, as UUID. A malformed id is an unknown one. Throws `not_found`. */
export function ticketId(params: { id: string }): string {
  const id = decodeId(params.id)
  if (id === null) throw notFound()
  return id
}
