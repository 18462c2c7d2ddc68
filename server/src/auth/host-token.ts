import { limits } from '@support-widget/shared/limits.ts'
import { type Role, roles } from '@support-widget/shared/people.ts'
import { safeString } from '@support-widget/shared/text.ts'
import { type CryptoKey, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Jwks, VerifyKey } from './jwks.ts'
import type { UsedKey } from './key-use.ts'

/** A key that we issued to an app. */
export interface SigningKey {
  appId: string
  algorithm: 'HS256'
  secret: Uint8Array
}

/** Somebody else who signs for an app: `audience` is who the token has to be for. */
export interface Issuer {
  id: string
  appId: string
  audience: string
  jwksUrl: string
  /** The claim that holds a role; null leaves it to the app. */
  roleClaim: string | null
}

/** Whose keys may have signed a token. */
export interface KeySources {
  signingKey(kid: string): Promise<SigningKey | null>
  /** All who are called so, whatever their audience. */
  issuers(issuer: string): Promise<readonly Issuer[]>
  jwks: Jwks
}

/** A verified token: which app it is for, and what it says. */
export interface Verified {
  appId: string
  payload: JWTPayload
  roleClaim: string | null
  key: UsedKey
}

const refuse = (detail: string, cause?: unknown) => new Refusal('unauthorized', { detail, cause })

const longestToken = 8 * 1024
const mostAudiences = 50

/**
 * Verifies a host-signed token (RFC 8725: the algorithm is the key's, never the header's). HS256 takes the key of ours that its `kid` names; RS256, ES256 and EdDSA a key of
 * the issuer that `iss` and the audience name. `exp` and `iat` must be there, at most 24 h apart, with 60 s of skew. Throws `unauthorized`, `token_expired`, or
 * `unavailable` if the issuer's keys were never read and cannot be.
 */
export async function verifyHostToken(token: string, sources: KeySources, clock: Clock): Promise<Verified> {
  const header = readHeader(token)
  const verified = header.alg === 'HS256' ? await byOurKey(token, header.kid, sources, clock) : await byIssuer(token, header, sources, clock)
  checkLife(verified.payload, clock)
  return verified
}

interface Header {
  alg: string
  kid: string | undefined
}

function readHeader(token: string): Header {
  try {
    if (token.length > longestToken) throw new Error('too long')
    const { alg, kid } = decodeProtectedHeader(token)
    if (kid !== undefined && (typeof kid !== 'string' || kid.length > 255 || kid.includes('\0'))) throw new Error('kid')
    return { alg: String(alg), kid }
  } catch (err) {
    throw refuse('The credential is neither a token nor a key of ours.', err)
  }
}

async function byOurKey(token: string, kid: string | undefined, sources: KeySources, clock: Clock): Promise<Verified> {
  const key = kid === undefined ? null : await sources.signingKey(kid)
  if (!key || kid === undefined) throw refuse('The token names no signing key of ours in its kid header.')
  return {
    appId: key.appId,
    payload: await verify(token, key.secret, [key.algorithm], clock),
    roleClaim: null,
    key: { table: 'signing_keys', id: kid },
  }
}

async function byIssuer(token: string, header: Header, sources: KeySources, clock: Clock): Promise<Verified> {
  const issuer = await findIssuer(token, sources)
  for (const again of [false, true]) {
    const keys = await sources.jwks.keysFor(issuer.jwksUrl, header, again)
    const payload = keys && (await verifyWithAny(token, keys, clock))
    if (payload) return { appId: issuer.appId, payload, roleClaim: issuer.roleClaim, key: { table: 'issuers', id: issuer.id } }
  }
  throw refuse('No key of its issuer fits the token.')
}

/** Who the token says it is from and for; nothing of it is proven yet. Where two apps could be meant, none is. */
async function findIssuer(token: string, sources: KeySources): Promise<Issuer> {
  const { iss, audiences } = readNames(token)
  const meant = (await sources.issuers(iss)).filter(({ audience }) => audiences.includes(audience))
  const [first] = meant
  if (!first || meant.some(({ appId }) => appId !== first.appId)) throw refuse('The issuer and the audience of the token name no app.')
  return first
}

