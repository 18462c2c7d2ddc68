import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newTicket } from '../../support/factories.ts'
import { connected, quiet } from '../../support/quiet.ts'
import { update } from '../../support/scenes.ts'
import { loaded, type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ RATE_LIMITS: 'off' })
})
afterAll(() => stack.stop())

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<unknown>
}
const call = (page: Page, name: string, ...args: unknown[]) =>
  page.evaluate(([method, given]) => (window as unknown as Global).SupportWidget(method, ...given), [name, args] as const)

async function bodiesOf(name: string): Promise<string[]> {
  const customer = await stack.customer(name)
  const { data } = await customer.call('listTickets', {})
  const threads = await Promise.all(data.map(({ id }) => customer.call('getTicket', { params: { id } })))
  return threads.flatMap(({ messages }) => messages.map(({ body }) => body))
}

/** Every POST to one of these waits so long; the server has it after that. */
const delay = (page: Page, pattern: string, ms: number) =>
  page.route(pattern, async (route) => {
    if (route.request().method() === 'POST') await new Promise((resolve) => setTimeout(resolve, ms))
    await route.continue().catch(() => {})
  })

test('PAGE-1: the page hears of every change of the number that is unread, once', async () => {
  const { id } = await newTicket(await stack.customer('ella'), { subject: 'Heard', body: 'Tell me.' })
  const { page } = await stack.visit('ella')
  await loaded(page)
  await page.evaluate(() => {
    const heard: number[] = []
    Object.assign(window, { heard })
    return (window as unknown as Global).SupportWidget('on', 'unread_changed', ({ unread_count }: { unread_count: number }) =>
      heard.push(unread_count),
    )
  })
  const heard = () => page.evaluate(() => (window as unknown as { heard: number[] }).heard)
  const agent = await stack.agent()
  for (const body of ['One', 'Two']) {
    await agent.call('agentSendMessage', { params: { id }, body: { body } })
    await page.getByRole('button', { name: new RegExp(body === 'One' ? '1 unread' : '2 unread') }).waitFor()
  }
  const widget = widgetOf(page)
  await widget.open()
  await widget.dialog.getByText('Heard').click()
  await expect.poll(heard).toEqual([1, 2, 0])
  // Read as it comes, it was never unread.
  await connected(page)
  await agent.call('agentSendMessage', { params: { id }, body: { body: 'Three' } })
  await widget.thread.getByText('Three').waitFor()
  expect(await heard()).toEqual([1, 2, 0])
  await page.close()
})

test('OUT-7: what is written after the same customer was named anew does not wait for what was under way before', async () => {
  const { page } = await stack.visit('frida')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Again', 'One')
  await expect.poll(() => bodiesOf('frida')).toEqual(['One'])
  // No answer ever comes to the page that asks.
  await page.route('**/messages', () => {}, { times: 1 })
  await widget.composer.fill('Two')
  await widget.composer.press('Enter')
  await widget.thread.getByText('Sending…').waitFor()
  await page.evaluate(async () => {
    const { SupportWidget } = window as unknown as Global
    const { token } = (await (await fetch('/support-token')).json()) as { token: string }
    await SupportWidget('identify', { getToken: async () => token })
    await SupportWidget('open')
  })
  await widget.dialog.getByText('Again').click()
  await widget.composer.fill('Three')
  await widget.composer.press('Enter')
  await expect.poll(() => bodiesOf('frida'), { timeout: 60_000 }).toEqual(['One', 'Two', 'Three'])
  await page.close()
})

