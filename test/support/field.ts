import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHost } from '@support-widget/demo/host/host.ts'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { launchChromium } from './chromium.ts'
import { type Client, client } from './client.ts'
import { freePort } from './postgres.ts'
import { type ServerProcess, startProcess } from './process.ts'
import { type BadNetwork, startProxy } from './proxy.ts'
import { watchTraffic } from './quiet.ts'
import { type Sign, writeApps } from './written-apps.ts'

/** A server that can be killed, behind a network that can be bad, with host apps of two tenants that stay up, and a browser before it all. */
export interface Field {
  /** The server as browsers see it: the proxy. */
  proxy: BadNetwork
  hostUrl: string
  browser: Browser
  sign: Sign
  /** Straight to the server, past the proxy. */
  customer(name: string, app?: string): Promise<Client>
  agent(app?: string): Promise<Client>
  /** Anybody's client by token. */
  as(token: string): Client
  /** The bodies of the newest ticket of a customer, in order. */
  bodies(name: string): Promise<string[]>
  /** A page of the host app in a context, signed in as `user`; null is signed out. */
  page(context: BrowserContext, user: string | null, path?: string): Promise<Page>
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** The field of a file of tests: there before the first; after each, its network is good again and no page is open. */
export function fieldOfTests(): Field {
  const field = {} as Field
  beforeAll(async () => {
    Object.assign(field, await startField())
  })
  afterAll(() => field.stop())
  afterEach(async () => {
    Object.assign(field.proxy, { fate: () => 'pass', latency: 0 })
    for (const context of field.browser.contexts()) await context.close()
  })
  return field
}

/** Both apps take visitors; only pages of `demo` are served. */
const apps = ['demo', 'other']

async function startField(): Promise<Field> {
  const folder = mkdtempSync(join(tmpdir(), 'support-field-'))
  const secretKey = randomBytes(32)
  const [port, hostPort] = [await freePort(), await freePort()]
  const hostUrl = `http://127.0.0.1:${hostPort}`
  const sign = await writeApps({ url: null, folder: join(folder, 'db'), poolSize: 1 }, secretKey, apps, [hostUrl])

  const proxy = await startProxy(port)
  const host = createHost({ serverUrl: proxy.url, appId: 'demo', signToken: ({ id }) => sign(id) }).listen(hostPort, '127.0.0.1')
  await once(host, 'listening')
  let server: ServerProcess | undefined
  const browser = await launchChromium()
  const direct = `http://127.0.0.1:${port}`
  const field: Field = {
    proxy,
    hostUrl: `http://127.0.0.1:${(host.address() as AddressInfo).port}`,
    browser,
    sign,
    customer: async (name, app) => client(direct, await sign(name, 'customer', 3600, app)),
    agent: async (app) => client(direct, await sign('sam', 'agent', 3600, app)),
    as: (token) => client(direct, token),
    async bodies(name) {
      const customer = await field.customer(name)
      const [ticket] = (await customer.call('listTickets', {})).data
      return ticket ? (await customer.call('getTicket', { params: { id: ticket.id } })).messages.map((message) => message.body) : []
    },
    async page(context, user, path = '/') {
      const page = watchTraffic(await context.newPage())
      page.setDefaultTimeout(30_000)
      await page.goto(field.hostUrl + path + (user ? `?user=${user}` : ''))
      return page
    },
    async kill() {
      server?.child.kill('SIGKILL')
      await server?.exited
    },
    async start() {
      server = startProcess({
        DATA_DIR: folder,
        PORT: String(port),
        PUBLIC_URL: proxy.url,
        SECRET_KEY: secretKey.toString('base64'),
        RATE_LIMITS: 'off',
        LOG_LEVEL: 'error',
      })
      await server.ready
    },
    async stop() {
      await browser.close()
      await field.kill()
      await proxy.stop()
      host.closeAllConnections()
      host.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await field.start()
  return field
}
