import type { DomainEvent } from '@support-widget/shared/events.ts'
import { decodeId, encodeId } from '@support-widget/shared/ids.ts'
import type { DeliveryWithAttempts, Webhook, WebhookDelivery, WebhookType } from '@support-widget/shared/webhook.ts'
import type { SignedLinks } from '../auth/signed-link.ts'
import { isPublic } from '../domain/changes.ts'
import type { Happening } from '../domain/core.ts'
import type { Attempt, Delivery, DeliveryView } from '../domain/deliveries.ts'
import { type Endpoint, pgiTypes } from '../domain/webhooks.ts'
import { presentMessageForCustomer } from './message.ts'
import { presentPgiListed, presentPgiSent } from './pgi.ts'
import { presentTicketForCustomer } from './ticket.ts'
import { wholeSeconds } from './time.ts'

export function presentWebhook(endpoint: Endpoint): Webhook {
  const { id, url, types, description, flavour, enabled, disabled_reason, previous_until, created_at, updated_at } = endpoint
  return {
    id: encodeId(id),
    url,
    types,
    description,
    flavour,
    enabled,
    disabled_reason,
    previous_secret_until: previous_until?.toISOString() ?? null,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }
}

export function presentDelivery(view: DeliveryView): WebhookDelivery {
  return {
    id: encodeId(view.id),
    webhook: encodeId(view.endpoint_id),
    event_id: view.event_id,
    type: view.type,
    ticket_id: encodeId(view.ticket_id),
    status: view.state,
    attempts: view.attempts,
    next_attempt_at: view.state === 'pending' ? view.due_at.toISOString() : null,
    created_at: view.created_at.toISOString(),
    ended_at: view.ended_at?.toISOString() ?? null,
  }
}

export function presentDeliveryWithAttempts({ delivery, attempts }: { delivery: DeliveryView; attempts: readonly Attempt[] }): DeliveryWithAttempts {
  const log = attempts.map(({ number, at, duration_ms, status, error }) => ({ number, at: at.toISOString(), duration_ms, status, error }))
  return { ...presentDelivery(delivery), log }
}

/** What one event is to those who are told of it: under which id, as what, and whether the message is part of it. */
export interface Told {
  eventId: string
  type: WebhookType
  withMessage: boolean
}

/** What is told of an event. Of what its customer cannot see, nothing. */
export function toldOf({ id, event }: Pick<Happening, 'id' | 'event'>): Told[] {
  const eventId = `evt_${encodeId(id)}`
  if (event.type === 'ticket_updated') {
    if (!isPublic(event.changes)) return []
    const updated = { eventId, type: 'support.ticket_updated' as const, withMessage: false }
    return isClosing(event) ? [updated, { eventId: `${eventId}_closed`, type: 'support.ticket_closed', withMessage: false }] : [updated]
  }
  const type = typeOf(event)
  return type === null ? [] : [{ eventId, type, withMessage: true }]
}

function typeOf(event: DomainEvent): WebhookType | null {
  switch (event.type) {
    case 'ticket_created':
      return 'support.ticket_created'
    case 'message_created':
      if (event.is_internal) return null
      // What the system says in a thread nobody has answered or asked, but a copy of the thread must have it.
      return event.by === 'system' ? 'support.ticket_updated' : event.by === 'agent' ? 'support.message_received' : 'support.message_sent'
    case 'message_redacted':
      return event.is_internal ? null : 'support.ticket_updated'
    default:
      return null
  }
}

const isAtWork = (status: unknown) => status === 'open' || status === 'in_progress'

/** True for a change that ends the work on a ticket: not for one from resolved to closed. */
function isClosing({ changes }: Extract<DomainEvent, { type: 'ticket_updated' }>): boolean {
  const status = changes.find((one) => one.field === 'status')
  return status !== undefined && isAtWork(status.from) && !isAtWork(status.to)
}

/** The body as it is kept. */
export type Body = Record<string, unknown>

/** The native body: the ticket as its customer sees it. Links of attachments are put in when it is sent: they do not hold for long. */
export function nativeBody({ type, withMessage }: Told, { ticket, message }: Happening, links: SignedLinks, now: Date): Body {
  const data: Record<string, unknown> = { ticket: presentTicketForCustomer(ticket) }
  if (withMessage && message) {
    const { attachments, ...shown } = presentMessageForCustomer(message, links)
    data.message = { ...shown, attachments: attachments.map(({ url: _, ...file }) => file) }
  }
  return { type, timestamp: now.toISOString(), data }
}

/** The same in the words of the `pgi` API; null for what that knows nothing of. */
export function pgiBody({ type, withMessage }: Told, { ticket, message }: Happening, now: Date): Body | null {
  if (!pgiTypes.includes(type)) return null
  const shown = presentPgiListed(ticket)
  const what = withMessage && message ? { message: presentPgiSent(message) } : { ticket: shown }
  return { event: type, ticket_id: shown.ticket_id, ...what, created_at: wholeSeconds(now) }
}

/** A test event, in the words that the endpoint knows. */
export function testBody({ flavour }: Pick<Endpoint, 'flavour'>, now: Date): Body {
  const type = 'support.test'
  return flavour === 'pgi' ? { event: type, created_at: wholeSeconds(now) } : { type, timestamp: now.toISOString(), data: {} }
}

/** The body as it is sent now. */
export function bodyToSend({ body }: Pick<Delivery, 'body'>, links: SignedLinks): Body {
  const data = body.data as { message?: { attachments: { id: string }[] } } | undefined
  if (!data?.message) return body
  const attachments = data.message.attachments.map((file) => ({ ...file, url: links.attachment(decodeId(file.id) ?? '') }))
  return { ...body, data: { ...data, message: { ...data.message, attachments } } }
}
