import type { Access } from '@support-widget/shared/operation.ts'
import type { Principal } from '../auth/principal.ts'
import { Refusal } from '../errors.ts'
import type { AgentActor, CustomerActor } from './core.ts'

type Kind = 'customer' | 'agent' | 'admin' | 'visitor' | 'partner_key' | 'admin_key'

/** Who may call what: the one table for HTTP, socket and jobs. Whose objects they then see follows from the actor. */
const table: Record<Exclude<Access, 'public'>, Record<Kind, boolean>> = {
  customer: { customer: true, agent: true, admin: true, visitor: true, partner_key: true, admin_key: false },
  agent: { customer: false, agent: true, admin: true, visitor: false, partner_key: false, admin_key: true },
  admin: { customer: false, agent: false, admin: true, visitor: false, partner_key: false, admin_key: true },
}

const kindOf = (principal: Principal): Kind => (principal.kind === 'user' ? principal.role : principal.kind)

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
  return { type: 'customer', app: principal.app, customerId: principal.customerId, links: 'links' in principal ? principal.links : null }
}

/** The principal as somebody who works the app's tickets. Throws `forbidden`. */
export function asAgent(principal: Principal, access: 'agent' | 'admin' = 'agent'): AgentActor {
  authorize(principal, access)
  const { app } = principal
  if (principal.kind === 'admin_key') return { type: 'agent', app, agentId: null, keyId: principal.keyId }
  return { type: 'agent', app, agentId: principal.kind === 'user' ? principal.agentId : null, keyId: null }
}
