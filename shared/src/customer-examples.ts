import { defaultSettings } from './app.ts'
import { answer, answered, appRef, ids, listOf, message, self, ticket } from './example-objects.ts'

const params = { id: ids.ticket }
const { categories } = defaultSettings
const closed = {
  ...answered,
  status: 'closed' as const,
  unread_count: 0,
  closed_at: '2026-03-03T10:00:00.000Z',
  updated_at: '2026-03-03T10:00:00.000Z',
}
export const customerExamples = {
  getWidgetConfig: {
    query: { app: 'demo' },
    output: {
      app: appRef,
      categories,
      form_fields: [],
      reply_time_text: 'We usually answer within two hours.',
      office_open: true,
      contact_email: 'help@kilnshare.example',
      visitors: false,
      mail: true,
      theme: { color: '#a34b21' },
      texts: { en: { title: 'Help' } },
    },
  },
  getMe: {
    output: {
      app: appRef,
      customer: self,
      unread_count: 1,
      open_tickets: 2,
    },
  },
  createTicket: {
    body: {
      subject: ticket.subject,
      body: message.body,
      category: 'billing',
      priority: 'high' as const,
      channel: 'widget' as const,
      custom_fields: ticket.custom_fields,
      links: ticket.links,
    },
    output: { ...ticket, messages: [{ ...message, attachments: [] }] },
  },
  listTickets: { query: { status: ['open' as const, 'in_progress' as const], page: 1, per_page: 20 }, output: listOf([answered]) },
  getTicket: { params, query: { last: 50 }, output: { ...answered, messages: [message, answer] } },
  sendMessage: {
    params,
    body: { body: 'Thank you, it has arrived.', client_id: 'c2f1' },
    output: {
      ...message,
      id: ids.note,
      seq: 3,
      client_id: 'c2f1',
      body: 'Thank you, it has arrived.',
      attachments: [],
      created_at: '2026-03-03T09:00:00.000Z',
    },
  },
  listMessages: { params, query: { after_seq: 1, limit: 100 }, output: { ticket: answered, data: [answer], has_more: false } },
  closeTicket: { params, output: closed },
  readTicket: { params, body: { seq: 2 }, output: { ...answered, unread_count: 0 } },
}
