import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { fieldOfTests } from '../../support/field.ts'
import { storedBy, widgetOf } from '../../support/stack.ts'

const field = fieldOfTests()

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<{ id: string } | undefined>
}

async function write(page: Page, ...texts: string[]) {
  const widget = widgetOf(page)
  for (const text of texts) {
    await widget.composer.fill(text)
    await widget.composer.press('Enter')
    await widget.thread.getByText(text, { exact: true }).waitFor()
  }
}

/** Each of them stands in the thread once, as sent. */
async function shows(page: Page, texts: string[]) {
  const { thread } = widgetOf(page)
  const bubbles = () => thread.locator('article .text').allTextContents()
  await expect.poll(() => thread.getByText(/Sending…|Not sent yet/).count(), { timeout: 120_000 }).toBe(0)
  await expect.poll(bubbles).toEqual(texts)
  await thread.getByText(/· Sent$/).waitFor()
}

const isWrite = (method: string | undefined, url: string | undefined) => method === 'POST' && /\/(tickets|messages|attachments)$/.test(url ?? '')

test('OUT-1: the server is killed while a message is being sent, the page is reloaded, the server comes back: it arrives once', async () => {
  const context = await field.browser.newContext()
  const page = await field.page(context, 'killed')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Killed', 'One')
  await expect.poll(() => field.bodies('killed')).toEqual(['One'])
  // The server acts on it, and neither it nor its answer is ever heard of again.
  let acted = () => {}
  const acting = new Promise<void>((resolve) => {
    acted = resolve
  })
  field.proxy.fate = (req) => {
    if (!isWrite(req.method, req.url)) return 'pass'
    acted()
    return 'drop'
  }
  await write(page, 'Two')
  await acting
  await field.kill()
  await write(page, 'Three')
  await widget.thread.getByText('Not sent yet').first().waitFor()
  await widget.composer.fill('half a thought')
  field.proxy.fate = () => 'pass'
  await page.reload()
  await field.start()
  await page.reload()
  // Sent by the page alone: nobody opens anything.
  await expect.poll(() => field.bodies('killed'), { timeout: 30_000 }).toEqual(['One', 'Two', 'Three'])
  await widget.open()
  await widget.dialog.getByText('Killed').first().click()
  await shows(page, ['One', 'Two', 'Three'])
  expect(await widget.composer.inputValue()).toBe('half a thought')
})

test('OUT-2: offline for a minute with five messages and a file: all arrive once, in order', async () => {
  const context = await field.browser.newContext()
  const page = await field.page(context, 'offline')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Offline', 'One')
  await expect.poll(() => field.bodies('offline')).toEqual(['One'])
  await page.clock.install()
  await context.setOffline(true)
  await write(page, 'Two', 'Three', 'Four', 'Five', 'Six')
  const created = page.evaluate(() => {
    const file = new File(['kiln log, line by line'], 'kiln.log', { type: 'text/plain' })
    return (window as unknown as Global).SupportWidget('createTicket', { subject: 'With a file', body: 'See the log', files: [file] })
  })
  await page.clock.runFor(60_000)
  expect(await field.bodies('offline')).toEqual(['One'])
  const stored = async () => JSON.stringify((await storedBy(page)).rows)
  await expect.poll(stored).toContain('kiln.log')
  await context.setOffline(false)
  const ticket = await created
  const customer = await field.customer('offline')
  const { messages } = await customer.call('getTicket', { params: { id: ticket?.id ?? '' } })
  expect(messages).toMatchObject([{ body: 'See the log', attachments: [{ filename: 'kiln.log', size: 22 }] }])
  const texts = ['One', 'Two', 'Three', 'Four', 'Five', 'Six']
  const first = async () => {
    const { data } = await customer.call('listTickets', {})
    const id = data.find((one) => one.subject === 'Offline')?.id ?? ''
    return (await customer.call('getTicket', { params: { id } })).messages.map((message) => message.body)
  }
  await expect.poll(first).toEqual(texts)
  await shows(page, texts)
  expect((await customer.call('listTickets', {})).data).toHaveLength(2)
  await expect.poll(async () => (await storedBy(page)).rows).toEqual([])
})

test('OUT-3: with 2 s of latency, one request in five failing and one answer in five lost: all arrive once, in order, the file too', async () => {
  const context = await field.browser.newContext()
  const page = await field.page(context, 'lossy')
  const widget = widgetOf(page)
  await widget.open()
  let count = 0
  field.proxy.latency = 2_000
  // Every fifth fails and every fifth is lost, among them the very first of each.
  field.proxy.fate = (req) => {
    if (!req.url?.startsWith('/v1/support')) return 'pass'
    const turn = count++ % 5
    return turn === 0 ? 'drop' : turn === 2 ? 'fail' : 'pass'
  }
  const created = page.evaluate(() => {
    const file = new File(['x'.repeat(100_000)], 'big.txt', { type: 'text/plain' })
    return (window as unknown as Global).SupportWidget('createTicket', { subject: 'Lossy file', body: 'With a file', files: [file] })
  })
  await widget.writeTicket('Lossy', 'One')
  const texts = ['One', 'Two', 'Three', 'Four', 'Five', 'Six']
  await widget.composer.waitFor({ timeout: 60_000 })
  await write(page, ...texts.slice(1))
  await shows(page, texts)
  const ticket = await created
  const customer = await field.customer('lossy')
  const { data } = await customer.call('listTickets', {})
  expect(data.map((one) => one.subject).sort()).toEqual(['Lossy', 'Lossy file'])
  const bodies = async (id = '') => (await customer.call('getTicket', { params: { id } })).messages.map((one) => one.body)
  expect(await bodies(data.find((one) => one.subject === 'Lossy')?.id)).toEqual(texts)
  const { messages } = await customer.call('getTicket', { params: { id: ticket?.id ?? '' } })
  expect(messages[0]?.attachments).toHaveLength(1)
}, 240_000)

