import { defineEntity, p } from '@mikro-orm/core'
import type { MailKind, MailReason, MailState } from '@support-widget/shared/mail.ts'

/**
 * A mail about a ticket, or about a webhook endpoint that was switched off. What stands in it is made when it is sent, from what then stands. `dueAt` of one that is being sent is when its
 * sender is taken for dead. `uptoSeq`, `recipient` and `messageId` are fixed with the first attempt; `uptoSeq` is the number, in the receiver's order, of the last message that it tells of.
 */
export const MailEntity = defineEntity({
  name: 'Mail',
  tableName: 'mails',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    ticketId: p.uuid().nullable(),
    webhookId: p.uuid().nullable(),
    kind: p.text().$type<MailKind>(),
    state: p.text().$type<MailState>(),
    dueAt: p.datetime(),
    attempts: p.integer(),
    uptoSeq: p.integer().nullable(),
    recipient: p.text().nullable(),
    messageId: p.text().nullable(),
    reason: p.text().$type<MailReason>().nullable(),
    createdAt: p.datetime(),
    endedAt: p.datetime().nullable(),
  },
})
