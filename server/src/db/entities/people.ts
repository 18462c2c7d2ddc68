import { defineEntity, p } from '@mikro-orm/core'
import type { BlockReason } from '@support-widget/shared/people.ts'

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
    /** Their address was given by an agent, not typed by themselves. */
    byAgent: p.boolean(),
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
