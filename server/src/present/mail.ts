import { encodeId } from '@support-widget/shared/ids.ts'
import type { Mail } from '@support-widget/shared/mail.ts'
import type { MailRow } from '../domain/mail-queue.ts'

export function presentMail(row: MailRow): Mail {
  const { kind, state, recipient, reason, attempts } = row
  return {
    id: encodeId(row.id),
    ticket_id: row.ticket_id === null ? null : encodeId(row.ticket_id),
    webhook_id: row.webhook_id === null ? null : encodeId(row.webhook_id),
    kind,
    state,
    recipient,
    reason,
    attempts,
    due_at: row.ended_at === null ? row.due_at.toISOString() : null,
    created_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  }
}
