import type { Page, Request, WebSocket } from 'playwright-core'

interface Traffic {
  /** On their way. */
  open: Set<Request>
  /** When the last one came or went, ms. */
  at: number
  /** Sockets of the document that the server has let in. */
  live: Set<WebSocket>
}
const traffic = new WeakMap<Page, Traffic>()

/** From now on the page's requests are counted: before it loads anything. */
export function watchTraffic(page: Page): Page {
  const now: Traffic = { open: new Set(), at: Date.now(), live: new Set() }
  traffic.set(page, now)
  page.on('request', (request) => {
    now.open.add(request)
    now.at = Date.now()
    // The sockets of a document go with it, and are not always told to have closed.
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) now.live.clear()
  })
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => String(payload).startsWith('40') && now.live.add(socket))
    socket.on('close', () => now.live.delete(socket))
  })
  const end = (request: Request) => {
    now.open.delete(request)
    now.at = Date.now()
  }
  page.on('requestfinished', end)
  page.on('requestfailed', end)
  return page
}

const trafficOf = (page: Page): Traffic => {
  const now = traffic.get(page)
  if (!now) throw new Error('nobody watches what this page asks for')
  return now
}

/** Waits until the page has asked for nothing for a second, from now on. Playwright's own `networkidle` is told once for each document, and holds from then on. */
export async function quiet(page: Page): Promise<void> {
  const now = trafficOf(page)
  const from = Date.now()
  while (now.open.size > 0 || Date.now() - Math.max(now.at, from) < 1_000) await page.waitForTimeout(100)
}

/** The server has let a socket of the page in: what happens from now on comes over it. */
export const isLive = (page: Page) => trafficOf(page).live.size > 0

/** Waits until the page is live, and has the answers to all that it asks then. */
export async function connected(page: Page): Promise<void> {
  while (!isLive(page)) await page.waitForTimeout(50)
  await quiet(page)
}
