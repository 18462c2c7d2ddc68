import { randomBytes } from 'node:crypto'
import { hashKey } from '../auth/secrets.ts'
import { Refusal } from '../errors.ts'
import type { AgentActor, Core } from './core.ts'

/** How long a code opens the desk. */
const lifeMs = 60_000

const refused = () => new Refusal('unauthorized', { detail: 'This code is not known, was used or is over. Open the desk from your app again.' })

/**
 * A code that opens the desk once, in the name of an agent whose token is kept for it, encrypted. Throws `forbidden` for an API key: nobody would sit at the desk.
 */
export async function createDeskCode(core: Core, actor: AgentActor, token: string): Promise<{ code: string; expiresAt: Date }> {
  if (actor.agentId === null) throw new Refusal('forbidden', { detail: 'A desk code is made with the signed token of an agent.' })
  const code = randomBytes(32).toString('base64url')
  const expiresAt = new Date(core.clock.now().getTime() + lifeMs)
  await core.orm
    .db()
    .insertInto('desk_codes')
    .values({ hash: hashKey(code), app_id: actor.app.id, agent_id: actor.agentId, sealed: core.secrets.seal(token), expires_at: expiresAt })
    .execute()
  return { code, expiresAt }
}

/** The token behind a code, which is gone with this, whatever comes of it: of two at once, one has it. Throws `unauthorized`. */
export async function redeemDeskCode(core: Core, code: string): Promise<{ token: string; agentId: string }> {
  const row = await core.orm
    .db()
    .deleteFrom('desk_codes')
    .using('agents')
    .whereRef('agents.id', '=', 'desk_codes.agent_id')
    .whereRef('agents.app_id', '=', 'desk_codes.app_id')
    .where('desk_codes.hash', '=', hashKey(code))
    .returning(['desk_codes.sealed', 'desk_codes.agent_id', 'desk_codes.expires_at', 'agents.removed_at'])
    .executeTakeFirst()
  if (!row || row.expires_at <= core.clock.now() || row.removed_at !== null) throw refused()
  return { token: open(core, row.sealed), agentId: row.agent_id }
}

function open(core: Core, sealed: string): string {
  try {
    return core.secrets.open(sealed)
  } catch {
    // SECRET_KEY was changed in this very minute.
    throw refused()
  }
}

/** Forgets the codes that nobody used. Answers how many. */
export async function forgetDeskCodes(core: Core): Promise<number> {
  const { numDeletedRows } = await core.orm.db().deleteFrom('desk_codes').where('expires_at', '<=', core.clock.now()).executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
