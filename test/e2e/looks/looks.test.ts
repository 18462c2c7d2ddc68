import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { client } from '../../support/client.ts'
import { newTicket } from '../../support/factories.ts'
import { update } from '../../support/scenes.ts'
import { loaded, type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ RATE_LIMITS: 'off' })
  const settings = {
    theme: { color: '#a34b21', position: 'left' as const, offset: { x: 40, y: 60 }, radius: 0 },
    texts: { de: { title: 'Werkstatthilfe' }, en: { title: 'Workshop help' } },
  }
  await client(stack.url, stack.running.demo.adminKey).call('agentUpdateApp', { body: { settings } })
})
afterAll(() => stack.stop())

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<unknown>
}
const launcher = (page: Page) => page.locator('.launcher')
const style = (page: Page, name: string) => launcher(page).evaluate((one, member) => getComputedStyle(one).getPropertyValue(member), name)

test('LOOK-1: the page’s own look before the app’s, and the app’s before the usual', async () => {
  const { page } = await stack.visit('alice')
  await page.getByRole('button', { name: 'Workshop help' }).waitFor()
  expect(await style(page, 'background-color')).toBe('rgb(163, 75, 33)')
  expect(await launcher(page).boundingBox()).toMatchObject({ x: 40, y: 800 - 60 - 56 })
  await update(page, { theme: { color: '#00ff00' }, position: 'right', offset: 10 })
  expect(await style(page, 'background-color')).toBe('rgb(0, 255, 0)')
  expect(await style(page, 'color')).toBe('rgb(0, 0, 0)')
  expect(await launcher(page).boundingBox()).toMatchObject({ x: 1280 - 10 - 56, y: 800 - 10 - 56 })
  // In German, with the app's own word for it.
  await update(page, { locale: 'de-AT' })
  await launcher(page).click()
  await page.getByRole('dialog', { name: /Werkstatthilfe/ }).waitFor()
  await page.getByRole('button', { name: 'Neue Anfrage' }).waitFor()
  expect(await page.locator('.root').getAttribute('lang')).toBe('de-AT')
  await update(page, { locale: 'ar', strings: { new_ticket: 'Mine' } })
  await page.getByText('كيف يمكننا مساعدتك؟').waitFor()
  await page.getByRole('button', { name: 'Mine' }).waitFor()
  expect(await page.locator('.root').getAttribute('dir')).toBe('rtl')
  await page.close()
})

test('LOOK-2: in an element of the page it is always open and fills it', async () => {
  const { page, complaints } = await stack.visit('bob', { path: '/spa' })
  await loaded(page)
  await page.evaluate((server) => {
    const place = document.createElement('div')
    place.id = 'help'
    Object.assign(place.style, { width: '500px', height: '420px' })
    document.body.prepend(place)
    return (window as unknown as Global).SupportWidget('boot', { app: 'demo', server, tokenUrl: '/support-token', container: '#help' })
  }, stack.url)
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  const [inner, outer] = [await dialog.boundingBox(), await page.locator('#help').boundingBox()]
  expect(inner).toEqual(outer)
  await page.getByRole('button', { name: 'New ticket' }).click()
  await page.keyboard.press('Escape')
  expect(await dialog.isVisible()).toBe(true)
  expect(await dialog.getByRole('button', { name: 'Close support' }).count()).toBe(0)
  await page.evaluate(() => (window as unknown as Global).SupportWidget('shutdown'))
  expect(await page.locator('#help').evaluate((place) => place.childNodes.length)).toBe(0)
  expect(complaints).toEqual([])
  await page.close()
})

test('LINK-1: a link opens the ticket for its owner, and nothing for anybody else', async () => {
  const { id } = await newTicket(await stack.customer('alice'), { subject: 'Linked', body: 'The one of the link' })
  const path = `/?support_ticket=${id}`
  const alice = await stack.visit('alice', { path })
  await widgetOf(alice.page).thread.getByText('The one of the link').waitFor()
  for (const user of ['bob', null]) {
    const { page } = await stack.visit(user)
    const answered = page.waitForResponse((response) => response.url().includes(id) && response.url().includes('/v1/')).catch(() => null)
    await page.goto(stack.hostUrl + path)
    await page.evaluate(() => (window as unknown as Global).SupportWidget('on', 'ready', () => {}))
    if (user) expect((await answered)?.status()).toBe(404)
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
    expect(await page.getByRole('dialog').count()).toBe(0)
    if (!user) expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
    await page.close()
  }
  await alice.page.close()
})

test('CALL-1: the title counts what is not seen, where the page asks for it', async () => {
  const { page } = await stack.visit('carol')
  await loaded(page)
  const { id } = await newTicket(await stack.customer('carol'), { subject: 'Title', body: 'Tell me.' })
  await update(page, { attention: { title: true } })
  const title = await page.title()
  await launcher(page).click()
  await widgetOf(page).dialog.getByText('Title').waitFor()
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await (await stack.agent()).call('agentSendMessage', { params: { id }, body: { body: 'Here.' } })
  await expect.poll(() => page.title()).toBe(`(1) ${title}`)
  // The page changes its title meanwhile.
  await page.evaluate(() => {
    document.title = 'Another page'
    Reflect.deleteProperty(document, 'visibilityState')
    document.dispatchEvent(new Event('visibilitychange'))
  })
  expect(await page.title()).toBe('Another page')
  await page.close()
})
