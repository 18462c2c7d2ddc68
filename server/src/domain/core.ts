import type { Cause, DomainEvent } from '@support-widget/shared/events.ts'
import type { Role } from '@support-widget/shared/people.ts'
import type { Apps } from '../auth/apps.ts'
import type { AppRef, Links, Profile } from '../auth/principal.ts'
import type { SecretBox } from '../auth/secrets.ts'
import type { SignedLinks } from '../auth/signed-link.ts'
import type { VisitorTokens } from '../auth/visitor-token.ts'
import type { Clock } from '../clock.ts'
import type { Orm } from '../db/orm.ts'
import type { Queue } from '../db/queue.ts'
import type { Log } from '../log.ts'
import type { Storage } from '../storage/storage.ts'
import type { Presence } from './presence.ts'
import type { MessageView, TicketView } from './views.ts'

/** A committed event with the ticket (and message) as they stood at its commit. */
export interface Happening {
  id: string
  event: DomainEvent
  cause: Cause
  ticket: TicketView
  message: MessageView | null
}

/** What the domain works with; made once in app.ts. */
export interface Core {
  orm: Orm
  queue: Queue
  apps: Apps
  clock: Clock
  log: Log
  secrets: SecretBox
  links: SignedLinks
  visitors: VisitorTokens
  /** True lets addresses that somebody names lead to our own machine: for the demo. */
  loopback: boolean
  /** This server can send mail. */
  mail: boolean
  storage: Storage
  presence: Presence
  /** Called after the commit, in the order of the events. A listener must not throw. */
  listeners: ((happening: Happening) => void)[]
}

/** How somebody at a customer's door has shown who they are: the role of their signed token, or another credential. */
export type CustomerKind = Role | 'visitor' | 'partner_key'

/** A customer at work on their own tickets. */
export interface CustomerActor {
  type: 'customer'
  app: AppRef
  customerId: string
  /** Which values of a link key they may use; a key not named is not limited. */
  links: Links | null
  kind: CustomerKind
  /** What their signed token says of them, and so nobody else. */
  signed: Profile | null
}

/** An agent, or the app's backend (`agentId` null), at work on any ticket of the app. */
export interface AgentActor {
  type: 'agent'
  app: AppRef
  agentId: string | null
  /** The API key with which the backend calls; null for an agent. */
  keyId: string | null
}

/** What the server does by itself, when its time has come. */
export interface SystemActor {
  type: 'system'
  app: AppRef
}

/** Somebody who asks. */
export type Caller = CustomerActor | AgentActor
export type Actor = Caller | SystemActor

/** The actor as events name it. */
export function causeOf(actor: Actor): Cause {
  if (actor.type === 'system') return { type: 'system', id: null }
  if (actor.type === 'customer') return { type: 'customer', id: actor.customerId }
  return actor.agentId ? { type: 'agent', id: actor.agentId } : { type: 'key', id: actor.keyId }
}
