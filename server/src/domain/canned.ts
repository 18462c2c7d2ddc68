import type { NewCannedReply } from '@support-widget/shared/app.ts'
import type { Selectable } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type * as z from 'zod'
import type { Tables } from '../db/orm.ts'
import { finds, searchColumns } from '../db/search.ts'
import { isUniqueViolation, notFound, Refusal } from '../errors.ts'
import { readAgent } from './agents.ts'
import type { AgentActor, Core } from './core.ts'
import type { Page } from './list.ts'
import { seeTicket } from './lock.ts'
import type { TicketView } from './views.ts'

export type CannedReplyRow = Selectable<Tables['canned_replies']>
type Input = z.output<typeof NewCannedReply>

/** The app's canned replies by name. */
export async function listCannedReplies(
  core: Core,
  actor: AgentActor,
  { search, page, per_page }: Page & { search?: string | undefined },
): Promise<{ replies: CannedReplyRow[]; total: number }> {
  let all = core.orm.db().selectFrom('canned_replies').where('app_id', '=', actor.app.id)
  if (search) all = all.where(finds('canned_replies', actor.app.id, search))
  const { total } = await all.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow()
  const replies = await all
    .selectAll()
    .orderBy('name')
    .orderBy('id')
    .limit(per_page)
    .offset((page - 1) * per_page)
    .execute()
  return { replies, total: Number(total) }
}

/** Throws `already_exists` for a name in use. */
export async function createCannedReply(core: Core, actor: AgentActor, { name, body }: Input): Promise<CannedReplyRow> {
  const now = core.clock.now()
  const columns = searchColumns(actor.app.id, [name, body])
  return named(() =>
    core.orm
      .db()
      .insertInto('canned_replies')
      .values({ id: uuidv7(), app_id: actor.app.id, name, body, ...columns, created_at: now, updated_at: now })
      .returningAll()
      .executeTakeFirstOrThrow(),
  )
}

/** Throws `not_found`, `already_exists` for a name in use. */
export async function updateCannedReply(
  core: Core,
  actor: AgentActor,
  id: string,
  patch: { [K in keyof Input]?: Input[K] | undefined },
): Promise<CannedReplyRow> {
  return named(() =>
    core.orm.transaction(async (db) => {
      const own = db.selectFrom('canned_replies').selectAll().where('app_id', '=', actor.app.id).where('id', '=', id)
      const before = await own.forUpdate().executeTakeFirst()
      if (!before) throw notFound()
      const { name = before.name, body = before.body } = patch
      return db
        .updateTable('canned_replies')
        .set({ name, body, ...searchColumns(actor.app.id, [name, body]), updated_at: core.clock.now() })
        .where('app_id', '=', actor.app.id)
        .where('id', '=', before.id)
        .returningAll()
        .executeTakeFirstOrThrow()
    }),
  )
}

/** Throws `not_found`. */
export async function deleteCannedReply(core: Core, actor: AgentActor, id: string): Promise<CannedReplyRow> {
  const deleted = await core.orm
    .db()
    .deleteFrom('canned_replies')
    .where('app_id', '=', actor.app.id)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  if (!deleted) throw notFound()
  return deleted
}

/** The text filled in for a ticket, in the words of the calling agent. Throws `not_found` for either. */
export async function renderCannedReply(core: Core, actor: AgentActor, id: string, ticketId: string): Promise<string> {
  const db = core.orm.db()
  const reply = await db.selectFrom('canned_replies').select('body').where('app_id', '=', actor.app.id).where('id', '=', id).executeTakeFirst()
  if (!reply) throw notFound()
  const ticket = await seeTicket(db, actor, ticketId)
  const agent = await readAgent(core, actor)
  return fillIn(reply.body, variablesOf(ticket, agent?.name ?? null, actor.app.name))
}

type Variables = Readonly<Record<string, string | null>>

function variablesOf(ticket: TicketView, agentName: string | null, appName: string): Variables {
  return {
    'customer.name': ticket.customer_name,
    'customer.first_name': ticket.customer_first_name ?? ticket.customer_name?.split(/\s+/u)[0] ?? null,
    'agent.name': agentName,
    'ticket.number': ticket.number,
    'ticket.subject': ticket.subject,
    'app.name': appName,
  }
}

/** Variables that are not known stay as they are. What is filled in is not looked at again, so that a customer's name is never a variable. */
const fillIn = (body: string, values: Variables) =>
  body.replace(/\{\{\s*([a-z_.]+)\s*\}\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? '') : whole))

async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (err) {
    if (!isUniqueViolation(err, 'canned_replies_name')) throw err
    throw new Refusal('already_exists', {
      detail: 'Another canned reply of the app has this name.',
      faults: [{ location: 'body.name', message: 'is in use' }],
    })
  }
}
