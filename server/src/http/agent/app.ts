import { encodeId } from '@support-widget/shared/ids.ts'
import { appRef } from '../../auth/apps.ts'
import { restoreAgent } from '../../domain/agents.ts'
import { readApp, stewardOf, updateApp } from '../../domain/apps.ts'
import { listAudit } from '../../domain/audit.ts'
import { eraseCustomer } from '../../domain/erase.ts'
import { createKey, listKeys, revokeKey } from '../../domain/keys.ts'
import { presentAuditEntry } from '../../present/audit.ts'
import { presentKey } from '../../present/keys.ts'
import { presentAgent, presentApp } from '../../present/people.ts'
import { agentId, customerId } from '../ids.ts'
import type { Handlers } from '../operation.ts'
import { pageOf } from '../paging.ts'

type Names =
  | 'agentGetApp'
  | 'agentUpdateApp'
  | 'agentListKeys'
  | 'agentCreateKey'
  | 'agentRevokeKey'
  | 'agentListAudit'
  | 'agentEraseCustomer'
  | 'agentRestoreAgent'

/** What runs an app: settings, keys, audit log, erasure. */
export const appHandlers: Handlers<Names> = {
  async agentGetApp({ core, actor }) {
    return presentApp(await readApp(core, actor))
  },

  async agentUpdateApp({ core, actor, body }) {
    return presentApp(appRef(await updateApp(core, stewardOf(actor), body)))
  },

  async agentListKeys({ core, actor, query }) {
    const { keys, total } = await listKeys(core, actor.app.id, { ...query, revoked: query.revoked === 'true' })
    return pageOf(keys.map(presentKey), total, query)
  },

  async agentCreateKey({ core, actor, body }) {
    const { key, secret } = await createKey(core, stewardOf(actor), body)
    return { ...presentKey(key), secret }
  },

  async agentRevokeKey({ core, actor, params }) {
    return presentKey(await revokeKey(core, stewardOf(actor), params.id))
  },

  async agentListAudit({ core, actor, query }) {
    const { entries, total } = await listAudit(core, actor, query)
    return pageOf(
      entries.map((entry) => presentAuditEntry(actor.app, entry)),
      total,
      query,
    )
  },

  async agentEraseCustomer({ core, actor, params }) {
    const id = customerId(params)
    return { id: encodeId(id), erased_at: (await eraseCustomer(core, actor, id)).toISOString() }
  },

  async agentRestoreAgent({ core, actor, params }) {
    return presentAgent(await restoreAgent(core, actor, agentId(params)))
  },
}
