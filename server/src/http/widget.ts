import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type Router from '@koa/router'
import type { Core } from '../domain/core.ts'
import { notFound, Refusal } from '../errors.ts'

const pages = { 'Cross-Origin-Resource-Policy': 'cross-origin', 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' }
const script = 'text/javascript; charset=utf-8'

interface Built {
  body: Buffer
  version: string
  etag: string
  /** Subresource Integrity (W3C SRI). */
  integrity: string
  at: number
}

/** Reads the built script again whenever it was built again. Null if it was never built. */
function reader(file: string, release: string): () => Promise<Built | null> {
  let built: Built | null = null
  return async () => {
    const found = await stat(file).catch(() => null)
    if (!found) return null
    if (built?.at !== found.mtimeMs) {
      const body = await readFile(file)
      const hash = createHash('sha256').update(body)
      const etag = `"${hash.copy().digest('base64url').slice(0, 27)}"`
      const digest = hash.digest('hex')
      const integrity = `sha384-${createHash('sha384').update(body).digest('base64')}`
      built = { body, version: `${release}-${digest.slice(0, 8)}`, etag, integrity, at: found.mtimeMs }
    }
    return built
  }
}

/**
 * `/widget.js`: for any page on any origin, checked again after five minutes. `/widget/VERSION/widget.js`: the same for ever, for pages that pin it with its
 * integrity; `/widget/versions.json` lists them. Every version that was ever served is kept in the database. `/widget/lang/LANGUAGE.json`: its texts, which older versions can
 * read too, as they say in English what a file does not have.
 */
export function mountWidget(router: Router, core: Core, file: string, release: string): void {
  const read = reader(file, release)
  const kept = new Set<string>()

  const keep = async (built: Built) => {
    if (kept.has(built.version)) return
    await core.orm
      .db()
      .insertInto('widget_versions')
      .values({ version: built.version, script: built.body, integrity: built.integrity, created_at: core.clock.now() })
      .onConflict((conflict) => conflict.column('version').doNothing())
      .execute()
    kept.add(built.version)
  }

  router.get('/widget.js', async (ctx) => {
    const built = await read()
    if (!built) throw new Refusal('not_found', { detail: 'The widget has not been built.' })
    // The page gets its script even while the database is away.
    await keep(built).catch((err: unknown) => core.log.warn({ err }, 'the widget version could not be kept'))
    ctx.set({ ...pages, 'Cache-Control': 'public, max-age=300, stale-while-revalidate=86400', ETag: built.etag })
    ctx.type = script
    ctx.status = 200
    if (ctx.fresh) ctx.status = 304
    else ctx.body = built.body
  })

  router.get('/widget/versions.json', async (ctx) => {
    const built = await read()
    if (built) await keep(built)
    const rows = await core.orm
      .db()
      .selectFrom('widget_versions')
      .select(['version', 'integrity', 'created_at'])
      .orderBy('created_at', 'desc')
      .execute()
    ctx.set({ ...pages, 'Cache-Control': 'public, max-age=300' })
    ctx.body = {
      latest: built?.version ?? null,
      versions: rows.map((row) => ({
        version: row.version,
        path: `/widget/${row.version}/widget.js`,
        integrity: row.integrity,
        created_at: row.created_at.toISOString(),
      })),
    }
  })

  router.get('/widget/lang/:file', async (ctx) => {
    const name = /^[a-z]{2,3}\.json$/.exec(ctx.params.file ?? '')?.[0]
    const texts = name && (await readFile(join(dirname(file), 'lang', name)).catch(() => null))
    if (!texts) throw notFound()
    ctx.set({ ...pages, 'Cache-Control': 'public, max-age=3600, stale-while-revalidate=86400' })
    ctx.type = 'json'
    ctx.body = texts
  })

  router.get('/widget/:version/widget.js', async (ctx) => {
    const row = await core.orm
      .db()
      .selectFrom('widget_versions')
      .selectAll()
      .where('version', '=', ctx.params.version ?? '')
      .executeTakeFirst()
    if (!row) throw notFound()
    ctx.set({ ...pages, 'Cache-Control': 'public, max-age=31536000, immutable' })
    ctx.type = script
    ctx.body = Buffer.from(row.script)
  })
}
