import { limits } from '@support-widget/shared/limits.ts'

/** What holds for every operation, in Markdown; the first page of the API document. */
export const introduction = `Tickets between the customers of a host app and its agents.

**Who is calling** follows from the credential alone: \`Authorization: Bearer …\` with a token that the host app signs for its user, or an API key (also as \`X-Api-Key\`) from a
server. Whatever belongs to somebody else is 404, like what does not exist.

**Ids** are 26 characters of Crockford's base32 and sort by creation. **Times** are UTC, ISO 8601. **Unknown fields** and query parameters are refused.

**Order.** \`seq\` numbers the messages of a ticket without gaps and is the only cursor: \`after_seq\` of the last one that you know answers what you missed. Agents' \`seq\`
counts notes too, customers' public messages alone.

**Lists** answer \`{success, data, pagination: {page, per_page, total, total_pages}}\`.

**Once only.** A POST that creates takes an \`Idempotency-Key\` (1 to ${limits.idempotencyKey} printable ASCII characters), kept for ${limits.idempotencyHours} hours per caller and operation. The same key with the same
input gets the same answer again, with \`Idempotency-Replayed: true\`; with other input 422 \`idempotency_key_reused\`; while the first is still running 409
\`request_in_progress\`. What failed is not kept. \`client_id\` is a permanent key: of a message within its ticket, of a ticket within its customer.

**Errors** are RFC 9457 problem documents: \`code\` never changes its meaning, \`errors\` names every fault of an input, \`instance\` is the request id.

**Limits** a minute: ${limits.writesPerCustomer} writes and ${limits.readsPerCustomer} reads for a customer, ${limits.requestsPerKey} requests for an API key or an agent, ${limits.requestsPerAddress} for an address. 429 and 503 say \`Retry-After\`.
`
