import * as z from 'zod'
import { limits } from './limits.ts'
import { idOut, safeString, text, time } from './text.ts'

/** Who wrote a message. `id` is null for an API key and for the system. */
export const Author = z.strictObject({
  type: z.enum(['customer', 'agent', 'system']),
  id: idOut().nullable(),
  name: z.string().nullable(),
  avatar_url: z.string().nullable(),
})
export type Author = z.infer<typeof Author>

/** A message as the ticket's customer sees it. `seq` counts public messages alone, gapless from 1. */
export const Message = z.strictObject({
  id: idOut(),
  ticket_id: idOut(),
  seq: z.int().min(1),
  client_id: z.string().nullable(),
  body: z.string(),
  is_admin: z.boolean(),
  author: Author,
  created_at: time(),
})
export type Message = z.infer<typeof Message>

/** A message as agents see it. `seq` counts every message, notes (`is_internal`) too. */
export const AgentMessage = Message.extend({ is_internal: z.boolean() })
export type AgentMessage = z.infer<typeof AgentMessage>

/** The sender's own name for what it creates: sent twice, it is the same object. Permanent, unique within the ticket (or the customer). */
export const clientId = () => safeString().min(1).max(limits.clientId)

export const NewMessage = z.strictObject({ body: text(1, limits.body), client_id: clientId().optional() })
export const NewAgentMessage = NewMessage.extend({ is_internal: z.boolean().optional() })
