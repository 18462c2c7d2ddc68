import { encodeId } from '@support-widget/shared/ids.ts'
import type { ExportRow } from '../domain/export.ts'
import { agentName } from './people.ts'

type Cell = (row: ExportRow) => string | number | null
const time = (at: Date | null) => at?.toISOString() ?? null
const json = (fields: object) => (Object.keys(fields).length === 0 ? null : JSON.stringify(fields))

/** The columns of an export in their order. Counts and times are of what the customer sees: nothing of a note. */
const columns: Record<string, Cell> = {
  id: (row) => encodeId(row.id),
  number: (row) => row.number,
  subject: (row) => row.subject,
  status: (row) => row.status,
  priority: (row) => row.priority,
  category: (row) => row.category,
  type: (row) => row.type,
  channel: (row) => row.channel,
  tags: (row) => row.tags.join(', '),
  waiting_on: (row) => row.waiting_on,
  assignee_id: (row) => row.assignee_id && encodeId(row.assignee_id),
  assignee_name: (row) => row.assignee_id && agentName(row.assignee_name),
  requester_id: (row) => encodeId(row.customer_id),
  requester_external_id: (row) => row.customer_external_id,
  requester_name: (row) => row.customer_name,
  requester_email: (row) => row.customer_email,
  requester_phone: (row) => row.customer_phone,
  country: (row) => row.country,
  store_region: (row) => row.store_region,
  external_ticket_id: (row) => row.external_ticket_id,
  preferred_language: (row) => row.preferred_language,
  custom_fields: (row) => json(row.custom_fields),
  links: (row) => json(row.links),
  resolution_notes: (row) => row.resolution_notes,
  action_taken: (row) => row.action_taken,
  message_count: (row) => row.public_seq,
  csat_score: (row) => row.csat_score,
  csat_comment: (row) => row.csat_comment,
  snoozed_until: (row) => time(row.snoozed_until),
  created_at: (row) => time(row.created_at),
  updated_at: (row) => time(row.public_updated_at),
  first_response_at: (row) => time(row.first_response_at),
  resolved_at: (row) => time(row.resolved_at),
  closed_at: (row) => time(row.closed_at),
}

export const exportHeader = Object.keys(columns)

/** A ticket as cells, in the order of the header. */
export const presentExportRow = (row: ExportRow): (string | number | null)[] => Object.values(columns).map((cell) => inert(cell(row)))

/** A spreadsheet takes text that begins like this, whatever blanks stand before it, for a formula: the apostrophe says that it is text. */
const formula = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u
const inert = (value: string | number | null) => (typeof value === 'string' && formula.test(value) ? `'${value}` : value)
