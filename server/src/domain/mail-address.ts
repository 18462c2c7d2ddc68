import { limits } from '@support-widget/shared/limits.ts'
import type { TicketView } from './views.ts'

/** One address and nothing besides: no quotes, no comments, no list, nothing that could end a header. Letters of any script may stand in it (RFC 6531). */
const shape = /^[^\s\p{C}"<>(),:;\\[\]@]+@[^\s\p{C}"<>(),:;\\[\]@.]+(\.[^\s\p{C}"<>(),:;\\[\]@.]+)*$/u

/** True for what may be handed to an SMTP server as a recipient: RFC 5321 section 4.5.3.1 bounds it in octets. */
export function isMailable(address: string): boolean {
  const [local = ''] = address.split('@')
  return shape.test(address) && Buffer.byteLength(address) <= limits.email && Buffer.byteLength(local) <= 64
}

/** Where the customer of a ticket is written to: their address, else the one that came with this ticket. It may be no address at all. */
export function addressOf({ customer_email, context }: Pick<TicketView, 'customer_email' | 'context'>): string | null {
  if (customer_email !== null) return customer_email
  const given = context?.requester_email
  return typeof given === 'string' && given !== '' ? given : null
}
