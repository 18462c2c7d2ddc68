import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack, storedBy, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

async function bodiesOf(name: string): Promise<string[]> {
  const customer = await stack.customer(name)
  const [ticket] = (await customer.call('listTickets', {})).data
  if (!ticket) return []
  return (await customer.call('getTicket', { params: { id: ticket.id } })).messages.map((message) => message.body)
}

test('DEL-1: what is written offline is kept, shown as unsent, and arrives once and in order', async () => {
  const { page, context } = await stack.visit('off')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Offline', 'One')
  await expect.poll(() => bodiesOf('off')).toEqual(['One'])
  await context.setOffline(true)
  await widget.dialog.getByText(/You are offline/).waitFor()
  for (const text of ['Two', 'Three']) {
    await widget.composer.fill(text)
    await widget.composer.press('Enter')
    await widget.thread.getByText(text, { exact: true }).waitFor()
  }
  expect(await bodiesOf('off')).toEqual(['One'])
  await context.setOffline(false)
  await expect.poll(() => bodiesOf('off')).toEqual(['One', 'Two', 'Three'])
  await widget.thread.getByText(/· Sent$/).waitFor()
  expect(await widget.thread.getByText('Two', { exact: true }).count()).toBe(1)
  await page.close()
})

test('DEL-2: an answer that is lost after the commit does not double the message', async () => {
  const { page } = await stack.visit('lossy')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Lossy', 'One')
  await expect.poll(() => bodiesOf('lossy')).toEqual(['One'])
  let dropped = 0
  await page.route('**/messages', async (route) => {
    if (route.request().method() !== 'POST' || dropped > 0) return route.continue()
    dropped++
    await route.fetch()
    await route.abort()
  })
  await widget.composer.fill('Two')
  await widget.composer.press('Enter')
  await widget.thread
    .getByRole('article')
    .filter({ hasText: 'Two' })
    .getByText(/· Sent$/)
    .waitFor()
  await expect.poll(() => bodiesOf('lossy')).toEqual(['One', 'Two'])
  await expect.poll(() => widget.thread.getByText('Two', { exact: true }).count()).toBe(1)
  expect(dropped).toBe(1)
  await page.close()
})

test('DEL-3: a draft survives a reload, for a new ticket and in a thread', async () => {
  const { page } = await stack.visit('drafty')
  const widget = widgetOf(page)
  await widget.open()
  await widget.newTicket.first().click()
  await widget.subject.fill('Half a subject')
  await widget.message.fill('Half a message')
  // The first of all makes the browser's database.
  await expect.poll(async () => JSON.stringify((await storedBy(page)).rows)).toContain('Half a message')
  await page.reload()
  await widget.open()
  if (!(await widget.subject.isVisible())) await widget.newTicket.first().click()
  expect(await widget.subject.inputValue()).toBe('Half a subject')
  expect(await widget.message.inputValue()).toBe('Half a message')
  await widget.create.click()
  await widget.thread.getByText('Half a message').waitFor()
  await widget.composer.fill('Half a reply')
  await page.reload()
  await widget.open()
  if (!(await widget.thread.isVisible())) await widget.dialog.getByText('Half a subject').first().click()
  expect(await widget.composer.inputValue()).toBe('Half a reply')
  await page.close()
})

test('DEL-4: a refused ticket says why and keeps what was typed', async () => {
  const { page } = await stack.visit('refused')
  const widget = widgetOf(page)
  await page.route('**/v1/support/tickets', (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    const problem = {
      type: 'x',
      title: 'x',
      status: 400,
      detail: 'One value is not valid.',
      instance: 'x',
      code: 'invalid_request',
      errors: [{ location: 'body.subject', message: 'must not rhyme' }],
    }
    return route.fulfill({
      status: 400,
      headers: { 'access-control-allow-origin': stack.hostUrl },
      contentType: 'application/problem+json',
      body: JSON.stringify(problem),
    })
  })
  await widget.open()
  await widget.newTicket.first().click()
  await widget.subject.fill('Kiln until')
  await widget.message.fill('Nothing is lost')
  await widget.create.click()
  await widget.dialog.getByText('must not rhyme').waitFor()
  expect(await widget.message.inputValue()).toBe('Nothing is lost')
  expect(await widget.subject.getAttribute('aria-invalid')).toBe('true')
  await page.close()
})

