import type { Page, Request } from 'playwright-core'

interface Traffic {
  /** On their way. */
  open: Set<Request>
  /** When the last one came or went, ms. */
  at: number
}
const traffic = new WeakMap<Page, Traffic>()

/** From now on the page's requests are counted: before it loads anything. */
export function watchTraffic(page: Page): Page {
  const now: Traffic = { open: new Set(), at: Date.now() }
  traffic.set(page, now)
  page.on('request', (request) => {
    now.open.add(request)
    now.at = Date.now()
  })
  const end = (request: Request) => {
    now.open.delete(request)
    now.at = Date.now()
  }
  page.on('requestfinished', end)
  page.on('requestfailed', end)
  return page
}

/** Waits until the page has asked for nothing for a second. Playwright's own `networkidle` is told once for each document, and holds from then on. */
export async function quiet(page: Page): Promise<void> {
  const now = traffic.get(page)
  if (!now) throw new Error('nobody watches what this page asks for')
  while (now.open.size > 0 || Date.now() - now.at < 1_000) await page.waitForTimeout(100)
}
