import { createHmac } from 'node:crypto'
import { saveApp, updateApp } from '@support-widget/server/domain/apps.ts'
import type { Core } from '@support-widget/server/domain/core.ts'
import { addApiKey, addSigningKey } from '@support-widget/server/domain/keys.ts'
import { SignJWT } from 'jose'

export type Role = 'customer' | 'agent' | 'admin'

/** Who the demo knows by name; any other name is a customer or an agent of that name. */
const people: Record<string, { name: string; role: Role }> = {
  alice: { name: 'Alice Moreau', role: 'customer' },
  bob: { name: 'Bob Lindqvist', role: 'customer' },
  sam: { name: 'Sam Okafor', role: 'agent' },
  ada: { name: 'Ada Brandt', role: 'admin' },
}

/** A demo app with keys that follow from SECRET_KEY, so that every start has the same and none is stored readable. */
export interface Demo {
  appId: string
  adminKey: string
  partnerKey: string
  /** Signs as the host app's backend would; `seconds` is the token's life. */
  sign(sub: string, role: Role, seconds: number, profile?: { name: string; email: string }): Promise<string>
}

const appId = 'demo'
const kid = 'demo-1'

export async function seedDemo(core: Core, secretKey: Buffer, hostOrigins: string[]): Promise<Demo> {
  const derive = (purpose: string) => createHmac('sha256', secretKey).update(`demo ${purpose}`).digest('base64url')
  const secret = derive('signing key')
  const app = await saveApp(core, { publicId: appId, name: 'Kilnshare', origins: hostOrigins })
  // Visitors can be tried at once; whoever turns them off finds them off at the next start.
  if (app.settings.visitors === undefined) {
    await updateApp(core, { app, cause: { type: 'system', id: null }, keyId: null }, { settings: { visitors: true } })
  }
  await addSigningKey(core, app, { kid, secret })
  const adminKey = await addApiKey(core, app, { kind: 'admin', name: 'demo backend', key: `sup_admin_${derive('admin key')}` })
  const links = { policy_number: ['PGI-2026-CA-00142', 'PGI-2026-CA-00143'] }
  const partnerKey = await addApiKey(core, app, {
    kind: 'partner',
    name: 'demo partner',
    key: `sup_partner_${derive('partner key')}`,
    sub: 'partner',
    links,
  })
  const key = Buffer.from(secret, 'utf8')
  return {
    appId,
    adminKey,
    partnerKey,
    sign(sub, role, seconds, profile) {
      const now = Math.floor(core.clock.now().getTime() / 1000)
      const { name, email } = profile ?? profileOf(sub)
      return new SignJWT({ name, email, email_verified: true, role })
        .setProtectedHeader({ alg: 'HS256', kid })
        .setSubject(sub)
        .setIssuedAt(now)
        .setExpirationTime(now + seconds)
        .sign(key)
    },
  }
}

const profileOf = (sub: string) => ({
  name: people[sub]?.name ?? sub.charAt(0).toUpperCase() + sub.slice(1),
  email: `${sub}@kilnshare.example`,
})

/** The role in which a name signs in at the desk. */
export const deskRole = (name: string): Role => (people[name]?.role === 'admin' ? 'admin' : 'agent')
