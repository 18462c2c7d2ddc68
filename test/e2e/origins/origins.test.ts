import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { saveApp } from '@support-widget/server/domain/apps.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.ts'
import { newApp, type TestApp } from '../../support/factories.ts'
import { png, upload } from '../../support/files.ts'
import { startServer, type TestServer } from '../../support/server.ts'

/** What a browser really does with our headers, on pages of several origins. */

let server: TestServer
let browser: Browser
let app: TestApp
/** Pages whose origin the app lists, another app lists, and nobody lists. */
const hosts: Record<'listed' | 'others' | 'strange', Server> = { listed: host(), others: host(), strange: host() }
const origins = {} as Record<keyof typeof hosts, string>

/** A host app with one page; `/isolated` asks everything that it embeds for leave. */
function host(): Server {
  return createServer((request, response) => {
    if (request.url === '/isolated') response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>Host</title><body></body>')
  })
}

beforeAll(async () => {
  server = await startServer()
  for (const [name, one] of Object.entries(hosts) as [keyof typeof hosts, Server][]) {
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
    origins[name] = `http://127.0.0.1:${(one.address() as AddressInfo).port}`
  }
  app = await newApp(server)
  await saveApp(server.app.core, { publicId: app.app.publicId, name: 'x', origins: [origins.listed] })
  const other = await newApp(server)
  await saveApp(server.app.core, { publicId: other.app.publicId, name: 'x', origins: [origins.others] })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser.close()
  for (const one of Object.values(hosts)) one.close()
  await server.app.close()
})

async function on(origin: string, path = '/'): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(origin + path)
  return page
}

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** What a script of the page can read of an answer; the text of the failure if it can read nothing. */
const fetched = (page: Page, path: string, init: Sent = {}) =>
  page.evaluate(
    async ([url, given]) => {
      try {
        const answer = await fetch(url, given)
        const body = (await answer.json()) as { code?: string }
        return { status: answer.status, code: body.code ?? null, requestId: answer.headers.get('X-Request-Id') !== null }
      } catch (err) {
        return err instanceof TypeError ? 'nothing' : String(err)
      }
    },
    [server.url + path, init] as const,
  )

test('ORIGIN-10: scripts read answers and errors on listed pages, the reason on another app’s, and nothing elsewhere', async () => {
  const bearer = { Authorization: `Bearer ${await app.token('alice')}` }
  const json = { ...bearer, 'Content-Type': 'application/json', 'Idempotency-Key': 'a-key' }
  const write = { method: 'POST', headers: json, body: JSON.stringify({ subject: 'From a page', body: 'Hello' }) }
  const listed = await on(origins.listed)
  expect(await fetched(listed, '/v1/support/me', { headers: bearer })).toEqual({ status: 200, code: null, requestId: true })
  expect(await fetched(listed, '/v1/support/tickets', write)).toEqual({ status: 201, code: null, requestId: true })
  expect(await fetched(listed, '/v1/support/me')).toEqual({ status: 401, code: 'unauthorized', requestId: true })
  expect(await fetched(listed, '/v1/support/tickets/x', { headers: bearer })).toEqual({ status: 404, code: 'not_found', requestId: true })
  expect(await fetched(listed, '/v1/support/me', { headers: { 'X-Api-Key': app.adminKey } })).toMatchObject({ status: 403, code: 'key_in_browser' })
  const others = await on(origins.others)
  expect(await fetched(others, '/v1/support/me', { headers: bearer })).toEqual({ status: 403, code: 'origin_not_allowed', requestId: true })
  expect(await fetched(others, '/v1/support/tickets', { ...write, body: '{}' })).toMatchObject({ status: 403 })
  const strange = await on(origins.strange)
  expect(await fetched(strange, '/v1/support/me', { headers: bearer })).toBe('nothing')
  expect(await fetched(strange, '/v1/support/tickets', write)).toBe('nothing')
  expect((await app.backend.call('agentListTickets', {})).pagination.total).toBe(1)
})

/** The first words of the server to a socket of the page: `40` lets it in, `44` says why not. */
const greeted = (page: Page, token: string) =>
  page.evaluate(
    ([url, auth]) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url)
        socket.onmessage = ({ data }: { data: string }) => {
          if (data.startsWith('0')) socket.send(`40${auth}`)
          if (data.startsWith('4')) resolve(data)
        }
        socket.onerror = () => resolve('no socket')
      }),
    [`${server.url.replace('http', 'ws')}/v1/socket/?EIO=4&transport=websocket`, JSON.stringify({ token })] as const,
  )

test('ORIGIN-10: a socket opens on a listed page, is told why not on another app’s, and opens nowhere else', async () => {
  const token = await app.token('alice')
  expect(await greeted(await on(origins.listed), token)).toMatch(/^40/)
  expect(await greeted(await on(origins.others), token)).toMatch(/^44.*"code":"origin_not_allowed"/)
  expect(await greeted(await on(origins.strange), token)).toBe('no socket')
})

test('FILE-6: C109: no page of ours is shown in a frame', async () => {
  const page = await on(origins.listed)
  for (const path of ['/desk', '/docs', '/health/live', '/openapi.json']) {
    await page.evaluate((src) => {
      document.body.innerHTML = `<iframe src="${src}"></iframe>`
    }, server.url + path)
    const frame = await (await page.waitForSelector('iframe')).contentFrame()
    await expect.poll(() => frame?.url()).toMatch(/^chrome-error:/)
  }
})

test('FILE-6: on a page that isolates itself the script and a picture load, and no answer of the API does', async () => {
  const token = await app.token('alice')
  const picture = await upload(server, token, png(), 'a.png')
  const page = await on(origins.strange, '/isolated')
  const loads = (tag: 'img' | 'script', src: string) =>
    page.evaluate(
      ([name, url]) =>
        new Promise<boolean>((resolve) => {
          const element = document.createElement(name) as HTMLImageElement | HTMLScriptElement
          element.onload = () => resolve(true)
          element.onerror = () => resolve(false)
          element.src = url
          document.body.append(element)
        }),
      [tag, src] as const,
    )
  expect(await loads('script', `${server.url}/widget.js`)).toBe(true)
  expect(await loads('img', picture.url)).toBe(true)
  expect(await loads('script', `${server.url}/v1/widget/config?app=${app.app.publicId}`)).toBe(false)
  expect(await loads('script', `${server.url}/docs/docs.js`)).toBe(false)
})
