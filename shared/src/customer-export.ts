import * as z from 'zod'
import { Attachment } from './attachment.ts'
import { Message } from './message.ts'
import { Customer } from './people.ts'
import { idOut, time } from './text.ts'
import { Ticket } from './ticket.ts'

/** A ticket as its customer sees it, with the facts of theirs that came with it. */
const ExportedTicket = Ticket.extend({
  context: z.record(z.string(), z.unknown()).nullable(),
  country: z.string().nullable(),
  store_region: z.string().nullable(),
  external_ticket_id: z.string().nullable(),
  preferred_language: z.string().nullable(),
  messages: z.array(Message),
}).meta({ id: 'ExportedTicket' })

export const CustomerExport = z
  .strictObject({
    exported_at: time(),
    customer: Customer,
    partner_keys: z.array(
      z.strictObject({ id: idOut(), name: z.string(), links: z.record(z.string(), z.array(z.string())).nullable(), created_at: time() }),
    ),
    unsent_attachments: z.array(Attachment),
    tickets: z.array(ExportedTicket),
  })
  .meta({
    id: 'CustomerExport',
    description:
      'What is held of a customer: their own and public data, oldest ticket first. `unsent_attachments`: uploads that no message carries yet.',
  })
export type CustomerExport = z.infer<typeof CustomerExport>
