import { limits } from '@support-widget/shared/limits.ts'
import { queryInt, text } from '@support-widget/shared/text.ts'
import { priorities, statuses } from '@support-widget/shared/vocabulary.ts'
import * as z from 'zod'
import { tidy } from '../../openapi-schemas.ts'

const link = z.url().meta({ description: 'Where the JSON Schema of this object stands.' })
const time = z.iso.datetime({ precision: 0 })
/** Absent where the person, the address or the moment is not there: see translate.ts. */
const maybe = { id: z.uuid().optional(), email: z.string().optional(), time: time.optional() }

/** A parameter without a value is one that is not given, as a form without a choice sends it. */
const parameter = <T extends z.ZodType>(shape: T) => z.preprocess((given) => (given === '' ? undefined : given), shape)

export const ListQuery = z.object({
  limit: parameter(queryInt(1, limits.perPage).default(limits.perPageDefault)),
  offset: parameter(queryInt(0, Number.MAX_SAFE_INTEGER).default(0)),
  status: parameter(z.enum(statuses).optional()),
  type: parameter(text(1, limits.type).optional()),
})

export const NewSupportTicket = z
  .object({ title: text(1, limits.subject), description: text(1, limits.body), type: text(1, limits.type).optional() })
  .meta({ id: 'NewSupportTicket' })

export const NewSupportTicketComment = z.object({ content: text(1, limits.body) }).meta({ id: 'NewSupportTicketComment' })

/** What a ticket has in the list and by itself. */
const summary = {
  assigned_to_email: maybe.email,
  comment_count: z.int().min(0),
  created_at: time,
  created_by_email: maybe.email,
  priority: z.enum(priorities),
  status: z.enum(statuses),
  ticket_id: z.uuid(),
  title: z.string(),
  type: z.string(),
  updated_at: time,
}

export const TicketListResponse = z
  .strictObject({ $schema: link, has_more: z.boolean(), tickets: z.array(z.strictObject(summary)), total: z.int().min(0) })
  .meta({ id: 'TicketListResponse', description: 'Tickets of the customer, newest first. `total` counts those of all pages.' })

export const SupportTicketComment = z
  .strictObject({
    $schema: link,
    author_email: maybe.email,
    author_id: maybe.id,
    author_type: z.enum(['customer', 'agent', 'system']),
    comment_id: z.uuid(),
    content: z.string(),
    created_at: time,
    is_internal: z.literal(false),
    ticket_id: z.uuid(),
  })
  .meta({ id: 'SupportTicketComment', description: 'What was written after the description.' })

export const SupportTicket = z
  .strictObject({
    $schema: link,
    ...summary,
    assigned_to: maybe.id,
    comments: z.array(SupportTicketComment),
    created_by: z.uuid(),
    description: z.string(),
    resolved_at: maybe.time,
    tenant_id: z.string(),
  })
  .meta({ id: 'SupportTicket', description: 'A ticket with its comments, oldest first.' })

const HistoryEntry = z.strictObject({
  changed_by: maybe.id,
  changed_by_email: maybe.email,
  created_at: time,
  field_changed: z.string(),
  history_id: z.uuid(),
  new_value: z.string(),
  old_value: z.string(),
  ticket_id: z.uuid(),
})

export const TicketDetailResponse = z
  .strictObject({ $schema: link, history: z.array(HistoryEntry), ticket: SupportTicket })
  .meta({ id: 'TicketDetailResponse', description: 'A ticket, and what was changed of it, oldest first.' })

export const ErrorModel = z
  .strictObject({
    $schema: link,
    detail: z.string(),
    errors: z.array(z.strictObject({ location: z.string(), message: z.string(), value: z.unknown() })),
    instance: z.string(),
    status: z.int().min(400).max(599),
    title: z.string(),
    type: z.string(),
  })
  .meta({ id: 'ErrorModel', description: 'RFC 9457 problem details. `value` is what was refused; null for what was missing or is a secret.' })

const answers = { TicketListResponse, SupportTicket, SupportTicketComment, TicketDetailResponse, ErrorModel }
export type AnswerName = keyof typeof answers
export type Answer<N extends AnswerName> = z.output<(typeof answers)[N]>

const schemaPath = (name: string) => `/api/v1/schemas/${name}.json`
export const schemaUrl = (base: string, name: AnswerName) => base + schemaPath(name)

/** The JSON Schemas (2020-12) of the answers by their paths, each whole in itself. */
export const schemasAt = (base: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(answers).map(([name, shape]) => [schemaPath(name), schemaOf(base + schemaPath(name), name, shape)]))

function schemaOf(url: string, name: string, shape: z.ZodType) {
  // What has a name is a part, the shape itself too: it is taken out and stands at the top.
  const { $schema, $defs: { [name]: own, ...parts } = {} } = z.toJSONSchema(shape, { override: ({ jsonSchema }) => tidy(jsonSchema) })
  return { $id: url, $schema, title: name, ...own, ...(Object.keys(parts).length > 0 ? { $defs: parts } : {}) }
}
