import * as z from 'zod'

/** The examples and shapes of the pgi document, written down from it and from nothing of ours. */

export const host = 'https://api.pgicover.com'
export const credential = 'pk_test_abc123def456ghi789jkl012mno345'

export const createLine = String.raw`curl -X POST https://api.pgicover.com/api/v2/support/tickets/ \
  -H "Authorization: Bearer pk_test_abc123def456ghi789jkl012mno345" \
  -H "Content-Type: application/json" \
  -d '{
    "subject": "Coverage question for PGI-2026-CA-00142",
    "message": "Can you confirm whether covenant breach events are covered under this policy?",
    "policy_number": "PGI-2026-CA-00142"
  }'`

/** The same request as the document's Python and JavaScript send it. */
export const createBody = {
  subject: 'Coverage question for PGI-2026-CA-00142',
  message: 'Can you confirm whether covenant breach events are covered under this policy?',
  policy_number: 'PGI-2026-CA-00142',
}

export const policy = createBody.policy_number
export const sentText = 'Here is the loan agreement for reference.'
export const repliedText =
  "Yes, covenant breach is a covered event type under PGI-2026-CA-00142. If the borrower breaches a financial covenant and the lender calls the guarantee, you can file a claim with event_type 'covenant_breach'."

/** As in `2026-04-03T18:30:00Z`. */
const time = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)
/** As in `B3C4D5E6F7A1890123456789DD`. */
const id = z.string().regex(/^[0-9A-Z]{26}$/)
const status = z.enum(['open', 'pending', 'closed'])
const Message = z.strictObject({ sender: z.enum(['partner', 'pgi_underwriter']), content: z.string(), created_at: time })

/** `application_id` is printed nowhere in the document; what is absent is null. */
const head = { ticket_id: id, subject: z.string(), status, policy_number: z.string().nullable(), application_id: z.string().nullable() }

export const Ticket = z.strictObject({ ...head, messages: z.array(Message), created_at: time })
export const Sent = z.strictObject({ message_id: id, ...Message.shape })
export const Page = z.strictObject({
  count: z.int(),
  next: z.url().nullable(),
  previous: z.url().nullable(),
  results: z.array(z.strictObject({ ...head, message_count: z.int(), created_at: time })),
})
