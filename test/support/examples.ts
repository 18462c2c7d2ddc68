import { randomUUID } from 'node:crypto'
import type { OperationName, RequestInput } from '@support-widget/shared/paths.ts'

/** The objects that examples name: ids as they are written, and the app's public id. A world (world.ts) has one of each kind. */
export interface Named {
  app: string
  /** A resolved ticket with one answer. */
  ticket: string
  /** Another one of the same customer, still open. */
  other: string
  /** The answer in `ticket`. */
  message: string
  /** A file of a message in `ticket`, which its customer sees. */
  attachment: string
  /** A file of a note in `ticket`. */
  noteFile: string
  /** Files that wait to be sent, of the customer and of the agents. */
  upload: string
  agentUpload: string
  customer: string
  /** An agent who calls nothing. */
  agent: string
  reply: string
  /** An API key that nobody uses. */
  key: string
  /** A mail about `ticket`. */
  mail: string
  /** A webhook endpoint, and what is to be delivered to it. */
  webhook: string
  delivery: string
  /** A visitor's token. */
  visitor: string
  /** Opens the desk, once and soon. */
  deskCode: string
}
type Example = (of: Named) => RequestInput

/** A valid request for every operation: one that is added without an example does not compile. Uploads get their file from who sends them. */
export const examples: Record<OperationName, Example> = {
  getWidgetConfig: ({ app }) => ({ query: { app } }),
  getMe: () => ({}),
  updateMe: () => ({ body: { name: 'Robin', email: 'robin@example.com', notify: false } }),
  createVisitor: ({ app }) => ({ body: { app } }),
  mergeVisitor: ({ visitor }) => ({ body: { visitor_token: visitor } }),
  createTicket: () => ({ body: { subject: 'A question', body: 'How?' } }),
  listTickets: () => ({ query: { page: 1, per_page: 10, status: ['open'] } }),
  getTicket: ({ ticket }) => ({ params: { id: ticket }, query: { last: 5 } }),
  sendMessage: ({ ticket }) => ({ params: { id: ticket }, body: { body: 'Hello' } }),
  listMessages: ({ ticket }) => ({ params: { id: ticket }, query: { after_seq: 0, limit: 10 } }),
  closeTicket: ({ ticket }) => ({ params: { id: ticket } }),
  readTicket: ({ ticket }) => ({ params: { id: ticket }, body: { seq: 1 } }),
  rateTicket: ({ ticket }) => ({ params: { id: ticket }, body: { score: 5, comment: 'Fine' } }),
  uploadAttachment: () => ({}),
  getAttachment: ({ attachment }) => ({ params: { id: attachment } }),
  agentGetMe: () => ({}),
  agentListAgents: () => ({ query: { page: 1 } }),
  agentListTickets: () => ({ query: { priority: ['low', 'normal'] } }),
  agentCreateTicket: () => ({ body: { requester: { email: 'someone@example.com' }, subject: 'By phone', body: 'They called.' } }),
  agentGetTicket: ({ ticket }) => ({ params: { id: ticket } }),
  agentUpdateTicket: ({ ticket }) => ({ params: { id: ticket }, body: { priority: 'low' } }),
  agentSendMessage: ({ ticket }) => ({ params: { id: ticket }, body: { body: 'A note', is_internal: true } }),
  agentListMessages: ({ ticket }) => ({ params: { id: ticket }, query: { before_seq: 9 } }),
  agentReadTicket: ({ ticket }) => ({ params: { id: ticket }, body: { seq: 1 } }),
  agentRateTicket: ({ ticket }) => ({ params: { id: ticket }, body: { score: 4 } }),
  agentMergeTicket: ({ ticket, other }) => ({ params: { id: ticket }, body: { into: other } }),
  agentGetHistory: ({ ticket }) => ({ params: { id: ticket }, query: { page: 1 } }),
  agentRedactMessage: ({ ticket, message }) => ({ params: { id: ticket, message_id: message } }),
  agentListCustomers: () => ({ query: { search: 'ali' } }),
  agentGetCustomer: ({ customer }) => ({ params: { id: customer } }),
  agentBlockCustomer: ({ customer }) => ({ params: { id: customer }, body: { blocked: false } }),
  agentGetApp: () => ({}),
  agentUpdateApp: () => ({ body: { settings: { auto_close_days: 3 } } }),
  agentListKeys: () => ({ query: { page: 1 } }),
  agentCreateKey: () => ({ body: { kind: 'admin', name: 'Backend' } }),
  agentRevokeKey: ({ key }) => ({ params: { id: key } }),
  agentListAudit: () => ({ query: { page: 1 } }),
  agentExportCustomer: ({ customer }) => ({ params: { id: customer } }),
  agentEraseCustomer: ({ customer }) => ({ params: { id: customer } }),
  agentRestoreAgent: ({ agent }) => ({ params: { id: agent } }),
  agentCreateDeskCode: () => ({}),
  redeemDeskCode: ({ deskCode }) => ({ body: { code: deskCode } }),
  agentBulkUpdateTickets: ({ ticket }) => ({ body: { ids: [ticket], set: { priority: 'high' } } }),
  agentExportTickets: () => ({}),
  agentListCannedReplies: () => ({ query: { page: 1 } }),
  agentCreateCannedReply: () => ({ body: { name: `Thanks ${randomUUID()}`, body: 'Thank you, {{customer.name}}.' } }),
  agentUpdateCannedReply: ({ reply }) => ({ params: { id: reply }, body: { name: 'Hello again' } }),
  agentDeleteCannedReply: ({ reply }) => ({ params: { id: reply } }),
  agentRenderCannedReply: ({ reply, ticket }) => ({ params: { id: reply }, body: { ticket_id: ticket } }),
  agentRemoveAgent: ({ agent }) => ({ params: { id: agent } }),
  agentGetStats: () => ({}),
  agentListMails: () => ({ query: { state: ['queued'] } }),
  agentRetryMail: ({ mail }) => ({ params: { id: mail } }),
  agentListWebhooks: () => ({ query: { page: 1 } }),
  agentCreateWebhook: () => ({ body: { url: 'https://receiver.example/hooks', types: ['support.message_sent'], description: 'Bookings' } }),
  agentGetWebhook: ({ webhook }) => ({ params: { id: webhook } }),
  agentUpdateWebhook: ({ webhook }) => ({ params: { id: webhook }, body: { description: 'Others' } }),
  agentDeleteWebhook: ({ webhook }) => ({ params: { id: webhook } }),
  agentRotateWebhook: ({ webhook }) => ({ params: { id: webhook } }),
  agentTestWebhook: ({ webhook }) => ({ params: { id: webhook } }),
  agentListDeliveries: ({ webhook }) => ({ params: { id: webhook }, query: { status: ['pending'] } }),
  agentRedeliverWebhook: ({ webhook }) => ({ params: { id: webhook }, body: { after: '2026-01-01T00:00:00Z', before: '2026-01-02T00:00:00Z' } }),
  agentGetDelivery: ({ delivery }) => ({ params: { id: delivery } }),
  agentRedeliver: ({ delivery }) => ({ params: { id: delivery } }),
  agentUploadAttachment: () => ({}),
  agentGetAttachment: ({ attachment }) => ({ params: { id: attachment } }),
}

