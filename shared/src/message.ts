import * as z from 'zod'
import { Attachment, attachmentIds } from './attachment.ts'
import { limits } from './limits.ts'
import { idOut, safeString, text, time } from './text.ts'
import { statuses } from './vocabulary.ts'

export const Author = z
  .strictObject({
    type: z.enum(['customer', 'agent', 'system']),
    id: idOut().nullable(),
    name: z.string().nullable(),
    avatar_url: z.string().nullable(),
  })
  .meta({ id: 'Author', description: 'Who wrote a message. `id` is null for an API key and for the system.' })
export type Author = z.infer<typeof Author>

export const Message = z
  .strictObject({
    id: idOut(),
    ticket_id: idOut(),
    seq: z.int().min(1),
    client_id: z.string().nullable(),
    body: z.string(),
    is_admin: z.boolean(),
    author: Author,
    attachments: z.array(Attachment),
    redacted_at: time().nullable(),
    merged_from: idOut().nullable(),
    created_at: time(),
  })
  .meta({
    id: 'Message',
    description:
      "A message as the ticket's customer sees it. `seq` counts public messages alone, gapless from 1. A redacted one has an empty body and no attachments; `merged_from` names the ticket in which a merged one was written.",
  })
export type Message = z.infer<typeof Message>

export const AgentMessage = Message.extend({ is_internal: z.boolean() }).meta({
  id: 'AgentMessage',
  description: 'A message or note (`is_internal`) as agents see it. `seq` counts both.',
})
export type AgentMessage = z.infer<typeof AgentMessage>

/** The sender's own name for what it creates: sent twice, it is the same object. Permanent, unique within the ticket (or the customer). */
export const clientId = () => safeString().min(1).max(limits.clientId)

/** A body may be empty only if there is a file. */
export const hasContent = (input: { body: string; attachments?: unknown[] | undefined }) => input.body !== '' || (input.attachments?.length ?? 0) > 0
export const noContent = {
  error: 'must not be empty without an attachment',
  path: ['body'],
  // Told beside the faults of other fields, as soon as there is a body to judge.
  when: ({ value }: { value: unknown }) => typeof (value as { body?: unknown } | null)?.body === 'string',
}

export const newMessageFields = { body: text(0, limits.body), attachments: attachmentIds().optional(), client_id: clientId().optional() }

export const NewMessage = z.strictObject(newMessageFields).refine(hasContent, noContent).meta({ id: 'NewMessage' })

/** `status`: set with the answer, in one step. `author_type` `customer`: the app's backend writes down what its customer said (API keys alone). */
export const NewAgentMessage = z
  .strictObject({
    ...newMessageFields,
    is_internal: z.boolean().optional(),
    status: z.enum(statuses).optional(),
    author_type: z.enum(['agent', 'customer']).optional(),
  })
  .refine(hasContent, noContent)
  .meta({ id: 'NewAgentMessage' })
