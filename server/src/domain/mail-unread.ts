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
  const own = await db
    .selectFrom('messages')
    .select((eb) => eb.fn.max('public_seq').as('seq'))
    .where('app_id', '=', ticket.app_id)
    .where('ticket_id', '=', ticket.id)
    .where('author_type', '=', 'customer')
    .where('is_internal', '=', false)
    .executeTakeFirst()
  const after = Math.max(ticket.customer_read_seq, own?.seq ?? 0, await toldUpto(db, mail))
  return newest(
    publicOf(db, ticket, mail, 'agent', 'public_seq').where('m.public_seq', '>', after).orderBy('m.public_seq', 'desc'),
    (one) => one.public_seq,
  )
}

/** What the customer wrote and no agent has seen, that no other mail has told. Who answered or left a note has seen what came before. Null if there is nothing. */
export async function wordsFor(db: Db, ticket: TicketView, mail: TakenMail): Promise<Unread | null> {
  const after = Math.max(await seenUpto(db, ticket), await toldUpto(db, mail))
  return newest(publicOf(db, ticket, mail, 'customer', 'seq').where('m.seq', '>', after).orderBy('m.seq', 'desc'), (one) => one.seq)
}

/** True if an agent has seen the ticket. */
export const isSeen = async (db: Db, ticket: TicketView): Promise<boolean> => ticket.status === 'closed' || (await seenUpto(db, ticket)) > 0

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

/** Up to where another mail of this kind has told, or may have. */
async function toldUpto(db: Db, mail: TakenMail): Promise<number> {
  const { seq } = await db
    .selectFrom('mails')
    .select((eb) => eb.fn.max('upto_seq').as('seq'))
    .where('app_id', '=', mail.app_id)
    .where('ticket_id', '=', mail.ticket_id)
    .where('kind', '=', mail.kind)
    .where('id', '!=', mail.id)
    .where('state', 'in', ['queued', 'sending', 'sent'])
    .executeTakeFirstOrThrow()
  return seq ?? 0
}

/** Up to where agents have seen a ticket: by reading, by answering, or by a note of a person. */
async function seenUpto(db: Db, ticket: TicketView): Promise<number> {
  const { seq } = await db
    .selectFrom('messages')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('app_id', '=', ticket.app_id)
    .where('ticket_id', '=', ticket.id)
    .where('author_type', '=', 'agent')
    .where(sql<boolean>`(not is_internal or agent_id is not null)`)
    .executeTakeFirstOrThrow()
  return Math.max(ticket.agent_read_seq, seq ?? 0)
}
