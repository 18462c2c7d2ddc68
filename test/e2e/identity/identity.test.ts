import { afterAll, beforeAll, expect, test } from 'vitest'
import { loaded, type Stack, startStack, widgetOf } from '../../support/stack.ts'

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

test('ID-2: signed out there is no launcher', async () => {
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
  expect(given).toBeGreaterThan(1)
  await page.close()
})

test('ID-4: no token is stored', async () => {
  const { page } = await stack.visit('nostore')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Store', 'What is stored?')
  await widget.composer.fill('draft')
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))
  expect(stored).toContain('draft')
  expect(stored).not.toMatch(/eyJ[\w-]+\.eyJ/)
  expect(stored).not.toContain('nostore')
  await page.close()
})