test('DEL-5: with blocked storage the widget works in memory', async () => {
  const { page } = await stack.visit(null)
  await page.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    }
  })
  await page.goto(`${stack.hostUrl}/?user=blocked`)
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Blocked', 'No storage here')
  await expect.poll(() => bodiesOf('blocked')).toEqual(['No storage here'])
  await page.close()
})

test('DEL-6: hints that never come are made up by asking: with the socket blocked the answer still appears', async () => {
  const { page } = await stack.visit(null)
  await page.routeWebSocket(/v1\/socket/, (socket) => socket.close())
  await page.goto(`${stack.hostUrl}/?user=nosocket`)
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('No socket', 'Hello?')
  await expect.poll(() => bodiesOf('nosocket')).toEqual(['Hello?'])
  const [ticket] = (await (await stack.customer('nosocket')).call('listTickets', {})).data
  await (await stack.agent()).call('agentSendMessage', { params: { id: ticket?.id ?? '' }, body: { body: 'We hear you.' } })
  await widget.thread.getByText('We hear you.').waitFor()
  await page.close()
})

test('DEL-7: dangerous text is text', async () => {
  const { page, complaints } = await stack.visit('xss')
  const widget = widgetOf(page)
  const nasty = '<img src=x onerror="document.title=1"> {{constructor.constructor("1")()}} javascript:alert(1) https://ok.example/a?b=1'
  await widget.open()
  await widget.writeTicket('<b>bold</b>', nasty)
  await widget.thread.getByText(/onerror/).waitFor()
  const links = await widget.thread.getByRole('link').all()
  expect(await Promise.all(links.map((link) => link.getAttribute('href')))).toEqual(['https://ok.example/a?b=1'])
  expect(await links[0]?.getAttribute('rel')).toBe('noopener noreferrer nofollow')
  expect(await widget.dialog.locator('img, b').count()).toBe(0)
  expect(complaints).toEqual([])
  await page.close()
})

test('DEL-8: a token that never comes leaves a message unsent, not on its way for ever', async () => {
  const { page } = await stack.visit('silent')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Silent', 'One')
  await page.route('**/support-token', () => {})
  await page.route('**/messages', (route) =>
    route.fulfill({
      status: 401,
      headers: { 'access-control-allow-origin': stack.hostUrl },
      json: { code: 'token_expired', detail: 'expired' },
    }),
  )
  await widget.composer.fill('Two')
  await widget.composer.press('Enter')
  await widget.thread.getByText('Not sent yet').waitFor({ timeout: 60_000 })
  await page.unroute('**/messages')
  await page.unroute('**/support-token')
  // By itself: whether there is still time to press "Try again" is chance.
  await expect.poll(() => bodiesOf('silent'), { timeout: 60_000 }).toEqual(['One', 'Two'])
  await widget.thread.getByText(/· Sent$/).waitFor()
  await page.close()
})

test('DEL-9: half-typed text goes along from a closed ticket to a new one, beside what stands there', async () => {
  const { page } = await stack.visit('half')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Half', 'One')
  await expect.poll(() => bodiesOf('half')).toEqual(['One'])
  await widget.composer.fill('half a thought')
  const [ticket] = (await (await stack.customer('half')).call('listTickets', {})).data
  await (await stack.customer('half')).call('closeTicket', { params: { id: ticket?.id ?? '' } })
  await widget.dialog.getByText('Your text is kept.').waitFor()
  await widget.newTicket.click()
  expect(await widget.message.inputValue()).toBe('half a thought')
  await page.close()
})

test('DEL-11: a database of the browser that never answers keeps neither the button away nor what is written', async () => {
  const { page } = await stack.visit('numb')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Numb', 'One')
  await expect.poll(() => bodiesOf('numb')).toEqual(['One'])
  await page.addInitScript(() => {
    const table = { getAll: () => ({}), put: () => ({}), delete: () => ({}) }
    IDBDatabase.prototype.transaction = () => ({ objectStore: () => table, commit: () => {} }) as never
  })
  await page.reload()
  await widget.open()
  await widget.dialog.getByText('Numb').click()
  await widget.composer.fill('Two')
  await widget.composer.press('Enter')
  await expect.poll(() => bodiesOf('numb')).toEqual(['One', 'Two'])
  // Told under the last of several: "Sent" may still be that of the one before.
  await widget.thread
    .getByRole('article')
    .filter({ hasText: 'Two' })
    .getByText(/· Sent$/)
    .waitFor()
  await page.close()
})
