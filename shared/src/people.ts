import * as z from 'zod'
import { Category, FormField, WidgetTexts, WidgetTheme } from './app.ts'
import { idOut, time } from './text.ts'

/** Roles of a host-signed token. A token without a role is a customer's. */
export const roles = ['customer', 'agent', 'admin'] as const
export type Role = (typeof roles)[number]

export const AgentRef = z
  .strictObject({ id: idOut(), name: z.string(), avatar_url: z.string().nullable() })
  .meta({ id: 'AgentRef', description: 'An agent as everybody may see them: never the address.' })
export type AgentRef = z.infer<typeof AgentRef>

export const Agent = AgentRef.extend({
  external_id: z.string(),
  email: z.string().nullable(),
  role: z.enum(['agent', 'admin']),
  created_at: time(),
}).meta({ id: 'Agent', description: 'An agent as colleagues see them.' })
export type Agent = z.infer<typeof Agent>

/** An agent in the list of them. `online`: a socket of theirs is open. */
export const ListedAgent = Agent.extend({ online: z.boolean() }).meta({
  id: 'ListedAgent',
  description: 'An agent; `online` while they have the desk open.',
})
export type ListedAgent = z.infer<typeof ListedAgent>

export const Requester = z
  .strictObject({
    id: idOut(),
    external_id: z.string().nullable(),
    name: z.string().nullable(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    locale: z.string().nullable(),
    verified: z.boolean(),
  })
  .meta({ id: 'Requester', description: 'The customer behind a ticket. `verified`: the address came with a signed token that says so.' })
export type Requester = z.infer<typeof Requester>

/** Why a customer was blocked. */
export const blockReasons = ['spam', 'abuse', 'other'] as const
export type BlockReason = (typeof blockReasons)[number]

export const Customer = Requester.extend({
  open_tickets: z.int(),
  blocked_at: time().nullable(),
  block_reason: z.enum(blockReasons).nullable(),
  created_at: time(),
}).meta({ id: 'Customer', description: 'A customer as agents see them. `verified` as of a requester; `open_tickets`: tickets that are not closed.' })
export type Customer = z.infer<typeof Customer>

export const Self = z
  .strictObject({
    id: idOut(),
    external_id: z.string().nullable(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    verified: z.boolean(),
    notify: z.boolean(),
  })
  .meta({
    id: 'Self',
    description:
      'A customer as they see themselves. `external_id` is null for a visitor; `verified`: the address came with a signed token that says so; `notify`: mail about their tickets is welcome.',
  })
export type Self = z.infer<typeof Self>

export const Me = z
  .strictObject({
    app: z.strictObject({ id: z.string(), name: z.string() }),
    customer: Self,
    unread_count: z.int(),
    open_tickets: z.int(),
  })
  .meta({
    id: 'Me',
    description:
      'Who is calling, for a customer endpoint. `open_tickets`: tickets that are not closed; `unread_count`: public agent messages not read yet.',
  })
export type Me = z.infer<typeof Me>

export const AgentMe = z
  .strictObject({
    app: z.strictObject({ id: z.string(), name: z.string() }),
    agent: Agent.nullable(),
    role: z.enum(['agent', 'admin']),
  })
  .meta({ id: 'AgentMe', description: 'Who is calling, for an agent endpoint; `agent` is null for an API key.' })
export type AgentMe = z.infer<typeof AgentMe>

export const WidgetConfig = z
  .strictObject({
    app: z.strictObject({ id: z.string(), name: z.string() }),
    categories: z.array(Category),
    form_fields: z.array(FormField),
    reply_time_text: z.string().nullable(),
    office_open: z.boolean().nullable(),
    contact_email: z.string().nullable(),
    visitors: z.boolean(),
    mail: z.boolean(),
    theme: WidgetTheme,
    texts: WidgetTexts,
  })
  .meta({
    id: 'WidgetConfig',
    description:
      'What the widget needs before anybody signs in. `office_open`: somebody answers now, by the office hours; null if the app has none. `visitors`: who is not signed in may write; `mail`: answers that stay unread can be mailed.',
  })
export type WidgetConfig = z.infer<typeof WidgetConfig>
