import { join } from 'node:path'
import type Router from '@koa/router'
import { send } from '@koa/send'
import helmet from 'koa-helmet'

export interface PageFiles {
  /** The built widget script, and the release that it belongs to. */
  widget: string
  release: string
  /** The folder of the built desk. */
  desk: string
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
