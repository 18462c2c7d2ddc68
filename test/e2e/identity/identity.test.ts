import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { client } from '../../support/client.ts'
import { loaded, type Stack, startStack, storedBy, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<unknown>
}

test('ID-1: from alice to bob without a reload: nothing of alice stays, and bob’s answers come live', async () => {
  const { page } = await stack.visit('alice', { path: '/spa' })
  const widget = widgetOf(page)
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const done = (name: string) => page.getByText(`Last: ${name}`, { exact: true }).waitFor()
  await press('Boot')
  await done('boot')
  await widget.open()
  await widget.writeTicket("Alice's secret", 'Only for Alice')
  await widget.composer.fill('an unfinished thought of Alice')
  await press('Identify as bob')
  await done('bob')
  await expect.poll(() => page.locator('html').textContent()).not.toContain('Alice')
  if (!(await widget.dialog.isVisible())) await widget.open()
  await widget.writeTicket("Bob's question", 'Mine alone')
  const bob = await stack.customer('bob')
  await expect.poll(async () => (await bob.call('listTickets', {})).data.length).toBe(1)
  const [ticket] = (await bob.call('listTickets', {})).data
  await (await stack.agent()).call('agentSendMessage', { params: { id: ticket?.id ?? '' }, body: { body: 'Hello Bob' } })
  await widget.thread.getByText('Hello Bob').waitFor()
  await press('Log out')
  await done('logout')
  await expect.poll(() => page.locator('html').textContent()).not.toContain('Hello Bob')
  expect(await widget.dialog.count()).toBe(0)
  await page.close()
})

test('ID-2: signed out there is no launcher, if the app takes no visitors', async () => {
  const backend = client(stack.url, stack.running.demo.adminKey)
  const takeVisitors = (visitors: boolean) => backend.call('agentUpdateApp', { body: { settings: { visitors } } })
  await takeVisitors(false)
  onTestFinished(async () => void (await takeVisitors(true)))
  const { page } = await stack.visit(null)
  await loaded(page)
  await page.evaluate(() => new Promise((resolve) => (window as unknown as Global).SupportWidget('on', 'ready', resolve)))
  expect(await page.getByRole('button', { name: 'Support', exact: true }).count()).toBe(0)
  await page.close()
})

test('ID-3: an expired token is replaced by a fresh one without the customer noticing', async () => {
  const { page } = await stack.visit(null)
  const { demo } = stack.running
  const expired = await demo.sign('renewed', 'customer', -3600)
  let given = 0
  await page.route('**/support-token', async (route) => {
    given++
    await route.fulfill({ json: { token: given === 1 ? expired : await demo.sign('renewed', 'customer', 600) } })
  })
  await page.goto(`${stack.hostUrl}/?user=renewed`)
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Renewed', 'With a fresh token')
  await widget.thread.getByText(/· Sent$/).waitFor()
  expect(given).toBeGreaterThan(1)
  await page.close()
})

test('ID-4: no token is stored', async () => {
  const { page } = await stack.visit('nostore')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Store', 'What is stored?')
  await widget.composer.fill('draft')
  const stored = async () => JSON.stringify([await storedBy(page), await page.evaluate(() => document.cookie)])
  await expect.poll(stored).toContain('draft')
  expect(await stored()).not.toMatch(/eyJ[\w-]+\.eyJ/)
  expect(await stored()).not.toContain('nostore')
  await page.close()
})

test('ID-5: who signs in after the page was asked is found when support is opened', async () => {
  const { page, context } = await stack.visit(null)
  await loaded(page)
  await page.evaluate(() => new Promise((resolve) => (window as unknown as Global).SupportWidget('on', 'ready', resolve)))
  await context.addCookies([{ name: 'kilnshare_user', value: 'later', url: stack.hostUrl }])
  await page.evaluate(() => (window as unknown as Global).SupportWidget('open'))
  await widgetOf(page).dialog.waitFor()
  await page.close()
})

test('ID-6: a failed token answer is told with its cause and asked for again', async () => {
  const page = await stack.browser.newPage()
  let asked = 0
  await page.route('**/support-token', (route) => (asked++ ? route.continue() : route.fulfill({ status: 502, body: 'bad gateway' })))
  const warned = page.waitForEvent('console', (message) => message.text().includes('HTTP 502'))
  await page.goto(`${stack.hostUrl}/?user=patient`)
  await warned
  await widgetOf(page).launcher.waitFor()
  expect(asked).toBe(2)
  await page.close()
})

test('ID-7: of two customers named at once the later one holds, and the drawer stays open', async () => {
  const { page } = await stack.visit('first')
  await widgetOf(page).launcher.waitFor()
  const { demo } = stack.running
  const tokens = [await demo.sign('second', 'customer', 600), await demo.sign('first', 'customer', 600)]
  const errors = await page.evaluate(async ([second, first]) => {
    const { SupportWidget } = window as unknown as Global
    const errors: unknown[] = []
    await SupportWidget('on', 'error', (detail: unknown) => errors.push(detail))
    void SupportWidget('identify', { token: second })
    const opened = SupportWidget('open')
    await SupportWidget('identify', { token: first })
    await opened
    return errors
  }, tokens)
  expect(errors).toEqual([])
  expect(await widgetOf(page).dialog.isVisible()).toBe(true)
  await page.close()
})

test('ID-8: a token that the server refuses is told as that, until a good one comes', async () => {
  const page = await stack.browser.newPage()
  const token = await stack.running.demo.sign('refused', 'customer', 600)
  let given = `${token.slice(0, -6)}AAAAAA`
  await page.route('**/support-token', (route) => route.fulfill({ json: { token: given } }))
  await page.goto(`${stack.hostUrl}/?user=refused`)
  const widget = widgetOf(page)
  await widget.open()
  const notice = widget.dialog.locator('.notice')
  await notice.getByText('Please sign in again.').waitFor()
  given = token
  // Sooner than by itself; whether "Try again" is still there is chance.
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await widget.dialog.getByText('How can we help?').waitFor()
  await expect.poll(() => notice.textContent()).toBe('')
  await page.close()
})
