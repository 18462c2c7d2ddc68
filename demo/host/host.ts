import { readdirSync, readFileSync } from 'node:fs'
import Koa, { type Context } from 'koa'
import { hostileStyles } from './hostile-styles.ts'
import { layout } from './layout.ts'
import { notFoundPage, pages, signInPage } from './pages.ts'
import { pagePolicy, strictPolicy } from './policy.ts'
import { hostilePage, spaPage, strictPage } from './trials.ts'
import { type User, userNamed } from './users.ts'

export interface HostOptions {
  /** Origin of the support server. */
  serverUrl: string
  /** The app's public id. */
  appId: string
  /** Signs a short-lived token for one user, as every host's backend does with its key. */
  signToken(sub: User): Promise<string>
}

const cookie = 'kilnshare_user'
const types: Record<string, string> = { css: 'text/css; charset=utf-8', mjs: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' }

function readAssets(): Map<string, { type: string; content: Buffer }> {
  const folder = new URL('./assets/', import.meta.url)
  const files = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder))] as const)
  const styles = Object.entries(hostileStyles).map(([name, css]) => [`hostile-${name}.css`, Buffer.from(css)] as const)
  return new Map([...files, ...styles].map(([name, content]) => [`/assets/${name}`, { type: types[name.split('.').at(-1) ?? ''] ?? 'bin', content }]))
}

/** Not for other sites: browsers say where a request comes from, other clients say nothing. */
const fromElsewhere = (ctx: Context) => !['', 'same-origin', 'none'].includes(ctx.get('Sec-Fetch-Site'))

/** Kilnshare, a small product that has the support widget on its pages. Not listening yet. */
export function createHost(options: HostOptions): Koa {
  const { serverUrl } = options
  const assets = readAssets()
  const app = new Koa()

  const signedIn = (ctx: Context) => userNamed(ctx.cookies.get(cookie))

  const productPage = (ctx: Context) => {
    const user = signedIn(ctx)
    const page = pages[ctx.path]
    const body = page && user ? page.body(user, new Date()) : signInPage
    return layout({ title: page && user ? page.title : 'Sign in', path: ctx.path, user, body, embed: options })
  }

  const routes: Record<string, (ctx: Context) => string> = {
    '/hostile': (ctx) => hostilePage(options, signedIn(ctx), [ctx.query.css].flat()[0]),
    '/strict-csp': (ctx) => {
      ctx.set('Content-Security-Policy', strictPolicy(serverUrl))
      return strictPage(options, signedIn(ctx))
    },
    '/spa': (ctx) => spaPage(options, signedIn(ctx)),
    '/spa/kilns': (ctx) => spaPage(options, signedIn(ctx)),
    '/spa/studios': (ctx) => spaPage(options, signedIn(ctx)),
    ...Object.fromEntries(Object.keys(pages).map((path) => [path, productPage])),
  }

  app.use(async (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': pagePolicy(serverUrl),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'strict-origin-when-cross-origin',
      'Cache-Control': 'no-store',
    })
    await next()
  })

  app.use(async (ctx, next) => {
    const asset = assets.get(ctx.path)
    if (!asset) return next()
    ctx.set('Cache-Control', 'no-cache')
    ctx.type = asset.type
    ctx.body = asset.content
  })

  app.use(async (ctx, next) => {
    if (ctx.path !== '/support-token') return next()
    if (fromElsewhere(ctx)) return ctx.throw(403)
    const user = signedIn(ctx)
    if (user) ctx.body = { token: await options.signToken(user) }
    else ctx.status = 204
  })

  app.use(async (ctx, next) => {
    if (ctx.path !== '/sign-out') return next()
    if (ctx.method !== 'POST') return ctx.throw(405)
    if (fromElsewhere(ctx)) return ctx.throw(403)
    ctx.cookies.set(cookie, null, { httpOnly: true, sameSite: 'lax' })
    ctx.status = 303
    ctx.redirect('/')
  })

  app.use((ctx) => {
    const route = Object.hasOwn(routes, ctx.path) ? routes[ctx.path] : undefined
    if (route && ctx.URL.searchParams.has('user')) return signIn(ctx)
    ctx.type = 'html'
    if (route) {
      ctx.body = route(ctx)
      return
    }
    ctx.status = 404
    ctx.body = layout({ title: 'Not found', path: ctx.path, user: signedIn(ctx), body: notFoundPage, embed: options })
  })

  return app
}

/** Signs in whom `?user=` names and goes on to the same page without it; the other parameters stay. Only known paths come here, so the redirect stays at home. */
function signIn(ctx: Context) {
  const query = new URLSearchParams(ctx.querystring)
  const user = userNamed(query.get('user') ?? undefined)
  query.delete('user')
  if (user) ctx.cookies.set(cookie, user.id, { httpOnly: true, sameSite: 'lax', overwrite: true })
  ctx.status = 303
  ctx.redirect(ctx.path + (query.size > 0 ? `?${query}` : ''))
}
