import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ RATE_LIMITS: 'off' })
})
afterAll(() => stack.stop())

/** What has the keyboard, by its name and how it is drawn; in the widget, or `page`. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const host = [...document.querySelectorAll('html > div')].find((one) => one.shadowRoot)
    const one = host?.shadowRoot?.activeElement
    if (!(one instanceof HTMLElement)) return 'page'
    const label = one.id && host?.shadowRoot?.querySelector(`label[for="${one.id}"]`)
    return (one.getAttribute('aria-label') ?? (label ? label.textContent : one.textContent) ?? '').trim()
  })
/** Tab until it is there; every stop on the way is visible and has a ring, in two colours: one of them is seen on any ground. */
async function tabTo(page: Page, name: RegExp, key = 'Tab') {
  for (let step = 0; step < 40; step++) {
    if (name.test(await focused(page))) return
    await page.keyboard.press(key)
    const ring = await page.evaluate(() => {
      const host = [...document.querySelectorAll('html > div')].find((one) => one.shadowRoot)
      const one = host?.shadowRoot?.activeElement
      if (!one) return null
      const { outlineStyle, boxShadow } = getComputedStyle(one)
      return [outlineStyle, boxShadow.replace(/^.*\) /, '')]
    })
    if (ring) expect(ring).toEqual(['solid', '0px 0px 0px 2px'])
  }
  throw new Error(`${name} is not reached by ${key}`)
}

test('A11Y-2: a ticket by keyboard alone, and the focus given back', async () => {
  const { page } = await stack.visit('alice')
  const widget = widgetOf(page)
  await widget.launcher.waitFor()
  await tabTo(page, /^Support$/)
  await page.keyboard.press('Enter')
  await widget.dialog.waitFor()
  expect(await focused(page)).toMatch(/^Support/)
  await tabTo(page, /^New ticket$/)
  await page.keyboard.press('Space')
  // The form begins at its first field.
  await expect.poll(() => focused(page)).toMatch(/^Subject/)
  await page.keyboard.type('By keyboard')
  await tabTo(page, /^Message/)
  await page.keyboard.type('No mouse here.')
  await tabTo(page, /^Send$/)
  await page.keyboard.press('Enter')
  await widget.thread.getByText(/· Sent$/).waitFor()
  await expect.poll(() => focused(page)).toMatch(/^Write a message/)
  await page.keyboard.type('One more line')
  await page.keyboard.press('Enter')
  await widget.thread.getByText('One more line').waitFor()
  expect(await focused(page)).toMatch(/^Write a message/)
  await page.keyboard.type('By its button')
  await tabTo(page, /^Send message$/)
  await page.keyboard.press('Space')
  await widget.thread.getByText('By its button').waitFor()
  await widget.send.and(page.locator(':disabled')).waitFor()
  expect(await focused(page)).toMatch(/^Write a message/)
  await tabTo(page, /^Back to all tickets$/, 'Shift+Tab')
  await page.keyboard.press('Enter')
  await widget.dialog.getByText('By keyboard').waitFor()
  expect(await focused(page)).toMatch(/^Support/)
  await page.keyboard.press('Escape')
  await widget.dialog.waitFor({ state: 'detached' })
  expect(await focused(page)).toBe('Support')
  await page.close()
})

test('A11Y-2: faults take the focus to the first of them; a full screen keeps it inside', async () => {
  const { page } = await stack.visit('bob', { context: { viewport: { width: 375, height: 720 } } })
  const widget = widgetOf(page)
  await widget.launcher.press('Enter')
  await widget.dialog.waitFor()
  await tabTo(page, /^New ticket$/)
  await page.keyboard.press('Enter')
  await expect.poll(() => focused(page)).toMatch(/^Subject/)
  await tabTo(page, /^Send$/)
  await page.keyboard.press('Enter')
  await expect.poll(() => focused(page)).toMatch(/^Subject/)
  const seen = new Set<string>()
  for (let step = 0; step < 24; step++) {
    await page.keyboard.press('Tab')
    seen.add(await focused(page))
  }
  expect(seen.has('page')).toBe(false)
  for (const name of ['Back to all tickets', 'Close support', 'Send']) expect(seen).toContain(name)
  await page.keyboard.press('Shift+Tab')
  expect(await focused(page)).not.toBe('page')
  await page.keyboard.press('Escape')
  await widget.dialog.waitFor({ state: 'detached' })
  expect(await focused(page)).toBe('Support')
  await page.close()
})

