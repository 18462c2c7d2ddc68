import { limits } from '@support-widget/shared/limits.ts'
import { idOut, text } from '@support-widget/shared/text.ts'
import * as z from 'zod'

/** The shapes of the document, in its words. */

const reference = (what: string) => text(1, limits.customFieldValue).nullish().describe(what)
const time = () => z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

export const NewTicket = z.object({
  subject: text(1, limits.subject).describe('Brief subject line.'),
  message: text(1, limits.body).describe('The first message.'),
  policy_number: reference('The policy that the ticket is about: one that the credential may link.'),
  application_id: reference('The application that the ticket is about.'),
})

export const NewMessage = z.object({ content: text(1, limits.body).describe('The text to send.') })

/** Whatever is no number of a page is a page that does not exist: see translate.ts. */
export const ListQuery = z.object({
  page: z.unknown().optional().meta({ type: 'integer', minimum: 1, default: 1, description: '20 tickets a page.' }),
})

const sender = () => z.enum(['partner', 'pgi_underwriter'])
const ticket = {
  ticket_id: idOut(),
  subject: z.string(),
  status: z.enum(['open', 'pending', 'closed']),
  policy_number: z.string().nullable(),
  application_id: z.string().nullable(),
}

const Message = z.object({ sender: sender(), content: z.string(), created_at: time() }).meta({ id: 'Message' })
export type Message = z.output<typeof Message>

export const SentMessage = z.object({ message_id: idOut(), ...Message.shape }).meta({ id: 'SentMessage' })
export type SentMessage = z.output<typeof SentMessage>

export const Ticket = z.object({ ...ticket, messages: z.array(Message), created_at: time() }).meta({ id: 'Ticket' })
export type Ticket = z.output<typeof Ticket>

const ListedTicket = z.object({ ...ticket, message_count: z.int(), created_at: time() }).meta({ id: 'ListedTicket' })
export type ListedTicket = z.output<typeof ListedTicket>

export const TicketPage = z
  .object({ count: z.int(), next: z.url().nullable(), previous: z.url().nullable(), results: z.array(ListedTicket) })
  .meta({ id: 'TicketPage', description: '`count` is of all pages; `next` and `previous` are absolute URLs.' })
export type TicketPage = z.output<typeof TicketPage>
