import { defineEntity, p } from '@mikro-orm/core'
import type { AttemptError, DeliveryStatus, WebhookFlavour, WebhookType } from '@support-widget/shared/webhook.ts'

/** Where an app's events go. `types` null is all of them; secrets are sealed with SECRET_KEY, the previous one is good until `previousUntil`. */
export const WebhookEndpointEntity = defineEntity({
  name: 'WebhookEndpoint',
  tableName: 'webhook_endpoints',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    url: p.text(),
    types: p.array().$type<WebhookType[]>().nullable(),
    description: p.text(),
    flavour: p.text().$type<WebhookFlavour>(),
    enabled: p.boolean(),
    disabledReason: p.text().$type<'manual' | 'gone'>().nullable(),
    secret: p.text(),
    previousSecret: p.text().nullable(),
    previousUntil: p.datetime().nullable(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    deletedAt: p.datetime().nullable(),
  },
})

/**
 * One event on its way to one endpoint. `attempts` counts since it was queued or replayed, `tries` all of them. While `state` is `pending` it is due at `dueAt`, unless a
 * process has it until `takenUntil`.
 */
export const WebhookDeliveryEntity = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    endpointId: p.uuid(),
    ticketId: p.uuid(),
    messageId: p.uuid().nullable(),
    eventId: p.text(),
    type: p.text().$type<WebhookType>(),
    body: p.json<Record<string, unknown>>(),
    state: p.text().$type<DeliveryStatus>(),
    attempts: p.integer(),
    tries: p.integer(),
    dueAt: p.datetime(),
    takenUntil: p.datetime().nullable(),
    createdAt: p.datetime(),
    endedAt: p.datetime().nullable(),
  },
})

/** One attempt, by its number among all tries of its delivery. Never what the receiver answered. */
export const WebhookAttemptEntity = defineEntity({
  name: 'WebhookAttempt',
  tableName: 'webhook_attempts',
  primaryKeys: ['deliveryId', 'number'],
  properties: {
    deliveryId: p.uuid().primary(),
    number: p.integer().primary(),
    appId: p.uuid(),
    at: p.datetime(),
    durationMs: p.integer(),
    status: p.integer().nullable(),
    error: p.text().$type<AttemptError>().nullable(),
  },
})
