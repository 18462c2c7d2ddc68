import { ids, listOf } from './example-objects.ts'

const id = '01JN300B3CM4N5P6Q7R8S9T0H1'
const deliveryId = '01JN300B3CM4N5P6Q7R8S9T0H2'
const secret = 'whsec_7b0YQm1uJ4sV9oXcT2rK5wZ8pD3fH6gLnEiAqUyMxRk='
const webhook = {
  id,
  url: 'https://kilnshare.example/hooks/support',
  types: ['support.ticket_created' as const, 'support.message_sent' as const],
  description: 'Bookings',
  flavour: 'native' as const,
  enabled: true,
  disabled_reason: null,
  previous_secret_until: null,
  created_at: '2026-03-02T08:00:00.000Z',
  updated_at: '2026-03-02T08:00:00.000Z',
}
const delivery = {
  id: deliveryId,
  webhook: id,
  event_id: 'evt_01JN2XG6H8A1B2C3D4E5F6G7H9',
  type: 'support.message_sent' as const,
  ticket_id: ids.ticket,
  status: 'pending' as const,
  attempts: 2,
  next_attempt_at: '2026-03-02T09:20:16.000Z',
  created_at: '2026-03-02T09:15:00.000Z',
  ended_at: null,
}
const log = [
  { number: 1, at: '2026-03-02T09:15:00.000Z', duration_ms: 41, status: 503, error: 'http' as const },
  { number: 2, at: '2026-03-02T09:15:05.000Z', duration_ms: 15_000, status: null, error: 'timeout' as const },
]

export const webhookExamples = {
  agentListWebhooks: { query: { page: 1, per_page: 20 }, output: listOf([webhook]) },
  agentCreateWebhook: {
    body: { url: webhook.url, types: webhook.types, description: 'Bookings' },
    output: { ...webhook, secret },
  },
  agentGetWebhook: { params: { id }, output: webhook },
  agentUpdateWebhook: {
    params: { id },
    body: { enabled: false },
    output: { ...webhook, enabled: false, disabled_reason: 'manual' as const, updated_at: '2026-03-03T10:00:00.000Z' },
  },
  agentDeleteWebhook: { params: { id }, output: { ...webhook, enabled: false, disabled_reason: 'manual' as const } },
  agentRotateWebhook: {
    params: { id },
    output: { ...webhook, previous_secret_until: '2026-03-04T10:00:00.000Z', updated_at: '2026-03-03T10:00:00.000Z', secret },
  },
  agentTestWebhook: { params: { id }, output: { outcome: 'delivered' as const } },
  agentListDeliveries: { params: { id }, query: { status: ['pending' as const], page: 1, per_page: 20 }, output: listOf([delivery]) },
  agentRedeliverWebhook: {
    params: { id },
    body: { after: '2026-03-01T00:00:00Z', before: '2026-03-03T00:00:00Z' },
    output: { redelivered: 214, has_more: false, next_after: null },
  },
  agentGetDelivery: { params: { id: deliveryId }, output: { ...delivery, log } },
  agentRedeliver: { params: { id: deliveryId }, output: { ...delivery, attempts: 0, next_attempt_at: '2026-03-02T09:16:00.000Z' } },
}
