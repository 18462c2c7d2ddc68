import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeId, encodeId } from '@support-widget/shared/ids.ts'

/** What a link in a mail is good for, and nothing else. */
export type MailPurpose = 'unsubscribe' | 'confirm'

/** Whom the link is about: UUIDs of the app and the customer, and the address to which the mail went. */
export interface MailClaims {
  appId: string
  customerId: string
  address: string
}

/** Signed links and addresses in mail. They never run out: who unsubscribes from an old mail must be heard too. */
export interface MailLinks {
  /** The link's URL, below our own base URL; `lang` is what its page speaks. */
  url(purpose: MailPurpose, claims: MailClaims, lang: string): string
  /** What the token of a link says, if it was signed for this purpose; else null. */
  read(purpose: MailPurpose, token: string): MailClaims | null
  /** The local part of an address that names a ticket (UUID): at most 64 octets, and the same in upper and lower case (RFC 5321 section 4.5.3.1.1). */
  replyTo(ticketId: string): string
}

const shape = /^([0-9A-Z]{26})([0-9A-Z]{26})([A-Za-z0-9_-]{1,360})\.([A-Za-z0-9_-]{22})$/
/** Half of a SHA-256: 128 bits. */
const signatureBytes = 16

/** The first key signs, all verify. */
export function mailLinks(publicUrl: string, keys: readonly Buffer[]): MailLinks {
  const sign = (key: Buffer, what: string) => createHmac('sha256', key).update(`mail ${what}`).digest().subarray(0, signatureBytes)
  const first = keys[0] as Buffer
  return {
    url(purpose, { appId, customerId, address }, lang) {
      const said = encodeId(appId) + encodeId(customerId) + Buffer.from(address).toString('base64url')
      return `${publicUrl}/mail/${purpose}?lang=${lang}&token=${said}.${sign(first, `${purpose} ${said}`).toString('base64url')}`
    },
    read(purpose, token) {
      const [, app = '', customer = '', address = '', signature = ''] = shape.exec(token) ?? []
      const given = Buffer.from(signature, 'base64url')
      const isOurs = keys.some(
        (key) => given.length === signatureBytes && timingSafeEqual(given, sign(key, `${purpose} ${app}${customer}${address}`)),
      )
      const [appId, customerId] = [decodeId(app), decodeId(customer)]
      return isOurs && appId && customerId ? { appId, customerId, address: Buffer.from(address, 'base64url').toString() } : null
    },
    replyTo: (ticketId) => `ticket+${encodeId(ticketId).toLowerCase()}-${sign(first, `reply ${ticketId}`).subarray(0, 12).toString('hex')}`,
  }
}
