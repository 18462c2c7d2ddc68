import { CustomFieldsPatch, Tags } from '@support-widget/shared/fields.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { queryInt, safeString, text } from '@support-widget/shared/text.ts'
import { statuses } from '@support-widget/shared/vocabulary.ts'
import * as z from 'zod'
import { splitTags } from './tags.ts'

export const priorities = ['low', 'medium', 'high', 'critical'] as const
export const channels = ['api', 'whatsapp', 'email', 'phone', 'in_store', 'sms', 'social_media', 'live_chat'] as const

const oneOf = <T extends readonly string[]>(words: T) => z.enum(words, { error: `must be one of ${words.join(', ')}` })

/** An optional text; an empty one, or null, says nothing. */
const optional = (max: number) => text(0, max).nullish()

/** No format is asked for: what stands there may be what a form was filled in with. It goes into mail headers, so it has one line. */
const address = optional(limits.email).refine((given) => !/\p{Cc}/u.test(given ?? ''), 'must not contain control characters')

/** More than the largest number of the longest tags can take, quotes and blanks with them. */
const longestTags = 4_000

const perPage = { default: 50, most: 100 }

export const NewTicket = z
  .object({
    subject: text(1, limits.subject).describe('Short summary of the issue.'),
    description: text(1, limits.body).describe('Detailed description of the issue: the first message.'),
    priority: oneOf(priorities).nullish().describe('Default medium.'),
    category: optional(limits.category),
    channel: oneOf(channels).nullish().describe('Default api.'),
    country: optional(limits.country),
    store_region: optional(limits.storeRegion),
    customer_first_name: optional(limits.name),
    customer_last_name: optional(limits.name),
    customer_phone: optional(limits.phone),
    customer_email: address,
    preferred_language: optional(limits.language),
    custom_fields: CustomFieldsPatch.nullish(),
    external_ticket_id: optional(limits.externalTicketId),
  })
  .meta({ id: 'PingNewTicket' })

/** What the document lists as updatable, and the other fields that it calls a ticket's: it says "any field". Without a value in the text or null, a field is emptied. */
export const TicketUpdate = z
  .object({
    status: oneOf(statuses).optional(),
    priority: oneOf(priorities).optional(),
    category: optional(limits.category),
    resolution_notes: optional(limits.longText),
    action_taken: optional(limits.longText),
    csat_score: z.int('must be an integer from 1 to 5').min(1, 'must be at least 1').max(5, 'must be at most 5').optional(),
    tags: safeString()
      .max(longestTags, `must have at most ${longestTags} characters`)
      .nullable()
      .transform(splitTags)
      .pipe(Tags)
      .optional()
      .describe('Comma-separated; a tag that has a comma stands in double quotes.'),
    custom_fields: CustomFieldsPatch.optional().describe('Merged with what is there; null removes a key.'),
    subject: text(1, limits.subject).optional(),
    country: optional(limits.country),
    store_region: optional(limits.storeRegion),
    preferred_language: optional(limits.language),
    external_ticket_id: optional(limits.externalTicketId),
  })
  .meta({ id: 'PingTicketUpdate' })

export const NewComment = z
  .object({
    content: text(1, limits.body),
    is_internal: z.boolean().default(false),
    author_type: oneOf(['admin', 'customer']).default('admin'),
  })
  .meta({ id: 'PingNewComment' })

/** A query parameter; one without a value is not there. */
const parameter = <T extends z.ZodType>(shape: T) => z.preprocess((given) => (given === '' ? undefined : given), shape)

export const ticketQuery = z.object({
  status: parameter(oneOf(statuses).optional()),
  priority: parameter(oneOf(priorities).optional()),
  category: parameter(text(1, limits.category).optional()),
  channel: parameter(oneOf(channels).optional()),
  country: parameter(text(1, limits.country).optional()),
  store_region: parameter(text(1, limits.storeRegion).optional()),
  search: parameter(text(0, limits.search).optional()),
  page: parameter(queryInt(1, limits.page).default(1)),
  per_page: parameter(queryInt(1, perPage.most).default(perPage.default)),
})

const yes = ['true', '1']
/** In any case: some languages write True. */
const flag = z.preprocess(
  (given) => (typeof given === 'string' && given !== '' ? given.toLowerCase() : given || undefined),
  z
    .enum([...yes, 'false', '0'], { error: 'must be true or false' })
    .default('true')
    .transform((given) => yes.includes(given)),
)
export const commentQuery = z.object({ include_internal: flag })

const localTime = () => z.string().meta({ description: 'UTC, in whole seconds, without a zone.', example: '2026-05-04T08:00:00' })

const facts = {
  ticketNumber: z.string(),
  subject: z.string(),
  status: z.enum(statuses),
  priority: z.enum(priorities),
  category: z.string().optional(),
  dateCreated: localTime(),
}

/** A ticket in a list. */
export const ListedTicket = z.object(facts).meta({ id: 'PingListedTicket' })
export type ListedTicket = z.infer<typeof ListedTicket>

/** Fields without a value are left out. */
export const Ticket = z
  .object({
    ...facts,
    publicId: z.string(),
    description: z.string(),
    channel: z.enum(channels),
    country: z.string().optional(),
    storeRegion: z.string().optional(),
    customerFirstName: z.string().optional(),
    customerLastName: z.string().optional(),
    customerPhone: z.string().optional(),
    customerEmail: z.string().optional(),
    preferredLanguage: z.string().optional(),
    customFields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    externalTicketId: z.string().optional(),
    resolutionNotes: z.string().optional(),
    actionTaken: z.string().optional(),
    csatScore: z.int().optional(),
    tags: z.string().optional(),
    dateUpdated: localTime().optional(),
  })
  .meta({ id: 'PingTicket' })
export type Ticket = z.infer<typeof Ticket>

export const Comment = z
  .object({
    publicId: z.uuid(),
    authorType: z.enum(['admin', 'customer']),
    content: z.string(),
    isInternal: z.boolean(),
    dateCreated: localTime(),
  })
  .meta({ id: 'PingComment' })
export type Comment = z.infer<typeof Comment>

const Pagination = z.object({ page: z.int(), perPage: z.int(), total: z.int(), totalPages: z.int() }).meta({ id: 'PingPagination' })

const success = z.literal('success')
const done = (message: string) => ({ result: success, message: z.literal(message) })

export const TicketCreated = z.object({ ...done('Ticket created'), ticket: Ticket })
export const TicketList = z.object({ result: success, tickets: z.array(ListedTicket), pagination: Pagination })
export const TicketFound = z.object({ result: success, ticket: Ticket })
export const TicketUpdated = z.object({ ...done('Ticket updated'), ticket: Ticket })
export const CommentAdded = z.object({ ...done('Comment added'), comment: Comment })
export const CommentList = z.object({ result: success, comments: z.array(Comment) })
export const Failure = z.object({ result: z.literal('error'), message: z.string() }).meta({ id: 'PingError' })
