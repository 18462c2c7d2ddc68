import * as z from 'zod'

/** The examples, words and shapes of the ping document, written down from it and from nothing of ours. */

export const host = 'https://api.ping.co.zw'
export const credential = 'pk_live_xxxxxxxxxxxx'
export const number = 'TKT-2026-00042'

export const createLine = String.raw`curl -X POST https://api.ping.co.zw/v1/api/tickets \
  -H "X-Ping-Api-Key: pk_live_xxxxxxxxxxxx" \
  -H "Content-Type: application/json" \
  -d '{
    "subject": "Cannot connect to Starlink",
    "description": "Customer reports intermittent connectivity since yesterday",
    "channel": "phone",
    "country": "Zimbabwe",
    "store_region": "Harare",
    "category": "technical",
    "priority": "high",
    "customer_first_name": "Tendai",
    "customer_last_name": "Moyo",
    "customer_phone": "+263775550142",
    "customer_email": "[email protected]",
    "custom_fields": {
      "starlink_account_email": "[email protected]",
      "customer_type": "SPT Retail"
    }
  }'`

export const listLine = String.raw`curl "https://api.ping.co.zw/v1/api/tickets?status=open&priority=high&page=1&per_page=20" \
  -H "X-Ping-Api-Key: pk_live_xxxxxxxxxxxx"`

export const getLine = String.raw`curl "https://api.ping.co.zw/v1/api/tickets/TKT-2026-00042" \
  -H "X-Ping-Api-Key: pk_live_xxxxxxxxxxxx"`

export const updateLine = String.raw`curl -X PUT "https://api.ping.co.zw/v1/api/tickets/TKT-2026-00042" \
  -H "X-Ping-Api-Key: pk_live_xxxxxxxxxxxx" \
  -H "Content-Type: application/json" \
  -d '{
    "status": "resolved",
    "resolution_notes": "Replaced faulty ethernet adapter",
    "csat_score": 5
  }'`

export const commentLine = String.raw`curl -X POST "https://api.ping.co.zw/v1/api/tickets/TKT-2026-00042/comments" \
  -H "X-Ping-Api-Key: pk_live_xxxxxxxxxxxx" \
  -H "Content-Type: application/json" \
  -d '{
    "content": "Customer confirmed the issue is resolved after adapter replacement.",
    "is_internal": false
  }'`

export const commentsLine = String.raw`curl "https://api.ping.co.zw/v1/api/tickets/TKT-2026-00042/comments" \
  -H "X-Ping-Api-Key: pk_live_xxxxxxxxxxxx"`

/** The ticket that the document's answer to {@link createLine} shows, but for what the server makes. */
export const created = {
  subject: 'Cannot connect to Starlink',
  description: 'Customer reports intermittent connectivity since yesterday',
  status: 'open',
  priority: 'high',
  category: 'technical',
  channel: 'phone',
  country: 'Zimbabwe',
  storeRegion: 'Harare',
  customerFirstName: 'Tendai',
  customerLastName: 'Moyo',
  customerPhone: '+263775550142',
  customerEmail: '[email protected]',
  customFields: { starlink_account_email: '[email protected]', customer_type: 'SPT Retail' },
} as const

export const statuses = ['open', 'in_progress', 'resolved', 'closed'] as const
export const priorities = ['low', 'medium', 'high', 'critical'] as const
export const channels = ['api', 'whatsapp', 'email', 'phone', 'in_store', 'sms', 'social_media', 'live_chat'] as const

/** As in `2026-05-04T08:00:00`: no zone, no fraction. */
const time = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/)
const ticketNumber = z.string().regex(/^TKT-\d{4}-\d{5,}$/)
/** Present only with a value. */
const text = z.string().min(1).optional()

const head = {
  ticketNumber,
  subject: z.string(),
  status: z.enum(statuses),
  priority: z.enum(priorities),
  category: text,
  dateCreated: time,
}
const whole = {
  ...head,
  publicId: z.string().regex(/^TKT-[0-9A-F]{8}$/),
  description: z.string(),
  channel: z.enum(channels),
  country: text,
  storeRegion: text,
  customerFirstName: text,
  customerLastName: text,
  customerPhone: text,
  customerEmail: text,
  customFields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .refine((fields) => Object.keys(fields).length > 0)
    .optional(),
}
/** What the document lets a client write and prints in no answer, in its way of writing. */
const written = {
  preferredLanguage: text,
  externalTicketId: text,
  resolutionNotes: text,
  actionTaken: text,
  tags: text,
  csatScore: z.int().min(1).max(5).optional(),
}

const result = z.literal('success')
export const Ticket = z.strictObject({ ...whole, ...written, dateUpdated: time })
export type Ticket = z.infer<typeof Ticket>
export const Created = z.strictObject({ result, message: z.literal('Ticket created'), ticket: z.strictObject({ ...whole, ...written }) })
export const Got = z.strictObject({ result, ticket: Ticket })
export const Updated = z.strictObject({ result, message: z.literal('Ticket updated'), ticket: Ticket })
export const List = z.strictObject({
  result,
  tickets: z.array(z.strictObject(head)),
  pagination: z.strictObject({ page: z.int(), perPage: z.int(), total: z.int(), totalPages: z.int() }),
})

const Comment = z.strictObject({
  publicId: z.uuid(),
  authorType: z.enum(['admin', 'customer']),
  content: z.string(),
  isInternal: z.boolean(),
  dateCreated: time,
})
export const Added = z.strictObject({ result, message: z.literal('Comment added'), comment: Comment })
export const Comments = z.strictObject({ result, comments: z.array(Comment) })
export const Failed = z.strictObject({ result: z.literal('error'), message: z.string().min(1) })
