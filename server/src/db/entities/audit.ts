import { defineEntity, p } from '@mikro-orm/core'
import type { AuditAction, AuditActor, AuditObject } from '@support-widget/shared/audit.ts'

/** Who did what, written in the transaction of the change and never changed. `objectId` is a UUID or, of a signing key, its `kid`; null is many. */
export const AuditEntity = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_log',
  properties: {
    id: p.uuid().primary(),
    appId: p.uuid(),
    actorType: p.text().$type<AuditActor>(),
    actorId: p.uuid().nullable(),
    action: p.text().$type<AuditAction>(),
    objectType: p.text().$type<AuditObject>(),
    objectId: p.text().nullable(),
    data: p.json<Record<string, unknown>>(),
    createdAt: p.datetime(),
  },
})

/** A code with which the desk is opened once. Only its SHA-256 is kept; `sealed` is the agent's token, encrypted with SECRET_KEY. */
export const DeskCodeEntity = defineEntity({
  name: 'DeskCode',
  tableName: 'desk_codes',
  properties: {
    hash: p.text().primary(),
    appId: p.uuid(),
    agentId: p.uuid(),
    sealed: p.text(),
    expiresAt: p.datetime(),
  },
})
