import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { fieldOfTests } from '../../support/field.ts'
import { loaded, storedBy, widgetOf } from '../../support/stack.ts'

const field = fieldOfTests()

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<unknown>
}

const call = (page: Page, name: string, given?: object) =>
  page.evaluate(([name, given]) => (window as unknown as Global).SupportWidget(name as string, given), [name, given] as const)

/** Whatever is drawn or typed anywhere in the page, shadow roots included. */
const drawn = (page: Page) =>
  page.evaluate(() => {
    const all = (root: ParentNode & { innerHTML: string }): string =>
      root.innerHTML +
      [...root.querySelectorAll('*')]
        .map((element) => {
          const { shadowRoot } = element
          const typed = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element.value : ''
          return typed + (shadowRoot ? all(shadowRoot) : '')
        })
        .join('')
    return all(document.documentElement)
  })

/** A page of the host app, and everything that its sockets say and hear. */
async function blank(user: string | null) {
  const context = await field.browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const heard: string[] = []
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => heard.push(String(payload)))
    socket.on('framesent', ({ payload }) => heard.push(String(payload)))
  })
  await page.goto(`${field.hostUrl}/spa${user ? `?user=${user}` : ''}`)
  await loaded(page)
  return { context, page, heard, widget: widgetOf(page) }
}
/** What is left of anybody, in the page, in its storage, and said over its sockets since the last look. */
async function traces(page: Page, heard: string[]) {
  const stored = await storedBy(page)
  return { dom: await drawn(page), storage: JSON.stringify(stored), rows: stored.rows, socket: heard.splice(0).join('\n') }
}

test('JOUR-1: visitor, alice, logout, bob, another app: after each step no byte of the one before is drawn, stored or heard', async () => {
  field.proxy.seen.length = 0
  const { page, heard, widget } = await blank(null)
  const none = { local: {}, session: {}, rows: [] }

  // Nobody: a launcher, one small request, nothing stored.
  await widget.launcher.waitFor()
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
  expect(await storedBy(page)).toEqual(none)
  expect(field.proxy.seen.filter((one) => one.includes('/v1/'))).toEqual(['GET /v1/widget/config'])

  // A visitor, once the drawer is opened.
  await widget.open()
  await widget.writeTicket('Visitor subject', 'visitor-secret')
  await expect.poll(async () => (await storedBy(page)).local['support-widget:demo']).toMatch(/sup_visitor_/)
  const token = JSON.parse((await storedBy(page)).local['support-widget:demo'] ?? '{}').token as string
  const asVisitor = field.as(token)
  const visited = async () => (await asVisitor.call('listTickets', {})).data
  await expect.poll(async () => (await visited()).length).toBe(1)
  const params = { id: (await visited())[0]?.id ?? '' }
  await (await field.agent()).call('agentSendMessage', { params, body: { body: 'agent-to-visitor' } })
  await widget.thread.getByText('agent-to-visitor').waitFor()
  await widget.composer.fill('visitor-draft')
  await expect.poll(async () => JSON.stringify((await storedBy(page)).rows)).toContain('visitor-draft')

  // Alice signs in: what the visitor wrote is hers, by both tokens; the token is forgotten.
  await call(page, 'identify', { token: await field.sign('alice') })
  const alice = await field.customer('alice')
  await expect.poll(async () => (await alice.call('listTickets', {})).data.map((one) => one.id)).toEqual([params.id])
  await expect.poll(async () => (await storedBy(page)).local).toEqual({})
  expect((await asVisitor.send('getMe')).status).toBe(401)
  if (!(await widget.dialog.isVisible())) await widget.open()
  await widget.dialog.getByText('Visitor subject').first().click()
  await expect.poll(() => widget.composer.inputValue()).toBe('visitor-draft')
  await widget.composer.fill('alice-secret')
  await widget.composer.press('Enter')
  await widget.thread.getByText(/· Sent$/).waitFor()
  await expect.poll(async () => (await alice.call('getTicket', { params })).messages.at(-1)?.body).toBe('alice-secret')

  // Nobody again.
  await call(page, 'logout')
  await expect.poll(() => field.proxy.sockets.now).toBe(0)
  await expect.poll(async () => (await storedBy(page)).rows).toEqual([])
  const gone = /visitor-|alice-secret|Visitor subject|sup_visitor_|eyJ/
  const afterLogout = await traces(page, heard)
  expect([gone.test(afterLogout.dom), gone.test(afterLogout.storage)]).toEqual([false, false])
  await (await field.agent()).call('agentSendMessage', { params, body: { body: 'alice-secret, too late' } })

  // Bob.
  await call(page, 'identify', { token: await field.sign('bob') })
  await widget.open()
  await widget.dialog.getByText('How can we help?').waitFor()
  await widget.writeTicket('Bob subject', 'bob-secret')
  const bob = await field.customer('bob')
  const his = async () => (await bob.call('listTickets', {})).data
  await expect.poll(async () => (await his()).length).toBe(1)
  await expect.poll(() => field.proxy.sockets.now).toBe(1)
  const toBob = { id: (await his())[0]?.id ?? '' }
  await (await field.agent()).call('agentSendMessage', { params: toBob, body: { body: 'agent-to-bob' } })
  await widget.thread.getByText('agent-to-bob').waitFor()
  const asBob = await traces(page, heard)
  const hers = /visitor-|alice-secret|Visitor subject|sup_visitor_/
  expect([hers.test(asBob.dom), hers.test(asBob.storage), hers.test(asBob.socket)]).toEqual([false, false, false])
  await widget.composer.fill('bob-draft')

  // The same bob of another app is somebody else.
  heard.length = 0
  await call(page, 'boot', { app: 'other', server: field.proxy.url, token: await field.sign('bob', 'customer', 3600, 'other') })
  await widget.launcher.waitFor()
  await expect.poll(() => field.proxy.sockets.now).toBe(0)
  await widget.open()
  await widget.dialog.getByText('How can we help?').waitFor()
  await (await field.agent()).call('agentSendMessage', { params: toBob, body: { body: 'bob-secret, too late' } })
  await widget.writeTicket('Other subject', 'other-body')
  const other = await field.customer('bob', 'other')
  await expect.poll(async () => (await other.call('listTickets', {})).data.length).toBe(1)
  const elsewhere = await traces(page, heard)
  expect([/bob-(secret|draft)|Bob subject/.test(elsewhere.dom), /bob-secret/.test(elsewhere.socket)]).toEqual([false, false])
})

