import { afterAll, beforeAll, expect, test } from 'vitest'
import { client } from '../../support/client.ts'
import { quiet } from '../../support/quiet.ts'
import { furnish, update } from '../../support/scenes.ts'
import { loaded, type Stack, startStack, storedBy, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'support@kilnshare.example', RATE_LIMITS: 'off' })
  await furnish(stack)
})
afterAll(() => stack.stop())

/** The newest ticket of a customer, as agents see it. */
async function newest(name: string) {
  const { data } = await (await stack.customer(name)).call('listTickets', {})
  const id = data[0]?.id
  if (!id) throw new Error(`${name} has no ticket`)
  return (await stack.agent()).call('agentGetTicket', { params: { id } })
}
/** A ticket of one message, in this status. */
async function ticketOf(name: string, status: 'resolved' | 'closed', body = 'Please help.') {
  const { id } = await (await stack.customer(name)).call('createTicket', { body: { subject: 'Shelf', body, custom_fields: { booking: 'B-1' } } })
  await (await stack.agent()).call('agentUpdateTicket', { params: { id }, body: { status } })
  return id
}

test('LIST-10: unread first, closed ones folded, found on the server', async () => {
  const { page } = await stack.visit('alice')
  const { dialog, ...widget } = widgetOf(page)
  await widget.open()
  const rows = dialog.locator('.row:visible')
  await expect.poll(() => rows.count()).toBe(6)
  expect((await rows.allTextContents()).map((text) => /unread/.test(text))).toEqual([true, true, true, false, false, false])
  expect(await dialog.getByText('Opening hours').isVisible()).toBe(false)
  await dialog.getByText('Closed (3)').click()
  await dialog.getByText('Opening hours').waitFor()
  // The first message is searched too, and in any case.
  await dialog.getByRole('searchbox').fill('INVOICE 1182')
  await dialog.getByText('Found: 1').waitFor()
  expect(await rows.count()).toBe(1)
  await dialog.getByRole('searchbox').fill('nothing like it')
  await dialog.getByText('Found: 0').waitFor()
  await dialog.getByRole('searchbox').fill('')
  await expect.poll(() => rows.count()).toBeGreaterThan(5)
  await page.close()
})

test('FORM-1: questions of the app, with what is wrong at the field, here and from the server', async () => {
  const { page } = await stack.visit('fred')
  const widget = widgetOf(page)
  await widget.open()
  await widget.newTicket.click()
  await widget.subject.fill('Door')
  await widget.message.fill('It is stuck.')
  await widget.dialog.getByLabel('Number of shelves').fill('two')
  await widget.create.click()
  const booking = widget.dialog.getByLabel('Booking')
  await expect.poll(() => booking.getAttribute('aria-invalid')).toBe('true')
  expect(await booking.evaluate((field) => field.getRootNode() instanceof ShadowRoot && field.matches(':focus'))).toBe(true)
  expect(await booking.evaluate((field) => field.parentElement?.querySelector(`[id="${field.getAttribute('aria-describedby')}"]`)?.textContent)).toBe(
    'Please fill this in.',
  )
  await widget.dialog.getByText('Please enter a number.').waitFor()
  await booking.fill('B-7')
  await widget.dialog.getByLabel('Number of shelves').fill('2,5')
  await widget.dialog.getByLabel('Firing').selectOption('Raku')
  await widget.dialog.getByLabel('The kiln is still hot').check()
  // What only the server knows: the choice was taken away meanwhile.
  const backend = client(stack.url, stack.running.demo.adminKey)
  const { form_fields } = (await backend.call('agentGetApp', {})).settings
  const set = (fields: typeof form_fields) => backend.call('agentUpdateApp', { body: { settings: { form_fields: fields } } })
  await set(form_fields.map((one) => (one.key === 'firing' ? { ...one, options: ['Bisque'] } : one)))
  await widget.create.click()
  await widget.dialog.getByText('must be one of Bisque').waitFor()
  expect(await widget.dialog.getByLabel('Firing').getAttribute('aria-invalid')).toBe('true')
  expect(await booking.inputValue()).toBe('B-7')
  await set(form_fields)
  await widget.create.click()
  await widget.thread.getByText(/· Sent$/).waitFor()
  expect((await newest('fred')).custom_fields).toEqual({ booking: 'B-7', shelves: 2.5, firing: 'Raku', hot: true })
  await page.close()
})

