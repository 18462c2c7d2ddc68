import { defineEntity, p } from '@mikro-orm/core'
import type { Category } from '@support-widget/shared/people.ts'

/** What an app may set. Absent means the default in domain/apps.ts. */
export interface AppSettings {
  categories?: Category[]
}

/** A host app: the tenant. Everything else belongs to exactly one. */
export const AppEntity = defineEntity({
  name: 'App',
  tableName: 'apps',
  properties: {
    id: p.uuid().primary(),
    publicId: p.text(),
    name: p.text(),
    origins: p.array(),
    settings: p.json<AppSettings>(),
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
  },
})
