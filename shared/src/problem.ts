import * as z from 'zod'
import { type ErrorCode, errorCodes } from './errors.ts'
import { idOut } from './text.ts'
import { AgentTicket } from './ticket.ts'

const Fault = z.strictObject({ location: z.string(), message: z.string() })

export const Problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
    errors: z.array(Fault).optional().describe('With `invalid_request`: every fault of the input.'),
    ticket: AgentTicket.optional().describe('With `version_conflict`: the ticket as it is now.'),
    merged_into: idOut().optional().describe('Where a ticket has been merged: the id of the one in which it goes on.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details. `code` decides, `detail` is for people, `instance` names the request.' })
