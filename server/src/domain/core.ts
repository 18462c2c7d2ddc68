import type { Cause, DomainEvent } from '@support-widget/shared/events.ts'
import type { Apps } from '../auth/apps.ts'
import type { AppRef } from '../auth/principal.ts'
import type { SecretBox } from '../auth/secrets.ts'
import type { Clock } from '../clock.ts'
import type { Orm } from '../db/orm.ts'
import type { Queue } from '../db/queue.ts'
import type { Log } from '../log.ts'
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
  /** Called after the commit, in the order of the events. A listener must not throw. */
  listeners: ((happening: Happening) => void)[]
}

/** A customer at work on their own tickets. */
export interface CustomerActor {
  type: 'customer'
  app: AppRef
  customerId: string
}

/** An agent, or the app's backend (`agentId` null), at work on any ticket of the app. */
export interface AgentActor {
  type: 'agent'
  app: AppRef
  agentId: string | null
}

export type Actor = CustomerActor | AgentActor

/** The actor as events name it. */
export function causeOf(actor: Actor): Cause {
  if (actor.type === 'customer') return { type: 'customer', id: actor.customerId }
  return actor.agentId ? { type: 'agent', id: actor.agentId } : { type: 'key', id: null }
}
