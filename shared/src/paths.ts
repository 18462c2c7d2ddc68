/** What the widget calls: operation → method and path. Zod-free, so that it can import them. Shapes stand in the two operation tables. */
export const customerPaths = {
  getWidgetConfig: 'GET /v1/widget/config',
  getMe: 'GET /v1/support/me',
  updateMe: 'PATCH /v1/support/me',
  createVisitor: 'POST /v1/support/visitors',
  mergeVisitor: 'POST /v1/support/visitors/merge',
  createTicket: 'POST /v1/support/tickets',
  listTickets: 'GET /v1/support/tickets',
  getTicket: 'GET /v1/support/tickets/:id',
  sendMessage: 'POST /v1/support/tickets/:id/messages',
  listMessages: 'GET /v1/support/tickets/:id/messages',
  closeTicket: 'POST /v1/support/tickets/:id/close',
  readTicket: 'POST /v1/support/tickets/:id/read',
  rateTicket: 'POST /v1/support/tickets/:id/csat',
  uploadAttachment: 'POST /v1/support/attachments',
} as const

export const paths = {
  ...customerPaths,
  getAttachment: 'GET /v1/support/attachments/:id',
  agentGetMe: 'GET /v1/admin/support/me',
  agentListAgents: 'GET /v1/admin/support/agents',
  agentListTickets: 'GET /v1/admin/support/tickets',
  agentCreateTicket: 'POST /v1/admin/support/tickets',
  agentGetTicket: 'GET /v1/admin/support/tickets/:id',
  agentUpdateTicket: 'PATCH /v1/admin/support/tickets/:id',
  agentSendMessage: 'POST /v1/admin/support/tickets/:id/messages',
  agentListMessages: 'GET /v1/admin/support/tickets/:id/messages',
  agentReadTicket: 'POST /v1/admin/support/tickets/:id/read',
  agentRateTicket: 'POST /v1/admin/support/tickets/:id/csat',
  agentMergeTicket: 'POST /v1/admin/support/tickets/:id/merge',
  agentGetHistory: 'GET /v1/admin/support/tickets/:id/history',
  agentRedactMessage: 'POST /v1/admin/support/tickets/:id/messages/:message_id/redact',
  agentListCustomers: 'GET /v1/admin/support/customers',
  agentGetCustomer: 'GET /v1/admin/support/customers/:id',
  agentBlockCustomer: 'POST /v1/admin/support/customers/:id/block',
  agentGetApp: 'GET /v1/admin/support/app',
  agentUpdateApp: 'PATCH /v1/admin/support/app',
  agentListKeys: 'GET /v1/admin/support/keys',
  agentCreateKey: 'POST /v1/admin/support/keys',
  agentRevokeKey: 'DELETE /v1/admin/support/keys/:id',
  agentListAudit: 'GET /v1/admin/support/audit',
  agentExportCustomer: 'GET /v1/admin/support/customers/:id/export',
  agentEraseCustomer: 'DELETE /v1/admin/support/customers/:id',
  agentRestoreAgent: 'POST /v1/admin/support/agents/:id/restore',
  agentCreateDeskCode: 'POST /v1/admin/support/desk-codes',
  redeemDeskCode: 'POST /v1/admin/support/desk-codes/redeem',
  agentBulkUpdateTickets: 'POST /v1/admin/support/tickets/bulk',
  agentExportTickets: 'GET /v1/admin/support/tickets.csv',
  agentListCannedReplies: 'GET /v1/admin/support/canned-replies',
  agentCreateCannedReply: 'POST /v1/admin/support/canned-replies',
  agentUpdateCannedReply: 'PATCH /v1/admin/support/canned-replies/:id',
  agentDeleteCannedReply: 'DELETE /v1/admin/support/canned-replies/:id',
  agentRenderCannedReply: 'POST /v1/admin/support/canned-replies/:id/render',
  agentRemoveAgent: 'DELETE /v1/admin/support/agents/:id',
  agentGetStats: 'GET /v1/admin/support/stats',
  agentListWebhooks: 'GET /v1/admin/support/webhooks',
  agentCreateWebhook: 'POST /v1/admin/support/webhooks',
  agentGetWebhook: 'GET /v1/admin/support/webhooks/:id',
  agentUpdateWebhook: 'PATCH /v1/admin/support/webhooks/:id',
  agentDeleteWebhook: 'DELETE /v1/admin/support/webhooks/:id',
  agentRotateWebhook: 'POST /v1/admin/support/webhooks/:id/rotate',
  agentTestWebhook: 'POST /v1/admin/support/webhooks/:id/test',
  agentListDeliveries: 'GET /v1/admin/support/webhooks/:id/deliveries',
  agentRedeliverWebhook: 'POST /v1/admin/support/webhooks/:id/redeliver',
  agentGetDelivery: 'GET /v1/admin/support/webhooks/deliveries/:id',
  agentRedeliver: 'POST /v1/admin/support/webhooks/deliveries/:id/redeliver',
  agentListMails: 'GET /v1/admin/support/mails',
  agentRetryMail: 'POST /v1/admin/support/mails/:id/retry',
  agentUploadAttachment: 'POST /v1/admin/support/attachments',
  agentGetAttachment: 'GET /v1/admin/support/attachments/:id',
} as const

export type OperationName = keyof typeof paths

/** What a caller gives to an operation: path parameters, query, JSON body. */
export interface RequestInput {
  params?: Record<string, string>
  query?: Record<string, string | number | boolean | readonly (string | number)[] | undefined>
  body?: unknown
}

/** Method and relative URL of an operation. */
export const requestOf = (name: OperationName, input?: RequestInput) => requestTo(paths[name], input)

/**
 * Method and relative URL of a call to `METHOD /path/:parameter`. Path parameters and query values are percent-encoded; an undefined query value is left out and an array is
 * repeated.
 */
export function requestTo(target: string, input: RequestInput = {}): { method: string; url: string } {
  const [method, path] = target.split(' ') as [string, string]
  let url = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(input.params?.[key] ?? ''))
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(input.query ?? {})) {
    for (const one of [value].flat()) if (one !== undefined) query.append(key, String(one))
  }
  const search = query.toString()
  if (search) url += `?${search}`
  return { method, url }
}