test('OUT-4: what was typed and written survives a crash of the page', async () => {
  const context = await field.browser.newContext()
  const page = await field.page(context, 'crash')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Crash', 'One')
  await expect.poll(() => field.bodies('crash')).toEqual(['One'])
  field.proxy.fate = (req) => (req.method === 'POST' ? 'fail' : 'pass')
  await write(page, 'Two')
  await widget.composer.pressSequentially('half a thought')
  const crashed = page.waitForEvent('crash')
  await page.goto('chrome://crash').catch(() => {})
  await crashed
  field.proxy.fate = () => 'pass'
  const next = await field.page(context, 'crash')
  await widgetOf(next).open()
  await widgetOf(next).dialog.getByText('Crash').first().click()
  await shows(next, ['One', 'Two'])
  expect(await widgetOf(next).composer.inputValue()).toBe('half a thought')
  expect(await field.bodies('crash')).toEqual(['One', 'Two'])
})

test('OUT-5: what has waited for a day is not sent unasked: it is sent last, or thrown away', async () => {
  const context = await field.browser.newContext()
  const page = await field.page(context, 'late')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Late', 'One')
  await expect.poll(() => field.bodies('late')).toEqual(['One'])
  field.proxy.fate = (req) => (req.method === 'POST' ? 'fail' : 'pass')
  await write(page, 'old and dear', 'old and wrong')
  await widget.thread.getByText('Not sent yet').first().waitFor()
  await page.clock.install({ time: Date.now() + 25 * 3_600_000 })
  await page.reload()
  field.proxy.fate = () => 'pass'
  await widget.open()
  await widget.dialog.getByText('Late').first().click()
  await expect.poll(() => widget.thread.getByText('Not sent for a day').count()).toBe(2)
  await write(page, 'new')
  await expect.poll(() => field.bodies('late')).toEqual(['One', 'new'])
  const bubble = (text: string) => widget.thread.locator('article').filter({ hasText: text })
  await bubble('old and dear').getByRole('button', { name: 'Send now' }).click()
  await bubble('old and wrong').getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => field.bodies('late')).toEqual(['One', 'new', 'old and dear'])
  await shows(page, ['One', 'new', 'old and dear'])
  await expect.poll(async () => (await storedBy(page)).rows).toEqual([])
})

test('OUT-6: where nothing can be stored it lives in memory, and the drawer says so', async () => {
  const context = await field.browser.newContext()
  await context.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    }
  })
  const page = await field.page(context, null)
  const widget = widgetOf(page)
  // A visitor: their token too is in memory alone.
  await widget.open()
  await widget.newTicket.first().click()
  expect(await widget.dialog.getByText('Nothing can be kept here').count()).toBe(0)
  await widget.subject.fill('Blocked')
  await widget.dialog.getByText('Nothing can be kept here').waitFor()
  field.proxy.fate = (req) => (req.method === 'POST' ? 'fail' : 'pass')
  await widget.message.fill('One')
  await widget.create.click()
  await widget.thread.getByText('Not sent yet').waitFor()
  await widget.dialog.getByText('Nothing can be kept here').waitFor()
  // While it still fails: once it would arrive, it may do so before the button is found.
  await widget.thread.getByRole('button', { name: 'Try again' }).click({ timeout: 60_000 })
  field.proxy.fate = () => 'pass'
  await widget.composer.waitFor({ timeout: 60_000 })
  await shows(page, ['One'])
  expect(await widget.dialog.getByText('Nothing can be kept here').count()).toBe(0)
})

test('OUT-9: what never gets through is thrown away in any tab, and what waits behind it goes on', async () => {
  const context = await field.browser.newContext()
  const [page, other] = [await field.page(context, 'blocked'), await field.page(context, 'blocked')]
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Blocked', 'One')
  await expect.poll(() => field.bodies('blocked')).toEqual(['One'])
  // A firewall that dislikes a word.
  await context.route('**/messages', (route) =>
    route.request().postData()?.includes('drop table')
      ? route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Forbidden</h1>', headers: { 'access-control-allow-origin': '*' } })
      : route.continue(),
  )
  await write(page, 'drop table', 'Two')
  await expect.poll(() => widget.thread.getByText('Not sent yet').count()).toBe(2)
  const there = widgetOf(other)
  await there.open()
  // The list tells of what waits.
  await there.dialog.getByText('Not sent yet').waitFor()
  await there.dialog.getByText('Blocked').first().click()
  await expect.poll(() => there.thread.getByText('Not sent yet').count()).toBe(2)
  await there.thread.locator('article').filter({ hasText: 'drop table' }).getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => field.bodies('blocked')).toEqual(['One', 'Two'])
  for (const tab of [page, other]) await shows(tab, ['One', 'Two'])
  await expect.poll(async () => (await storedBy(page)).rows).toEqual([])
})
