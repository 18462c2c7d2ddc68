import { defaultSettings } from '@support-widget/shared/app.ts'
import type { TicketMailKind } from '@support-widget/shared/mail.ts'
import { type RawBuilder, sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Effect, Happening } from './core.ts'
import { addressOf } from './mail-address.ts'

/** Writes down the mails that follow from an event, beside the event. Whether one is still wanted is asked again when it is due, and its text is made then. */
export const planMail: Effect = async ({ db, now }, happening) => {
  const { ticket } = happening
  for (const kind of kindsAfter(happening)) {
    // One that waits and has told nothing yet will tell of this too: nobody takes it before this is committed, as it is locked. So is the ticket, so nobody else plans meanwhile.
    await sql`
      with waiting as (
        select id from mails where app_id = ${ticket.app_id} and ticket_id = ${ticket.id} and kind = ${kind} and state = 'queued' and upto_seq is null limit 1 for update)
      insert into mails (id, app_id, ticket_id, kind, state, due_at, attempts, created_at)
      select ${uuidv7()}::uuid, apps.id, ${ticket.id}::uuid, ${kind}::text, 'queued', ${now}::timestamptz + make_interval(mins => ${minutesOf[kind]}), 0, ${now}::timestamptz
      from apps where apps.id = ${ticket.app_id} and ${minutesOf[kind]} is not null and not exists (select from waiting)`.execute(db)
  }
}

const setting = (name: 'customer_mail_minutes' | 'agent_mail_minutes') =>
  sql<
    number | null
  >`(case when jsonb_exists(apps.settings, ${name}::text) then (apps.settings->>${name}::text)::int else ${defaultSettings[name]}::int end)`

/** After how many minutes the app wants a mail of this kind; null is never. */
const minutesOf: Record<TicketMailKind, RawBuilder<number | null>> = {
  new_ticket: sql`(case when apps.settings->>'inbox_email' is not null and coalesce((apps.settings->>'inbox_mail')::boolean, ${defaultSettings.inbox_mail}::boolean) then 0 end)`,
  customer_unread: setting('customer_mail_minutes'),
  agent_unread: setting('agent_mail_minutes'),
}

/** What may have to be told by mail. A customer without an address gets none, so none is written down. */
function kindsAfter({ event, ticket, message }: Happening): TicketMailKind[] {
  const toCustomer: TicketMailKind[] = addressOf(ticket) === null ? [] : ['customer_unread']
  if (event.type === 'ticket_created') return message?.author_type === 'customer' ? ['new_ticket'] : toCustomer
  if (event.type === 'message_created' && !event.is_internal) {
    if (event.by === 'agent') return toCustomer
    return event.by === 'customer' ? ['agent_unread'] : []
  }
  // A merge brought what was unread in the other ticket.
  if (event.type !== 'ticket_updated' || !event.changes.some(({ field }) => field === 'merged_from')) return []
  return [...(ticket.customer_unread > 0 ? toCustomer : []), ...(ticket.agent_unread > 0 ? (['agent_unread'] as const) : [])]
}
