import { decodeId } from '@support-widget/shared/ids.ts'
import { removeAgent } from '../../domain/agents.ts'
import { type BulkResult, updateTickets } from '../../domain/bulk.ts'
import { createCannedReply, deleteCannedReply, listCannedReplies, renderCannedReply, updateCannedReply } from '../../domain/canned.ts'
import { readStats } from '../../domain/stats.ts'
import { notFound } from '../../errors.ts'
import { presentCannedReply } from '../../present/canned.ts'
import { presentAgent } from '../../present/people.ts'
import { problemOf } from '../../present/problem.ts'
import { presentTicketForAgent } from '../../present/ticket.ts'
import type { Handlers } from '../operation.ts'
import { pageOf } from '../paging.ts'

type Names =
  | 'agentBulkUpdateTickets'
  | 'agentListCannedReplies'
  | 'agentCreateCannedReply'
  | 'agentUpdateCannedReply'
  | 'agentDeleteCannedReply'
  | 'agentRenderCannedReply'
  | 'agentRemoveAgent'
  | 'agentGetStats'

/** What a day's work at the desk takes beside the single ticket. */
export const deskHandlers: Handlers<Names> = {
  async agentBulkUpdateTickets({ core, actor, body, requestId }) {
    const results = await updateTickets(core, actor, body.ids, body.set)
    return { results: results.map((one) => presentResult(one, requestId)) }
  },

  async agentListCannedReplies({ core, actor, query }) {
    const { replies, total } = await listCannedReplies(core, actor, query)
    return pageOf(replies.map(presentCannedReply), total, query)
  },

  async agentCreateCannedReply({ core, actor, body }) {
    return presentCannedReply(await createCannedReply(core, actor, body))
  },

  async agentUpdateCannedReply({ core, actor, params, body }) {
    return presentCannedReply(await updateCannedReply(core, actor, uuid(params.id), body))
  },

  async agentDeleteCannedReply({ core, actor, params }) {
    return presentCannedReply(await deleteCannedReply(core, actor, uuid(params.id)))
  },

  async agentRenderCannedReply({ core, actor, params, body }) {
    return { body: await renderCannedReply(core, actor, uuid(params.id), uuid(body.ticket_id)) }
  },

  async agentRemoveAgent({ core, actor, params }) {
    return presentAgent(await removeAgent(core, actor, uuid(params.id)))
  },

  agentGetStats: ({ core, actor, query }) => readStats(core, actor, query),
}

function presentResult(result: BulkResult, requestId: string) {
  if ('ticket' in result) return { id: result.id, ok: true as const, ticket: presentTicketForAgent(result.ticket) }
  return { id: result.id, ok: false as const, error: problemOf(result.refusal, requestId) }
}

function uuid(given: string): string {
  const id = decodeId(given)
  if (id === null) throw notFound()
  return id
}
