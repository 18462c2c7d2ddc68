import { encodeId } from '@support-widget/shared/ids.ts'
import type { Agent, AgentMe, Me, WidgetConfig } from '@support-widget/shared/people.ts'
import type { AppRef } from '../auth/principal.ts'
import { categoriesOf } from '../domain/apps.ts'
import type { AgentRow, CustomerRow } from '../domain/people.ts'

/** An agent whose token brought no name. */
export const agentName = (name: string | null) => name ?? 'Support'

const appOf = (app: AppRef) => ({ id: app.publicId, name: app.name })

export function presentAgent(row: AgentRow): Agent {
  return {
    id: encodeId(row.id),
    name: agentName(row.name),
    avatar_url: null,
    external_id: row.external_id,
    email: row.email,
    role: row.role,
    created_at: row.created_at.toISOString(),
  }
}

export function presentMe(app: AppRef, me: { customer: CustomerRow; unread: number; openTickets: number }): Me {
  const { id, external_id, name, email } = me.customer
  return { app: appOf(app), customer: { id: encodeId(id), external_id, name, email }, unread_count: me.unread, open_tickets: me.openTickets }
}

/** `agent` null is an API key, which may do what an admin may. */
export function presentAgentMe(app: AppRef, agent: AgentRow | null): AgentMe {
  return { app: appOf(app), agent: agent && presentAgent(agent), role: agent?.role ?? 'admin' }
}

export function presentWidgetConfig(app: AppRef): WidgetConfig {
  return { app: appOf(app), categories: categoriesOf(app) }
}
