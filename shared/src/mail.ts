import * as z from 'zod'
import { idOut, time } from './text.ts'

/** About a ticket: to the inbox that it is new; to the customer about answers they have not read; to the assignee or the inbox about words of a customer that nobody has seen. */
const ticketMailKinds = ['new_ticket', 'customer_unread', 'agent_unread'] as const
export type TicketMailKind = (typeof ticketMailKinds)[number]

/** And to the inbox, about a webhook endpoint that answered 410 and was switched off. */
export const mailKinds = [...ticketMailKinds, 'webhook_off'] as const
export type MailKind = (typeof mailKinds)[number]

export const mailStates = ['queued', 'sending', 'sent', 'failed', 'cancelled'] as const
export type MailState = (typeof mailStates)[number]

/** Why a mail was not sent at all. */
export const cancelReasons = ['read', 'muted', 'blocked', 'switched_off', 'no_address', 'unconfirmed'] as const
export type CancelReason = (typeof cancelReasons)[number]

/** What went wrong with the last attempt. */
export const mailFaults = [
  'bad_address',
  'recipient_refused',
  'message_refused',
  'sender_refused',
  'deferred',
  'login',
  'dns',
  'tls',
  'connection_refused',
  'connection_lost',
  'timeout',
  'other',
] as const
export type MailFault = (typeof mailFaults)[number]

export type MailReason = CancelReason | MailFault

export const Mail = z
  .strictObject({
    id: idOut(),
    ticket_id: idOut().nullable(),
    webhook_id: idOut().nullable(),
    kind: z.enum(mailKinds),
    state: z.enum(mailStates),
    recipient: z.string().nullable(),
    reason: z.enum([...cancelReasons, ...mailFaults]).nullable(),
    attempts: z.int(),
    due_at: time().nullable(),
    created_at: time(),
    ended_at: time().nullable(),
  })
  .meta({
    id: 'Mail',
    description:
      'A mail about a ticket (`ticket_id`) or, if it is of the kind `webhook_off`, about an endpoint (`webhook_id`), never its text. `recipient`: null before the first attempt; `reason`: why it was cancelled, or what went wrong with the last attempt; `due_at`: the next attempt, null once there is none; `ended_at`: when it was sent, given up or cancelled.',
  })
export type Mail = z.infer<typeof Mail>
