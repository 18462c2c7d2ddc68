import type { TicketPatch } from '@support-widget/shared/ticket.ts'
import type { Channel, Priority } from '@support-widget/shared/vocabulary.ts'
import type * as z from 'zod'
import { mergeFields } from '../../../domain/changes.ts'
import type { NewAgentTicketInput } from '../../../domain/create.ts'
import type { listTickets } from '../../../domain/list.ts'
import type { MessageView, TicketView } from '../../../domain/views.ts'
import type { Refusal } from '../../../errors.ts'
import type { Shaped } from '../../context.ts'
import type { Comment, ListedTicket, NewTicket, Ticket, TicketUpdate, ticketQuery } from './schemas.ts'
import { joinTags } from './tags.ts'

// What the document leaves open, and what is done here:
// - Statuses are the same four words; medium is our normal, critical our urgent.
// - The widget is a live chat: it is shown as one, and the filter live_chat finds both. `widget` itself is no word of the document.
// - A list item has the six fields that the document prints, all else is in the ticket; create, get and update answer the whole ticket. Only a new one has no dateUpdated.
// - Lists begin with the newest ticket. More than 100 a page is refused: a client that asks for 500 must not take 100 for all.
// - A filter without a value is no filter; a page beyond the last is empty.
// - Without an e-mail address and a phone number each ticket has a contact of its own. A text that is no address (a placeholder) is kept, and is nobody's.
// - On creation null and an empty text are no value; in an update they empty the field, also of custom_fields and tags.
// - A tag with a comma stands in double quotes, as in a CSV file.
// - What the server itself says in a thread is an admin's comment. A redacted description or comment is empty.
// - A customer's comment cannot be internal; only an API key may write or rate for the customer.

const ours = {
  priority: { low: 'low', medium: 'normal', high: 'high', critical: 'urgent' },
} as const satisfies { priority: Record<string, Priority> }
const theirs: Record<Priority, Ticket['priority']> = { low: 'low', normal: 'medium', high: 'high', urgent: 'critical' }
const channelOf = (channel: Channel) => (channel === 'widget' ? 'live_chat' : channel)

/** What has a value, or nothing of it. */
type Given<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> }

function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== '')) as Given<T>
}

export function newTicket(body: z.output<typeof NewTicket>): NewAgentTicketInput {
  const { priority, channel } = body
  return {
    subject: body.subject,
    body: body.description,
    requester: given({
      email: body.customer_email,
      first_name: body.customer_first_name,
      last_name: body.customer_last_name,
      phone: body.customer_phone,
    }),
    custom_fields: mergeFields('custom_fields', {}, body.custom_fields ?? {}),
    ...given({
      priority: priority && ours.priority[priority],
      channel,
      category: body.category,
      country: body.country,
      store_region: body.store_region,
      preferred_language: body.preferred_language,
      external_ticket_id: body.external_ticket_id,
    }),
  }
}

/** The change without the rating, which is not the agents' to change. */
export function patchOf({ csat_score: _, priority, ...body }: z.output<typeof TicketUpdate>): TicketPatch {
  const fields = Object.entries(body).map(([name, value]) => [name, value === '' ? null : value])
  return { ...Object.fromEntries(fields), ...(priority ? { priority: ours.priority[priority] } : {}) }
}

export function filterOf({ status, priority, channel, ...rest }: z.output<typeof ticketQuery>): Parameters<typeof listTickets>[2] {
  return {
    ...rest,
    status: status && [status],
    priority: priority && [ours.priority[priority]],
    channel: channel === 'live_chat' ? ['live_chat', 'widget'] : channel && [channel],
    sort: 'created_at',
    order: 'desc',
  }
}

const local = (time: Date) => time.toISOString().slice(0, 19)

export const listedTicket = (view: TicketView): ListedTicket => ({
  ticketNumber: view.number,
  subject: view.subject,
  status: view.status,
  priority: theirs[view.priority],
  ...given({ category: view.category }),
  dateCreated: local(view.created_at),
})

/** `first` is the ticket's first message. */
export function newlyMade(view: TicketView, first: MessageView | undefined): Ticket {
  return {
    ...listedTicket(view),
    publicId: `TKT-${view.id.slice(-8).toUpperCase()}`,
    description: first?.body ?? '',
    channel: channelOf(view.channel),
    ...given({
      country: view.country,
      storeRegion: view.store_region,
      ...namesOf(view),
      customerPhone: view.customer_phone,
      customerEmail: view.customer_email,
      preferredLanguage: view.preferred_language,
      customFields: Object.keys(view.custom_fields).length === 0 ? null : view.custom_fields,
      externalTicketId: view.external_ticket_id,
      resolutionNotes: view.resolution_notes,
      actionTaken: view.action_taken,
      csatScore: view.csat_score,
      tags: joinTags(view.tags),
    }),
  }
}

export const ticketOf = (view: TicketView, first: MessageView | undefined): Ticket => ({
  ...newlyMade(view, first),
  dateUpdated: local(view.updated_at),
})

/** The two names, as long as they are the name: a signed token may have brought another one since. That, or one that came whole, is split so that both read as it does. */
function namesOf({ customer_first_name: first, customer_last_name: last, customer_name: name }: TicketView) {
  if (name === null || [first, last].filter((part) => part !== null).join(' ') === name) return { customerFirstName: first, customerLastName: last }
  const at = name.lastIndexOf(' ')
  return { customerFirstName: at < 0 ? name : name.slice(0, at), customerLastName: at < 0 ? null : name.slice(at + 1) }
}

export const commentOf = (message: MessageView): Comment => ({
  publicId: message.id,
  authorType: message.author_type === 'customer' ? 'customer' : 'admin',
  content: message.body,
  isInternal: message.is_internal,
  dateCreated: local(message.created_at),
})

/** `{result, message}`: for bad input the message names every field and what is wrong with it. */
export function refuse({ code, status, faults, message }: Refusal): Shaped {
  const named = code === 'invalid_request' ? faults?.map((fault) => `${fieldOf(fault.location)}: ${fault.message}`).join('; ') : undefined
  return { status, type: 'application/json', body: { result: 'error', message: named || message } }
}

/** A place of an input as the document calls it. */
const fieldOf = (location: string) => location.replace(/^(body|query|headers)\./, '').replace(/^requester$/, 'customer')
