import type { Cause, DomainEvent } from '@support-widget/shared/events.ts'
import type { MailKind } from '@support-widget/shared/mail.ts'
import type { Role } from '@support-widget/shared/people.ts'
import type { Apps } from '../auth/apps.ts'
import type { MailLinks } from '../auth/mail-link.ts'
import type { AppRef, Links, Profile } from '../auth/principal.ts'
import type { SecretBox } from '../auth/secrets.ts'
import type { SignedLinks } from '../auth/signed-link.ts'
import type { VisitorTokens } from '../auth/visitor-token.ts'
import type { Clock } from '../clock.ts'
import type { Db, Orm } from '../db/orm.ts'
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
  /** True if the app has a webhook endpoint that is switched on: asked in the statement that writes the event. Of what is only announced it is false. */
  hasEndpoints: boolean
}

/**
 * Something that must follow from what is recorded, and is therefore written down in the same transaction: no await but the database of `tx`. Whatever has to be done outside is left
 * to a worker, see jobs/worker.ts.
 */
export type Effect = (tx: { db: Db; now: Date }, happening: Happening) => Promise<void>

/** Passed in, so that tests need not wait. */
export interface OutboundTimes {
  /** For a whole request, milliseconds. */
  timeoutMs: number
  /** From 0 up to 1, for the jitter of delays. */
  random(): number
  /** Waits so many milliseconds. */
  pause(ms: number): Promise<unknown>
}

/** What this process did with mail, by kind and outcome. */
export type MailTally = Map<string, { kind: MailKind; outcome: MailOutcome; count: number }>
/** `postponed`: another attempt follows. */
export type MailOutcome = 'sent' | 'failed' | 'cancelled' | 'postponed'

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
  mailLinks: MailLinks
  /** False: mail stays queued, because there is no SMTP server. */
  sendsMail: boolean
  mailTally: MailTally
  /** True lets addresses that somebody names lead to our own machine: for the demo. */
  loopback: boolean
  /** How requests to endpoints that others have named are timed. */
  outbound: OutboundTimes
  storage: Storage
  presence: Presence
  /** Called for every recorded event inside its transaction, one after the other; what throws undoes the change. */
  effects: Effect[]
  /** Who of this process works on a queue, woken without it: call it after the commit of what is due at once. */
  wakers: Map<string, () => void>
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
