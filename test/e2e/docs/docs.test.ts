import { operations } from '@support-widget/shared/operations.ts'
import { webhookTypes } from '@support-widget/shared/webhook.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack?.stop())

/** The documentation in a browser of its own, with what it complained about and what it asked for. */
async function openDocs(width = 1280) {
  const context = await stack.browser.newContext({ viewport: { width, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const complaints: string[] = []
  const asked: URL[] = []
  page.on('pageerror', (err) => complaints.push(`error: ${err.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy|Refused to/i.test(message.text())) complaints.push(message.text())
  })
  page.on('request', (request) => asked.push(new URL(request.url())))
  await page.goto(`${stack.url}/docs`)
  await page.locator('.opblock').first().waitFor()
  return { page, context, complaints, asked }
}

async function authorize(page: Page, token: string) {
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  const dialog = page.locator('.modal-ux')
  await dialog.getByRole('textbox').first().fill(token)
  await dialog.getByRole('button', { name: /apply/i }).first().click()
  await dialog.getByRole('button', { name: 'Close' }).first().click()
}

describe('API-4: the documentation page', () => {
  test('shows every operation, and tries one with a token; asks no other host and breaks no policy', async () => {
    const { page, context, complaints, asked } = await openDocs()
    const names = Object.keys(operations)
    await expect.poll(() => page.locator('.opblock').count()).toBe(names.length + webhookTypes.length)
    await expect.poll(() => page.getByText('/demo/credentials').isVisible()).toBe(true)

    const alice = await stack.customer('alice')
    await alice.call('createTicket', { body: { subject: 'Seen in the documentation', body: 'Text' } })
    const { customer } = (await (await fetch(`${stack.url}/demo/credentials`)).json()) as { customer: { token: string } }
    await authorize(page, customer.token)
    const block = page.locator('[id$="-listTickets"].opblock')
    await block.locator('.opblock-summary-control').click()
    await block.getByRole('button', { name: 'Try it out' }).click()
    await block.getByRole('button', { name: 'Execute' }).click()
    const answer = block.locator('.live-responses-table')
    await answer.getByText('Seen in the documentation').first().waitFor()
    expect(await answer.locator('.response-col_status').last().textContent()).toContain('200')

    const create = page.locator('[id$="-createTicket"].opblock')
    await create.locator('.opblock-summary-control').click()
    await create.getByRole('button', { name: 'Try it out' }).click()
    const body = create.locator('textarea.body-param__text')
    await body.fill(JSON.stringify({ subject: 'Made in the documentation', body: 'Text' }))
    await create.getByRole('button', { name: 'Execute' }).click()
    await create.locator('.live-responses-table').getByText('Made in the documentation').first().waitFor()
    expect((await alice.call('listTickets', {})).data.map((one) => one.subject)).toContain('Made in the documentation')

    expect(complaints).toEqual([])
    expect([...new Set(asked.filter(({ protocol }) => protocol !== 'data:').map(({ origin }) => origin))]).toEqual([stack.url])
    await context.close()
  })

  test('fits a phone', async () => {
    const { page, context } = await openDocs(360)
    const overflow = await page.evaluate(() => window.document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await context.close()
  })
})