const opened = { subject: 'By phone', body: 'They called.' }

/** Further valid requests, so that every place of an input that can name an object names one: test/api/differential.test.ts holds that. */
export const references: Partial<Record<OperationName, Example[]>> = {
  createTicket: [
    ({ ticket }) => ({ body: { subject: 'Again', body: 'Still not', follow_up_of: ticket } }),
    ({ upload }) => ({ body: { subject: 'With a file', body: '', attachments: [upload] } }),
  ],
  sendMessage: [({ other, upload }) => ({ params: { id: other }, body: { body: '', attachments: [upload] } })],
  getAttachment: [({ upload }) => ({ params: { id: upload } })],
  agentGetAttachment: [({ noteFile }) => ({ params: { id: noteFile } }), ({ agentUpload }) => ({ params: { id: agentUpload } })],
  agentListTickets: [({ agent }) => ({ query: { assignee: agent } }), ({ customer }) => ({ query: { requester: customer } })],
  agentExportTickets: [({ agent }) => ({ query: { assignee: agent } }), ({ customer }) => ({ query: { requester: customer } })],
  agentCreateTicket: [
    ({ customer, ticket }) => ({ body: { ...opened, requester: { id: customer }, follow_up_of: ticket } }),
    ({ agent }) => ({ body: { ...opened, requester: { name: 'Somebody' }, assignee_id: agent } }),
    ({ agentUpload }) => ({ body: { ...opened, requester: { name: 'Somebody' }, attachments: [agentUpload] } }),
  ],
  agentCreateKey: [({ customer }) => ({ body: { kind: 'partner', name: 'Partner', customer: { id: customer } } })],
  agentListMails: [({ ticket }) => ({ query: { ticket } })],
  agentListAudit: [({ agent }) => ({ query: { actor: agent } }), ({ customer }) => ({ query: { object: customer } })],
  agentUpdateTicket: [({ ticket, agent }) => ({ params: { id: ticket }, body: { assignee_id: agent } })],
  agentSendMessage: [({ ticket, agentUpload }) => ({ params: { id: ticket }, body: { body: '', attachments: [agentUpload] } })],
  agentBulkUpdateTickets: [({ ticket, agent }) => ({ body: { ids: [ticket], set: { assignee_id: agent } } })],
}
