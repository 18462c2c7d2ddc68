import * as z from 'zod'
import { App, AppPatch } from './app.ts'
import { AuditEntry, auditActions, auditActors } from './audit.ts'
import { CustomerExport } from './customer-export.ts'
import { Key, keyKinds, MadeKey, NewKey } from './key.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { Agent } from './people.ts'
import { idOut, idParam, queryList, safeString, time } from './text.ts'

const byId = z.strictObject({ id: idParam() })

export const Erased = z.strictObject({ id: idOut(), erased_at: time() }).meta({ id: 'Erased', description: 'A customer of whom nothing is left.' })

/** What runs an app: its settings, keys and audit log, what the law asks for, and the way to the desk. */
export const appOperations = {
  agentGetApp: { summary: 'The app and its settings', access: 'agent', status: 200, output: App, errors: [] },
  agentUpdateApp: {
    summary: 'Change what is named; other settings stay',
    description:
      '`origins` are those of pages that have the widget, exactly as browsers send them; an empty list means that no browser may call, but for our own pages. A change holds within a minute.',
    access: 'admin',
    status: 200,
    body: AppPatch,
    output: App,
    errors: [],
  },
  agentListKeys: {
    summary: "The app's keys, newest first, without their secrets",
    description: 'Revoked ones are listed with `revoked=true` alone.',
    access: 'admin',
    status: 200,
    query: paging.extend({ kind: queryList(z.enum(keyKinds)).optional(), revoked: z.enum(['true', 'false']).optional() }),
    output: pageOf(Key),
    errors: [],
  },
  agentCreateKey: {
    summary: 'Make a key; its secret is shown once',
    description:
      '`signing`: the secret signs user tokens with HS256, `id` is their `kid`. `admin`: the secret is the key of a backend. `partner`: the secret is the key of one customer, who is made if the app has not sent them yet. `jwks`: tokens of an identity provider, with its own keys; issuer and audience name one app together. Several keys of a kind may live side by side, so that one can be replaced without an outage.',
    access: 'admin',
    status: 201,
    once: true,
    secrets: ['secret'],
    body: NewKey,
    output: MadeKey,
    errors: ['already_exists', 'limit_reached'],
  },
  agentRevokeKey: {
    summary: 'Revoke a key for good; answers it',
    description:
      'Within a minute it is refused everywhere, open sockets too. Twice is once. An API key cannot revoke itself: another key, an admin or the command line does. Revoking the last signing key is possible, and ends every user token of the app.',
    access: 'admin',
    status: 200,
    params: byId,
    output: Key,
    errors: ['not_found'],
  },
  agentListAudit: {
    summary: 'Who changed what in the app, newest first',
    description: '`actor` and `object` take ids as the entries have them.',
    access: 'admin',
    status: 200,
    query: paging.extend({
      action: queryList(z.enum(auditActions)).optional(),
      actor_type: z.enum(auditActors).optional(),
      actor: safeString().optional(),
      object: safeString().optional(),
    }),
    output: pageOf(AuditEntry),
    errors: [],
  },
  agentExportCustomer: {
    summary: 'Everything that is held of a customer, as they may have it',
    description:
      'Their profile, the facts that came with their tickets, and every message that they can see, in JSON. Internal notes and what agents keep for themselves are the app’s own and not part of it. The links of attachments hold for a few minutes.',
    access: 'admin',
    status: 200,
    params: byId,
    output: CustomerExport,
    errors: ['not_found'],
  },
  agentEraseCustomer: {
    summary: 'Erase a customer and everything of theirs, for good',
    description:
      'Tickets with all messages and notes, files, search, history, kept answers and partner keys are deleted; of their user id a hash stays, so that a token that is still good brings nothing back. Answers when nothing is left; an interruption is made up for within minutes. Who is an agent of the app cannot be erased.',
    access: 'admin',
    status: 200,
    params: byId,
    output: Erased,
    errors: ['not_found'],
  },
  agentRestoreAgent: {
    summary: 'Let a removed agent in again; answers them',
    access: 'admin',
    status: 200,
    params: byId,
    output: Agent,
    errors: ['not_found'],
  },
  agentCreateDeskCode: {
    summary: 'A code that opens the desk once, for a link in the host app',
    description:
      'For agents with a signed token, not for API keys: send the browser to `url` within 60 seconds. The desk signs in with the token that made the code.',
    access: 'agent',
    status: 201,
    once: true,
    secrets: ['code', 'url'],
    output: z.strictObject({ code: z.string().nullable(), url: z.string().nullable(), expires_at: time() }),
    errors: [],
  },
  redeemDeskCode: {
    summary: "An agent's token for a desk code; the desk alone calls this",
    access: 'public',
    status: 200,
    body: z.strictObject({ code: safeString().min(1).max(100) }),
    output: z.strictObject({ token: z.string() }),
    errors: ['unauthorized', 'token_expired', 'origin_not_allowed'],
  },
} as const satisfies Record<string, Operation>
