import { limits } from '@support-widget/shared/limits.ts'
import { sql } from 'kysely'
import type { Db } from '../db/orm.ts'
import type { TakenMail } from './mail-queue.ts'
import { type MessageView, messageViews, type TicketView } from './views.ts'

/** What a mail tells: the newest messages of those that are unread, how many came before them, and the number of the last in the order of who gets it. */
export interface Unread {
  messages: MessageView[]
  omitted: number
  upto: number
}

/** What the agents answered and the customer has not read, that no other mail has told. Who wrote afterwards has read what came before. Null if there is nothing. */
export async function answersFor(db: Db, ticket: TicketView, mail: TakenMail): Promise<Unread | null> {
  const after = Math.max(ticket.customer_read_seq, await toldUpto(db, mail))
  const query = publicOf(db, ticket, mail, 'agent', 'public_seq').where('m.public_seq', '>', after).where(nothingAfter(byCustomer))
  return newest(query.orderBy('m.public_seq', 'desc'), (one) => one.public_seq)
}

/** What the customer wrote and no agent has seen, that no other mail has told. Who answered or left a note has seen what came before. Null if there is nothing. */
export async function wordsFor(db: Db, ticket: TicketView, mail: TakenMail): Promise<Unread | null> {
  const after = Math.max(ticket.agent_read_seq, await toldUpto(db, mail))
  const query = publicOf(db, ticket, mail, 'customer', 'seq').where('m.seq', '>', after).where(nothingAfter(byAgents))
  return newest(query.orderBy('m.seq', 'desc'), (one) => one.seq)
}

/** True if an agent has seen the ticket: by reading, by answering in it, or by a note of a person. */
export async function isSeen(db: Db, ticket: TicketView): Promise<boolean> {
  if (ticket.status === 'closed' || ticket.agent_read_seq > 0) return true
  const { rows } = await sql<{ seen: boolean }>`
    select exists (select from messages a where a.app_id = ${ticket.app_id} and a.ticket_id = ${ticket.id} and a.merged_from is null and ${byAgents}) as seen`.execute(
    db,
  )
  return rows[0]?.seen === true
}

const byCustomer = sql<boolean>`a.author_type = 'customer' and not a.is_internal`
const byAgents = sql<boolean>`a.author_type = 'agent' and (not a.is_internal or a.agent_id is not null)`

/** Nobody of that side wrote after the message `m`. What came by a merge stands behind what was there without having been written after it. */
const nothingAfter = (side: typeof byCustomer) =>
  sql<boolean>`not exists (select from messages a where a.app_id = m.app_id and a.ticket_id = m.ticket_id and a.seq > m.seq and ${side}
    and (a.merged_from is null or a.merged_from = m.merged_from))`

/** With what a ticket began. */
export async function firstWords(db: Db, ticket: TicketView): Promise<Unread> {
  const messages = await messageViews(db, ticket.app_id)
    .where('m.ticket_id', '=', ticket.id)
    .where('m.is_internal', '=', false)
    .where('m.seq', '=', 1)
    .execute()
  return { messages, omitted: 0, upto: 1 }
}

/** Messages of one side that say something, up to where an earlier attempt told of them. */
function publicOf(db: Db, ticket: TicketView, mail: TakenMail, side: 'agent' | 'customer', seq: 'seq' | 'public_seq') {
  return messageViews(db, ticket.app_id)
    .where('m.ticket_id', '=', ticket.id)
    .where('m.author_type', '=', side)
    .where('m.is_internal', '=', false)
    .where('m.redacted_at', 'is', null)
    .$if(mail.upto_seq !== null, (query) => query.where(`m.${seq}`, '<=', mail.upto_seq as number))
}

async function newest(query: ReturnType<typeof messageViews>, seqOf: (message: MessageView) => number | null): Promise<Unread | null> {
  const rows = await query.limit(limits.mailMessages + 1).execute()
  const [last] = rows
  if (!last) return null
  // One more than fits says that there are more; how many is no help to anybody.
  const messages = rows.slice(0, limits.mailMessages).reverse()
  return { messages, omitted: rows.length - messages.length, upto: seqOf(last) ?? 0 }
}

/** Up to where another mail of this kind has told, or may have. One that is tried again tells what it told before, whatever was told after that meanwhile. */
async function toldUpto(db: Db, mail: TakenMail): Promise<number> {
  const { seq } = await db
    .selectFrom('mails')
    .select((eb) => eb.fn.max('upto_seq').as('seq'))
    .where('app_id', '=', mail.app_id)
    .where('ticket_id', '=', mail.ticket_id)
    .where('kind', '=', mail.kind)
    .where('id', '!=', mail.id)
    .where('state', 'in', ['queued', 'sending', 'sent'])
    .$if(mail.upto_seq !== null, (query) => query.where('upto_seq', '<', mail.upto_seq as number))
    .executeTakeFirstOrThrow()
  return seq ?? 0
}
