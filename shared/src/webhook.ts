import * as z from 'zod'
import { limits } from './limits.ts'
import { Message } from './message.ts'
import { idOut, safeString, text, time } from './text.ts'
import { Ticket } from './ticket.ts'

/** What an app's server is told of; `pgi` endpoints know the two of that API's document. */
export const webhookTypes = [
  'support.ticket_created',
  'support.ticket_updated',
  'support.message_received',
  'support.message_sent',
  'support.ticket_closed',
] as const
export type WebhookType = (typeof webhookTypes)[number]

export const webhookFlavours = ['native', 'pgi'] as const
export type WebhookFlavour = (typeof webhookFlavours)[number]

export const deliveryStatuses = ['pending', 'delivered', 'exhausted', 'failed', 'cancelled'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

/** Why an attempt failed: an answer that is no success (`http`), an address that must not be called, or what kept the answer away. */
export const attemptErrors = ['http', 'dns', 'blocked', 'tls', 'refused', 'reset', 'timeout', 'network', 'internal'] as const
export type AttemptError = (typeof attemptErrors)[number]

/** Whether a test event arrived. */
export const testOutcomes = ['delivered', 'failed', 'timeout'] as const
export type TestOutcome = (typeof testOutcomes)[number]

const isHttpUrl = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).username === ''
const Url = () =>
  safeString().max(limits.url).refine(isHttpUrl, 'must be an https URL').describe('https on a public host. Redirects are not followed.')
const Types = () =>
  z
    .array(z.enum(webhookTypes))
    .max(webhookTypes.length)
    .nullable()
    .overwrite((types) => (types === null || types.length === 0 ? null : [...new Set(types)]))
    .describe('Which events are sent; null or none is all of them.')
const Description = () => text(0, limits.webhookDescription)

export const Webhook = z
  .strictObject({
    id: idOut(),
    url: z.string(),
    types: z.array(z.enum(webhookTypes)).nullable(),
    description: z.string(),
    flavour: z.enum(webhookFlavours),
    enabled: z.boolean(),
    disabled_reason: z.enum(['manual', 'gone']).nullable(),
    previous_secret_until: time().nullable(),
    created_at: time(),
    updated_at: time(),
  })
  .meta({
    id: 'Webhook',
    description:
      'An endpoint of yours that is told of events. `types` null is all of them. `disabled_reason` is `manual`, or `gone` if the endpoint answered 410. Until `previous_secret_until` every request is signed with the secret before the last rotation too.',
  })
export type Webhook = z.infer<typeof Webhook>

export const MadeWebhook = Webhook.extend({ secret: z.string().nullable() }).meta({
  id: 'MadeWebhook',
  description: 'An endpoint with its signing secret, `whsec_` and base64, which is shown now and never again.',
})
export type MadeWebhook = z.infer<typeof MadeWebhook>

export const NewWebhook = z
  .strictObject({
    url: Url(),
    types: Types().default(null),
    description: Description().default(''),
    flavour: z.enum(webhookFlavours).default('native').describe("The shape of the body: our own, or that of the `pgi` API's two events."),
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'NewWebhook' })
export type NewWebhook = z.output<typeof NewWebhook>

export const WebhookChange = z
  .strictObject({
    url: Url().optional(),
    types: Types().optional(),
    description: Description().optional(),
    flavour: z.enum(webhookFlavours).optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'WebhookChange' })
export type WebhookChange = z.output<typeof WebhookChange>

/** What an endpoint of the native flavour is sent. */
export const WebhookEvent = z
  .strictObject({
    type: z.enum(webhookTypes),
    timestamp: time(),
    data: z.strictObject({ ticket: Ticket, message: Message.optional() }),
  })
  .meta({ id: 'WebhookEvent', description: 'An event: the ticket, and the message that it is about, as its customer sees them.' })
export type WebhookEvent = z.infer<typeof WebhookEvent>

export const WebhookDelivery = z
  .strictObject({
    id: idOut(),
    webhook: idOut(),
    event_id: z.string(),
    type: z.enum(webhookTypes),
    ticket_id: idOut(),
    status: z.enum(deliveryStatuses),
    attempts: z.int(),
    next_attempt_at: time().nullable(),
    created_at: time(),
    ended_at: time().nullable(),
  })
  .meta({
    id: 'WebhookDelivery',
    description:
      'One event on its way to one endpoint. `event_id` is the `webhook-id` of every attempt. `exhausted` has been tried for the last time, `failed` was refused for good (410), `cancelled` was open when the endpoint was switched off, or given another flavour or types that do not name it. What has ended can be sent again while it is kept, and has ten attempts again; what is `pending` can be sent without waiting, and keeps its count of attempts.',
  })
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

const Attempt = z
  .strictObject({
    number: z.int(),
    at: time(),
    duration_ms: z.int(),
    status: z.int().nullable(),
    error: z.enum(attemptErrors).nullable(),
  })
  .meta({ id: 'WebhookAttempt', description: 'One request. `status` is null if there was no answer, `error` null if it was a success.' })
export type WebhookAttempt = z.infer<typeof Attempt>

export const DeliveryWithAttempts = WebhookDelivery.extend({ log: z.array(Attempt) }).meta({
  id: 'WebhookDeliveryWithAttempts',
  description: `A delivery with its attempts, the latest ${limits.webhookLog} of them, in order.`,
})
export type DeliveryWithAttempts = z.infer<typeof DeliveryWithAttempts>
