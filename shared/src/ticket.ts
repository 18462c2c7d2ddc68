import * as z from 'zod'
import { limits } from './limits.ts'
import { clientId, Message } from './message.ts'
import { AgentRef, Requester } from './people.ts'
import { idOut, text, time } from './text.ts'

export const statuses = ['open', 'in_progress', 'resolved', 'closed'] as const
export type Status = (typeof statuses)[number]
export const priorities = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]
export const channels = ['widget', 'api', 'email', 'whatsapp', 'phone', 'in_store', 'sms', 'social_media', 'live_chat'] as const
export type Channel = (typeof channels)[number]

/** A ticket without its messages, as its customer sees it. Counts and `last_seq` are of public messages alone. */
export const Ticket = z.strictObject({
  id: idOut(),
  number: z.string().regex(/^TKT-\d{4}-\d{5,}$/),
  subject: z.string(),
  status: z.enum(statuses),
  priority: z.enum(priorities),
  category: z.string().nullable(),
  type: z.string(),
  channel: z.enum(channels),
  assignee: AgentRef.nullable(),
  message_count: z.int(),
  unread_count: z.int(),
  last_seq: z.int(),
  created_at: time(),
  updated_at: time(),
  resolved_at: time().nullable(),
  closed_at: time().nullable(),
})
export type Ticket = z.infer<typeof Ticket>

export const TicketWithMessages = Ticket.extend({ messages: z.array(Message) })
export type TicketWithMessages = z.infer<typeof TicketWithMessages>

/** A ticket as agents see it. Counts and `last_seq` are of all messages; `unread_count` is of customer messages that no agent has read. */
export const AgentTicket = Ticket.extend({ version: z.int(), requester: Requester })
export type AgentTicket = z.infer<typeof AgentTicket>

export const NewTicket = z.strictObject({
  subject: text(1, limits.subject),
  body: text(1, limits.body),
  category: text(1, limits.category).nullish(),
  priority: z.enum(priorities).optional(),
  type: text(1, limits.type).optional(),
  channel: z.enum(['widget', 'api']).optional(),
  client_id: clientId().optional(),
})

/** Every field is optional; `version` guards against overwriting a colleague's change. */
export const TicketPatch = z.strictObject({
  version: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional(),
  status: z.enum(statuses).optional(),
  priority: z.enum(priorities).optional(),
  category: text(1, limits.category).nullable().optional(),
  type: text(1, limits.type).optional(),
  /** An agent's id, `me`, or null for nobody. */
  assignee_id: z.string().nullable().optional(),
})
export type TicketPatch = z.infer<typeof TicketPatch>
