import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newTicket } from '../../support/factories.ts'
import { type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

async function openDesk(path = ''): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await stack.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
  page.setDefaultTimeout(30_000)
  const complaints: string[] = []
  page.on('pageerror', (err) => complaints.push(err.message))
  page.on('console', (message) => /Content Security Policy|Refused to/i.test(message.text()) && complaints.push(message.text()))
  await page.goto(`${stack.url}/desk${path}`)
  return { page, complaints }
}

const reply = (page: Page, text: string) => page.getByPlaceholder('Write a reply').fill(text)

test('DESK-1: a new ticket appears by itself; the answer written at the desk stands in the customer’s drawer', async () => {
  const { page, complaints } = await openDesk()
  await page.getByText('Sam Okafor').waitFor()
  const customer = await stack.visit('alice')
  const widget = widgetOf(customer.page)
  await widget.open()
  await widget.writeTicket('Shelf is broken', 'The lowest one.')
  await page.getByRole('list', { name: 'Tickets' }).getByText('Shelf is broken').click()
  const log = page.getByRole('log')
  await log.getByText('The lowest one.').waitFor()
  await reply(page, 'We bring a new one today.')
  await page.keyboard.press('Control+Enter')
  await widget.thread.getByText('We bring a new one today.').waitFor()
  await widget.composer.fill('Thank you!')
  await widget.composer.press('Enter')
  await log.getByText('Thank you!').waitFor()
  await page.getByRole('button', { name: 'Resolve', exact: true }).click()
  await widget.dialog.getByText('Resolved').waitFor()
  expect(complaints).toEqual([])
  await page.close()
  await customer.page.close()
})

test('DESK-2: a note stays at the desk', async () => {
  const customer = await stack.visit('bob')
  const widget = widgetOf(customer.page)
  await widget.open()
  await widget.writeTicket('Refund', 'Please')
  const { page } = await openDesk()
  await page.getByRole('list', { name: 'Tickets' }).getByText('Refund').click()
  await page.getByText('Note', { exact: true }).click()
  await page.getByPlaceholder('Write a note for your colleagues').fill('Ask finance first')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('log').getByText('Ask finance first').waitFor()
  await page.getByText('Reply', { exact: true }).click()
  await reply(page, 'It is on its way.')
  await page.keyboard.press('Control+Enter')
  await widget.thread.getByText('It is on its way.').waitFor()
  expect(await widget.dialog.innerText()).not.toContain('finance')
  const seen = await (await stack.customer('bob')).call('listTickets', {})
  expect(seen.data[0]?.last_seq).toBe(2)
  await page.close()
  await customer.page.close()
})

test('DESK-3: drafts stay with their tickets, and an unsent answer survives a reload', async () => {
  const carol = await stack.customer('carol')
  await newTicket(carol, { subject: 'First matter' })
  await newTicket(carol, { subject: 'Second matter' })
  const { page } = await openDesk()
  const rows = page.getByRole('list', { name: 'Tickets' })
  await rows.getByText('First matter').click()
  await reply(page, 'about the first')
  await rows.getByText('Second matter').click()
  await page.getByRole('heading', { name: 'Second matter' }).waitFor()
  expect(await page.getByPlaceholder('Write a reply').inputValue()).toBe('')
  await rows.getByText('First matter').click()
  await page.getByRole('heading', { name: 'First matter' }).waitFor()
  expect(await page.getByPlaceholder('Write a reply').inputValue()).toBe('about the first')
  await page.reload()
  await page.getByRole('heading', { name: 'First matter' }).waitFor()
  await expect.poll(() => page.getByPlaceholder('Write a reply').inputValue()).toBe('about the first')
  await page.close()
})

test('DESK-4: a colleague’s change in between is said, not overwritten', async () => {
  const dora = await stack.customer('dora')
  const { id } = await newTicket(dora, { subject: 'Contested' })
  const { page } = await openDesk(`/#/tickets/${id}`)
  await page.getByRole('heading', { name: 'Contested' }).waitFor()
  // The colleague changes the ticket just before our request arrives.
  const ada = await stack.agent('ada')
  await page.route(`**/tickets/${id}`, async (route) => {
    if (route.request().method() === 'PATCH') await ada.call('agentUpdateTicket', { params: { id }, body: { priority: 'urgent' } })
    await route.continue()
  })
  await page.getByLabel('Priority').selectOption('low')
  await page
    .getByText(/changed|meantime/i)
    .first()
    .waitFor()
  await expect.poll(() => page.getByLabel('Priority').inputValue()).toBe('urgent')
  await page.close()
})

test('DESK-5: the desk cannot be framed and runs under its own policy', async () => {
  const response = await fetch(`${stack.url}/desk`)
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

test('DESK-20: a removed message says so at once, and the files of a message are named', async () => {
  const bob = await stack.customer('bob')
  const form = new FormData()
  form.append('file', new Blob(['E7']), 'kiln.log')
  const Authorization = `Bearer ${await stack.running.demo.sign('bob', 'customer', 600)}`
  const upload = await fetch(`${stack.url}/v1/support/attachments`, { method: 'POST', headers: { Authorization }, body: form })
  const { id } = (await upload.json()) as { id: string }
  const ticket = await bob.call('createTicket', { body: { subject: 'Card number', body: 'Mine is 4111', attachments: [id] } })
  const { page, complaints } = await openDesk()
  await page.getByRole('list', { name: 'Tickets' }).getByText('Card number').click()
  const log = page.getByRole('log')
  await log.getByText('Mine is 4111').waitFor()
  const link = log.getByRole('link', { name: 'kiln.log' })
  expect(await (await fetch((await link.getAttribute('href')) ?? '')).text()).toBe('E7')
  const params = { id: ticket.id, message_id: ticket.messages[0]?.id ?? '' }
  await (await stack.agent()).call('agentRedactMessage', { params })
  await log.getByText('This message was removed.').waitFor()
  expect([await log.getByText('Mine is 4111').count(), await link.count(), complaints]).toEqual([0, 0, []])
  await page.close()
})

test('DESK-21: the list finds tickets by words, in the filter that is chosen', async () => {
  const elif = await stack.customer('elif')
  const [one, two] = [await newTicket(elif, { subject: 'Zirconia in the glaze' }), await newTicket(elif, { subject: 'Zirconia again' })]
  await (await stack.agent()).call('agentUpdateTicket', { params: { id: two.id }, body: { status: 'closed' } })
  await newTicket(elif, { subject: 'Another matter' })
  const { page, complaints } = await openDesk()
  const rows = page.getByRole('list', { name: 'Tickets' }).getByRole('link')
  await rows.getByText('Another matter').waitFor()
  const field = page.getByRole('searchbox', { name: 'Search tickets' })
  const look = async (words: string) => {
    await field.fill(words)
    await field.press('Enter')
  }
  await look(' zirconia ')
  await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringContaining('Zirconia in the glaze')])
  await page.getByRole('button', { name: 'Closed 1' }).click()
  await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringContaining('Zirconia again')])
  await look(one.number)
  await page.getByText('Nothing found').waitFor()
  await page.getByRole('button', { name: 'Open 1' }).click()
  await rows.getByText('Zirconia in the glaze').waitFor()
  await field.fill('')
  await rows.getByText('Another matter').waitFor()
  expect(complaints).toEqual([])
  await page.close()
})
