import { ids, listOf } from './example-objects.ts'

const mail = {
  id: '01JN300B3CM4N5P6Q7R8S9T0Y6',
  ticket_id: ids.ticket,
  webhook_id: null,
  kind: 'customer_unread' as const,
  state: 'failed' as const,
  recipient: 'alice@example.com',
  reason: 'recipient_refused' as const,
  attempts: 1,
  due_at: null,
  created_at: '2026-03-03T10:00:00.000Z',
  ended_at: '2026-03-03T10:10:02.000Z',
}

export const mailExamples = {
  agentListMails: { query: { state: ['failed' as const], page: 1, per_page: 20 }, output: listOf([mail]) },
  agentRetryMail: {
    params: { id: mail.id },
    output: { ...mail, state: 'queued' as const, attempts: 0, due_at: '2026-03-03T11:00:00.000Z', ended_at: null },
  },
}
