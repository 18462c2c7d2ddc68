import { defineEntity, p } from '@mikro-orm/core'
import type { DomainEvent } from '@support-widget/shared/events.ts'
import type { Channel, Priority, Status } from '@support-widget/shared/ticket.ts'

/** The last ticket number of an app in a year (UTC). Locked by every creation, so numbers have no gaps. */
export const TicketCounterEntity = defineEntity({
  name: 'TicketCounter',
  tableName: 'ticket_counters',
  primaryKeys: ['appId', 'year'],
  properties: { appId: p.uuid().primary(), year: p.integer().primary(), last: p.integer() },
})

/**
 * A ticket. `seq` is the number of its last message, `publicSeq` of the last that its customer sees. `publicUpdatedAt` moves only with what the
 * customer sees, so that a note changes no byte of theirs. Read positions: the customer's counts public messages, the agents' counts all.
 */
export const TicketEntity = defineEntity({
  name: 'Ticket',
  tableName: 'tickets',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    customerId: p.uuid(),
    number: p.text(),
    clientId: p.text().nullable(),
    subject: p.text(),
    status: p.text().$type<Status>(),
    priority: p.text().$type<Priority>(),
    category: p.text().nullable(),
    type: p.text(),
    channel: p.text().$type<Channel>(),
    assigneeId: p.uuid().nullable(),
    version: p.integer(),
    seq: p.integer(),
    publicSeq: p.integer(),
    customerReadSeq: p.integer(),
    agentReadSeq: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    publicUpdatedAt: p.datetime(),
    resolvedAt: p.datetime().nullable(),
    closedAt: p.datetime().nullable(),
  },
})

/** A message or, when `isInternal`, a note. `publicSeq` is null for notes. `authorId` is a customer's or an agent's by `authorType`. */
export const MessageEntity = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    ticketId: p.uuid(),
    seq: p.integer(),
    publicSeq: p.integer().nullable(),
    clientId: p.text().nullable(),
    authorType: p.text().$type<'customer' | 'agent' | 'system'>(),
    customerId: p.uuid().nullable(),
    agentId: p.uuid().nullable(),
    body: p.text(),
    isInternal: p.boolean(),
    createdAt: p.datetime(),
  },
})

/** What happened, written in the transaction of the change. */
export const EventEntity = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    ticketId: p.uuid(),
    type: p.text().$type<DomainEvent['type']>(),
    causeType: p.text().$type<'customer' | 'agent' | 'key' | 'system'>(),
    causeId: p.uuid().nullable(),
    data: p.json<DomainEvent>(),
    createdAt: p.datetime(),
  },
})
