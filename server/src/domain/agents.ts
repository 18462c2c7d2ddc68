import type { Selectable } from 'kysely'
import type { Tables } from '../db/orm.ts'
import { notFound, Refusal } from '../errors.ts'
import type { AgentActor, Core } from './core.ts'
import type { Page } from './list.ts'

export type AgentRow = Selectable<Tables['agents']>

/** The agent themselves; null for an API key. */
export async function readAgent(core: Core, actor: AgentActor): Promise<AgentRow | null> {
  if (actor.agentId === null) return null
  const row = await core.orm
    .db()
    .selectFrom('agents')
    .selectAll()
    .where('app_id', '=', actor.app.id)
    .where('id', '=', actor.agentId)
    .executeTakeFirst()
  return row ?? null
}

/** The app's agents by name, without those who were removed. */
export async function listAgents(core: Core, actor: AgentActor, page: Page): Promise<{ agents: (AgentRow & { online: boolean })[]; total: number }> {
  const all = core.orm.db().selectFrom('agents').where('app_id', '=', actor.app.id).where('removed_at', 'is', null)
  const { total } = await all.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const agents = await all
    .selectAll()
    .orderBy('name')
    .orderBy('id')
    .limit(page.per_page)
    .offset((page.page - 1) * page.per_page)
    .execute()
  return { agents: agents.map((agent) => ({ ...agent, online: core.presence.isOnline(agent.id) })), total: Number(total) }
}

/** Removes an agent: their tokens are refused as soon as they are looked at again. What is theirs stays. Throws `not_found`, `forbidden` for oneself. */
export async function removeAgent(core: Core, actor: AgentActor, agentId: string): Promise<AgentRow> {
  if (agentId === actor.agentId) throw new Refusal('forbidden', { detail: 'Nobody can remove themselves.' })
  const removed = await core.orm
    .db()
    .updateTable('agents')
    .set({ removed_at: core.clock.now() })
    .where('app_id', '=', actor.app.id)
    .where('id', '=', agentId)
    .where('removed_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (!removed) throw notFound()
  return removed
}
