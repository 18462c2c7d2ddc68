import * as z from 'zod'
import { idOut, time } from './text.ts'

/** What the audit log tells of. */
export const auditActions = [
  'app_created',
  'app_updated',
  'app_disabled',
  'app_enabled',
  'key_created',
  'key_revoked',
  'customer_blocked',
  'customer_unblocked',
  'customer_exported',
  'customer_erased',
  'visitor_merged',
  'message_redacted',
  'tickets_exported',
  'agent_removed',
  'agent_restored',
  'webhook_created',
  'webhook_updated',
  'webhook_deleted',
  'webhook_rotated',
  'webhook_disabled',
  'webhook_redelivered',
] as const
export type AuditAction = (typeof auditActions)[number]

/** Who did it; the operator is whoever runs the server's command line. */
export const auditActors = ['customer', 'agent', 'key', 'system', 'operator'] as const
export type AuditActor = (typeof auditActors)[number]

/** What was done to. */
export const auditObjects = ['app', 'signing_key', 'api_key', 'issuer', 'customer', 'agent', 'message', 'tickets', 'webhook'] as const
export type AuditObject = (typeof auditObjects)[number]

export const AuditEntry = z
  .strictObject({
    id: idOut(),
    action: z.enum(auditActions),
    actor: z.strictObject({ type: z.enum(auditActors), id: idOut().nullable(), name: z.string().nullable() }),
    object: z.strictObject({ type: z.enum(auditObjects), id: z.string().nullable() }),
    data: z.record(z.string(), z.unknown()),
    created_at: time(),
  })
  .meta({
    id: 'AuditEntry',
    description:
      'Who did what to which object. `object.id` is the id under which the API knows it: an app by its public id, a signing key by its `kid`, `tickets` (an export of many) by none. `data` has what changed as `{from, to}`, and never a secret or the text of a message.',
  })
export type AuditEntry = z.infer<typeof AuditEntry>
