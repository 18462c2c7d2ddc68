import { randomUUID } from 'node:crypto'
import { secretBox } from '@support-widget/server/auth/secrets.ts'
import { type DatabaseOptions, openOrm } from '@support-widget/server/db/orm.ts'
import { SignJWT } from 'jose'

/** A token for somebody of an app, `demo` unless it is named; an hour, or so many seconds. */
export type Sign = (sub: string, role?: 'customer' | 'agent' | 'admin', seconds?: number, app?: string) => Promise<string>

/** Writes apps that take visitors, each with a signing key, into a database whose server is not up yet. */
export async function writeApps(database: DatabaseOptions, secretKey: Buffer, names: readonly string[], origins: string[]): Promise<Sign> {
  const secret = 'signing secret, signing secret!!'
  const orm = await openOrm(database)
  await orm.migrate()
  for (const public_id of names) {
    const id = randomUUID()
    const created_at = new Date()
    const settings = { visitors: true }
    await orm.db().insertInto('apps').values({ id, public_id, name: public_id, origins, settings, created_at, disabled_at: null }).execute()
    const sealed = secretBox([secretKey]).seal(secret)
    const key = { kid: `kid-${public_id}`, app_id: id, algorithm: 'HS256' as const, name: public_id, secret: sealed, created_at, revoked_at: null }
    await orm.db().insertInto('signing_keys').values(key).execute()
  }
  await orm.close()
  return (sub, role = 'customer', seconds = 3600, app = 'demo') =>
    new SignJWT({ role, name: `${sub} of ${app}` })
      .setProtectedHeader({ alg: 'HS256', kid: `kid-${app}` })
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(Buffer.from(secret))
}
