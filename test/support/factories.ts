import { randomUUID } from 'node:crypto'
import type { AppRef } from '@support-widget/server/auth/principal.ts'
import { saveApp } from '@support-widget/server/domain/apps.ts'
import { addApiKey, addSigningKey } from '@support-widget/server/domain/keys.ts'
import { type JWTPayload, SignJWT } from 'jose'
import { type Client, client } from './client.ts'
import type { TestServer } from './server.ts'

export interface TokenOptions {
  role?: 'customer' | 'agent' | 'admin'
  /** Seconds from now; negative is past. */
  issued?: number
  expires?: number
  claims?: JWTPayload
  header?: Record<string, unknown>
  secret?: string
}

/** An app of its own, with keys, people and clients for them. */
export interface TestApp {
  app: AppRef
  origin: string
  kid: string
  secret: string
  adminKey: string
  token(sub: string, options?: TokenOptions): Promise<string>
  customer(sub?: string): Promise<Client>
  agent(sub?: string, role?: 'agent' | 'admin'): Promise<Client>
  backend: Client
  /** For what the customer with this `sub` may do; `links` limits what they may link. */
  partnerKey(sub: string, links?: Record<string, string[]>): Promise<string>
}

export async function newApp(server: TestServer, name = 'Test app'): Promise<TestApp> {
  const { core } = server.app
  const publicId = `app-${randomUUID().slice(0, 13)}`
  const origin = `https://${publicId}.example`
  const kid = `kid-${publicId}`
  const secret = randomUUID() + randomUUID()
  const app = await saveApp(core, { publicId, name, origins: [origin] })
  await addSigningKey(core, app, { kid, secret })
  const adminKey = await addApiKey(core, app, { kind: 'admin', name: 'backend' })
  const token: TestApp['token'] = (sub, options = {}) => {
    const now = Math.floor(server.clock.now().getTime() / 1000)
    return new SignJWT({
      name: `${sub} of ${name}`,
      email: `${sub}@example.com`,
      email_verified: true,
      role: options.role ?? 'customer',
      ...options.claims,
    })
      .setProtectedHeader({ alg: 'HS256', kid, ...options.header })
      .setSubject(sub)
      .setIssuedAt(now + (options.issued ?? 0))
      .setExpirationTime(now + (options.expires ?? 3600))
      .sign(Buffer.from(options.secret ?? secret, 'utf8'))
  }
  return {
    app,
    origin,
    kid,
    secret,
    adminKey,
    token,
    customer: async (sub = 'alice') => client(server.url, await token(sub)),
    agent: async (sub = 'sam', role = 'agent') => client(server.url, await token(sub, { role })),
    backend: client(server.url, adminKey),
    partnerKey: (sub, links) => addApiKey(core, app, { kind: 'partner', name: 'partner', sub, ...(links ? { links } : {}) }),
  }
}

/** A ticket of this customer. */
export function newTicket(customer: Client, input: { subject?: string; body?: string; client_id?: string } = {}) {
  return customer.call('createTicket', { body: { subject: 'Payment not received', body: 'It has not appeared.', ...input } })
}
