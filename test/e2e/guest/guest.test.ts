import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loaded, type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

/** Writes a ticket and lets the agent answer: the widget works here. */
async function worksFor(page: Page, name: string) {
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Does it work here?', `Asked by ${name}`)
  const customer = await stack.customer(name)
  await expect.poll(async () => (await customer.call('listTickets', {})).data.length).toBe(1)
  const [ticket] = (await customer.call('listTickets', {})).data
  await (await stack.agent()).call('agentSendMessage', { params: { id: ticket?.id ?? '' }, body: { body: 'It does.' } })
  await widget.thread.getByText('It does.').waitFor()
}

describe('what the host page is promised', () => {
  test.each(['unset', 'huge', 'hidden'])('EMB-1: the widget is usable on a page with hostile styles (%s) and polluted prototypes', async (css) => {
    const name = `hostile-${css}`
    const { page, complaints } = await stack.visit(name, { path: `/hostile?css=${css}` })
    await worksFor(page, name)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('EMB-2: nothing is violated under the strictest policy, with Trusted Types', async () => {
    const { page, complaints } = await stack.visit('strict', { path: '/strict-csp' })
    await worksFor(page, 'strict')
    expect(complaints).toEqual([])
    await page.close()
  })

  test('EMB-3: before intent there are two small requests at most, no socket without an open ticket, and nothing is stored', async () => {
    const { page, context } = await stack.visit(null, { path: '/strict-csp' })
    // What this first page asks is its own affair.
    await page.goto('about:blank')
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().startsWith(stack.url) && !request.url().endsWith('/widget.js')) asked.push(new URL(request.url()).pathname)
    })
    page.on('websocket', (socket) => asked.push(`socket ${socket.url()}`))
    const stored = () =>
      page.evaluate(async () => [Object.keys(localStorage), Object.keys(sessionStorage), (await indexedDB.databases()).map((one) => one.name)])
    await page.addInitScript(() => {
      const Native = BroadcastChannel
      window.BroadcastChannel = class extends Native {
        constructor(name: string) {
          super(name)
          Object.assign(window, { channels: name })
        }
      }
    })
    await page.goto(`${stack.hostUrl}/strict-csp?user=quiet`)
    await page.evaluate(() => new Promise((resolve) => (window as unknown as Global).SupportWidget('on', 'ready', resolve)))
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
    expect(asked.filter((path) => path !== '/v1/widget/config' && path !== '/v1/support/me')).toEqual([])
    expect(asked.length).toBeLessThanOrEqual(2)
    expect(await stored()).toEqual([[], [], []])
    expect(await page.evaluate(() => Object.hasOwn(window, 'channels'))).toBe(false)
    expect(await page.evaluate(async () => (await navigator.locks.query()).held)).toEqual([])
    const cookies = await context.cookies(stack.url)
    expect(cookies.filter((cookie) => cookie.name !== 'kilnshare_user')).toEqual([])
    await page.close()
  })

  test('EMB-4: one global, no message listener; shutdown leaves no node, listener, timer or socket', async () => {
    const { page } = await stack.visit(null, { path: '/spa' })
    await page.addInitScript(countListeners)
    await page.goto(`${stack.hostUrl}/spa?user=tidy`)
    const globals = () => page.evaluate(() => Object.keys(window).filter((key) => /support|widget|preact|socket/i.test(key)))
    const left = () => page.evaluate(() => (window as unknown as Counted).left())
    await page.getByRole('button', { name: 'Boot' }).click()
    await worksFor(page, 'tidy')
    expect(await globals()).toEqual(['SupportWidget'])
    expect((await left()).messageListeners).toBe(0)
    await page.evaluate(() => (window as unknown as Global).SupportWidget('shutdown'))
    await expect.poll(left).toEqual({ listeners: [], messageListeners: 0, timers: 0, sockets: 0, nodes: 0 })
    // And it starts again.
    await page.evaluate(
      (server) => (window as unknown as Global).SupportWidget('boot', { app: 'demo', server, tokenUrl: '/support-token' }),
      stack.url,
    )
    await widgetOf(page).open()
    await widgetOf(page).dialog.getByText('Does it work here?').first().waitFor()
    await page.close()
  })

  test('EMB-5: calls before the script arrives are carried out and answered', async () => {
    const { page } = await stack.visit(null, { path: '/strict-csp' })
    await page.route('**/widget.js', async (route) => {
      const response = await route.fetch()
      await early
      await route.fulfill({ response })
    })
    let release = () => {}
    const early = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.goto(`${stack.hostUrl}/?user=early`, { waitUntil: 'commit' })
    await page.waitForFunction(() => 'SupportWidget' in window)
    const opened = page.evaluate(() => (window as unknown as Global).SupportWidget('open'))
    release()
    await opened
    await widgetOf(page).dialog.waitFor()
    await page.close()
  })

  test('EMB-6: wrong calls never throw into the page and are said once', async () => {
    const { page, complaints } = await stack.visit('wrong')
    const warnings: string[] = []
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
    await loaded(page)
    const results = await page.evaluate(async () => {
      const call = (window as unknown as Global).SupportWidget
      const odd: unknown[] = [undefined, null, 1, 'x', [], {}, () => {}, Symbol('s'), { theme: 3, zIndex: 'high' }]
      const names = ['boot', 'update', 'open', 'close', 'toggle', 'identify', 'on', 'nonsense', 'show', 'hide']
      const outcomes: string[] = []
      for (const name of names) {
        for (const value of odd)
          outcomes.push(
            await call(name, value).then(
              () => 'fine',
              () => 'rejected',
            ),
          )
      }
      await call('shutdown')
      for (const name of names)
        if (name !== 'boot')
          outcomes.push(
            await call(name, {}).then(
              () => 'fine',
              () => 'rejected',
            ),
          )
      return outcomes
    })
    expect(new Set(results)).toEqual(new Set(['fine']))
    expect(complaints).toEqual([])
    const ours = warnings.filter((text) => text.startsWith('SupportWidget'))
    expect([...new Set(ours)]).toEqual(ours)
    await page.close()
  })

  test('EMB-7: a second script tag does no harm', async () => {
    const { page, complaints } = await stack.visit('twice')
    await loaded(page)
    await widgetOf(page).launcher.waitFor()
    await page.evaluate(
      (server) =>
        new Promise((resolve) => {
          const script = document.createElement('script')
          const policy = (
            window as unknown as { trustedTypes: { createPolicy(n: string, r: object): { createScriptURL(u: string): string } } }
          ).trustedTypes.createPolicy('again', { createScriptURL: (u: string) => u })
          script.src = policy.createScriptURL(`${server}/widget.js`)
          script.dataset.app = 'demo'
          script.onload = resolve
          document.head.append(script)
        }),
      stack.url,
    )
    expect(await page.getByRole('button', { name: 'Support', exact: true }).count()).toBe(1)
    expect(complaints).toEqual([])
    await page.close()
  })
})

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<unknown>
}

