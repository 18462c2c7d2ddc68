import type { AuditEntry } from '@support-widget/shared/audit.ts'
import { encodeId, isUuid } from '@support-widget/shared/ids.ts'
import type { AppRef } from '../auth/principal.ts'
import type { AuditView } from '../domain/audit.ts'
import { agentName } from './people.ts'

export function presentAuditEntry(app: AppRef, view: AuditView): AuditEntry {
  const name = view.actor_type === 'agent' ? agentName(view.actor_name) : view.actor_name
  return {
    id: encodeId(view.id),
    action: view.action,
    actor: { type: view.actor_type, id: view.actor_id && encodeId(view.actor_id), name },
    object: { type: view.object_type, id: objectId(app, view) },
    data: Object.fromEntries(Object.entries(view.data).map(([key, value]) => [key, idIn(value)])),
    created_at: view.created_at.toISOString(),
  }
}

function objectId(app: AppRef, { object_type, object_id }: AuditView): string | null {
  if (object_type === 'app') return app.publicId
  return object_id === null || object_type === 'signing_key' ? object_id : encodeId(object_id)
}

/** UUIDs are ours: outside they are written as all ids. */
const idIn = (value: unknown) => (typeof value === 'string' && isUuid(value) ? encodeId(value) : value)
