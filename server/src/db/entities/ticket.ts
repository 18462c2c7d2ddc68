import { defineEntity, p } from '@mikro-orm/core'
import type { DomainEvent } from '@support-widget/shared/events.ts'
import type { CustomFields } from '@support-widget/shared/fields.ts'
import type { Channel, Priority, Status } from '@support-widget/shared/vocabulary.ts'

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
    customFields: p.json<CustomFields>(),
    links: p.json<Record<string, string>>(),
    tags: p.array(),
    context: p.json<Record<string, unknown>>().nullable(),
    country: p.text().nullable(),
    storeRegion: p.text().nullable(),
    externalTicketId: p.text().nullable(),
    preferredLanguage: p.text().nullable(),
    resolutionNotes: p.text().nullable(),
    actionTaken: p.text().nullable(),
    waitingOn: p.text().$type<'agent' | 'customer'>().nullable(),
    snoozedUntil: p.datetime().nullable(),
    firstResponseAt: p.datetime().nullable(),
    csatScore: p.integer().nullable(),
    csatComment: p.text().nullable(),
    csatAt: p.datetime().nullable(),
    followUpOf: p.uuid().nullable(),
    mergedInto: p.uuid().nullable(),
  },
})

/** By what a ticket is found: see db/search.ts. */
export const TicketSearchEntity = defineEntity({
  name: 'TicketSearch',
  tableName: 'ticket_search',
  properties: { ticketId: p.uuid().primary(), appId: p.uuid(), search: p.text(), searchGrams: p.array() },
})

/**
 * A message or, when `isInternal`, a note. `publicSeq` is null for notes. `copyOf` is the message of which a merge made this one: the attachments of all copies are
 * those of the first.
 */
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
    redactedAt: p.datetime().nullable(),
    mergedFrom: p.uuid().nullable(),
    copyOf: p.uuid().nullable(),
  },
})

/** An uploaded file; `messageId` is null until a message carries it. `storageKey` is ours, never made of the name. */
export const AttachmentEntity = defineEntity({
  name: 'Attachment',
  tableName: 'attachments',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    customerId: p.uuid().nullable(),
    agentId: p.uuid().nullable(),
    messageId: p.uuid().nullable(),
    position: p.integer().nullable(),
    filename: p.text(),
    contentType: p.text(),
    size: p.bigint('number'),
    width: p.integer().nullable(),
    height: p.integer().nullable(),
    sha256: p.text(),
    storageKey: p.text(),
    createdAt: p.datetime(),
  },
})

/**
 * A stored file that no attachment needs, to be removed when it is due. An upload stands here from its first byte until its row is committed, and the file of a deleted row from
 * that moment on: so a crash loses none.
 */
export const StrayFileEntity = defineEntity({
  name: 'StrayFile',
  tableName: 'stray_files',
  properties: { storageKey: p.text().primary(), dueAt: p.datetime() },
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
