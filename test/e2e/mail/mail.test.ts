import { decodeId } from '@support-widget/shared/ids.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack?.stop())

test('MAIL-7: the page behind a link of a mail asks, and does it at the press of its button, with nothing that its policy forbids', async () => {
  const { core } = stack.running.app
  const app = await core.apps.byPublicId('demo')
  const alice = await stack.customer('alice')
  const { customer } = await alice.call('getMe', {})
  const link = core.mailLinks.url(
    'unsubscribe',
    { appId: app?.id ?? '', customerId: decodeId(customer.id) ?? '', address: customer.email ?? '' },
    'en',
  )
  const context = await stack.browser.newContext({ viewport: { width: 375, height: 700 }, colorScheme: 'dark' })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (err) => complaints.push(err.message))
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(link)
  await page.getByRole('heading', { name: 'Do you want no more mail from Kilnshare about your messages?' }).waitFor()
  expect((await alice.call('getMe', {})).customer.notify).toBe(true)
  const button = page.getByRole('button', { name: 'Send me no more mail' })
  // Styled, so that the policy lets its style sheet through.
  expect(await button.evaluate((one) => getComputedStyle(one).borderTopWidth)).toBe('0px')
  expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44)
  await button.click()
  await page.getByRole('heading', { name: 'You will get no more mail from Kilnshare about your messages.' }).waitFor()
  expect(await page.getByRole('button').count()).toBe(0)
  expect((await alice.call('getMe', {})).customer.notify).toBe(false)
  expect(complaints).toEqual([])
  await context.close()
})
