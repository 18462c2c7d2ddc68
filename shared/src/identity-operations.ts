import * as z from 'zod'
import { limits } from './limits.ts'
import type { Operation } from './operation.ts'
import { Me, Self } from './people.ts'
import { safeString, text, time } from './text.ts'

/** How customers come in and what they say of themselves. */
export const identityOperations = {
  createVisitor: {
    summary: 'Become a visitor: a customer whom nobody has signed for',
    description: `For pages on which nobody is signed in, if the app takes visitors. The token is good for ${limits.visitorDays} days after its last use; who holds it is that visitor.`,
    access: 'public',
    status: 201,
    body: z.strictObject({ app: safeString().min(1).max(100) }),
    output: z.strictObject({ token: z.string(), customer: Self, expires_at: time() }),
    errors: ['not_found', 'visitors_not_allowed', 'origin_not_allowed'],
  },
  mergeVisitor: {
    summary: 'Take over what the same person wrote as a visitor',
    description:
      "Needs both proofs: the customer's signed token as credential and the visitor's token in the body. Tickets, messages and files become the customer's, and the visitor's token is good for nothing afterwards. Sent again by the same customer it is answered the same.",
    access: 'customer',
    status: 200,
    body: z.strictObject({ visitor_token: safeString().min(1) }),
    output: Me,
    errors: ['visitor_taken'],
  },
  updateMe: {
    summary: 'Say who you are, and whether mail is welcome',
    description:
      "Changes what is named; null forgets it. An address given here is unverified: agents see that, and it opens nothing that is there already. Where the caller's signed token says a name or an address itself, that stays.",
    access: 'customer',
    status: 200,
    body: z.strictObject({
      email: z.email().max(limits.email).nullable().optional(),
      name: text(1, limits.name).nullable().optional(),
      notify: z.boolean().optional(),
    }),
    output: Me,
    errors: [],
  },
} as const satisfies Record<string, Operation>
