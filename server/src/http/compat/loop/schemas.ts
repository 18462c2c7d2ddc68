import { limits } from '@support-widget/shared/limits.ts'
import { idOut, safeString, text } from '@support-widget/shared/text.ts'
import * as z from 'zod'

/** The shapes of the document, in its words. */

/** Largest JSON body, bytes: a file of 10 MiB in base64, and room for the rest. */
export const bodyBytes = 15 * 1024 * 1024

const paddingOf = (base64: string) => /=*$/.exec(base64.slice(-2))?.[0].length ?? 0
/** RFC 4648 section 4, with padding and nothing in between. Not one expression for all of it: that overflows the stack long before the largest file. */
const isBase64 = (given: string) => given.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(given.slice(0, given.length - paddingOf(given)))
const decodedBytes = (base64: string) => (base64.length / 4) * 3 - paddingOf(base64)

const Attachment = z.object({
  filename: safeString().min(1),
  content_base64: z
    .string()
    .min(1)
    .refine(isBase64, { error: 'must be base64 with padding', abort: true })
    .refine((given) => decodedBytes(given) <= limits.uploadBytes, `must have at most ${limits.uploadBytes} bytes`)
    .meta({ contentEncoding: 'base64' }),
  content_type: safeString().min(1).optional().describe('What the file is follows from its bytes, whatever stands here.'),
})

export const NewTicket = z.object({
  brand_id: text(1, limits.customFieldValue),
  person_id: safeString().min(1).describe('The user id of whoever calls.'),
  requester_email: z.email().max(limits.email).describe('Where to reach the requester about this ticket.'),
  requester_name: text(1, limits.name).optional(),
  subject: text(1, limits.subject),
  body: text(1, limits.body),
  attachment: Attachment.optional(),
})

export const Accepted = z
  .object({ ticket_id: idOut(), message_id: idOut(), status: z.enum(['requested', 'sent']) })
  .meta({ id: 'Accepted', description: '`sent`: the mail to the support inbox was taken in time for this answer.' })
export type Accepted = z.output<typeof Accepted>

export const Failure = z.object({ error: z.string(), message: z.string() }).meta({ id: 'Failure' })
export type Failure = z.output<typeof Failure>
