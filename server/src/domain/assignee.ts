import { decodeId } from '@support-widget/shared/ids.ts'
import type { Db } from '../db/orm.ts'
import { badInput } from '../errors.ts'
import type { AgentActor } from './core.ts'

/** The agent of the app that `me` or an id names, as UUID. Throws `invalid_request`. */
export async function findAssignee(db: Db, actor: AgentActor, given: string): Promise<string> {
  const id = given === 'me' ? actor.agentId : decodeId(given)
  const agent = id
    ? await db
        .selectFrom('agents')
        .select('id')
        .where('app_id', '=', actor.app.id)
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .executeTakeFirst()
    : undefined
  if (agent) return agent.id
  throw badInput('body.assignee_id', given === 'me' ? 'an API key is nobody to assign to' : 'must be an agent of the app, "me" or null')
}