test('FILES-5: what may have been taken is not given back as well', async () => {
  const { page } = await stack.visit('gita')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Cancel', 'One')
  await widget.thread.getByText(/· Sent$/).waitFor()
  await delay(page, '**/messages', 2_000)
  const posted = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/messages'))
  await widget.dialog.locator('input[type=file]').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') })
  await widget.composer.fill('Two')
  await widget.send.click()
  await posted
  expect(await widget.thread.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
  await expect.poll(() => bodiesOf('gita')).toEqual(['One', 'Two'])
  expect(await widget.composer.inputValue()).toBe('')
  await page.close()
})

test('FILES-5: taken back between two requests, nothing more goes out', async () => {
  const { page } = await stack.visit('hana')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Between', 'One')
  await widget.thread.getByText(/· Sent$/).waitFor()
  let uploads = 0
  await page.route('**/v1/support/attachments', (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    uploads++
    const headers = { 'access-control-allow-origin': stack.hostUrl }
    return route.fulfill({ status: 401, headers, json: { code: 'token_expired', detail: 'expired' } })
  })
  // The next token comes when the test says so.
  const asked = Promise.withResolvers<void>()
  const given = Promise.withResolvers<void>()
  await page.route('**/support-token', async (route) => {
    asked.resolve()
    await given.promise
    await route.continue()
  })
  const files = ['a.txt', 'b.txt', 'c.txt'].map((name) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(name) }))
  await widget.dialog.locator('input[type=file]').setInputFiles(files)
  await widget.composer.fill('Two')
  await widget.send.click()
  await asked.promise
  await widget.thread.getByRole('button', { name: 'Cancel' }).click()
  given.resolve()
  await expect.poll(() => widget.composer.inputValue()).toBe('Two')
  expect(uploads).toBe(1)
  expect(await bodiesOf('hana')).toEqual(['One'])
  await page.close()
})

test('FILES-2: a file that is pasted with its name comes along; of what is text and picture the text does', async () => {
  const { page } = await stack.visit('ines')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Paste', 'One')
  const paste = (types: string[]) =>
    widget.composer.evaluate((field, given) => {
      const data = new DataTransfer()
      data.items.add(new File(['x'], 'plan.txt', { type: 'text/plain' }))
      for (const type of given) data.setData(type, 'plan.txt')
      const event = new ClipboardEvent('paste', { bubbles: true, cancelable: true, composed: true, clipboardData: data })
      field.dispatchEvent(event)
      return event.defaultPrevented
    }, types)
  expect(await paste(['text/plain', 'text/html'])).toBe(false)
  expect(await paste(['text/plain'])).toBe(true)
  expect(await paste(['text/html'])).toBe(true)
  await expect.poll(() => widget.dialog.locator('.foot .file').count()).toBe(2)
  await page.close()
})

test('PAGE-2: what cannot be sent is refused at once, and not kept', async () => {
  const { page } = await stack.visit('jule')
  await loaded(page)
  const refused = await page.evaluate(async () => {
    const { SupportWidget } = window as unknown as Global
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const outcomes: string[] = []
    for (const custom_fields of [{ n: 10n }, circle]) {
      await SupportWidget('createTicket', { subject: 'Odd', body: 'x', custom_fields }).then(
        () => outcomes.push('sent'),
        (error: Error) => outcomes.push(error.name),
      )
    }
    return outcomes
  })
  expect(refused).toEqual(['TypeError', 'TypeError'])
  const widget = widgetOf(page)
  await widget.open()
  await widget.dialog.getByText('How can we help?').waitFor()
  await page.close()
})

test('LINK-2: a ticket is opened by its id in whatever case', async () => {
  const { id } = await newTicket(await stack.customer('kira'), { subject: 'Lower', body: 'Found' })
  const { page } = await stack.visit('kira')
  await loaded(page)
  await call(page, 'open', { ticket: id.toLowerCase() })
  await widgetOf(page).thread.getByText('Found').waitFor()
  await page.close()
})

test('LIST-11: what is unread beyond the first page is counted once, before and after it is read', async () => {
  const customer = await stack.customer('lara')
  const agent = await stack.agent()
  const { id } = await newTicket(customer, { subject: 'The oldest of all', body: 'Long ago' })
  for (const body of ['One', 'Two']) await agent.call('agentSendMessage', { params: { id }, body: { body } })
  for (let n = 0; n < 24; n++) await newTicket(customer, { subject: `Later ${n}`, body: 'x' })
  const { page } = await stack.visit('lara')
  const widget = widgetOf(page)
  const unread = (n: number) => page.getByRole('button', { name: new RegExp(`${n} unread`) }).waitFor()
  await unread(2)
  await widget.open()
  await widget.dialog.getByRole('searchbox').fill('oldest')
  await widget.dialog.getByText('Found: 1').waitFor()
  await widget.dialog.getByText('The oldest of all').hover()
  await page.mouse.down()
  await page.mouse.move(5, 5)
  await page.mouse.up()
  await quiet(page)
  await unread(2)
  await widget.dialog.getByText('The oldest of all').click()
  await widget.thread.getByText('Two').waitFor()
  await expect.poll(() => page.getByRole('button', { name: /unread/ }).count()).toBe(0)
  await page.close()
})

