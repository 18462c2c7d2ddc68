import * as z from 'zod'
import { idOut, time } from './text.ts'

/** Who did it: `id` and `name` of the customer, the agent or the API key; null for the system. */
const HistoryActor = z.strictObject({ type: z.enum(['customer', 'agent', 'key', 'system']), id: idOut().nullable(), name: z.string().nullable() })

/** One changed field as it was and as it became. An assignee is `{id, name, avatar_url}`, another object its id, a time ISO 8601. */
const FieldChange = z.strictObject({ field: z.string(), from: z.unknown(), to: z.unknown() })

/**
 * What happened to a ticket. `message_created` is there for what an API key wrote in the customer's name alone: other messages speak for themselves in the thread.
 * `message_id`: the message that was written or redacted; a new ticket's first.
 */
export const HistoryEntry = z
  .strictObject({
    id: idOut(),
    type: z.enum(['ticket_created', 'ticket_updated', 'message_created', 'message_redacted']),
    actor: HistoryActor,
    changes: z.array(FieldChange),
    message_id: idOut().nullable(),
    created_at: time(),
  })
  .meta({ id: 'HistoryEntry', description: 'What happened to a ticket: who changed which fields, or wrote or redacted which message.' })
export type HistoryEntry = z.infer<typeof HistoryEntry>