test('FORM-2: what the page tells goes along only if its author agrees, as it was shown', async () => {
  const { page } = await stack.visit('gina')
  const widget = widgetOf(page)
  await loaded(page)
  await widget.open()
  const write = async (subject: string) => {
    await widget.newTicket.first().click()
    await widget.subject.fill(subject)
    await widget.message.fill('Please look.')
    await widget.dialog.getByLabel('Booking').fill('B-8')
  }
  const send = async () => {
    await widget.create.click()
    await widget.thread.getByText(/· Sent$/).waitFor()
    await widget.back.click()
    return (await newest('gina')).context
  }
  await write('Without context')
  expect(await widget.dialog.getByLabel('Send these details').count()).toBe(0)
  expect(await send()).toBeNull()
  await page.evaluate(() => (window as unknown as Global).SupportWidget('setContext', { plan: 'Studio', nested: { kiln: 4 } }))
  await write('Not agreed')
  expect(await widget.dialog.getByLabel('Send these details').isChecked()).toBe(false)
  expect(await send()).toBeNull()
  await write('Agreed')
  await widget.dialog.getByLabel('Send these details').check()
  const shown = JSON.parse((await widget.dialog.locator('pre').textContent()) ?? '')
  expect(shown).toMatchObject({ plan: 'Studio', nested: { kiln: 4 }, page: `${stack.hostUrl}/` })
  expect(await send()).toEqual(shown)
  await page.close()
})

test('FORM-3: a follow-up names the closed ticket, unless that is taken back', async () => {
  const id = await ticketOf('hana', 'closed')
  const { page } = await stack.visit('hana')
  const widget = widgetOf(page)
  const follow = async (body: string) => {
    await widget.dialog.getByText('Shelf').last().click()
    await widget.dialog.getByText('This ticket is closed.').waitFor()
    await widget.newTicket.click()
    await widget.dialog.getByText(/^Follow-up to TKT-/).waitFor()
    await widget.subject.fill('Again')
    await widget.message.fill(body)
    await widget.dialog.getByLabel('Booking').fill('B-9')
  }
  await widget.open()
  await widget.dialog.getByText('Closed (1)').click()
  await follow('It fell down again.')
  await widget.create.click()
  await widget.thread.getByText(/· Sent$/).waitFor()
  expect((await newest('hana')).follow_up_of).toBe(id)
  await widget.back.click()
  await widget.dialog.getByText('Closed (1)').click()
  await follow('Something else.')
  await widget.dialog.getByRole('button', { name: 'Remove', exact: true }).click()
  await widget.create.click()
  await widget.thread.getByText(/· Sent$/).waitFor()
  expect((await newest('hana')).follow_up_of).toBeNull()
  await page.close()
})

test('RATE-1: rated, changed after a reload, reopened by a reply', async () => {
  await ticketOf('ines', 'resolved')
  const { page } = await stack.visit('ines')
  const widget = widgetOf(page)
  const enter = async () => {
    await widget.open()
    await widget.dialog.getByText('Shelf').click()
  }
  await enter()
  await widget.dialog.getByText('Write again to reopen this ticket.').waitFor()
  await widget.dialog.getByRole('radio', { name: 'Bad', exact: true }).check()
  await widget.dialog.getByLabel('Anything to add?').fill('Slow')
  await expect.poll(async () => JSON.stringify((await storedBy(page)).rows)).toContain('Slow')
  await page.reload()
  await enter()
  expect(await widget.dialog.getByRole('radio', { name: 'Bad', exact: true }).isChecked()).toBe(true)
  await widget.dialog.getByRole('button', { name: 'Send rating' }).click()
  await widget.dialog.getByText('Your rating: Bad.').waitFor()
  expect((await newest('ines')).csat).toMatchObject({ score: 2, comment: 'Slow' })
  await widget.dialog.getByRole('button', { name: 'Change' }).click()
  expect(await widget.dialog.getByLabel('Anything to add?').inputValue()).toBe('Slow')
  await widget.dialog.getByRole('radio', { name: 'Very good' }).check()
  await widget.dialog.getByLabel('Anything to add?').fill('')
  await widget.dialog.getByRole('button', { name: 'Send rating' }).click()
  await widget.dialog.getByText('Your rating: Very good.').waitFor()
  expect((await newest('ines')).csat).toMatchObject({ score: 5, comment: null })
  await widget.composer.fill('It is loose again.')
  await widget.composer.press('Enter')
  await widget.dialog.getByText('In progress').waitFor()
  expect(await widget.dialog.getByText('Write again to reopen').count()).toBe(0)
  await page.close()
})

