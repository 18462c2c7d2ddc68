import * as z from 'zod'
import { limits } from './limits.ts'
import { idOut, safeString, text, time } from './text.ts'

/** How an app proves who calls: a key for user tokens (`signing`), a key of its backend (`admin`), of one customer (`partner`), or an identity provider (`jwks`). */
export const keyKinds = ['signing', 'admin', 'partner', 'jwks'] as const
export type KeyKind = (typeof keyKinds)[number]

/** Which values of a link key a partner key may use. */
const GrantedLinks = z
  .record(text(1, limits.customFieldKey), z.array(text(1, limits.customFieldValue)).max(limits.grantedLinkValues))
  .refine((links) => Object.keys(links).length <= limits.grantedLinks, `must have at most ${limits.grantedLinks} keys`)
  .meta({ maxProperties: limits.grantedLinks })

export const Key = z
  .strictObject({
    id: z.string(),
    kind: z.enum(keyKinds),
    name: z.string(),
    customer: z.strictObject({ id: idOut(), external_id: z.string().nullable() }).nullable(),
    links: z.record(z.string(), z.array(z.string())).nullable(),
    issuer: z.string().nullable(),
    audience: z.string().nullable(),
    jwks_url: z.string().nullable(),
    role_claim: z.string().nullable(),
    created_at: time(),
    last_used_at: time().nullable(),
    revoked_at: time().nullable(),
  })
  .meta({
    id: 'Key',
    description:
      'A key without its secret. The `id` of a signing key is the `kid` of its tokens. `customer` and `links` are of partner keys; `issuer`, `audience`, `jwks_url` and `role_claim` of `jwks`. `last_used_at` is right to the hour.',
  })
export type Key = z.infer<typeof Key>

export const MadeKey = Key.extend({ secret: z.string().nullable() }).meta({
  id: 'MadeKey',
  description: 'A new key. `secret` is shown now and never again; a `jwks` key has none of ours.',
})
export type MadeKey = z.infer<typeof MadeKey>

const isHttpUrl = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).username === ''

/** Fields that a key of a kind must have, and that others must not. */
const needed: Record<KeyKind, readonly string[]> = { signing: [], admin: [], partner: ['customer'], jwks: ['issuer', 'audience', 'jwks_url'] }
const possible: Record<KeyKind, readonly string[]> = {
  signing: [],
  admin: [],
  partner: ['customer', 'links'],
  jwks: ['issuer', 'audience', 'jwks_url', 'role_claim'],
}
const special = ['customer', 'links', 'issuer', 'audience', 'jwks_url', 'role_claim'] as const

export const NewKey = z
  .strictObject({
    kind: z.enum(keyKinds),
    name: text(1, 100),
    customer: z
      .union([z.strictObject({ id: z.string() }), z.strictObject({ external_id: safeString().min(1).max(limits.externalId) })])
      .optional()
      .describe('For whom a partner key speaks: by our id or by your own user id.'),
    links: GrantedLinks.optional(),
    issuer: safeString().min(1).max(limits.url).optional().describe('The `iss` of the tokens, exactly.'),
    audience: safeString().min(1).max(limits.url).optional().describe('What `aud` must contain, or `azp` be.'),
    jwks_url: safeString().max(limits.url).refine(isHttpUrl, 'must be an https URL').optional(),
    role_claim: safeString().min(1).max(limits.claimName).optional().describe("The claim that holds the role; else the app's own `role_claim`."),
  })
  .superRefine((key, ctx) => {
    for (const field of special) {
      const given = key[field] !== undefined
      if (!given && needed[key.kind].includes(field))
        ctx.addIssue({ code: 'custom', path: [field], message: `is required for a key of kind ${key.kind}` })
      if (given && !possible[key.kind].includes(field))
        ctx.addIssue({ code: 'custom', path: [field], message: `is not for a key of kind ${key.kind}` })
    }
  })
  .meta({ id: 'NewKey' })
export type NewKey = z.output<typeof NewKey>
