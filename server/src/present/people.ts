import type { App } from '@support-widget/shared/app.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { Agent, AgentMe, AgentRef, Customer, ListedAgent, Me, Self, WidgetConfig } from '@support-widget/shared/people.ts'
import type { AppRef } from '../auth/principal.ts'
import type { AgentRow } from '../domain/agents.ts'
import { settingsOf } from '../domain/apps.ts'
import type { CustomerView } from '../domain/customers.ts'
import { isOpen } from '../domain/office.ts'
import type { CustomerRow } from '../domain/people.ts'

/** An agent whose token brought no name. */
export const agentName = (name: string | null) => name ?? 'Support'

/** An agent as everybody may see them. */
export const agentRef = (row: Pick<AgentRow, 'id' | 'name'>): AgentRef => ({ id: encodeId(row.id), name: agentName(row.name), avatar_url: null })

const appOf = (app: AppRef) => ({ id: app.publicId, name: app.name })

export function presentAgent(row: AgentRow): Agent {
  return {
    ...agentRef(row),
    external_id: row.external_id,
    email: row.email,
    role: row.role,
    created_at: row.created_at.toISOString(),
  }
}

export const presentListedAgent = (row: AgentRow & { online: boolean }): ListedAgent => ({ ...presentAgent(row), online: row.online })

export function presentSelf({ id, external_id, name, email, email_verified }: CustomerRow, notify: boolean): Self {
  return { id: encodeId(id), external_id, name, email, verified: email_verified, notify }
}

export function presentMe(app: AppRef, me: { customer: CustomerRow; notify: boolean; unread: number; openTickets: number }): Me {
  return { app: appOf(app), customer: presentSelf(me.customer, me.notify), unread_count: me.unread, open_tickets: me.openTickets }
}

/** `agent` null is an API key, which may do what an admin may. */
export function presentAgentMe(app: AppRef, agent: AgentRow | null): AgentMe {
  return { app: appOf(app), agent: agent && presentAgent(agent), role: agent?.role ?? 'admin' }
}

/** `mail`: this server can send any. */
export function presentWidgetConfig(app: AppRef, now: Date, mail: boolean): WidgetConfig {
  const { categories, form_fields, reply_time_text, office_hours, contact_email, visitors, theme, texts } = settingsOf(app)
  const office_open = office_hours && isOpen(office_hours, now)
  return { app: appOf(app), categories, form_fields, reply_time_text, office_open, contact_email, visitors, mail, theme, texts }
}

export function presentApp(app: AppRef): App {
  return { ...appOf(app), origins: [...app.origins], settings: settingsOf(app) }
}

export function presentCustomer(view: CustomerView): Customer {
  return {
    id: encodeId(view.id),
    external_id: view.external_id,
    name: view.name,
    first_name: view.first_name,
    last_name: view.last_name,
    email: view.email,
    phone: view.phone,
    locale: view.locale,
    verified: view.email_verified,
    open_tickets: view.open_tickets,
    blocked_at: view.blocked_at?.toISOString() ?? null,
    block_reason: view.block_reason,
    created_at: view.created_at.toISOString(),
  }
}
