import { defineEntity, p } from '@mikro-orm/core'
import type { AppSettings } from '@support-widget/shared/app.ts'

/** A host app: the tenant. Everything else belongs to exactly one. */
export const AppEntity = defineEntity({
  name: 'App',
  tableName: 'apps',
  properties: {
    id: p.uuid().primary(),
    publicId: p.text(),
    name: p.text(),
    origins: p.array(),
    settings: p.json<Partial<AppSettings>>(),
    createdAt: p.datetime(),
    disabledAt: p.datetime().nullable(),
  },
})

/** A key with which an app signs its users' tokens. `secret` is encrypted with SECRET_KEY. */
export const SigningKeyEntity = defineEntity({
  name: 'SigningKey',
  tableName: 'signing_keys',
  properties: {
    kid: p.text().primary(),
    appId: p.uuid(),
    algorithm: p.text().$type<'HS256'>(),
    secret: p.text(),
    createdAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
    name: p.text(),
    lastUsedAt: p.datetime().nullable(),
  },
})

/** A key for an app's backend (`admin`) or for one customer of it (`partner`). Only the SHA-256 of the key is kept. */
export const ApiKeyEntity = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    kind: p.text().$type<'admin' | 'partner'>(),
    name: p.text(),
    hash: p.text(),
    customerId: p.uuid().nullable(),
    links: p.json<Record<string, string[]>>().nullable(),
    createdAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
  },
})

/** A text that agents use again and again. */
export const CannedReplyEntity = defineEntity({
  name: 'CannedReply',
  tableName: 'canned_replies',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    name: p.text(),
    body: p.text(),
    search: p.text(),
    searchGrams: p.array(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
})

/** The answer of something that must happen only once, by the caller's Idempotency-Key: its JSON as it was sent, byte for byte. */
export const IdempotencyKeyEntity = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  primaryKeys: ['appId', 'principal', 'operation', 'key'],
  properties: {
    appId: p.uuid().primary(),
    principal: p.text().primary(),
    operation: p.text().primary(),
    key: p.text().primary(),
    inputHash: p.text(),
    status: p.integer(),
    answer: p.text(),
    tickets: p.array(),
    createdAt: p.datetime(),
  },
})
