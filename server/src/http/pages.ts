import { join } from 'node:path'
import type Router from '@koa/router'
import { send } from '@koa/send'
import { pageHeaders } from './page-headers.ts'

export interface PageFiles {
  /** The built widget script, and the release that it belongs to. */
  widget: string
  release: string
  /** The folder of the built desk. */
  desk: string
}

/** `/desk`: the agent desk, a single page with hashed assets. */
export function mountDesk(router: Router, folder: string): void {
  router.use(['/desk', '/desk/{*path}'], pageHeaders({ trustedTypes: true }))
  router.get('/desk/assets/:file', async (ctx) => {
    await send(ctx, ctx.params.file ?? '', { root: join(folder, 'assets'), immutable: true, maxAge: 31_536_000_000 })
  })
  router.get(['/desk', '/desk/'], async (ctx) => {
    await send(ctx, 'index.html', { root: folder })
    ctx.set('Cache-Control', 'no-cache')
  })
}
