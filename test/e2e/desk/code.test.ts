import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

test('DESK-6: a link with a code opens the desk once; it stands neither in the address nor in the history', async () => {
  const ada = await stack.agent('ada')
  const { url } = await ada.call('agentCreateDeskCode', {})
  const page = await (await stack.browser.newContext()).newPage()
  page.setDefaultTimeout(30_000)
  const complaints: string[] = []
  page.on('pageerror', (err) => complaints.push(err.message))
  page.on('console', (message) => /Content Security Policy|Refused to/i.test(message.text()) && complaints.push(message.text()))
  await page.goto(`${stack.hostUrl}/?user=alice`)
  await page.goto(url ?? '')
  // The demo would sign in Sam by itself.
  await page.getByText('Ada Brandt').first().waitFor()
  expect(page.url()).toBe(`${stack.url}/desk`)
  expect(await page.evaluate(() => location.href + JSON.stringify(history.state))).not.toContain('code')
  await page.reload()
  await page.getByText('Ada Brandt').first().waitFor()
  await page.goBack()
  expect(page.url()).toContain(stack.hostUrl)

  const other = await (await stack.browser.newContext()).newPage()
  other.setDefaultTimeout(30_000)
  await other.goto(url ?? '')
  await other.getByRole('alert').getByText('This link was used already or is over.').waitFor()
  expect(other.url()).toBe(`${stack.url}/desk`)
  const { code } = await ada.call('agentCreateDeskCode', {})
  await other.evaluate((fresh) => {
    location.hash = `code=${fresh}`
  }, code)
  await other.getByText('Ada Brandt').first().waitFor()
  expect(other.url()).toBe(`${stack.url}/desk`)
  expect(complaints).toEqual([])
  await page.context().close()
  await other.context().close()
}, 120_000)
