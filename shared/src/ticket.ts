import * as z from 'zod'
import { Context, CustomFields, CustomFieldsPatch, Links, LinksPatch, Tags } from './fields.ts'
import { limits } from './limits.ts'
import { hasContent, Message, newMessageFields, noContent } from './message.ts'
import { AgentRef, Requester } from './people.ts'
import { idOut, moment, safeString, text, time } from './text.ts'
import { channels, priorities, statuses, waitingOn } from './vocabulary.ts'

export const Csat = z
  .strictObject({ score: z.int().min(1).max(5), comment: z.string().nullable(), created_at: time() })
  .meta({ id: 'Csat', description: "The customer's rating of a resolved ticket." })
export type Csat = z.infer<typeof Csat>

export const NewCsat = z
  .strictObject({ score: z.int().min(1).max(5), comment: text(1, limits.csatComment).nullish() })
  .meta({ id: 'NewCsat', description: 'A rating. Without `comment` the one that was there stays, null removes it.' })
export type NewCsat = z.infer<typeof NewCsat>

export const Ticket = z
  .strictObject({
    id: idOut(),
    number: z.string().regex(/^TKT-\d{4}-\d{5,}$/),
    subject: z.string(),
    status: z.enum(statuses),
    priority: z.enum(priorities),
    category: z.string().nullable(),
    type: z.string(),
    channel: z.enum(channels),
    custom_fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    links: z.record(z.string(), z.string()),
    assignee: AgentRef.nullable(),
    message_count: z.int(),
    unread_count: z.int(),
    last_seq: z.int(),
    agent_read_seq: z.int(),
    csat: Csat.nullable(),
    follow_up_of: idOut().nullable(),
    merged_into: idOut().nullable(),
    created_at: time(),
    updated_at: time(),
    resolved_at: time().nullable(),
    closed_at: time().nullable(),
  })
  .meta({
    id: 'Ticket',
    description:
      'A ticket as its customer sees it. Counts, `last_seq` and `agent_read_seq` (up to where agents have read) are of public messages alone.',
  })
export type Ticket = z.infer<typeof Ticket>

export const TicketWithMessages = Ticket.extend({ messages: z.array(Message) }).meta({
  id: 'TicketWithMessages',
  description: 'A ticket as its customer sees it, with its public messages in order.',
})
export type TicketWithMessages = z.infer<typeof TicketWithMessages>

export const AgentTicket = Ticket.extend({
  version: z.int(),
  requester: Requester,
  waiting_on: z.enum(waitingOn).nullable(),
  snoozed_until: time().nullable(),
  tags: z.array(z.string()),
  context: z.record(z.string(), z.unknown()).nullable(),
  country: z.string().nullable(),
  store_region: z.string().nullable(),
  external_ticket_id: z.string().nullable(),
  preferred_language: z.string().nullable(),
  resolution_notes: z.string().nullable(),
  action_taken: z.string().nullable(),
  first_response_at: time().nullable(),
}).meta({
  id: 'AgentTicket',
  description: 'A ticket as agents see it. Counts and `last_seq` are of all messages; `unread_count` is of customer messages that no agent has read.',
})
export type AgentTicket = z.infer<typeof AgentTicket>

const common = {
  ...newMessageFields,
  subject: text(1, limits.subject),
  category: text(1, limits.category).nullish(),
  priority: z.enum(priorities).optional(),
  type: text(1, limits.type).optional(),
  custom_fields: CustomFields.optional(),
  links: Links.optional(),
  context: Context.optional(),
  /** The ticket of the same customer that this one goes on with, whatever its status. */
  follow_up_of: z.string().optional(),
}

export const NewTicket = z
  .strictObject({ ...common, channel: z.enum(['widget', 'api']).optional() })
  .refine(hasContent, noContent)
  .meta({ id: 'NewTicket' })

/** Facts that agents and dialects keep about a ticket. Null empties. */
const facts = {
  country: text(1, limits.country).nullish(),
  store_region: text(1, limits.storeRegion).nullish(),
  external_ticket_id: text(1, limits.externalTicketId).nullish(),
  preferred_language: text(1, limits.language).nullish(),
}

const email = z.email().max(limits.email)
const person = z
  .strictObject({
    email: email.optional(),
    name: text(1, limits.name).optional(),
    first_name: text(1, limits.name).optional(),
    last_name: text(1, limits.name).optional(),
    phone: text(1, limits.phone).optional(),
  })
  .refine((one) => Object.keys(one).length > 0, 'must have an email, a name or a phone')

export const RequesterInput = z
  .union([z.strictObject({ id: z.string() }), z.strictObject({ external_id: safeString().min(1).max(limits.externalId) }), person])
  .meta({ id: 'RequesterInput', description: "A known customer by our id or by the app's own user id (made if unknown), or a person by address." })
export type RequesterInput = z.infer<typeof RequesterInput>

/** A ticket that an agent opens for a customer; its first message counts as the customer's unless `author_type` says otherwise. */
export const NewAgentTicket = z
  .strictObject({
    ...common,
    ...facts,
    requester: RequesterInput,
    channel: z.enum(channels).optional(),
    tags: Tags.optional(),
    assignee_id: z.string().nullish(),
    author_type: z.enum(['agent', 'customer']).optional(),
  })
  .refine(hasContent, noContent)
  .meta({ id: 'NewAgentTicket' })

/** Every field is optional. */
export const ticketChanges = {
  status: z.enum(statuses).optional(),
  priority: z.enum(priorities).optional(),
  subject: text(1, limits.subject).optional(),
  category: text(1, limits.category).nullish(),
  type: text(1, limits.type).optional(),
  /** An agent's id, `me`, or null for nobody. */
  assignee_id: z.string().nullish(),
  tags: Tags.optional(),
  custom_fields: CustomFieldsPatch.optional(),
  links: LinksPatch.optional(),
  resolution_notes: text(1, limits.longText).nullish(),
  action_taken: text(1, limits.longText).nullish(),
  snoozed_until: moment().nullish(),
  ...facts,
}

/** `version` guards against overwriting a colleague's change. */
export const TicketPatch = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional(),
    ...ticketChanges,
  })
  .meta({ id: 'TicketPatch' })
export type TicketPatch = z.infer<typeof TicketPatch>
