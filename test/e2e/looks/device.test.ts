import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newTicket } from '../../support/factories.ts'
import { connected } from '../../support/quiet.ts'
import { update } from '../../support/scenes.ts'
import { listen } from '../../support/sockets.ts'
import { loaded, type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ RATE_LIMITS: 'off' })
})
afterAll(() => stack.stop())

const phone = { viewport: { width: 375, height: 720 } }

test('LOOK-4: with the system’s own colours every button, field and message has an edge, and the focus is seen', async () => {
  await newTicket(await stack.customer('forced'), { subject: 'Forced colours', body: 'Do you see me?' })
  const { page } = await stack.visit('forced')
  await page.emulateMedia({ forcedColors: 'active' })
  const widget = widgetOf(page)
  await widget.open()
  await widget.dialog.getByText('Forced colours').click()
  await widget.thread.getByText('Do you see me?').waitFor()
  const edges = await page.locator('.launcher, .panel, .text, textarea').evaluateAll((all) =>
    all.map((one) => {
      const { borderTopStyle, borderTopWidth } = getComputedStyle(one)
      return `${borderTopStyle} ${borderTopWidth}`
    }),
  )
  expect(edges).toEqual(['solid 1px', 'solid 1px', 'solid 1px', 'solid 1px'])
  await widget.composer.focus()
  await page.keyboard.press('Shift+Tab')
  const { outlineStyle, outlineWidth } = await page.locator('.root :focus').evaluate((one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one)
    return { outlineStyle, outlineWidth }
  })
  expect([outlineStyle, outlineWidth]).toEqual(['solid', '2px'])
  await page.close()
})

test('LOOK-5: nothing moves by itself, whether the customer has asked for that or not', async () => {
  const { page } = await stack.visit('calm')
  const widget = widgetOf(page)
  const moving = () => page.locator('.root').evaluate((root) => (root.getRootNode() as ShadowRoot).getAnimations().length)
  await widget.open()
  expect(await moving()).toBe(0)
  await widget.writeTicket('Calm', 'One')
  expect(await moving()).toBe(0)
  await widget.back.click()
  expect(await moving()).toBe(0)
  await page.close()
})

test('LOOK-6: an on-screen keyboard makes the drawer smaller: head, thread and field stay in what is left; enlarged by two fingers it stays', async () => {
  const { page } = await stack.visit('thumbs', { context: phone })
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Thumbs', 'One')
  /** What browsers tell while a keyboard covers the lower part of the window, or two fingers enlarge the page. */
  const seen = (height: number, offsetTop = 0, scale = 1) =>
    page.evaluate(
      (values) => {
        for (const [name, value] of Object.entries(values)) Object.defineProperty(visualViewport, name, { value, configurable: true })
        visualViewport?.dispatchEvent(new Event('resize'))
      },
      { height, offsetTop, scale },
    )
  const fits = async (top: number, bottom: number) => {
    await expect.poll(() => widget.dialog.boundingBox()).toMatchObject({ y: top, height: bottom - top })
    const field = await widget.composer.boundingBox()
    expect(field?.y).toBeGreaterThan(top + 100)
    expect((field?.y ?? 0) + (field?.height ?? 0)).toBeLessThanOrEqual(bottom)
    // The newest message is not behind the keyboard.
    const message = await widget.thread.getByText('One').boundingBox()
    expect((message?.y ?? 0) + (message?.height ?? 0)).toBeLessThan(field?.y ?? 0)
  }
  await fits(0, 720)
  await seen(400)
  await fits(0, 400)
  await seen(400, 60)
  await fits(60, 460)
  await seen(200, 90, 2)
  await fits(60, 460)
  await seen(720)
  await fits(0, 720)
  await page.close()
})

/** The page is out of sight, as the browser tells it. */
const hide = (page: Page) =>
  page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })

test('CALL-2: an answer out of sight is a notification of the system, where page and customer want it; it leads to its ticket', async () => {
  const { id } = await newTicket(await stack.customer('dora'), { subject: 'Notify', body: 'Tell me.' })
  const { page, context } = await stack.visit(null)
  await context.addInitScript(() => {
    const shown: { title: string; body: string; tag: string }[] = []
    class Recorder {
      static permission = 'default'
      onclick: (() => void) | null = null
      constructor(title: string, { body = '', tag = '' }: NotificationOptions) {
        shown.push({ title, body, tag })
        Object.assign(window, { press: () => this.onclick?.() })
      }
    }
    Object.assign(window, { Notification: Recorder, shown })
  })
  await page.goto(`${stack.hostUrl}/?user=dora`)
  await loaded(page)
  // What is found by asking, as the page connects, is not told aloud.
  await connected(page)
  const widget = widgetOf(page)
  const shown = () => page.evaluate(() => (window as unknown as { shown: unknown[] }).shown)
  const answer = async (body: string) => {
    await (await stack.agent()).call('agentSendMessage', { params: { id }, body: { body } })
    await page.getByRole('button', { name: /unread/ }).waitFor()
  }
  const count = (n: number) => page.getByRole('button', { name: new RegExp(`${n} unread`) }).waitFor()
  await update(page, { attention: { notification: true } })
  // The customer has not allowed it.
  await hide(page)
  await answer('One')
  await count(1)
  expect(await shown()).toEqual([])
  await page.evaluate(() => Object.assign(Notification, { permission: 'granted' }))
  await answer('Two')
  await count(2)
  expect(await shown()).toEqual([{ title: 'Sam Okafor', body: 'Two', tag: id }])
  // The page does not want it.
  await update(page, { attention: {} })
  await answer('Three')
  await count(3)
  expect(await shown()).toHaveLength(1)
  await page.evaluate(() => (window as unknown as { press(): void }).press())
  await widget.thread.getByText('Three').waitFor()
  await page.close()
})

test('TRUST-3: while an agent is there the widget says so, and no longer once they have left', async () => {
  const { page } = await stack.visit('hopeful')
  const widget = widgetOf(page)
  await widget.open()
  const online = widget.dialog.getByText('We are online')
  const desk = await listen(stack.url, await stack.running.demo.sign('sam', 'agent', 3600))
  await widget.writeTicket('Anybody?', 'Hello')
  await widget.back.click()
  await online.waitFor()
  desk.close()
  await online.waitFor({ state: 'detached', timeout: 60_000 })
  await page.close()
})
