import { answer, answered } from '@support-widget/shared/example-objects.ts'
import { WebhookEvent, type WebhookType, webhookTypes } from '@support-widget/shared/webhook.ts'
import type { Components, Json } from './openapi-schemas.ts'

const when: Record<WebhookType, string> = {
  'support.ticket_created': 'A ticket was opened; `message` is its first one.',
  'support.ticket_updated': 'What its customer can see of a ticket changed; with `message` where the system said something or one was redacted.',
  'support.message_received': 'An agent answered the customer.',
  'support.message_sent': 'The customer wrote.',
  'support.ticket_closed': 'The work on a ticket ended; once until it is opened again.',
}

const header = (name: string, description: string): Json => ({ name, in: 'header', required: true, description, schema: { type: 'string' } })
const headers = [
  header('webhook-id', 'The event: the same for every attempt and every endpoint.'),
  header('webhook-timestamp', 'When this attempt was made, seconds.'),
  header('webhook-signature', '`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body` under the secret; after a rotation two of them.'),
]

/** What endpoints of apps are sent, as the `webhooks` of OpenAPI 3.1. */
export function describeWebhooks(components: Components): Json {
  const schema = components.of(WebhookEvent, 'output')
  const describe = (type: WebhookType): Json => ({
    post: {
      operationId: type,
      summary: when[type],
      tags: ['Webhooks'],
      security: [],
      parameters: headers,
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema,
            ...(type === 'support.message_received'
              ? { example: { type, timestamp: answer.created_at, data: { ticket: answered, message: answer } } }
              : {}),
          },
        },
      },
      responses: {
        '2XX': { description: 'Taken. Anything else is tried again.' },
        '410': { description: 'No longer wanted: the endpoint is switched off.' },
      },
    },
  })
  return Object.fromEntries(webhookTypes.map((type) => [type, describe(type)]))
}
