import * as z from 'zod'
import { CannedReply, NewCannedReply } from './app.ts'
import { limits } from './limits.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { Agent } from './people.ts'
import { Problem } from './problem.ts'
import { idParam, text } from './text.ts'
import { AgentTicket, ticketChanges } from './ticket.ts'
import { createdBetween, ticketFilter } from './ticket-query.ts'
import { statuses, waitingOn } from './vocabulary.ts'

const byId = z.strictObject({ id: idParam() })

const BulkResult = z
  .discriminatedUnion('ok', [
    z.strictObject({ id: z.string(), ok: z.literal(true), ticket: AgentTicket }),
    z.strictObject({ id: z.string(), ok: z.literal(false), error: Problem }),
  ])
  .meta({ id: 'BulkResult' })

const Spread = z.strictObject({ median: z.number().nullable(), p90: z.number().nullable() })
const Stats = z
  .strictObject({
    total: z.int(),
    by_status: z.strictObject(Object.fromEntries(statuses.map((one) => [one, z.int()])) as Record<(typeof statuses)[number], z.ZodInt>),
    by_waiting_on: z.strictObject(Object.fromEntries(waitingOn.map((one) => [one, z.int()])) as Record<(typeof waitingOn)[number], z.ZodInt>),
    first_response_seconds: Spread,
    resolution_seconds: Spread,
    csat: z.strictObject({ count: z.int(), average: z.number().nullable() }),
  })
  .meta({
    id: 'Stats',
    description:
      'Of the tickets created in a time. Times run from the creation: to the first public answer of an agent, and to the last move to `resolved` (else `closed`) of tickets that still are. Null: there is none yet.',
  })
export type Stats = z.infer<typeof Stats>

/** What a day's work at the desk takes beside the single ticket. */
export const deskOperations = {
  agentBulkUpdateTickets: {
    summary: 'Change up to 100 tickets in the same way',
    description:
      'Each ticket is changed by itself, whatever becomes of the others, and has its own result, in the order of `ids`; an id that is there twice has one.',
    access: 'agent',
    status: 200,
    body: z.strictObject({
      ids: z.array(z.string()).min(1).max(limits.bulk),
      set: z.strictObject(ticketChanges).refine((set) => Object.values(set).some((value) => value !== undefined), 'must change something'),
    }),
    output: z.strictObject({ results: z.array(BulkResult) }),
    errors: [],
  },
  agentExportTickets: {
    summary: 'The tickets that match as CSV, oldest first',
    description:
      'RFC 4180 in UTF-8 with a byte order mark, a header row first. Takes the filters of the list. Nothing in it comes from notes. A cell that a spreadsheet would take for a formula begins with an apostrophe.',
    access: 'agent',
    status: 200,
    media: 'text/csv',
    query: z.strictObject(ticketFilter),
    output: z.string(),
    errors: [],
  },
  agentListCannedReplies: {
    summary: "The app's canned replies by name",
    access: 'agent',
    status: 200,
    query: paging.extend({ search: text(0, limits.search).optional().describe('Part of a name or a text, in any case.') }),
    output: pageOf(CannedReply),
    errors: [],
  },
  agentCreateCannedReply: {
    summary: 'Keep a text for use again and again',
    access: 'agent',
    status: 201,
    once: true,
    body: NewCannedReply,
    output: CannedReply,
    errors: ['already_exists'],
  },
  agentUpdateCannedReply: {
    summary: "Change a canned reply's name or text",
    access: 'agent',
    status: 200,
    params: byId,
    body: NewCannedReply.partial(),
    output: CannedReply,
    errors: ['not_found', 'already_exists'],
  },
  agentDeleteCannedReply: {
    summary: 'Remove a canned reply; answers it as it was',
    access: 'agent',
    status: 200,
    params: byId,
    output: CannedReply,
    errors: ['not_found'],
  },
  agentRenderCannedReply: {
    summary: 'A canned reply filled in for a ticket',
    description:
      '`{{customer.name}}`, `{{customer.first_name}}`, `{{agent.name}}`, `{{ticket.number}}`, `{{ticket.subject}}` and `{{app.name}}` become what they stand for, or nothing where that is not known. Other variables stay as they are.',
    access: 'agent',
    status: 200,
    params: byId,
    body: z.strictObject({ ticket_id: z.string() }),
    output: z.strictObject({ body: z.string() }),
    errors: ['not_found'],
  },
  agentRemoveAgent: {
    summary: 'Remove an agent; answers them as they were',
    description:
      'Within a minute every token of theirs is refused and every socket closed. What they wrote and what is assigned to them stays, with their name. Nobody can remove themselves.',
    access: 'admin',
    status: 200,
    params: byId,
    output: Agent,
    errors: ['not_found'],
  },
  agentGetStats: {
    summary: 'How many tickets, how fast, how well rated',
    access: 'agent',
    status: 200,
    query: z.strictObject(createdBetween),
    output: Stats,
    errors: [],
  },
} as const satisfies Record<string, Operation>
