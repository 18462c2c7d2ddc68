import { fileURLToPath } from 'node:url'
import type { BrowserContext } from 'playwright-core'
import { build } from 'vite'

const widget = fileURLToPath(new URL('../../widget', import.meta.url))

/** One place in a source file, and what stands there instead. */
export interface Change {
  /** Below `widget/src/`. */
  file: string
  from: string
  to: string
}

/** The widget as it is shipped, but for these changes. Throws if one of them is not found: then the test no longer switches off what it says. */
export async function variant(changes: readonly Change[]): Promise<string> {
  const made = new Set<Change>()
  const built = await build({
    root: widget,
    configFile: `${widget}/vite.config.ts`,
    logLevel: 'error',
    plugins: [
      {
        name: 'variant',
        enforce: 'pre',
        transform(code: string, id: string) {
          const here = changes.filter(({ file, from }) => id.endsWith(`/widget/src/${file}`) && code.includes(from))
          for (const change of here) made.add(change)
          return here.reduce((text, { from, to }) => text.replace(from, to), code)
        },
      },
    ],
    build: { write: false },
  })
  const missing = changes.filter((change) => !made.has(change))
  if (missing.length > 0) throw new Error(`not found: ${missing.map(({ file, from }) => `${from} in ${file}`).join('; ')}`)
  const [chunk] = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []))
  if (chunk?.type !== 'chunk') throw new Error('the widget was not built')
  return chunk.code
}

/** Pages of this context get this script as the widget. */
export const serve = (context: BrowserContext, script: string) =>
  context.route('**/widget.js', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      headers: { 'cross-origin-resource-policy': 'cross-origin', 'access-control-allow-origin': '*' },
      body: script,
    }),
  )