const namesShape = z.object({
  iss: safeString().min(1).max(limits.url),
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string()).max(mostAudiences)]).default([]),
  azp: z.string().optional(),
})

function readNames(token: string): { iss: string; audiences: string[] } {
  try {
    const { iss, aud, azp } = namesShape.parse(decodeJwt(token))
    return { iss, audiences: azp === undefined ? aud : [...aud, azp] }
  } catch (err) {
    throw refuse('The token names no issuer and audience.', err)
  }
}

/** What the token says if one of the keys signed it; null if none did. A token that is signed but no longer good is refused at once. */
async function verifyWithAny(token: string, keys: readonly VerifyKey[], clock: Clock): Promise<JWTPayload | null> {
  for (const { key, algorithms } of keys) {
    try {
      return await verify(token, key, algorithms, clock)
    } catch (err) {
      if (!(err instanceof Refusal && err.cause instanceof errors.JWSSignatureVerificationFailed)) throw err
    }
  }
  return null
}

async function verify(token: string, key: CryptoKey | Uint8Array, algorithms: string[], clock: Clock): Promise<JWTPayload> {
  try {
    const options = { algorithms, clockTolerance: limits.clockSkew, currentDate: clock.now(), requiredClaims: ['sub', 'exp', 'iat'] }
    return (await jwtVerify(token, key, options)).payload
  } catch (err) {
    if (err instanceof errors.JWTExpired) throw new Refusal('token_expired', { detail: 'The token has expired.', cause: err })
    throw refuse('The token is not valid.', err)
  }
}

function checkLife({ iat = Number.NaN, exp = Number.NaN }: JWTPayload, clock: Clock): void {
  const now = clock.now().getTime() / 1000
  if (iat > now + limits.clockSkew) throw refuse('The token was issued in the future; check the clock of the host that signs it.')
  if (!(exp - iat <= limits.tokenLifetime)) throw refuse('The token lives longer than 24 hours.')
}

const optionalText = (max: number) => safeString().max(max).optional().catch(undefined)
/** Some providers write truth as text. */
const truth = z
  .union([z.boolean(), z.literal('true').transform(() => true)])
  .default(false)
  .catch(false)

/** The claims that we read (RFC 7519, OpenID Connect Core 5.1). A bad optional claim is ignored; a bad `sub`, `iat`, role or `links` refuses the token. */
const claimsShape = z.object({
  sub: safeString().min(1).max(limits.externalId),
  iat: z.number(),
  exp: z.number(),
  role: z.enum(roles).optional(),
  email: optionalText(limits.email),
  email_verified: truth,
  name: optionalText(limits.name),
  phone: optionalText(limits.phone),
  locale: optionalText(limits.language),
  links: z.record(z.string(), z.array(z.string())).nullable().default(null),
})

/** `role` is undefined where the token names none. */
export type HostClaims = z.output<typeof claimsShape>

const ownRoleClaim = 'role'

/** The claims of a verified token; its role stands in `roleClaim`, a claim of that very name or a path of names. Throws `unauthorized`. */
export function readClaims(payload: JWTPayload, roleClaim = ownRoleClaim): HostClaims {
  const said = claimAt(payload, roleClaim)
  const claims = claimsShape.safeParse({ ...payload, role: roleClaim === ownRoleClaim ? said : roleOf(said) })
  if (!claims.success) throw refuse(`The token's ${String(claims.error.issues[0]?.path[0] ?? 'payload')} claim is missing or not usable.`)
  return claims.data
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object'
const member = (value: unknown, name: string): unknown => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined)

function claimAt(payload: JWTPayload, name: string): unknown {
  return member(payload, name) ?? name.split('.').reduce<unknown>(member, payload)
}

/** In claims of their own providers list all that somebody is: the highest that we know counts, and to be none of it is to be a customer. */
function roleOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  const known: Role[] = ['admin', 'agent', 'customer']
  return known.find((role) => value.includes(role)) ?? 'customer'
}
