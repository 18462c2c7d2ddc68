import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningDemo, startDemo } from '@support-widget/demo/start.ts'
import { readConfig } from '@support-widget/server/config.ts'
import { createLog } from '@support-widget/server/log.ts'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { type Client, client } from './client.ts'
import { freePort } from './postgres.ts'
import { watchTraffic } from './quiet.ts'

/** The demo as a newcomer starts it, on free ports and in memory, with a browser before it. */
export interface Stack {
  running: RunningDemo
  url: string
  hostUrl: string
  browser: Browser
  customer(name: string): Promise<Client>
  agent(name?: string): Promise<Client>
  /** A browser of its own, signed in at the host app; null stays signed out. */
  visit(user: string | null, options?: Visit): Promise<Visitor>
  stop(): Promise<void>
}

export interface Visit {
  path?: string
  context?: BrowserContextOptions
}

export interface Visitor {
  page: Page
  context: BrowserContext
  /** Errors and policy violations of the page so far. */
  complaints: string[]
}

/** `settings`: environment variables beside the demo's own. */
export async function startStack(settings: Record<string, string> = {}): Promise<Stack> {
  const port = await freePort()
  const secret = randomBytes(32).toString('base64')
  const folder = mkdtempSync(join(tmpdir(), 'support-stack-'))
  const config = readConfig({ DEMO: '1', PORT: String(port), LOG_LEVEL: 'silent', SECRET_KEY: secret, DATA_DIR: folder, ...settings })
  const running = await startDemo(config, { inMemory: true, log: createLog('silent') })
  const browser = await launchChromium()
  const url = config.publicUrl
  const { demo, hostUrl } = running
  return {
    running,
    url,
    hostUrl,
    browser,
    customer: async (name) => client(url, await demo.sign(name, 'customer', 3600)),
    agent: async (name = 'sam') => client(url, await demo.sign(name, 'agent', 3600)),
    visit: (user, options) => visit(browser, hostUrl, user, options),
    async stop() {
      await browser.close()
      await running.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function visit(browser: Browser, hostUrl: string, user: string | null, { path = '/', context: given = {} }: Visit = {}): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...given })
  const page = watchTraffic(await context.newPage())
  page.setDefaultTimeout(30_000)
  const complaints: string[] = []
  page.on('pageerror', (err) => complaints.push(`error: ${err.message}`))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to|violat/i.test(message.text())) complaints.push(`policy: ${message.text()}`)
  })
  await page.goto(hostUrl + path + (user === null ? '' : `${path.includes('?') ? '&' : '?'}user=${user}`))
  return { page, context, complaints }
}

/** What people find in the widget, by the names that they see or hear. */
export function widgetOf(page: Page) {
  const dialog = page.getByRole('dialog')
  return {
    launcher: page.getByRole('button', { name: /^(Support|Close support)/ }).last(),
    dialog,
    newTicket: dialog.getByRole('button', { name: 'New ticket' }),
    subject: dialog.getByLabel('Subject'),
    category: dialog.getByLabel('Category'),
    message: dialog.getByLabel('Message', { exact: true }),
    create: dialog.getByRole('button', { name: 'Send', exact: true }),
    thread: dialog.getByRole('log'),
    composer: dialog.getByRole('textbox', { name: /Write a message/ }),
    send: dialog.getByRole('button', { name: 'Send message' }),
    back: dialog.getByRole('button', { name: 'Back to all tickets' }),
    async open() {
      await this.launcher.click()
      await dialog.waitFor()
    },
    async writeTicket(subject: string, body: string) {
      await this.newTicket.first().click()
      await this.subject.fill(subject)
      await this.message.fill(body)
      await this.create.click()
      await this.thread.getByText(body).waitFor()
    },
  }
}

/** Everything that a page's origin stores: both storages, and each row of each database with files by their names. */
export const storedBy = (page: Page) =>
  page.evaluate(async () => {
    const rows: unknown[] = []
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name))
      for (const table of database.objectStoreNames) rows.push(...(await done(database.transaction(table).objectStore(table).getAll())))
      database.close()
    }
    const text = JSON.stringify(rows, (_, value: unknown) => (value instanceof File ? value.name : value))
    return {
      local: { ...localStorage } as Record<string, string>,
      session: { ...sessionStorage } as Record<string, string>,
      rows: JSON.parse(text) as object[],
    }
  })

/** Waits until the widget's script has run in the page. */
export const loaded = (page: Page) =>
  page.waitForFunction(() => Object.hasOwn((window as unknown as { SupportWidget?: object }).SupportWidget ?? {}, 'boot'))
