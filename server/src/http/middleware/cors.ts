import cors from '@koa/cors'
import type { Apps } from '../../auth/apps.ts'

/**
 * A preflight knows no app: whatever origin is on the list of any active app is answered, and ours. The request itself is held against its own app's list when its
 * credential is known. No cookies are ever used, so no credentials mode.
 */
export function browserRules(apps: Apps, ownOrigin: string) {
  return cors({
    // Koa's types differ from ours only in state.
    origin: async (ctx) => {
      const origin = ctx.get('Origin')
      return origin === ownOrigin || (origin !== '' && origin !== 'null' && (await knows(apps, origin))) ? origin : ''
    },
    allowMethods: 'GET,POST,PATCH,PUT,DELETE',
    allowHeaders: 'Authorization,Content-Type,Idempotency-Key,X-Api-Key,X-Ping-Api-Key',
    exposeHeaders: 'Retry-After,RateLimit,RateLimit-Policy,X-Request-Id',
    maxAge: 7200,
    credentials: false,
  })
}

/** If no list was ever read and none can be, the answer is a 503 that no page may read. */
async function knows(apps: Apps, origin: string): Promise<boolean> {
  try {
    return await apps.knowsOrigin(origin)
  } catch {
    return false
  }
}
