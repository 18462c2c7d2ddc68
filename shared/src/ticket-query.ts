import * as z from 'zod'
import { limits } from './limits.ts'
import { idParam, queryList, queryTime, text } from './text.ts'
import { channels, priorities, statuses, waitingOn } from './vocabulary.ts'

/** Part of a text, in any case and any script; a blank one is none. */
const search = text(0, limits.search).optional()

export const customerTicketFilter = { status: queryList(z.enum(statuses)).optional(), search }

export const createdBetween = {
  created_after: queryTime().optional().describe('At this time or later; without an offset UTC.'),
  created_before: queryTime().optional().describe('Before this time.'),
}

/** Which tickets an agent asks for: those for which all of it holds. */
export const ticketFilter = {
  status: queryList(z.enum(statuses)).optional(),
  priority: queryList(z.enum(priorities)).optional(),
  channel: queryList(z.enum(channels)).optional(),
  category: text(1, limits.category).optional(),
  type: text(1, limits.type).optional(),
  country: text(1, limits.country).optional(),
  store_region: text(1, limits.storeRegion).optional(),
  tag: text(1, limits.tag).optional(),
  assignee: idParam().optional().describe("An agent's id, `me`, or `none` for tickets of nobody."),
  waiting_on: z.enum(waitingOn).optional(),
  requester: idParam().optional().describe("A customer's id."),
  snoozed: z.enum(['true', 'false']).optional(),
  ...createdBetween,
  search: search.describe("Part of a subject, a first message, a number, or of the customer's name, e-mail address or phone number; in any case."),
}
const filter = z.strictObject(ticketFilter)
export type TicketFilter = z.output<typeof filter>

export const ticketSorts = ['updated_at', 'created_at', 'priority', 'number', 'status'] as const
export type TicketSort = (typeof ticketSorts)[number]

/** `priority` sorts from low to urgent, `status` from open to closed. Ties are in the order of creation. */
export const ticketOrder = { sort: z.enum(ticketSorts).default('updated_at'), order: z.enum(['asc', 'desc']).default('desc') }
