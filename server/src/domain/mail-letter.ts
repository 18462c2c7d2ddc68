import { limits } from '@support-widget/shared/limits.ts'
import type { CancelReason, TicketMailKind } from '@support-widget/shared/mail.ts'
import type { Selectable } from 'kysely'
import { appRef } from '../auth/apps.ts'
import type { AppRef } from '../auth/principal.ts'
import type { Db, Tables } from '../db/orm.ts'
import { settingsOf } from './apps.ts'
import type { Core } from './core.ts'
import { addressOf, isMailable } from './mail-address.ts'
import { type Notice, noticeFor } from './mail-notice.ts'
import { endMail, fixMail, type TakenMail } from './mail-queue.ts'
import { isRefused, isTheirs, isTrusted, mayWriteTo } from './mail-trust.ts'
import { answersFor, firstWords, isSeen, wordsFor } from './mail-unread.ts'
import { type MessageView, type TicketView, ticketViews } from './views.ts'

type Customer = Selectable<Tables['customers']>

/** All that a mail is made of, as it stands when it is sent; never a note. */
export interface Letter {
  id: string
  kind: TicketMailKind
  app: AppRef
  ticket: TicketView
  /** In order, the newest {@link limits.mailMessages}. */
  messages: MessageView[]
  /** Messages before them that stand in the mail as a number alone. */
  omitted: number
  to: string
  /** BCP 47, as the ticket and its customer say, in this order. */
  languages: readonly (string | null)[]
  /** True if nobody vouches for the address, so that this is the only mail until the customer writes or confirms. */
  isUnconfirmed: boolean
  messageId: string
  /** Of the first mail about this ticket to the same side, so that mail programs show them as one. */
  firstMessageId: string | null
}

/** What there is to tell, to whom; or why there is nothing. */
interface Decision {
  messages: MessageView[]
  omitted: number
  /** The number of the last message that is told. */
  upto: number
  to: string
  isUnconfirmed: boolean
}
type Decided = Decision | CancelReason | 'bad_address'

/** A mail that was sent this late is left out if somebody has seen the ticket meanwhile, milliseconds. */
const stillNewMs = 5 * 60_000

/**
 * Looks whether a mail is still wanted, and by whom, in one transaction that writes down what must not change with another attempt. Null: it is not, which has been written down too.
 * `domain` is the right side of new Message-IDs.
 */
export function prepareMail(core: Core, mail: TakenMail, domain: string): Promise<Letter | Notice | null> {
  const now = core.clock.now()
  return core.orm.transaction(async (db) => {
    const row = await db.selectFrom('apps').selectAll().where('id', '=', mail.app_id).executeTakeFirst()
    if (!row) return end(db, mail, 'blocked', now)
    const app = appRef(row)
    const messageId = mail.message_id ?? `<${mail.id}@${domain}>`
    if (mail.kind === 'webhook_off') {
      const found = await noticeFor(db, mail, app)
      if (typeof found === 'string') return end(db, mail, found, now)
      await fixMail(db, mail, { upto_seq: null, recipient: found.to, message_id: messageId })
      return { kind: mail.kind, app, ...found, messageId }
    }
    const ticket = await ticketViews(db, mail.app_id).where('t.id', '=', mail.ticket_id).executeTakeFirst()
    if (!ticket) return end(db, mail, 'blocked', now)
    const decided = mail.kind === 'customer_unread' ? await forCustomer(db, mail, app, ticket, now) : await forAgents(db, mail, app, ticket, now)
    if (typeof decided === 'string') return end(db, mail, decided, now)
    await fixMail(db, mail, { upto_seq: decided.upto, recipient: decided.to, message_id: messageId })
    const { messages, omitted, to, isUnconfirmed } = decided
    const languages = [ticket.preferred_language, ticket.customer_locale]
    const firstMessageId = await firstIdOf(db, mail)
    return { id: mail.id, kind: mail.kind, app, ticket, messages, omitted, to, languages, isUnconfirmed, messageId, firstMessageId }
  })
}

async function end(db: Db, mail: TakenMail, reason: CancelReason | 'bad_address', now: Date): Promise<null> {
  await endMail(db, mail, reason === 'bad_address' ? 'failed' : 'cancelled', reason, now)
  return null
}

/** A digest of the answers that the customer has not read and no other mail has told. */
async function forCustomer(db: Db, mail: TakenMail, app: AppRef, ticket: TicketView, now: Date): Promise<Decided> {
  if (settingsOf(app).customer_mail_minutes === null) return 'switched_off'
  // Locked, so that of two mails to one unconfirmed address the second one sees the first.
  const customer = await db
    .selectFrom('customers')
    .selectAll()
    .where('app_id', '=', mail.app_id)
    .where('id', '=', ticket.customer_id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  const refused = customer ? refusalOf(customer) : 'blocked'
  if (refused) return refused
  const found = await answersFor(db, ticket, mail)
  if (!found) return 'read'
  const to = addressOf(ticket)
  if (to === null) return 'no_address'
  if (!isMailable(to)) return 'bad_address'
  const isUnconfirmed = !isTrusted(customer as Customer, to)
  if (!isTheirs(customer as Customer, to) && (await isRefused(db, mail.app_id, to))) return 'muted'
  if (isUnconfirmed && !(await mayWriteTo(db, mail, ticket.customer_id, to, now))) return 'unconfirmed'
  return { ...found, to, isUnconfirmed }
}

function refusalOf(customer: Customer): CancelReason | null {
  if (customer.blocked_at !== null) return 'blocked'
  return customer.muted_at === null ? null : 'muted'
}

/** A new ticket goes to the inbox, what nobody has seen to the assignee if there is one who can be reached. */
async function forAgents(db: Db, mail: TakenMail, app: AppRef, ticket: TicketView, now: Date): Promise<Decided> {
  const { inbox_email, inbox_mail, agent_mail_minutes } = settingsOf(app)
  if (ticket.customer_blocked_at !== null) return 'blocked'
  if (mail.kind === 'new_ticket') {
    if (!inbox_mail) return 'switched_off'
    if (inbox_email === null) return 'no_address'
    const isLate = now.getTime() - mail.created_at.getTime() > stillNewMs
    if (isLate && (await isSeen(db, ticket))) return 'read'
    return { ...(await firstWords(db, ticket)), to: inbox_email, isUnconfirmed: false }
  }
  if (agent_mail_minutes === null) return 'switched_off'
  const found = await wordsFor(db, ticket, mail)
  if (!found) return 'read'
  const to = (await assigneeOf(db, ticket)) ?? inbox_email
  return to === null ? 'no_address' : { ...found, to, isUnconfirmed: false }
}

/** The address of the agent who has the ticket, if it is one that can be written to. */
async function assigneeOf(db: Db, { app_id, assignee_id }: TicketView): Promise<string | null> {
  if (assignee_id === null) return null
  const agent = await db
    .selectFrom('agents')
    .select('email')
    .where('app_id', '=', app_id)
    .where('id', '=', assignee_id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return agent?.email && isMailable(agent.email) ? agent.email : null
}

/** The first mail about the ticket that went to the same side: to the customer, or to who answers. */
async function firstIdOf(db: Db, mail: TakenMail): Promise<string | null> {
  const first = await db
    .selectFrom('mails')
    .select('message_id')
    .where('app_id', '=', mail.app_id)
    .where('ticket_id', '=', mail.ticket_id)
    .where('kind', mail.kind === 'customer_unread' ? '=' : '!=', 'customer_unread')
    .where('id', '<', mail.id)
    .where('state', '=', 'sent')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return first?.message_id ?? null
}
