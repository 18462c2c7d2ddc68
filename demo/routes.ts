import type Router from '@koa/router'
import { type Demo, deskRole } from './seed.ts'

const nameShape = /^[a-z][a-z0-9_-]{0,30}$/
const credentialSeconds = 12 * 60 * 60
const tokenSeconds = 60 * 60

/** `/`, `/demo/credentials` and `/demo/token` on the server's own origin: what stands in for a host app's backend in scripts and at the desk. */
export function mountDemo(router: Router, demo: Demo, hostUrl: string): void {
  router.get('/', (ctx) => {
    const user = typeof ctx.query.user === 'string' && nameShape.test(ctx.query.user) ? ctx.query.user : 'alice'
    ctx.redirect(`${hostUrl}/?user=${user}`)
  })

  router.get('/demo/credentials', async (ctx) => {
    const person = async (id: string, role: 'customer' | 'agent' | 'admin') => ({ id, token: await demo.sign(id, role, credentialSeconds) })
    ctx.set('Cache-Control', 'no-store')
    ctx.body = {
      app_id: demo.appId,
      customer: await person('alice', 'customer'),
      other_customer: await person('bob', 'customer'),
      agent: await person('sam', 'agent'),
      admin: await person('ada', 'admin'),
      admin_api_key: demo.adminKey,
      partner_api_key: demo.partnerKey,
    }
  })

  router.get('/demo/token', async (ctx) => {
    const { user, agent } = ctx.query
    const name = user ?? agent
    ctx.set('Cache-Control', 'no-store')
    if (typeof name !== 'string' || !nameShape.test(name)) {
      ctx.status = 400
      ctx.body = { error: 'Say ?user=NAME or ?agent=NAME, a to z, digits, - and _.' }
      return
    }
    ctx.body = { token: await demo.sign(name, user === undefined ? deskRole(name) : 'customer', tokenSeconds) }
  })
}
