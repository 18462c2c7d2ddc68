import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newTicket } from '../../support/factories.ts'
import { type Stack, startStack } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

/** A desk at one ticket, in a window of this size. */
async function openDesk(ticketId: string, width: number, height: number, more: BrowserContextOptions = {}) {
  const context = await stack.browser.newContext({ viewport: { width, height }, ...more })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  await page.goto(`${stack.url}/desk#/tickets/${ticketId}`)
  await page.getByRole('log').getByRole('article').first().waitFor()
  /** What has the focus: the element and what it says. */
  const focused = () => page.evaluate(() => `${document.activeElement?.localName} ${document.activeElement?.textContent}`)
  return { page, context, focused }
}

const long = (words: string) => Array.from({ length: 8 }, (_, index) => `${words} ${index}`).join('\n')

test.each([
  [320, 256],
  [700, 400],
  [1280, 400],
])('DESK-16: at %i × %i each pane scrolls as a whole and all of it is reachable', async (width, height) => {
  const { id } = await newTicket(await stack.customer('alice'), { subject: `Seen at ${width}`, body: long('The kiln stays cold, day') })
  const { page, context } = await openDesk(id, width, height)
  const details = page.getByRole('button', { name: 'Details' })
  if (await details.isVisible()) await details.click()
  const within = page.locator('.thread-pane :is(.log, .properties, .log-frame)')
  expect(await within.evaluateAll((all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.className))).toEqual([])
  // The messages stand below the details or beside them.
  const frame = await page.locator('.log-frame').boundingBox()
  const panel = await page.getByRole('complementary', { name: 'Ticket details' }).boundingBox()
  if (!frame || !panel) throw new Error('no messages or no details')
  expect(frame.y >= panel.y + panel.height || frame.x + frame.width <= panel.x).toBe(true)
  expect(await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight])).toEqual([width, height])
  // What is far down can be brought into view whole, and used.
  const button = page.getByRole('button', { name: 'Send reply' })
  await page.getByPlaceholder('Write a reply').fill('Try the other plug')
  await button.scrollIntoViewIfNeeded()
  const box = await button.boundingBox()
  expect((box?.y ?? height) + (box?.height ?? 0)).toBeLessThanOrEqual(height)
  await button.click()
  await page.getByRole('log').getByText('Try the other plug').waitFor()
  await page.goto(`${stack.url}/desk#/`)
  const end = page.getByRole('button', { name: 'Sign out' })
  await end.waitFor()
  const isWhole = (element: HTMLElement) => {
    const { right, top, height } = element.getBoundingClientRect()
    return document.elementFromPoint(right - 3, top + height / 2) === element
  }
  expect(await end.evaluate(isWhole)).toBe(true)
  await context.close()
})

test('DESK-17: a step in the head and a notice that is put away leave the focus at the heading', async () => {
  const { id } = await newTicket(await stack.customer('bob'), { subject: 'Lid is stuck' })
  const { page, context, focused } = await openDesk(id, 1280, 800)
  for (const [step, next] of [
    ['Resolve', 'Reopen'],
    ['Close', 'Reopen'],
    ['Reopen', 'Resolve'],
    ['Close', 'Reopen'],
  ] as const) {
    const agreed = page.waitForResponse((response) => response.request().method() === 'PATCH')
    await page.getByRole('button', { name: step, exact: true }).press('Enter')
    await page.getByRole('button', { name: next, exact: true }).waitFor()
    expect(await focused()).toBe('h2 Lid is stuck')
    // The step shows before the server has agreed: none of these is to meet the refusal below.
    expect((await agreed).status()).toBe(200)
  }
  await page.route(`**/tickets/${id}`, (route) => route.fulfill({ status: 409, json: { title: 'Not now.' } }))
  await page.getByRole('button', { name: 'Reopen' }).press('Enter')
  await page.getByText('The change was not made: Not now.', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Got it' }).press('Enter')
  await page.getByText('The change was not made').waitFor({ state: 'detached' })
  expect(await focused()).toBe('h2 Lid is stuck')
  await context.close()
})

test('DESK-17: in a narrow window the way back leads to the ticket’s row, or to the list where it has none', async () => {
  const carol = await stack.customer('carol')
  const ticket = await newTicket(carol, { subject: 'Glaze' })
  await newTicket(carol, { subject: 'Newer matter' })
  const { page, context, focused } = await openDesk(ticket.id, 375, 667)
  const back = page.getByRole('link', { name: 'Tickets' })
  const list = page.getByRole('region', { name: 'Ticket list' })
  const isListFocused = () => list.evaluate((element) => element === document.activeElement)
  await back.press('Enter')
  await expect.poll(focused).toMatch(/^a .*Glaze/)
  await page.keyboard.press('Enter')
  // Its row stands there until the server has agreed, and leaves then.
  const agreed = Promise.withResolvers<void>()
  await page.route(`**/tickets/${ticket.id}`, async (route) => {
    await agreed.promise
    await route.continue()
  })
  await page.getByRole('button', { name: 'Close', exact: true }).press('Enter')
  await back.press('Enter')
  await expect.poll(focused).toMatch(/^a .*Glaze/)
  agreed.resolve()
  await expect.poll(isListFocused).toBe(true)
  await page.goto(`${stack.url}/desk#/tickets/${ticket.id}`)
  await page.getByRole('button', { name: 'Reopen' }).waitFor()
  await back.press('Enter')
  await expect.poll(isListFocused).toBe(true)
  await context.close()
})

test('DESK-19: in forced colours what is chosen is marked by a line', async () => {
  const dora = await stack.customer('dora')
  await newTicket(dora, { subject: 'Another one' })
  const { id } = await newTicket(dora, { subject: 'The open one' })
  const { page, context } = await openDesk(id, 1280, 800, { forcedColors: 'active' })
  const row = (name: string) => page.getByRole('list', { name: 'Tickets' }).getByRole('link', { name })
  const lines = [
    row('The open one'),
    row('Another one'),
    ...['Open', 'Closed'].map((name) => page.getByRole('button', { name: new RegExp(`^${name} \\d`) })),
  ]
  const kinds = ['Reply', 'Note'].map((name) => page.locator('.kinds span').getByText(name, { exact: true }))
  const widths = await Promise.all(
    [...lines, ...kinds].map((one) =>
      one.evaluate((element) => [getComputedStyle(element).borderLeftWidth, getComputedStyle(element).borderBottomWidth]),
    ),
  )
  expect(widths).toEqual([
    ['5px', '1px'],
    ['0px', '1px'],
    ['1px', '3px'],
    ['1px', '1px'],
    ['0px', '3px'],
    ['0px', '0px'],
  ])
  await context.close()
})
