import { encodeId } from '@support-widget/shared/ids.ts'
import type { AppRef } from '../auth/principal.ts'
import { addVisitor, findVisitor } from '../auth/visitors.ts'
import { badInput, notFound, Refusal } from '../errors.ts'
import { adopt } from './adopt.ts'
import { settingsOf } from './apps.ts'
import { audit } from './audit.ts'
import { type Core, type CustomerActor, causeOf } from './core.ts'
import { isAgent } from './customers.ts'
import { lockTickets } from './lock.ts'
import type { CustomerRow } from './people.ts'
import { change, type Tx } from './record.ts'

/** Lets somebody in whom nobody has signed for. Throws `visitors_not_allowed`. */
export async function createVisitor(core: Core, app: AppRef): Promise<{ token: string; customer: CustomerRow; expiresAt: Date }> {
  if (!settingsOf(app).visitors) throw new Refusal('visitors_not_allowed', { detail: 'Sign in to write to this app.' })
  const { customer, expiresAt } = await addVisitor(core.orm, app.id, core.clock.now())
  return { token: core.visitors.sign(customer.id), customer, expiresAt }
}

/**
 * Gives what a visitor has written to the customer as whom they have now signed in; the two tokens together are the proof. The visitor's token is good for nothing afterwards.
 * Again for the same customer is fine. Throws `invalid_request` for a token that is none of the app's, `visitor_taken` for a visitor who became somebody else, `forbidden` for
 * agents and for who has not signed in.
 */
export async function mergeVisitor(core: Core, actor: CustomerActor, token: string): Promise<void> {
  if (actor.kind !== 'customer') throw new Refusal('forbidden', { detail: "Sign in as a customer: this needs a customer's signed token." })
  const id = core.visitors.verify(token)
  if (id === null) throw unknownVisitor()
  await change(core, actor, async (tx) => {
    const rows = await lockBoth(tx, actor, id)
    const visitor = await readVisitor(tx, actor, id)
    if (visitor.customer_id === actor.customerId) return
    if (visitor.merged_at) throw new Refusal('visitor_taken')
    const [from, to] = [rows.get(visitor.customer_id), rows.get(actor.customerId)]
    if (!from || !to) throw notFound()
    if (to.external_id !== null && (await isAgent(tx.db, actor, to.external_id)))
      throw new Refusal('forbidden', { detail: 'Who is an agent of the app takes over no visitor.' })
    await tx.db
      .updateTable('visitors')
      .set({ customer_id: to.id, merged_at: tx.now })
      .where('app_id', '=', actor.app.id)
      .where('id', '=', id)
      .execute()
    const tickets = await adopt(tx, actor.app, from, to.id)
    await audit(tx.db, {
      appId: actor.app.id,
      actor: causeOf(actor),
      action: 'visitor_merged',
      object: { type: 'customer', id: to.id },
      data: { visitor: encodeId(id), tickets: tickets.length },
      now: tx.now,
    })
  })
}

const unknownVisitor = () => badInput('body.visitor_token', 'is not the token of a visitor of this app')

/** The visitor as they are behind the locks; who is blocked or has stayed away too long is none any more. */
async function readVisitor(tx: Tx, actor: CustomerActor, id: string) {
  const visitor = await findVisitor(tx.db, id)
  if (!visitor || visitor.app_id !== actor.app.id) throw unknownVisitor()
  const isGood = !visitor.blocked_at && !visitor.erased_at && visitor.expires_at > tx.now
  if (!visitor.merged_at && !isGood) throw unknownVisitor()
  return visitor
}

/** Locks the visitor's tickets, then both people, each in the order of their ids, as everybody does who writes into them. Answers the people. */
async function lockBoth(tx: Tx, actor: CustomerActor, visitorId: string): Promise<Map<string, CustomerRow>> {
  const { customer_id: visitor } = await readVisitor(tx, actor, visitorId)
  if (visitor !== actor.customerId) {
    const tickets = await tx.db.selectFrom('tickets').select('id').where('app_id', '=', actor.app.id).where('customer_id', '=', visitor).execute()
    if (tickets.length > 0)
      await lockTickets(
        tx,
        actor,
        tickets.map((ticket) => ticket.id),
      )
  }
  const people = await tx.db
    .selectFrom('customers')
    .selectAll()
    .where('app_id', '=', actor.app.id)
    .where('id', 'in', [visitor, actor.customerId])
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Map(people.map((row) => [row.id, row]))
}

const batch = 500

/** Forgets visitors who stayed away too long and never wrote anything. Answers how many. */
export async function forgetVisitors(core: Core): Promise<number> {
  let forgotten = 0
  for (;;) {
    const db = core.orm.db()
    const { numDeletedRows } = await db
      .deleteFrom('customers')
      .where((eb) =>
        eb(
          'id',
          'in',
          eb
            .selectFrom('visitors as v')
            .select('v.customer_id')
            .where('v.merged_at', 'is', null)
            .where('v.expires_at', '<=', core.clock.now())
            .where(({ not, exists, selectFrom }) =>
              not(exists(selectFrom('tickets as t').whereRef('t.app_id', '=', 'v.app_id').whereRef('t.customer_id', '=', 'v.customer_id'))),
            )
            .where(({ not, exists, selectFrom }) =>
              not(exists(selectFrom('attachments as f').whereRef('f.app_id', '=', 'v.app_id').whereRef('f.customer_id', '=', 'v.customer_id'))),
            )
            .limit(batch),
        ),
      )
      .executeTakeFirstOrThrow()
    forgotten += Number(numDeletedRows)
    if (Number(numDeletedRows) < batch) return forgotten
  }
}
