import { STATUS_CODES } from 'node:http'
import type { Fault } from '@support-widget/shared/errors.ts'
import type { Cause, Change } from '@support-widget/shared/events.ts'
import { v5 as uuidv5 } from 'uuid'
import type * as z from 'zod'
import type { AppRef } from '../../../auth/principal.ts'
import { settingsOf } from '../../../domain/apps.ts'
import type { NewTicketInput } from '../../../domain/create.ts'
import type { OwnChanges } from '../../../domain/history.ts'
import type { MessageView, TicketView } from '../../../domain/views.ts'
import type { Refusal } from '../../../errors.ts'
import { problemOf } from '../../../present/problem.ts'
import { wholeSeconds } from '../../../present/time.ts'
import type { Shaped } from '../../context.ts'
import { type Answer, type NewSupportTicket, schemaUrl } from './schemas.ts'

/** Where a ticket is shown: in which app, and at which URL the dialect stands. */
export interface Place {
  app: AppRef
  base: string
}

interface Thread {
  ticket: TicketView
  messages: MessageView[]
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> }

/** The document says of no field what stands in it when there is nothing to say: the field is left out. */
const given = <T extends object>(fields: T) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as Given<T>

/** Agents' own addresses are nobody's business outside: they are reached at the app's inbox, where it has one. */
const agentsEmail = ({ app }: Place) => settingsOf(app).inbox_email

export const newTicket = ({ title, description, type }: z.output<typeof NewSupportTicket>): NewTicketInput => ({
  subject: title,
  body: description,
  type,
  channel: 'api',
})

export const listOf = (page: { tickets: TicketView[]; total: number }, offset: number, place: Place): Answer<'TicketListResponse'> => ({
  $schema: schemaUrl(place.base, 'TicketListResponse'),
  has_more: offset + page.tickets.length < page.total,
  tickets: page.tickets.map((ticket) => summaryOf(ticket, place)),
  total: page.total,
})

function summaryOf(ticket: TicketView, place: Place) {
  return {
    ...given({ assigned_to_email: ticket.assignee_id && agentsEmail(place), created_by_email: ticket.customer_email }),
    // The first message is the description.
    comment_count: ticket.public_seq - 1,
    created_at: wholeSeconds(ticket.created_at),
    priority: ticket.priority,
    status: ticket.status,
    ticket_id: ticket.id,
    title: ticket.subject,
    type: ticket.type,
    updated_at: wholeSeconds(ticket.public_updated_at),
  }
}

/** People are named by their UUID here, which every one of them has; the app's own user id is not always known. */
export function ticketOf({ ticket, messages }: Thread, place: Place): Answer<'SupportTicket'> {
  const comments = messages.filter(isComment)
  return {
    $schema: schemaUrl(place.base, 'SupportTicket'),
    ...summaryOf(ticket, place),
    ...given({ assigned_to: ticket.assignee_id, resolved_at: ticket.resolved_at && wholeSeconds(ticket.resolved_at) }),
    comment_count: comments.length,
    comments: comments.map((message) => commentOf(message, ticket, place)),
    created_by: ticket.customer_id,
    description: messages.find((message) => message.public_seq === 1)?.body ?? '',
    tenant_id: place.app.publicId,
  }
}

/** A note has no public number, so it is none. */
const isComment = ({ public_seq }: MessageView) => public_seq !== null && public_seq > 1

export function commentOf(message: MessageView, ticket: TicketView, place: Place): Answer<'SupportTicketComment'> {
  // The app's backend and the system have no id.
  const author = { customer: message.customer_id, agent: message.agent_id, system: null }
  const email = { customer: ticket.customer_email, agent: agentsEmail(place), system: null }
  return {
    $schema: schemaUrl(place.base, 'SupportTicketComment'),
    ...given({ author_email: email[message.author_type], author_id: author[message.author_type] }),
    author_type: message.author_type,
    comment_id: message.id,
    content: message.body,
    created_at: wholeSeconds(message.created_at),
    is_internal: false,
    ticket_id: message.ticket_id,
  }
}

export const detailOf = (thread: Thread, history: OwnChanges[], place: Place): Answer<'TicketDetailResponse'> => ({
  $schema: schemaUrl(place.base, 'TicketDetailResponse'),
  history: history.flatMap((event) => event.changes.map((change) => entryOf(event, change, thread.ticket, place))),
  ticket: ticketOf(thread, place),
})

/** Fields that are called otherwise here. */
const names: Record<string, string> = { subject: 'title', assignee_id: 'assigned_to' }

function entryOf({ id, cause, at }: OwnChanges, { field, from, to }: Change, ticket: TicketView, place: Place) {
  return {
    ...given(whoChanged(cause, ticket, place)),
    created_at: wholeSeconds(at),
    field_changed: names[field] ?? field,
    // An event with several changes is several entries, each with an id that stays.
    history_id: uuidv5(field, id),
    new_value: textOf(to),
    old_value: textOf(from),
    ticket_id: ticket.id,
  }
}

/** A key's id is the app's own business. */
function whoChanged({ type, id }: Cause, ticket: TicketView, place: Place) {
  if (type === 'customer') return { changed_by: id, changed_by_email: id === ticket.customer_id ? ticket.customer_email : null }
  if (type === 'system') return {}
  return { changed_by: type === 'agent' ? id : null, changed_by_email: agentsEmail(place) }
}

/** Values are strings, no value the empty one; what is more than a word is JSON. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Errors have the printed members alone: the stable code is the end of `type`. */
export function errorModel(refusal: Refusal, { requestId, base, input }: { requestId: string; base: string; input: unknown }): Shaped {
  const { type, status, detail, instance } = problemOf(refusal, requestId)
  const errors = (refusal.faults ?? []).map((fault) => ({ ...fault, value: refusedValue(fault, input) }))
  const [first, ...more] = errors
  const body: Answer<'ErrorModel'> = {
    $schema: schemaUrl(base, 'ErrorModel'),
    // Many clients show the detail alone: a single fault stands there too.
    detail: first && more.length === 0 ? `${first.location}: ${first.message}` : detail,
    errors,
    instance,
    status,
    title: STATUS_CODES[status] ?? 'Error',
    type,
  }
  return { status, type: 'application/problem+json', body }
}

/** What stood at `body.title` or `query.limit`. Nothing of headers, which are not in the input, and nothing that looks like a secret. */
function refusedValue({ location }: Fault, input: unknown): unknown {
  const [where = '', ...rest] = location.split('.')
  const within = memberOf(input, where)
  // A key may have dots itself; what is deeper is answered with all that it stands in.
  const name = Object.hasOwn(Object(within), rest.join('.')) ? rest.join('.') : (rest[0] ?? where)
  const value = rest.length === 0 ? within : memberOf(within, name)
  return isSecret(name, value) ? null : (value ?? null)
}

const memberOf = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, name) ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined

const secretName = /authorization|cookie|token|secret|passw|credential|api.?key/i
const secretValue = /^(bearer |basic |sup_|eyJ)/i

function isSecret(name: string, value: unknown): boolean {
  if (secretName.test(name)) return true
  if (typeof value === 'string') return secretValue.test(value)
  return value !== null && typeof value === 'object' && Object.entries(value).some(([key, one]) => isSecret(key, one))
}
