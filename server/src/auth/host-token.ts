import { limits } from '@support-widget/shared/limits.ts'
import { roles } from '@support-widget/shared/people.ts'
import { safeString } from '@support-widget/shared/text.ts'
import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'

/** A key that we issued to an app. */
export interface SigningKey {
  appId: string
  algorithm: 'HS256'
  secret: Uint8Array
}

const optionalText = (max: number) => safeString().max(max).optional().catch(undefined)

/** The claims that we read (RFC 7519, OpenID Connect Core 5.1). A bad optional claim is ignored; a bad `sub`, `iat` or role refuses the token. */
const claimsShape = z.object({
  sub: safeString().min(1).max(limits.externalId),
  iat: z.number(),
  exp: z.number(),
  role: z.enum(roles).default('customer'),
  email: optionalText(limits.email),
  email_verified: z.boolean().default(false).catch(false),
  name: optionalText(limits.name),
  phone: optionalText(40),
  locale: optionalText(35),
  links: z.record(z.string(), z.array(z.string())).nullable().default(null),
})
export type HostClaims = z.output<typeof claimsShape>

const refuse = (detail: string, cause?: unknown) => new Refusal('unauthorized', { detail, cause })

/**
 * Verifies a host-signed token: HS256 with the key that its `kid` names, `exp` and `iat` present, at most 24 h apart, 60 s of skew (RFC 8725: the
 * algorithm is the key's, never the header's). Throws `unauthorized` or `token_expired`.
 */
export async function verifyHostToken(
  token: string,
  findKey: (kid: string) => Promise<SigningKey | null>,
  clock: Clock,
): Promise<{ key: SigningKey; claims: HostClaims }> {
  const kid = readKid(token)
  const key = kid === null ? null : await findKey(kid)
  if (!key) throw refuse('The token names no signing key of ours in its kid header.')
  const payload = await verify(token, key, clock)
  const claims = claimsShape.safeParse(payload)
  if (!claims.success) throw refuse(`The token's ${String(claims.error.issues[0]?.path[0] ?? 'payload')} claim is missing or not usable.`)
  const { iat, exp } = claims.data
  const now = clock.now().getTime() / 1000
  if (iat > now + limits.clockSkew) throw refuse('The token was issued in the future; check the clock of the host that signs it.')
  if (exp - iat > limits.tokenLifetime) throw refuse('The token lives longer than 24 hours.')
  return { key, claims: claims.data }
}

const longestToken = 8 * 1024

function readKid(token: string): string | null {
  if (token.length > longestToken) return null
  try {
    const { kid } = decodeProtectedHeader(token)
    return typeof kid === 'string' && kid.length <= 255 && !kid.includes('\0') ? kid : null
  } catch {
    return null
  }
}

async function verify(token: string, key: SigningKey, clock: Clock): Promise<unknown> {
  try {
    const options = { algorithms: [key.algorithm], clockTolerance: limits.clockSkew, currentDate: clock.now(), requiredClaims: ['sub', 'exp', 'iat'] }
    return (await jwtVerify(token, key.secret, options)).payload
  } catch (err) {
    if (err instanceof errors.JWTExpired) throw new Refusal('token_expired', { detail: 'The token has expired.', cause: err })
    throw refuse('The token is not valid.', err)
  }
}
