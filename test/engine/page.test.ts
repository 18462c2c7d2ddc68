import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { Server } from 'socket.io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { bundlePage } from './bundles.ts'
import { socketPath } from './link.ts'

/** What a page's visit to the server left behind. */
interface Outcome {
  events: string[]
  /** Listeners on window and document, those taken off again left out. */
  listeners: string[]
  globals: string[]
  patched: string[]
}

// Plain scripts of the page. They run before anything else, after it, or around it; the outcome is read from the document, because what drives the
// browser must not meet the polluted prototypes.
const watch = `
  var listeners = [], events = [], handle
  var natives = function () { return [WebSocket, setTimeout, clearTimeout, addEventListener, Promise, URL, Object.keys, Array.prototype.push] }
  var add = EventTarget.prototype.addEventListener, remove = EventTarget.prototype.removeEventListener
  var target = function (one) { return !one || one === window ? 'window' : one === document ? 'document' : '' }
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (target(this)) listeners.push(target(this) + ' ' + type)
    return add.call(this || window, type, listener, options)
  }
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    var at = listeners.indexOf(target(this) + ' ' + type)
    if (at >= 0) listeners.splice(at, 1)
    return remove.call(this || window, type, listener, options)
  }
  add.call(window, 'error', function (event) { events.push('page error: ' + event.message); finish() })
  add.call(window, 'unhandledrejection', function (event) { events.push('page rejection: ' + event.reason); finish() })
  function finish() {
    var now = natives()
    var outcome = {
      events: events,
      listeners: listeners,
      globals: Object.getOwnPropertyNames(window).filter(function (name) { return namesBefore.indexOf(name) < 0 }),
      patched: nativesBefore.filter(function (native, index) { return native !== now[index] }).map(String),
    }
    var done = document.createElement('output')
    done.textContent = JSON.stringify(outcome)
    document.body.append(done)
  }
  var nativesBefore = natives(), namesBefore = Object.getOwnPropertyNames(window)
  namesBefore.push('namesBefore', 'nativesBefore')`

const pollution = `
  Object.prototype.foo = function () {}
  Object.prototype.extra = 1
  Object.prototype.each = function (run) { for (var key in this) run(key, this[key]) }
  Array.prototype.first = function () { return this[0] }
  Array.prototype.total = 3
  Function.prototype.later = function () {}
  String.prototype.blank = function () { return !this.trim() }`

const visit = `
  handle = underTest.connectSocket({
    server: location.origin,
    getToken: function () { return Promise.resolve('a.b.c') },
    onFrame: function (frame) {
      events.push(JSON.stringify(frame))
      handle.request('read', { ticket_id: 't', seq: 1 }).then(function (how) { events.push('read ' + JSON.stringify(how)); handle.close(); setTimeout(finish) })
    },
    onState: function (state) { events.push(state); if (state === 'down') { handle.close(); setTimeout(finish) } }
  })`

let browser: Browser
let http: HttpServer
let origin: string

beforeAll(async () => {
  const code = await bundlePage()
  http = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://host')
    if (searchParams.has('forbidden')) response.setHeader('Content-Security-Policy', "connect-src 'none'")
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    const scripts = [watch, searchParams.has('polluted') ? pollution : '', code, visit]
    response.end(`<!doctype html><title>host</title><body>${scripts.map((script) => `<script>${script}</script>`).join('\n')}`)
  })
  const io = new Server(http, { path: socketPath, serveClient: false })
  io.on('connection', (socket) => {
    socket.emit('greeting', socket.handshake.auth)
    socket.emit('ticket.updated', { ticket: socket.handshake.auth })
    socket.on('read', (_: unknown, answer: (how: object) => void) => answer({ ok: true }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  http?.close()
  http?.closeAllConnections()
})

async function outcome(query: string): Promise<Outcome> {
  const page = await browser.newPage()
  try {
    await page.goto(`${origin}/?${query}`)
    return JSON.parse((await page.locator('output').first().textContent()) ?? '')
  } finally {
    await page.close()
  }
}

const exchange = ['connecting', 'live', '{"type":"ticket.updated","payload":{"ticket":{"token":"a.b.c"}}}', 'read {"ok":true}']
const clean = { events: exchange, listeners: [], globals: ['underTest'], patched: [] }

test.each(['', 'polluted'])('leaves no listener, no global and no native patched; %s', async (page) => {
  expect(await outcome(page)).toEqual(clean)
})

test('a policy that forbids the connection is a state, and no exception', async () => {
  expect((await outcome('forbidden')).events).toEqual(['connecting', 'down'])
})