test('JOUR-2: an answer that was under way for alice never shows to bob, nor does what she typed', async () => {
  const { page, widget, heard } = await blank(null)
  const alice = await field.customer('alice-slow')
  await alice.call('createTicket', { body: { subject: 'slow-secret', body: 'slow-body' } })
  await call(page, 'boot', { app: 'demo', server: field.proxy.url, token: await field.sign('alice-slow') })
  await widget.launcher.waitFor()
  field.proxy.latency = 1_500
  field.proxy.seen.length = 0
  await widget.launcher.click()
  await expect.poll(() => field.proxy.seen).toContain('GET /v1/support/tickets')
  await call(page, 'identify', { token: await field.sign('bob-fast') })
  if (!(await widget.dialog.isVisible())) await widget.open()
  await widget.dialog.getByText('How can we help?').waitFor()
  // By now the answer for alice has come.
  await expect.poll(() => field.proxy.seen.filter((one) => one === 'GET /v1/support/tickets').length).toBeGreaterThan(1)
  const left = await traces(page, heard)
  expect([/slow-secret|slow-body/.test(left.dom), /slow-/.test(left.storage)]).toEqual([false, false])
})

test('JOUR-3: what a visitor could not send is sent as the customer whom they turn out to be, and not before both tokens were shown', async () => {
  const { page, widget } = await blank(null)
  await widget.open()
  await widget.writeTicket('Unsent visitor', 'first')
  await widget.composer.waitFor()
  let merged = false
  field.proxy.fate = (req) => {
    if (req.method !== 'POST') return 'pass'
    if (req.url?.endsWith('/merge')) merged = true
    return merged ? 'pass' : 'fail'
  }
  await widget.composer.fill('never-sent-as-visitor')
  await widget.composer.press('Enter')
  await widget.thread.getByText('Not sent yet').waitFor()
  await call(page, 'identify', { token: await field.sign('grown') })
  await expect.poll(() => field.bodies('grown'), { timeout: 30_000 }).toEqual(['first', 'never-sent-as-visitor'])
  const { messages } = await (await field.customer('grown')).call('getTicket', {
    params: { id: (await (await field.customer('grown')).call('listTickets', {})).data[0]?.id ?? '' },
  })
  expect(messages.map((one) => one.author.name)).toEqual(messages.map(() => messages[1]?.author.name))
  await expect.poll(async () => await storedBy(page)).toEqual({ local: {}, session: {}, rows: [] })
})

