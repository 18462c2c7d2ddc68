import type { Access } from '@support-widget/shared/operation.ts'
import type { Principal } from '../auth/principal.ts'
import { Refusal } from '../errors.ts'
import type { AgentActor, CustomerActor, CustomerKind } from './core.ts'

type Kind = CustomerKind | 'admin_key'

/**
 * Who may call what: the one table for HTTP, the dialects, the socket and jobs. Whose objects they then see follows from the actor; where a function takes fewer than its access
 * says (a rating, the merge of a visitor), it says so itself.
 *
 * A socket has the better side of its caller: agents and the backend hear of every ticket of the app, may say that they have read or are writing in it, and, if they are persons,
 * that they look at it; everybody else hears of their own tickets, and may say the same of those. Nobody changes anything else over a socket.
 */
const table: Record<Exclude<Access, 'public'>, Record<Kind, boolean>> = {
  customer: { customer: true, agent: true, admin: true, visitor: true, partner_key: true, admin_key: false },
  agent: { customer: false, agent: true, admin: true, visitor: false, partner_key: false, admin_key: true },
  admin: { customer: false, agent: false, admin: true, visitor: false, partner_key: false, admin_key: true },
}

const customerKindOf = (principal: Exclude<Principal, { kind: 'admin_key' }>): CustomerKind =>
  principal.kind === 'user' ? principal.role : principal.kind
const kindOf = (principal: Principal): Kind => (principal.kind === 'admin_key' ? principal.kind : customerKindOf(principal))

export function may(principal: Principal, access: Access): boolean {
  return access === 'public' || table[access][kindOf(principal)]
}

function authorize(principal: Principal, access: Access): void {
  if (!may(principal, access))
    throw new Refusal('forbidden', { detail: `This needs the role "${access}"; the credential's is "${kindOf(principal)}".` })
}

/** The principal as a customer of its own tickets. Throws `forbidden`. */
export function asCustomer(principal: Principal): CustomerActor {
  authorize(principal, 'customer')
  if (principal.kind === 'admin_key') throw new Refusal('forbidden')
  return {
    type: 'customer',
    app: principal.app,
    customerId: principal.customerId,
    links: 'links' in principal ? principal.links : null,
    kind: customerKindOf(principal),
    signed: principal.kind === 'user' ? principal.profile : null,
  }
}

/** The principal as somebody who works the app's tickets. Throws `forbidden`. */
export function asAgent(principal: Principal, access: 'agent' | 'admin' = 'agent'): AgentActor {
  authorize(principal, access)
  const { app } = principal
  if (principal.kind === 'admin_key') return { type: 'agent', app, agentId: null, keyId: principal.keyId }
  return { type: 'agent', app, agentId: principal.kind === 'user' ? principal.agentId : null, keyId: null }
}
