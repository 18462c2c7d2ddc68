import type { Fault } from '@support-widget/shared/errors.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type * as z from 'zod'
import type { AttachmentRow } from '../../../domain/attachments.ts'
import type { NewTicketInput, Thread } from '../../../domain/create.ts'
import type { Refusal } from '../../../errors.ts'
import type { Shaped } from '../../context.ts'
import type * as schemas from './schemas.ts'

/** What a new ticket is natively; `upload` is its attachment. */
export function ticketFrom({ subject, body, brand_id, ...given }: z.output<typeof schemas.NewTicket>, upload: AttachmentRow | null): NewTicketInput {
  return {
    subject,
    body,
    links: { brand_id },
    // Typed in by whoever calls: agents read it at this ticket, and it says nothing about who the customer is.
    context: { requester_email: given.requester_email, ...(given.requester_name === undefined ? {} : { requester_name: given.requester_name }) },
    ...(upload ? { attachments: [encodeId(upload.id)] } : {}),
  }
}

/** Whether the mail to the inbox was taken is known only after the commit. */
export function acceptedOf({ ticket, messages }: Thread): schemas.Accepted {
  // The message of the ticket is its first one, also when a client repeats itself.
  const [first] = messages
  if (!first) throw new Error('a ticket has a first message')
  return { ticket_id: encodeId(ticket.id), message_id: encodeId(first.id), status: 'requested' }
}

/** What is the caller's fault in what they sent; the document knows one status for all of it. */
const badInput = new Set([400, 413, 415])

/** A refusal in the document's shape. `error` is our code, `message` names every fault. */
export function failureOf(refusal: Refusal): Shaped {
  const body: schemas.Failure = { error: refusal.code, message: refusal.faults?.map(textOf).join('; ') ?? refusal.message }
  return { status: badInput.has(refusal.status) ? 400 : refusal.status, type: 'application/json', body }
}

function textOf({ location, message }: Fault): string {
  const place = location.replace(/^body\./, '')
  // The domain's name for what was uploaded.
  return `${place === 'file' ? 'attachment.content_base64' : place}: ${message}`
}
