import type { Change } from '@support-widget/shared/events.ts'
import type { HistoryEntry } from '@support-widget/shared/history.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import { type HistoryView, isAssignment } from '../domain/history.ts'
import { agentName } from './people.ts'

export function presentHistory({ id, event, cause, causeName, agents, at }: HistoryView): HistoryEntry {
  const name = cause.type === 'agent' ? agentName(causeName) : causeName
  return {
    id: encodeId(id),
    type: event.type,
    actor: { type: cause.type, id: cause.id && encodeId(cause.id), name },
    changes: event.type === 'ticket_updated' ? event.changes.filter((one) => one.field !== 'csat_at').map((one) => presentChange(one, agents)) : [],
    message_id: event.type === 'ticket_updated' ? null : encodeId(event.message_id),
    created_at: at.toISOString(),
  }
}

/** Fields whose values are UUIDs of other objects. */
const references = new Set(['merged_into', 'merged_from', 'requester_id'])

function presentChange(change: Change, agents: HistoryView['agents']): Change {
  const { field, from, to } = change
  if (isAssignment(change)) return { field: 'assignee', from: agentOf(from, agents), to: agentOf(to, agents) }
  return references.has(field) ? { field, from: idOf(from), to: idOf(to) } : { field, from, to }
}

const agentOf = (id: unknown, agents: HistoryView['agents']) =>
  typeof id === 'string' ? { id: encodeId(id), name: agentName(agents.get(id) ?? null), avatar_url: null } : null
const idOf = (id: unknown) => (typeof id === 'string' ? encodeId(id) : null)
