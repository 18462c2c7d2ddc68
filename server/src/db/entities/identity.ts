import { defineEntity, p } from '@mikro-orm/core'

/** Somebody else's keys that sign for an app: a hosted identity provider. Issuer and audience together name the app. */
export const IssuerEntity = defineEntity({
  name: 'Issuer',
  tableName: 'issuers',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    name: p.text(),
    issuer: p.text(),
    audience: p.text(),
    jwksUrl: p.text(),
    roleClaim: p.text().nullable(),
    createdAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
  },
})

/** A person who was erased and must not come back by a token that is still good. Only a hash of the `sub` is kept. */
export const ErasedPersonEntity = defineEntity({
  name: 'ErasedPerson',
  tableName: 'erased_people',
  primaryKeys: ['appId', 'subHash'],
  properties: { appId: p.uuid().primary(), subHash: p.text().primary(), erasedAt: p.datetime() },
})

/** An address at which no mail of the app is wanted, whoever names it. Only a hash of it is kept. */
export const MailRefusalEntity = defineEntity({
  name: 'MailRefusal',
  tableName: 'mail_refusals',
  primaryKeys: ['appId', 'addressHash'],
  properties: { appId: p.uuid().primary(), addressHash: p.text().primary(), createdAt: p.datetime() },
})

/** An anonymous customer's way in. Once merged, `customerId` is the customer who signed in and the token is dead. */
export const VisitorEntity = defineEntity({
  name: 'Visitor',
  tableName: 'visitors',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    customerId: p.uuid(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
    mergedAt: p.datetime().nullable(),
  },
})
