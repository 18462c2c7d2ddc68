import * as z from 'zod'
import { idOut, time } from './text.ts'

/** Roles of a host-signed token. A token without a role is a customer's. */
export const roles = ['customer', 'agent', 'admin'] as const
export type Role = (typeof roles)[number]

/** An agent as everybody may see them: never the address. */
export const AgentRef = z.strictObject({ id: idOut(), name: z.string(), avatar_url: z.string().nullable() })
export type AgentRef = z.infer<typeof AgentRef>

/** An agent as colleagues see them. */
export const Agent = AgentRef.extend({ external_id: z.string(), email: z.string().nullable(), role: z.enum(['agent', 'admin']), created_at: time() })
export type Agent = z.infer<typeof Agent>

/** The customer behind a ticket, as agents see them. `verified`: the address came with a signed token that says so. */
export const Requester = z.strictObject({
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
export type Requester = z.infer<typeof Requester>

/** Who is calling, for a customer endpoint. `open_tickets`: tickets that are not closed; `unread`: public agent messages not read yet. */
export const Me = z.strictObject({
  app: z.strictObject({ id: z.string(), name: z.string() }),
  customer: z.strictObject({ id: idOut(), external_id: z.string().nullable(), name: z.string().nullable(), email: z.string().nullable() }),
  unread_count: z.int(),
  open_tickets: z.int(),
})
export type Me = z.infer<typeof Me>

/** Who is calling, for an agent endpoint; `agent` is null for an API key. */
export const AgentMe = z.strictObject({
  app: z.strictObject({ id: z.string(), name: z.string() }),
  agent: Agent.nullable(),
  role: z.enum(['agent', 'admin']),
})
export type AgentMe = z.infer<typeof AgentMe>

/** A choice for a ticket's category: `labels` by BCP 47 language. */
export const Category = z.strictObject({ id: z.string(), label: z.string(), labels: z.record(z.string(), z.string()).optional() })
export type Category = z.infer<typeof Category>

/** What the widget needs before anybody signs in. Public. */
export const WidgetConfig = z.strictObject({ app: z.strictObject({ id: z.string(), name: z.string() }), categories: z.array(Category) })
export type WidgetConfig = z.infer<typeof WidgetConfig>
