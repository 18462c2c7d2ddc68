import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type Router from '@koa/router'
import { send } from '@koa/send'
import { openApi } from './openapi.ts'
import { pageHeaders } from './page-headers.ts'

export interface DocsOptions {
  publicUrl: string
  release: string
  /** In the demo anybody can have a token; the page says where. */
  demo: boolean
}

const ours = fileURLToPath(new URL('./docs/', import.meta.url))
const viewer = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/swagger-ui.css')))
const files: Record<string, string> = {
  'swagger-ui.css': viewer,
  'swagger-ui-bundle.js': viewer,
  'docs.css': ours,
  'docs.js': ours,
}

/** An API document and where it is served. */
export interface Served {
  title: string
  path: string
  body: unknown
}

/** The documents of all APIs that are mounted. */
export interface Documents {
  add(document: Served): void
}

/** `/openapi.json` and the documents of the dialects, for any origin, and `/docs`, where they can be read and tried. */
export function mountDocs(router: Router, options: DocsOptions): Documents {
  const documents: Served[] = []
  const add = (document: Served) => {
    documents.push(document)
    serve(router, document)
  }
  add({ title: 'Native', path: '/openapi.json', body: openApi(options.publicUrl, options.release) })

  // The viewer styles some elements one by one, but through the DOM, so no inline style is needed.
  router.use(['/docs', '/docs/{*path}'], pageHeaders({ trustedTypes: false }))
  router.get(['/docs', '/docs/'], (ctx) => {
    ctx.type = 'text/html; charset=utf-8'
    ctx.set('Cache-Control', 'no-cache')
    ctx.body = page(options.demo, documents)
  })
  router.get('/docs/:file', async (ctx) => {
    const name = ctx.params.file ?? ''
    const folder = Object.hasOwn(files, name) ? files[name] : undefined
    if (folder === undefined) return
    await send(ctx, name, { root: join(folder), maxage: 3_600_000 })
  })
  return { add }
}

/** A JSON document that everybody may read, from any origin. */
export function serve(router: Router, document: Pick<Served, 'path' | 'body'>): void {
  const body = JSON.stringify(document.body)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  router.get(document.path, (ctx) => {
    ctx.set({
      ETag: etag,
      'Cache-Control': 'public, max-age=300',
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    })
    ctx.type = 'application/json'
    ctx.status = 200
    if (ctx.fresh) ctx.status = 304
    else ctx.body = body
  })
}

const whereFrom = {
  demo: 'This is the demo: <a href="/demo/credentials">/demo/credentials</a> has tokens for a customer, an agent and an admin.',
  real: "Tokens are signed by the host app's backend for its user; the backend itself uses an API key.",
}

const page = (demo: boolean, documents: readonly Served[]) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Support API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<header class="note">
<p>${demo ? whereFrom.demo : whereFrom.real} Put one into <strong>Authorize</strong>, then <strong>Try it out</strong>. API keys are refused from browsers.</p>
<nav aria-label="APIs">${documents.map(({ title, path }) => `<a data-document="${path}" href="/docs?document=${encodeURIComponent(path)}">${title}</a>`).join(' · ')}</nav>
<p>The document: <a id="document" href="/openapi.json">/openapi.json</a></p>
</header>
<main id="docs"></main>
<noscript>This page needs JavaScript; the document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js" type="module"></script>
</body>
</html>
`
