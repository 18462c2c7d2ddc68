import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type Router from '@koa/router'
import { send } from '@koa/send'
import helmet from 'koa-helmet'
import { Refusal } from '../errors.ts'

export interface PageFiles {
  /** The built widget script. */
  widget: string
  /** The folder of the built desk. */
  desk: string
}

/** `/widget.js`: for any page on any origin, checked again after five minutes. */
export function mountWidget(router: Router, file: string): void {
  let built: { body: Buffer; etag: string; at: number } | null = null
  router.get('/widget.js', async (ctx) => {
    const found = await stat(file).catch(() => null)
    if (!found) throw new Refusal('not_found', { detail: 'The widget has not been built.' })
    if (built?.at !== found.mtimeMs) {
      const body = await readFile(file)
      built = { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`, at: found.mtimeMs }
    }
    ctx.set({
      'Cache-Control': 'public, max-age=300, stale-while-revalidate=86400',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Access-Control-Allow-Origin': '*',
      'X-Content-Type-Options': 'nosniff',
      ETag: built.etag,
    })
    ctx.type = 'text/javascript; charset=utf-8'
    ctx.status = 200
    if (ctx.fresh) ctx.status = 304
    else ctx.body = built.body
  })
}

/** The desk runs with nothing but its own files, cannot be framed, and makes no inline script or style. */
const deskHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  strictTransportSecurity: false,
})

/** `/desk`: the agent desk, a single page with hashed assets. */
export function mountDesk(router: Router, folder: string): void {
  router.use(['/desk', '/desk/{*path}'], deskHeaders)
  router.get('/desk/assets/:file', async (ctx) => {
    await send(ctx, ctx.params.file ?? '', { root: join(folder, 'assets'), immutable: true, maxAge: 31_536_000_000 })
  })
  router.get(['/desk', '/desk/'], async (ctx) => {
    await send(ctx, 'index.html', { root: folder })
    ctx.set('Cache-Control', 'no-cache')
  })
}
