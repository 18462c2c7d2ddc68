import { fromAttributes } from './options.ts'
import { createPublicApi } from './public-api.ts'

type Queued = [args: [string, ...unknown[]], resolve: (value: unknown) => void]
type Global = { q?: unknown; boot?: unknown } & ((name: string, ...args: unknown[]) => Promise<unknown>)

/**
 * What the script tag does: it puts `SupportWidget` into the page, boots from its own attributes, and repeats the calls that were made before it
 * came. Loaded a second time it keeps the first widget.
 */
function install() {
  // An element of that name could stand in its place.
  const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null
  const page = window as unknown as { SupportWidget?: Global }
  const before = page.SupportWidget
  if (typeof before === 'function' && Object.hasOwn(before, 'boot')) return
  const queue = typeof before === 'function' && Array.isArray(before.q) ? (before.q as Queued[]) : []
  const api = createPublicApi(new URL(script?.src || location.href).origin)
  page.SupportWidget = api
  if (script?.hasAttribute('data-app')) void api('boot', fromAttributes(script))
  for (const [args, resolve] of queue) resolve(api(...args))
}

install()
