import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { fieldOfTests } from '../../support/field.ts'
import { quiet } from '../../support/quiet.ts'
import { widgetOf } from '../../support/stack.ts'

const field = fieldOfTests()
const uploads = '**/v1/support/attachments'
const note = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('x') }

/** A customer in their own ticket, in which they have written `One`. */
async function inTicket(context: BrowserContext, user: string) {
  const page = await field.page(context, user)
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Taken back', 'One')
  await widget.thread.getByText(/· Sent$/).waitFor()
  return page
}
async function sendFile(page: Page, text: string) {
  const widget = widgetOf(page)
  await widget.dialog.locator('input[type=file]').setInputFiles(note)
  await widget.composer.fill(text)
  await widget.send.click()
}
const cancelOf = (page: Page) => widgetOf(page).thread.getByRole('button', { name: 'Cancel' })
const filesOf = (page: Page) => widgetOf(page).dialog.locator('.foot .file bdi').allTextContents()

test('FILES-6: what one tab sends another one takes back: nothing goes out, and the text stands in both once', async () => {
  const context = await field.browser.newContext()
  const first = await inTicket(context, 'tess')
  let held = 0
  await context.route(uploads, () => {
    held++
  })
  await sendFile(first, 'Two')
  await expect.poll(() => held).toBe(1)
  const second = await field.page(context, 'tess')
  await widgetOf(second).open()
  await widgetOf(second).dialog.getByText('Taken back').click()
  await cancelOf(second).click()
  for (const page of [second, first]) {
    await expect.poll(() => widgetOf(page).composer.inputValue()).toBe('Two')
    await expect.poll(() => filesOf(page)).toEqual(['note.txt'])
    await cancelOf(page).waitFor({ state: 'detached' })
  }
  await context.unroute(uploads)
  await quiet(first)
  expect(await field.bodies('tess')).toEqual(['One'])
})

test('FILES-6: what waits for its next try in one tab another one takes back: once, and nothing is sent', async () => {
  const context = await field.browser.newContext()
  const first = await inTicket(context, 'nora')
  const second = await field.page(context, 'nora')
  await widgetOf(second).open()
  await widgetOf(second).dialog.getByText('Taken back').click()
  await context.route(uploads, (route) => route.abort())
  await sendFile(first, 'Two')
  await widgetOf(first).thread.getByText('Not sent yet').waitFor()
  await cancelOf(second).click()
  for (const page of [second, first]) {
    await expect.poll(() => widgetOf(page).composer.inputValue()).toBe('Two')
    await cancelOf(page).waitFor({ state: 'detached' })
  }
  // Long enough for the next try of the first.
  await context.unroute(uploads)
  await first.evaluate(() => window.dispatchEvent(new Event('offline')))
  await first.evaluate(() => window.dispatchEvent(new Event('online')))
  await quiet(first)
  for (const page of [second, first]) {
    expect(await widgetOf(page).composer.inputValue()).toBe('Two')
    expect(await filesOf(page)).toEqual(['note.txt'])
  }
  expect(await field.bodies('nora')).toEqual(['One'])
})

test('FILES-6: behind one that is on its way another one is taken back, and the first still arrives', async () => {
  const context = await field.browser.newContext()
  const page = await inTicket(context, 'uwe')
  const held = Promise.withResolvers<void>()
  await context.route(uploads, async (route) => {
    await held.promise
    await route.continue()
  })
  await sendFile(page, 'Two')
  await sendFile(page, 'Three')
  await cancelOf(page).nth(1).click()
  await expect.poll(() => widgetOf(page).composer.inputValue()).toBe('Three')
  held.resolve()
  await expect.poll(() => field.bodies('uwe')).toEqual(['One', 'Two'])
  expect(await widgetOf(page).composer.inputValue()).toBe('Three')
})

test('FILES-6: a ticket that may have been taken is not given back after a reload either', async () => {
  const context = await field.browser.newContext()
  const page = await field.page(context, 'vera')
  const widget = widgetOf(page)
  await widget.open()
  field.proxy.fate = ({ method, url }) => (method === 'POST' && url === '/v1/support/tickets' ? 'drop' : 'pass')
  await widget.newTicket.first().click()
  await widget.subject.fill('Taken')
  await widget.message.fill('One')
  await widget.dialog.locator('input[type=file]').setInputFiles(note)
  await widget.create.click()
  await widget.thread.getByText('Not sent yet').waitFor()
  await context.route(uploads, (route) => route.abort())
  await page.reload()
  await widget.open()
  const waiting = widget.dialog.getByRole('button', { name: /^Taken (Not sent yet|Sending)/ })
  await waiting.click()
  await widget.thread.getByText('Not sent yet').waitFor()
  expect(await cancelOf(page).count()).toBe(0)
  field.proxy.fate = () => 'pass'
  await context.unroute(uploads)
  await expect.poll(() => widget.composer.count(), { timeout: 60_000 }).toBe(1)
  const { data } = await (await field.customer('vera')).call('listTickets', {})
  expect(data.map(({ subject }) => subject)).toEqual(['Taken'])
  expect(await field.bodies('vera')).toEqual(['One'])
})