test('TRUST-4: what could not be done as nobody answered says so, and is there to be done again', async () => {
  await ticketOf('vera', 'resolved')
  const { page, context } = await stack.visit('vera')
  const widget = widgetOf(page)
  await widget.open()
  await widget.dialog.getByText('Shelf').click()
  await widget.dialog.getByRole('radio', { name: 'Bad', exact: true }).check()
  await widget.dialog.getByLabel('Anything to add?').fill('Slow')
  await widget.dialog.getByRole('button', { name: 'Close ticket' }).click()
  await context.setOffline(true)
  await widget.dialog.getByRole('button', { name: 'Send rating' }).click()
  await widget.dialog.getByRole('alert').getByText('Support cannot be reached.').waitFor()
  expect(await widget.dialog.getByLabel('Anything to add?').inputValue()).toBe('Slow')
  await widget.dialog.getByRole('button', { name: 'Close it' }).click()
  await quiet(page)
  await context.setOffline(false)
  await widget.dialog.getByRole('button', { name: 'Send rating' }).click()
  await widget.dialog.getByText('Your rating: Bad.').waitFor()
  // That of the drawer goes with the next answer to a question of its own.
  await expect.poll(() => widget.dialog.getByText('Support cannot be reached.').count()).toBe(0)
  await widget.dialog.getByRole('button', { name: 'Close it' }).click()
  await expect.poll(async () => (await newest('vera')).status).toBe('closed')
  await expect.poll(() => widget.dialog.getByRole('button', { name: 'Close it' }).count()).toBe(0)
  expect(await newest('vera')).toMatchObject({ csat: { score: 2, comment: 'Slow' } })
})

test('COPY-1: the whole conversation as text, or selected where copying is not allowed', async () => {
  const alice = await stack.customer('jana')
  const id = await ticketOf('jana', 'resolved', 'Message 1')
  for (let at = 2; at <= 60; at++) await alice.call('sendMessage', { params: { id }, body: { body: `Message ${at}` } })
  const { page, context } = await stack.visit('jana')
  const widget = widgetOf(page)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stack.hostUrl })
  await widget.open()
  await widget.dialog.getByText('Shelf').click()
  await widget.thread.getByText('Message 60').waitFor()
  await widget.dialog.getByRole('button', { name: 'Copy the conversation' }).click()
  await widget.dialog.getByText('Copied').waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toMatch(/^TKT-\d+-\d+ Shelf\n\nYou, .+\nMessage 1\n/)
  expect(copied.match(/Message \d+$/gm)).toEqual(Array.from({ length: 60 }, (_, at) => `Message ${at + 1}`))
  await context.clearPermissions()
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  await widget.dialog.getByRole('button', { name: 'Copy the conversation' }).click()
  await widget.dialog.getByText('Selected: copy it now').waitFor()
  await page.close()
})

test('TRUST-1: who is away says so, and asks for an address only if none is known', async () => {
  const known = await stack.visit('alice')
  const hers = widgetOf(known.page)
  await hers.open()
  await hers.dialog.getByText(/We are away. We answer/).waitFor()
  expect(await hers.dialog.getByText('two hours').count()).toBe(0)
  await hers.dialog.getByText('Payment not received').click()
  await hers.dialog.getByText('We mail our answer to alice@kilnshare.example.').waitFor()
  await known.page.close()

  const { page } = await stack.visit(null)
  const widget = widgetOf(page)
  await widget.open()
  await widget.newTicket.click()
  await widget.dialog.getByLabel('Booking').fill('B-3')
  await widget.subject.fill('Door code')
  await widget.message.fill('Which one?')
  await widget.create.click()
  const address = widget.dialog.getByLabel('Where may we mail')
  await address.fill('nobody')
  await address.press('Enter')
  await widget.dialog.getByRole('alert').waitFor()
  await address.fill('kim@home.example')
  await address.press('Enter')
  await widget.dialog.getByText('We mail our answer to kim@home.example.').waitFor()
  await page.reload()
  await widget.open()
  await widget.dialog.getByText('Door code').click()
  await widget.dialog.getByText('kim@home.example').waitFor()
  await page.close()
})

test('TRUST-2: while the server cannot be reached its address is named; while the customer is offline it is not', async () => {
  const { page, context } = await stack.visit('alice')
  const widget = widgetOf(page)
  await loaded(page)
  await update(page, { contactEmail: 'other@kilnshare.example' })
  await page.route('**/v1/support/tickets**', (route) => route.abort())
  await widget.open()
  const contact = widget.dialog.getByRole('link', { name: 'other@kilnshare.example' })
  await contact.waitFor()
  expect(await contact.getAttribute('href')).toBe('mailto:other@kilnshare.example')
  await context.setOffline(true)
  await widget.dialog.getByText(/You are offline/).waitFor()
  expect(await contact.count()).toBe(0)
  await page.close()
})

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<unknown>
}