test('COPY-1: also while older messages of another ticket are on their way', async () => {
  const agent = await stack.agent()
  const customer = await stack.customer('mona')
  const made: Record<string, string> = {}
  for (const subject of ['First', 'Second']) {
    const { id } = await newTicket(customer, { subject, body: `${subject} 1` })
    made[subject] = id
    for (let n = 2; n <= 60; n++) await agent.call('agentSendMessage', { params: { id }, body: { body: `${subject} ${n}` } })
  }
  const { page, context } = await stack.visit('mona')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stack.hostUrl })
  const widget = widgetOf(page)
  await widget.open()
  await widget.dialog.getByText('First', { exact: true }).click()
  await widget.thread.getByText('First 60').waitFor()
  await page.route(`**/tickets/${made.First}/messages?before_seq**`, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await route.continue().catch(() => {})
  })
  await widget.dialog.getByRole('button', { name: 'Show earlier messages' }).press('Enter')
  await widget.back.click()
  await widget.dialog.getByText('Second', { exact: true }).click()
  await widget.thread.getByText('Second 60').waitFor()
  await widget.dialog.getByRole('button', { name: 'Copy the conversation' }).click()
  await widget.dialog.getByText('Copied').waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied.match(/^Second \d+$/gm)).toHaveLength(60)
  await page.close()
})

test('A11Y-4: at 400 % of a small window everything is still within reach', async () => {
  const agent = await stack.agent()
  const { id } = await newTicket(await stack.customer('nora'), { subject: 'Zoomed', body: 'Small window' })
  await agent.call('agentUpdateTicket', { params: { id }, body: { status: 'resolved' } })
  const { page } = await stack.visit('nora', { context: { viewport: { width: 320, height: 256 } } })
  const widget = widgetOf(page)
  await widget.open()
  await widget.dialog.getByText('Zoomed').click()
  await widget.thread.getByText('Small window').waitFor()
  expect((await widget.thread.boundingBox())?.height).toBeGreaterThan(100)
  // The strip is as high as what stands in it, and the number is in one piece.
  const strip = widget.dialog.locator('.strip')
  expect(await strip.evaluate((box) => box.scrollHeight - box.clientHeight)).toBe(0)
  expect((await strip.getByText('TKT-').boundingBox())?.height).toBeLessThan(30)
  await widget.dialog.getByLabel('Good', { exact: true }).check()
  const rate = widget.dialog.getByRole('button', { name: 'Send rating' })
  for (const target of [rate, widget.composer, widget.dialog.getByRole('button', { name: 'Close support' })]) {
    await target.scrollIntoViewIfNeeded()
    const box = await target.boundingBox()
    expect(box?.y).toBeGreaterThanOrEqual(0)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(258)
  }
  // In a window of a usual size the drawer itself does not scroll.
  await page.setViewportSize({ width: 1280, height: 800 })
  await expect.poll(() => widget.dialog.evaluate((panel) => panel.scrollHeight - panel.clientHeight)).toBe(0)
  await page.close()
})

test('LANG-6: a language that cannot be had while the customer is offline is asked for when they are back', async () => {
  const { page, context } = await stack.visit('olga')
  const widget = widgetOf(page)
  await widget.open()
  await context.setOffline(true)
  await update(page, { locale: 'ar' })
  await widget.newTicket.waitFor()
  expect(await page.locator('.root').getAttribute('dir')).toBe('ltr')
  await context.setOffline(false)
  await widget.dialog.getByRole('button', { name: 'طلب جديد' }).waitFor()
  expect(await page.locator('.root').getAttribute('dir')).toBe('rtl')
  await page.close()
})
