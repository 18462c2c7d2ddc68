import { decodeId } from '@support-widget/shared/ids.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { request } from '../../support/client.ts'
import { type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

const json = { 'Content-Type': 'application/json' }

test('CROSS-5: made in ping by the backend, it appears in the open drawer; answered at the desk, read in the widget, closed in console before the eyes of both, listed as closed in pgi', async () => {
  const customer = await stack.visit('alice')
  const widget = widgetOf(customer.page)
  await widget.open()
  await widget.dialog.getByText('How can we help?').waitFor()
  const desk = await (await stack.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
  desk.setDefaultTimeout(30_000)
  await desk.goto(`${stack.url}/desk`)
  await desk.getByText('Sam Okafor').waitFor()

  const { adminKey, sign } = stack.running.demo
  const made = await request(`${stack.url}/compat/ping/v1/api/tickets`, {
    method: 'POST',
    headers: { ...json, 'X-Ping-Api-Key': adminKey },
    body: JSON.stringify({
      subject: 'Kiln three is cold',
      description: 'She called: it does not heat up.',
      priority: 'critical',
      channel: 'phone',
      customer_email: 'alice@kilnshare.example',
    }),
  })
  expect(made.status, made.text).toBe(201)
  const { ticketNumber } = (made.body as { ticket: { ticketNumber: string } }).ticket

  await widget.dialog.getByText('Kiln three is cold').first().click()
  await widget.thread.getByText('She called: it does not heat up.').waitFor()
  await desk.getByRole('list', { name: 'Tickets' }).getByText('Kiln three is cold').click()
  const log = desk.getByRole('log')
  await log.getByText('She called: it does not heat up.').waitFor()
  await desk.getByPlaceholder('Write a reply').fill('A fuse. It is warm again.')
  await desk.keyboard.press('Control+Enter')
  await widget.thread.getByText('A fuse. It is warm again.').waitFor()

  const user = { Authorization: `Bearer ${await sign('alice', 'customer', 600)}` }
  const [ticket] = (await (await stack.customer('alice')).call('listTickets', {})).data
  expect(ticket).toMatchObject({ number: ticketNumber, priority: 'urgent', channel: 'phone', status: 'in_progress' })
  const uuid = decodeId(ticket?.id ?? '')
  const closed = await request(`${stack.url}/compat/console/api/v1/support/tickets/${uuid}/close`, { method: 'POST', headers: user })
  expect(closed.status, closed.text).toBe(200)
  expect(closed.body).toMatchObject({ ticket_id: uuid, status: 'closed', comments: [{ content: 'A fuse. It is warm again.', author_type: 'agent' }] })

  await widget.dialog.getByText('This ticket is closed.').waitFor()
  await expect
    .poll(async () => (await stack.agent()).call('agentGetTicket', { params: { id: ticket?.id ?? '' } }))
    .toMatchObject({ status: 'closed' })
  const listed = await request(`${stack.url}/compat/pgi/api/v2/support/tickets/`, { headers: user })
  expect(listed.body).toMatchObject({ count: 1, results: [{ ticket_id: ticket?.id, subject: 'Kiln three is cold', status: 'closed' }] })
  await desk.getByRole('button', { name: 'Reopen' }).waitFor()
  expect(customer.complaints).toEqual([])
  await desk.close()
  await customer.page.close()
})
