import type { Selectable } from 'kysely'
import { isErased } from '../auth/tombstone.ts'
import type { Db, Tables } from '../db/orm.ts'
import { notFound, Refusal } from '../errors.ts'
import { type Audited, audit } from './audit.ts'
import { type AgentActor, type Core, causeOf } from './core.ts'
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
export function removeAgent(core: Core, actor: AgentActor, agentId: string): Promise<AgentRow> {
  if (agentId === actor.agentId) throw new Refusal('forbidden', { detail: 'Nobody can remove themselves.' })
  return core.orm.transaction(async (db) => {
    const removed = await setRemoved(db, actor, agentId, core.clock.now())
    if (!removed) throw notFound()
    await audit(db, entryOf(actor, 'agent_removed', agentId, core.clock.now()))
    return removed
  })
}

/** Lets a removed agent in again; one who is in stays so. Throws `not_found`, and `forbidden` for who was erased as a customer: no token of theirs is good. */
export function restoreAgent(core: Core, actor: AgentActor, agentId: string): Promise<AgentRow> {
  return core.orm.transaction(async (db) => {
    const agent = await db
      .selectFrom('agents')
      .selectAll()
      .where('app_id', '=', actor.app.id)
      .where('id', '=', agentId)
      .forUpdate()
      .executeTakeFirst()
    if (!agent) throw notFound()
    if (agent.removed_at === null) return agent
    if (await isErased(db, actor.app.id, agent.external_id)) throw new Refusal('forbidden', { detail: 'This person was erased.' })
    await audit(db, entryOf(actor, 'agent_restored', agentId, core.clock.now()))
    return (await setRemoved(db, actor, agentId, null)) ?? agent
  })
}

/** Undefined if there is no such agent, or one who is so already. */
const setRemoved = (db: Db, actor: AgentActor, agentId: string, removedAt: Date | null): Promise<AgentRow | undefined> =>
  db
    .updateTable('agents')
    .set({ removed_at: removedAt })
    .where('app_id', '=', actor.app.id)
    .where('id', '=', agentId)
    .where('removed_at', removedAt === null ? 'is not' : 'is', null)
    .returningAll()
    .executeTakeFirst()

const entryOf = (actor: AgentActor, action: 'agent_removed' | 'agent_restored', id: string, now: Date): Audited => ({
  appId: actor.app.id,
  actor: causeOf(actor),
  action,
  object: { type: 'agent', id },
  now,
})