interface Counted {
  left(): { listeners: string[]; messageListeners: number; timers: number; sockets: number; nodes: number }
}

/** Runs in the page before anything else: keeps account of what is added to the page and taken away. Only what the widget's own script adds is counted. */
function countListeners() {
  const open = new Map<string, number>()
  const timers = new Set<unknown>()
  const sockets = new Set<WebSocket>()
  const byWidget = () => /widget\.js/.test(new Error().stack ?? '')
  const name = (target: EventTarget) =>
    target === window ? 'window' : target === document ? 'document' : target === document.documentElement ? 'html' : ''
  const count = (target: EventTarget, type: string, by: number) => {
    const key = `${name(target)} ${type}`
    const next = (open.get(key) ?? 0) + by
    if (next > 0) open.set(key, next)
    else open.delete(key)
  }
  const { addEventListener, removeEventListener } = EventTarget.prototype
  EventTarget.prototype.addEventListener = function (
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ) {
    if (name(this) && byWidget()) {
      count(this, type, 1)
      const signal = typeof options === 'object' ? options.signal : undefined
      signal?.addEventListener('abort', () => count(this, type, -1))
    }
    addEventListener.call(this, type, listener, options)
  }
  EventTarget.prototype.removeEventListener = function (
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ) {
    if (name(this) && byWidget()) count(this, type, -1)
    removeEventListener.call(this, type, listener, options)
  }
  const { setInterval, setTimeout, clearInterval, clearTimeout } = window
  const added = (id: unknown) => {
    if (byWidget()) timers.add(id)
    return id
  }
  Object.assign(window, {
    setInterval: (...args: Parameters<typeof setInterval>) => added(setInterval(...args)),
    setTimeout: (action: () => void, ms?: number) => {
      const id = setTimeout(() => {
        timers.delete(id)
        action()
      }, ms)
      return added(id)
    },
    clearInterval: (id: number) => {
      timers.delete(id)
      clearInterval(id)
    },
    clearTimeout: (id: number) => {
      timers.delete(id)
      clearTimeout(id)
    },
  })
  const Native = WebSocket
  window.WebSocket = class extends Native {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      sockets.add(this)
    }
  }
  const counted: Counted = {
    left: () => ({
      listeners: [...open.keys()],
      messageListeners: open.get('window message') ?? 0,
      timers: timers.size,
      sockets: [...sockets].filter((socket) => socket.readyState < 2).length,
      nodes: [...document.querySelectorAll('html > :not(head, body)')].length,
    }),
  }
  Object.assign(window, counted)
}
