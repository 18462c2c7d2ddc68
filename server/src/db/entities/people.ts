import { defineEntity, p } from '@mikro-orm/core'
import type { BlockReason, Role } from '@support-widget/shared/people.ts'

/** An end user of a host app. `externalId` is the token's `sub`, byte-exact. */
export const CustomerEntity = defineEntity({
  name: 'Customer',
  tableName: 'customers',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    externalId: p.text().nullable(),
    name: p.text().nullable(),
    firstName: p.text().nullable(),
    lastName: p.text().nullable(),
    email: p.text().nullable(),
    emailVerified: p.boolean(),
    phone: p.text().nullable(),
    locale: p.text().nullable(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    blockedAt: p.datetime().nullable(),
    blockReason: p.text().$type<BlockReason>().nullable(),
    /** Set while they are being erased: nobody sees them or their tickets any more, and the rows go one after the other. */
    erasedAt: p.datetime().nullable(),
    /** Their address was given by an agent, not typed by themselves. */
    byAgent: p.boolean(),
    /** What the newest token that named a role said, and when that was issued. One that was issued before `tokensSince` said something else. */
    role: p.text().$type<Role>().nullable(),
    roleAt: p.datetime().nullable(),
    tokensSince: p.datetime().nullable(),
    /** Since when they want no mail. */
    mutedAt: p.datetime().nullable(),
    /** The address that they confirmed by a link which was mailed there; no proof of who they are. */
    confirmedEmail: p.text().nullable(),
    search: p.text(),
    searchGrams: p.array(),
  },
})

/** Somebody who answers for the app. */
export const AgentEntity = defineEntity({
  name: 'Agent',
  tableName: 'agents',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    externalId: p.text(),
    name: p.text().nullable(),
    email: p.text().nullable(),
    role: p.text().$type<'agent' | 'admin'>(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    removedAt: p.datetime().nullable(),
  },
})
