import type { DomainEvent } from '@support-widget/shared/events.ts'
import { v7 as uuidv7 } from 'uuid'
import type { Db } from '../db/orm.ts'
import { type Actor, type Core, causeOf, type Happening } from './core.ts'
import type { MessageView, TicketView } from './views.ts'

/** One transaction of the domain. */
export interface Tx {
  db: Db
  now: Date
  /** Writes the event beside the change, with what follows from it, and tells the listeners after the commit. Give the views as they stand at the end of the change. */
  record(event: DomainEvent, ticket: TicketView, message?: MessageView): Promise<void>
  /** Tells the listeners after the commit, without a row: for what nobody looks up later. */
  announce(event: DomainEvent, ticket: TicketView, message?: MessageView): void
}

/** Runs `work` in a transaction in the name of `actor`. Nothing is announced before the commit, and nothing at all if there is none. */
export async function change<T>(core: Core, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
  const happenings: Happening[] = []
  const cause = causeOf(actor)
  const now = core.clock.now()
  const result = await core.orm.transaction((db) => {
    const announce: Tx['announce'] = (event, ticket, message) => {
      happenings.push({ id: uuidv7(), event, cause, ticket, message: message ?? null, hasEndpoints: false })
    }
    const record: Tx['record'] = async (event, ticket, message) => {
      announce(event, ticket, message)
      const happening = happenings.at(-1) as Happening
      const { has_endpoints } = await db
        .insertInto('events')
        .values({
          id: happening.id,
          app_id: actor.app.id,
          ticket_id: ticket.id,
          type: event.type,
          cause_type: cause.type,
          cause_id: cause.id,
          data: event,
          created_at: now,
        })
        .returning((eb) =>
          eb
            .exists(eb.selectFrom('webhook_endpoints as w').select('w.id').where('w.app_id', '=', actor.app.id).where('w.enabled', '=', true))
            .as('has_endpoints'),
        )
        .executeTakeFirstOrThrow()
      happening.hasEndpoints = Boolean(has_endpoints)
      for (const effect of core.effects) await effect(tx, happening)
    }
    const tx: Tx = { db, now, record, announce }
    return work(tx)
  })
  tellAll(core, happenings)
  return result
}

/**
 * Does several changes in one transaction: all of them or none. `work` must do everything with the core it gets and await nothing but the database; nothing is
 * announced before the commit of all.
 */
export async function together<T>(core: Core, work: (core: Core) => Promise<T>): Promise<T> {
  const happenings: Happening[] = []
  const result = await core.orm.oneTransaction((orm) => work({ ...core, orm, listeners: [(happening) => happenings.push(happening)] }))
  tellAll(core, happenings)
  return result
}

/** Tells the listeners what has been committed. */
function tellAll(core: Core, happenings: readonly Happening[]): void {
  for (const happening of happenings) {
    for (const listener of core.listeners) tell(core, listener, happening)
  }
}

function tell(core: Core, listener: Core['listeners'][number], happening: Happening): void {
  try {
    listener(happening)
  } catch (err) {
    core.log.error({ err, event: happening.event.type }, 'a listener failed after the commit')
  }
}