test('A11Y-2: resolved by radio buttons and arrow keys', async () => {
  const { id } = await (await stack.customer('carol')).call('createTicket', { body: { subject: 'Rate me', body: 'Please.' } })
  await (await stack.agent()).call('agentUpdateTicket', { params: { id }, body: { status: 'resolved' } })
  const { page } = await stack.visit('carol')
  const widget = widgetOf(page)
  await widget.open()
  await widget.dialog.getByText('Rate me').waitFor()
  await tabTo(page, /Rate me/)
  await page.keyboard.press('Enter')
  await widget.dialog.getByText('How was our help?').waitFor()
  await widget.dialog.getByRole('radio').first().focus()
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key)
  expect(await widget.dialog.getByRole('radio', { name: 'Good', exact: true }).isChecked()).toBe(true)
  await tabTo(page, /^Send rating$/)
  await page.keyboard.press('Enter')
  await widget.dialog.getByText('Your rating: Good.').waitFor()
  expect(await focused(page)).not.toBe('page')
  await page.close()
})

test('A11Y-3: what is read out of the list, the form and the thread', async () => {
  const { page } = await stack.visit('dora')
  const widget = widgetOf(page)
  await widget.open()
  const tree = () => widget.dialog.ariaSnapshot()
  await widget.dialog.getByText('How can we help?').waitFor()
  expect(await tree()).toMatch(
    /dialog "Support.*"[\s\S]*heading "Support.*" \[level=2\][\s\S]*button "Close support"[\s\S]*heading "How can we help\?" \[level=3\][\s\S]*button "New ticket"/,
  )
  await widget.newTicket.click()
  // The app's own, which come with its settings.
  await widget.category.waitFor()
  await widget.create.click()
  const form = await tree()
  for (const part of [
    'button "Back to all tickets"',
    'heading "New ticket',
    'textbox "Subject"',
    'combobox "Category Optional"',
    'textbox "Message"',
    'button "Attach files"',
    'button "Send"',
  ]) {
    expect(form).toContain(part)
  }
  expect(await widget.subject.evaluate((field) => [field.getAttribute('aria-invalid'), (field as HTMLInputElement).required])).toEqual(['true', true])
  await widget.subject.fill('Read out')
  await widget.message.fill('Can you hear me?')
  await widget.create.click()
  await widget.thread.getByText(/· Sent$/).waitFor()
  const { data } = await (await stack.customer('dora')).call('listTickets', {})
  await (await stack.agent()).call('agentSendMessage', { params: { id: data[0]?.id ?? '' }, body: { body: 'Loud and clear.' } })
  await widget.thread.getByText('Loud and clear.').waitFor()
  const thread = await tree()
  expect(thread).toMatch(
    /dialog "Read out"[\s\S]*status: Open|In progress[\s\S]*button "Copy the conversation"[\s\S]*button "Close ticket"[\s\S]*log "Messages"/,
  )
  // Who says what, each once and in order.
  expect(thread.indexOf('You')).toBeLessThan(thread.indexOf('Can you hear me?'))
  expect(thread.indexOf('Can you hear me?')).toBeLessThan(thread.indexOf('Sam'))
  expect(thread.indexOf('Sam')).toBeLessThan(thread.indexOf('Loud and clear.'))
  expect(thread.split('Loud and clear.')).toHaveLength(2)
  expect(thread).toMatch(/textbox "Write a message…"[\s\S]*button "Send message"/)
  await page.close()
})
