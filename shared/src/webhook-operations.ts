import * as z from 'zod'
import { limits } from './limits.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { idParam, moment, queryList, queryTime } from './text.ts'
import {
  DeliveryWithAttempts,
  deliveryStatuses,
  MadeWebhook,
  NewWebhook,
  testOutcomes,
  Webhook,
  WebhookChange,
  WebhookDelivery,
  webhookTypes,
} from './webhook.ts'

const byId = z.strictObject({ id: idParam() })

/** Where an app is told of what happens, and what became of each event on its way there. */
export const webhookOperations = {
  agentListWebhooks: {
    summary: "The app's webhook endpoints, newest first",
    access: 'admin',
    status: 200,
    query: paging,
    output: pageOf(Webhook),
    errors: [],
  },
  agentCreateWebhook: {
    summary: 'Add a webhook endpoint; its secret is shown once',
    description: `Events that happen from now on are sent to \`url\`, signed as Standard Webhooks says. An app has at most ${limits.webhooksPerApp} endpoints. The \`pgi\` flavour knows \`support.message_received\` and \`support.ticket_closed\` alone.`,
    access: 'admin',
    status: 201,
    once: true,
    secrets: ['secret'],
    body: NewWebhook,
    output: MadeWebhook,
    errors: ['limit_reached'],
  },
  agentGetWebhook: { summary: 'A webhook endpoint', access: 'admin', status: 200, params: byId, output: Webhook, errors: ['not_found'] },
  agentUpdateWebhook: {
    summary: 'Change a webhook endpoint, or switch it off or on; what is named changes',
    description:
      'An endpoint that is switched off takes no events, and what was open becomes `cancelled`: it can be sent again once the endpoint is switched on. So does what is open in the words of another flavour than the new one, or is not of the new `types`; it can be sent again once the endpoint takes it.',
    access: 'admin',
    status: 200,
    params: byId,
    body: WebhookChange,
    output: Webhook,
    errors: ['not_found'],
  },
  agentDeleteWebhook: {
    summary: 'Delete a webhook endpoint with its deliveries; answers it',
    access: 'admin',
    status: 200,
    params: byId,
    output: Webhook,
    errors: ['not_found'],
  },
  agentRotateWebhook: {
    summary: 'Give a webhook endpoint a new secret, which is shown once',
    description: `For ${limits.webhookOverlapHours} hours every request carries two signatures, one of each secret. Another rotation in that time ends the older of the two at once.`,
    access: 'admin',
    status: 200,
    once: true,
    secrets: ['secret'],
    params: byId,
    output: MadeWebhook,
    errors: ['not_found'],
  },
  agentTestWebhook: {
    summary: 'Send a test event now, and tell whether it arrived',
    description: `Sends \`support.test\` once, also to an endpoint that is switched off; it is not kept and not repeated. ${limits.webhookTests} a minute for an app. The answer comes at a full second.`,
    access: 'admin',
    status: 200,
    params: byId,
    output: z.strictObject({ outcome: z.enum(testOutcomes) }),
    errors: ['not_found', 'rate_limited'],
  },
  agentListDeliveries: {
    summary: 'What was sent to a webhook endpoint or is to be, newest first',
    description: `Finished deliveries are kept for ${limits.webhookDays} days. \`after\` and \`before\` are about when the event happened.`,
    access: 'admin',
    status: 200,
    params: byId,
    query: paging.extend({
      status: queryList(z.enum(deliveryStatuses)).optional(),
      type: queryList(z.enum(webhookTypes)).optional(),
      after: queryTime().optional(),
      before: queryTime().optional(),
    }),
    output: pageOf(WebhookDelivery),
    errors: ['not_found'],
  },
  agentRedeliverWebhook: {
    summary: 'Send again what could not be delivered in a stretch of time',
    description: `Everything \`exhausted\`, \`failed\` or \`cancelled\` whose event happened from \`after\` to \`before\`, with \`all\` what was delivered too, as far as the endpoint as it is now takes it; ${limits.webhookReplay.toLocaleString('en')} at once, the oldest first. \`has_more\` says that there is more: then send it again, with \`all\` from \`next_after\` on.`,
    access: 'admin',
    status: 200,
    params: byId,
    body: z.strictObject({ after: moment(), before: moment(), all: z.boolean().default(false) }),
    output: z.strictObject({ redelivered: z.int(), has_more: z.boolean(), next_after: z.iso.datetime().nullable() }),
    errors: ['not_found', 'webhook_disabled'],
  },
  agentGetDelivery: {
    summary: 'A delivery with its attempts',
    access: 'admin',
    status: 200,
    params: byId,
    output: DeliveryWithAttempts,
    errors: ['not_found'],
  },
  agentRedeliver: {
    summary: 'Send one delivery again, at once, under the same id',
    description:
      'Whatever became of it. One that has ended has all its attempts again; one that is waiting for its next attempt does not wait any longer, and has as many left as before.',
    access: 'admin',
    status: 200,
    params: byId,
    output: WebhookDelivery,
    errors: ['not_found', 'webhook_disabled', 'webhook_unwanted'],
  },
} as const satisfies Record<string, Operation>
