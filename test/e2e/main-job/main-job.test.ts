import { afterAll, beforeAll, expect, test } from 'vitest'
import { connected } from '../../support/quiet.ts'
import { type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

/** The newest ticket of a customer, as the API has it. */
async function newest(name: string) {
  const { data } = await (await stack.customer(name)).call('listTickets', {})
  const [ticket] = data
  if (!ticket) throw new Error(`${name} has no ticket`)
  return ticket
}

test('MAIN-1: alice writes, the agent answers by the API, the answer stands in the open drawer without reload or poll', async () => {
  const { page, complaints } = await stack.visit('alice')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Payment not received', 'It has not appeared in my payouts.')
  await expect.poll(async () => (await stack.customer('alice').then((c) => c.call('listTickets', {}))).data.length).toBe(1)
  const ticket = await newest('alice')
  expect(ticket).toMatchObject({ subject: 'Payment not received', channel: 'widget', status: 'open' })
  await widget.thread.getByText(/· Sent$/).waitFor()

  await connected(page)
  // From here on the page may not read tickets: what appears came over the socket.
  await page.route('**/v1/support/tickets**', (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()))
  const agent = await stack.agent()
  await agent.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'I have looked: the payout is on its way.' } })
  await widget.thread.getByText('I have looked: the payout is on its way.').waitFor()
  await widget.dialog.getByText('In progress').waitFor()
  expect(complaints).toEqual([])
  await page.close()
})

test('MAIN-2: with the drawer closed the answer is an unread badge, and reading it takes the badge away', async () => {
  const { page, complaints } = await stack.visit('carol')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Door code', 'Which code opens the studio?')
  await expect.poll(async () => (await newest('carol')).subject).toBe('Door code')
  await page.keyboard.press('Escape')
  await widget.dialog.waitFor({ state: 'detached' })
  const agent = await stack.agent()
  const { id } = await newest('carol')
  await agent.call('agentSendMessage', { params: { id }, body: { body: 'It is 4711.' } })
  await agent.call('agentSendMessage', { params: { id }, body: { body: 'A note that customers never see', is_internal: true } })
  await agent.call('agentSendMessage', { params: { id }, body: { body: 'And please close the door.' } })
  await page.getByRole('button', { name: 'Support, 2 unread messages' }).waitFor()
  await widget.open()
  await widget.thread.getByText('And please close the door.').waitFor()
  expect(await widget.dialog.textContent()).not.toContain('customers never see')
  await expect.poll(async () => (await newest('carol')).unread_count).toBe(0)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Support', exact: true }).last().waitFor()
  expect(complaints).toEqual([])
  await page.close()
})

test('MAIN-3: bob sees nothing of it, and alice finds everything after a reload', async () => {
  const alice = await stack.visit('alice')
  const bob = await stack.visit('bob')
  const [hers, his] = [widgetOf(alice.page), widgetOf(bob.page)]
  await his.open()
  await his.dialog.getByText('How can we help?').waitFor()
  expect(await his.dialog.textContent()).not.toContain('Payment')

  await hers.open()
  await hers.dialog.getByText('Payment not received').click()
  await hers.thread.getByText('It has not appeared in my payouts.').waitFor()
  await alice.page.reload()
  await hers.open()
  const row = hers.dialog.getByText('Payment not received').first()
  await row.waitFor()
  if (!(await hers.thread.isVisible())) await row.click()
  await hers.thread.getByText('It has not appeared in my payouts.').waitFor()
  await hers.thread.getByText('I have looked: the payout is on its way.').waitFor()

  const { id } = await newest('alice')
  const agent = await stack.agent()
  await agent.call('agentSendMessage', { params: { id }, body: { body: 'Anything else, Alice?' } })
  await hers.thread.getByText('Anything else, Alice?').waitFor()
  expect(await bob.page.locator('html').textContent()).not.toContain('Alice?')
  await alice.page.close()
  await bob.page.close()
})

test('MAIN-4: a reply in the thread stands in the agent’s view once, in order', async () => {
  const { page } = await stack.visit('dora')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Glaze', 'First')
  for (const text of ['Second', 'Third', 'Fourth']) {
    await widget.composer.fill(text)
    await widget.composer.press('Enter')
  }
  const agent = await stack.agent()
  const bodies = async () => {
    const { id } = await newest('dora')
    return (await agent.call('agentGetTicket', { params: { id } })).messages.map((message) => message.body)
  }
  await expect.poll(bodies).toEqual(['First', 'Second', 'Third', 'Fourth'])
  await page.close()
})

test('MAIN-5: the customer closes the ticket; the composer gives way to a sentence', async () => {
  const { page } = await stack.visit('emil')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Shelf', 'Solved already')
  await widget.dialog.getByRole('button', { name: 'Close ticket' }).click()
  await widget.dialog.getByRole('button', { name: 'Close it' }).click()
  await widget.dialog.getByText('This ticket is closed.').waitFor()
  expect(await widget.composer.count()).toBe(0)
  await expect.poll(async () => (await newest('emil')).status).toBe('closed')
  await page.close()
})
