import * as z from 'zod'

/** The examples and shapes of the console document, written down from it and from nothing of ours. */

export const host = 'https://loading'
export const tickets = '/api/v1/support/tickets'

export const listLine = 'curl -X GET "https://loading/api/v1/support/tickets"'
export const createLine = String.raw`curl -X POST "https://loading/api/v1/support/tickets" \
  -H "Content-Type: application/json" \
  -d '{ "description": "string", "title": "string", "type": "string" }'`
export const getLine = 'curl -X GET "https://loading/api/v1/support/tickets/string"'
export const closeLine = 'curl -X POST "https://loading/api/v1/support/tickets/string/close"'
export const commentLine = String.raw`curl -X POST "https://loading/api/v1/support/tickets/string/comments" \
  -H "Content-Type: application/json" \
  -d '{ "content": "string" }'`

const moment = '2019-08-24T14:15:22Z'

/** Each answer as the document prints it. */
export const printed = {
  TicketListResponse: {
    $schema: '/api/v1/schemas/TicketListResponse.json',
    has_more: true,
    tickets: [
      {
        assigned_to_email: 'string',
        comment_count: 0,
        created_at: moment,
        created_by_email: 'string',
        priority: 'string',
        status: 'string',
        ticket_id: 'string',
        title: 'string',
        type: 'string',
        updated_at: moment,
      },
    ],
    total: 0,
  },
  SupportTicketComment: {
    $schema: '/api/v1/schemas/SupportTicketComment.json',
    author_email: 'string',
    author_id: 'string',
    author_type: 'string',
    comment_id: 'string',
    content: 'string',
    created_at: moment,
    is_internal: true,
    ticket_id: 'string',
  },
  get SupportTicket() {
    return {
      $schema: '/api/v1/schemas/SupportTicket.json',
      assigned_to: 'string',
      assigned_to_email: 'string',
      comment_count: 0,
      comments: [this.SupportTicketComment],
      created_at: moment,
      created_by: 'string',
      created_by_email: 'string',
      description: 'string',
      priority: 'string',
      resolved_at: moment,
      status: 'string',
      tenant_id: 'string',
      ticket_id: 'string',
      title: 'string',
      type: 'string',
      updated_at: moment,
    }
  },
  get TicketDetailResponse() {
    return {
      $schema: '/api/v1/schemas/TicketDetailResponse.json',
      history: [
        {
          changed_by: 'string',
          changed_by_email: 'string',
          created_at: moment,
          field_changed: 'string',
          history_id: 'string',
          new_value: 'string',
          old_value: 'string',
          ticket_id: 'string',
        },
      ],
      ticket: this.SupportTicket,
    }
  },
  ErrorModel: {
    $schema: '/api/v1/schemas/ErrorModel.json',
    detail: 'Property foo is required but is missing.',
    errors: [{ location: 'string', message: 'string', value: null }],
    instance: 'https://example.com/error-log/abc123',
    status: 400,
    title: 'Bad Request',
    type: 'https://example.com/errors/example',
  },
}
export type Printed = keyof typeof printed

/** As in `2019-08-24T14:15:22Z`. */
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
/** `Ticket UUID`. */
const uuid = z.string().regex(/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/)
const $schema = (name: Printed) => z.string().regex(new RegExp(`^http://[^/]+/compat/console/api/v1/schemas/${name}\\.json$`))
const status = z.enum(['open', 'in_progress', 'resolved', 'closed'])
const count = z.int().min(0)

const summary = {
  assigned_to_email: z.string().min(1).optional(),
  comment_count: count,
  created_at: time,
  created_by_email: z.string().min(1).optional(),
  priority: z.string().min(1),
  status,
  ticket_id: uuid,
  title: z.string(),
  type: z.string().min(1),
  updated_at: time,
}
export const List = z.strictObject({
  $schema: $schema('TicketListResponse'),
  has_more: z.boolean(),
  tickets: z.array(z.strictObject(summary)),
  total: count,
})

export const Comment = z.strictObject({
  $schema: $schema('SupportTicketComment'),
  author_email: z.string().min(1).optional(),
  author_id: uuid.optional(),
  author_type: z.string().min(1),
  comment_id: uuid,
  content: z.string(),
  created_at: time,
  is_internal: z.boolean(),
  ticket_id: uuid,
})

export const Ticket = z.strictObject({
  $schema: $schema('SupportTicket'),
  ...summary,
  assigned_to: z.string().min(1).optional(),
  comments: z.array(Comment),
  created_by: uuid,
  description: z.string(),
  resolved_at: time.optional(),
  tenant_id: z.string().min(1),
})
export type Ticket = z.output<typeof Ticket>

export const Detail = z.strictObject({
  $schema: $schema('TicketDetailResponse'),
  history: z.array(
    z.strictObject({
      changed_by: uuid.optional(),
      changed_by_email: z.string().min(1).optional(),
      created_at: time,
      field_changed: z.string().min(1),
      history_id: uuid,
      new_value: z.string(),
      old_value: z.string(),
      ticket_id: uuid,
    }),
  ),
  ticket: Ticket,
})

export const ErrorModel = z.strictObject({
  $schema: $schema('ErrorModel'),
  detail: z.string().min(1),
  errors: z.array(z.strictObject({ location: z.string().min(1), message: z.string().min(1), value: z.unknown() })),
  instance: z.string().min(1),
  status: z.int(),
  title: z.string().min(1),
  type: z.string().min(1),
})
export type ErrorModel = z.output<typeof ErrorModel>