test('JOUR-4: a visitor whose token is refused is forgotten; their text waits in the form for whoever they are next', async () => {
  const { page, widget } = await blank(null)
  await widget.open()
  await widget.writeTicket('Blocked', 'first')
  await widget.composer.waitFor()
  const stored = async () => JSON.parse((await storedBy(page)).local['support-widget:demo'] ?? '{}') as { token?: string }
  const { token = '' } = await stored()
  const { customer } = await field.as(token).call('getMe', {})
  const [ticket] = (await field.as(token).call('listTickets', {})).data
  await (await field.agent()).call('agentUpdateTicket', { params: { id: ticket?.id ?? '' }, body: { status: 'resolved' } })
  await widget.dialog.getByLabel('Good', { exact: true }).check()
  await widget.dialog.getByLabel('Anything to add? (optional)').fill('a rating is nobody else’s')
  await widget.composer.fill('a thought')
  const admin = field.as(await field.sign('ada', 'admin'))
  await admin.call('agentBlockCustomer', { params: { id: customer.id }, body: { blocked: true, reason: 'spam' } })
  // The socket may have told it already.
  await page.keyboard.press('Enter')
  await widget.dialog.waitFor({ state: 'detached', timeout: 70_000 })
  expect((await stored()).token).toBeUndefined()
  await widget.open()
  await widget.newTicket.first().click()
  expect(await widget.message.inputValue()).toBe('a thought')
  await expect.poll(async () => (await stored()).token ?? token).not.toBe(token)
}, 120_000)

test('JOUR-5: a stored visitor is known on the next page, by one question when it is idle', async () => {
  const { page, widget } = await blank(null)
  await widget.open()
  await widget.writeTicket('Come again', 'first')
  await widget.composer.waitFor()
  field.proxy.seen.length = 0
  await page.goto(`${field.hostUrl}/spa`)
  await widget.launcher.waitFor()
  await expect.poll(() => field.proxy.seen).toContain('GET /v1/support/me')
  expect(field.proxy.seen.filter((one) => one.startsWith('POST'))).toEqual([])
  await widget.open()
  await widget.dialog.getByText('Come again').waitFor()
})

test('JOUR-6: a draft of the visitor and one of the customer for the same place become one, with nothing left out', async () => {
  const { page, widget } = await blank(null)
  await call(page, 'identify', { token: await field.sign('two-drafts') })
  await widget.open()
  await widget.newTicket.first().click()
  await widget.subject.fill('Subject of before')
  await widget.message.fill('Text of before')
  await expect.poll(async () => JSON.stringify((await storedBy(page)).rows)).toContain('Text of before')
  await call(page, 'logout')
  await widget.open()
  await widget.newTicket.first().click()
  expect([await widget.subject.inputValue(), await widget.message.inputValue()]).toEqual(['', ''])
  await widget.subject.fill('Subject of the visitor')
  await widget.message.fill('Text of the visitor')
  await call(page, 'identify', { token: await field.sign('two-drafts') })
  await widget.launcher.waitFor()
  if (!(await widget.dialog.isVisible())) await widget.open()
  await widget.newTicket.first().click()
  await expect.poll(() => widget.message.inputValue()).toBe('Text of before\n\nSubject of the visitor\n\nText of the visitor')
  expect(await widget.subject.inputValue()).toBe('Subject of before')
})

test('JOUR-7: what the page writes for a customer who is offline is sent at once when they are back, with the drawer closed', async () => {
  const { context, page } = await blank('closed-drawer')
  await widgetOf(page).launcher.waitFor()
  await context.setOffline(true)
  const created = page.evaluate(() =>
    (window as unknown as Global).SupportWidget('createTicket', { subject: 'From the page', body: 'While offline' }),
  )
  await expect.poll(async () => JSON.stringify((await storedBy(page)).rows)).toContain('While offline')
  await page.reload().catch(() => {})
  void created.catch(() => {})
  await context.setOffline(false)
  await page.goto(`${field.hostUrl}/spa`)
  await expect.poll(() => field.bodies('closed-drawer')).toEqual(['While offline'])
})
