import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { fieldOfTests } from '../../support/field.ts'
import { widgetOf } from '../../support/stack.ts'

const field = fieldOfTests()

const statuses: Record<string, string> = { open: 'Open', in_progress: 'In progress', resolved: 'Resolved', closed: 'Closed' }

/** A device of the customer, whose socket loses every third frame, counted from `first`. */
async function device(name: string, first: number): Promise<Page> {
  const context = await field.browser.newContext()
  let count = first
  await context.routeWebSocket(/v1\/socket/, (socket) => {
    const server = socket.connectToServer()
    server.onMessage((frame) => {
      if (!String(frame).startsWith('42') || ++count % 3 !== 0) socket.send(frame)
    })
  })
  return field.page(context, name)
}

test.each([0, 1, 2])(
  'SYNC-1: a socket that loses every third frame (from %i): list, tickets, read positions and threads end as the server has them',
  async (first) => {
    const name = `sieve-${first}`
    const page = await device(name, first)
    const other = await device(name, first + 1)
    const widget = widgetOf(page)
    await widget.open()
    await widget.writeTicket('Under the sieve', 'One')
    await expect.poll(() => field.bodies(name)).toEqual(['One'])
    const customer = await field.customer(name)
    const agent = await field.agent()
    const { id } = (await customer.call('listTickets', {})).data[0] ?? { id: '' }
    const second = await customer.call('createTicket', { body: { subject: 'Beside it', body: 'Another' } })
    const params = { id }
    const sent = []
    for (const body of ['Two', 'Three', 'Four', 'Five', 'Six']) sent.push(await agent.call('agentSendMessage', { params, body: { body } }))
    await agent.call('agentRedactMessage', { params: { id, message_id: sent[1]?.id ?? '' } })
    await agent.call('agentSendMessage', { params: { id: second.id }, body: { body: 'Answered' } })
    await agent.call('agentUpdateTicket', { params: { id: second.id }, body: { status: 'resolved' } })
    await agent.call('agentUpdateTicket', { params, body: { subject: 'Through the sieve' } })
    await customer.call('sendMessage', { params, body: { body: 'From a third device' } })

    // Becoming visible asks again.
    for (const one of [page, other]) {
      await one.context().setOffline(true)
      await one.waitForFunction(() => !navigator.onLine)
      if (one === page) await widget.dialog.getByText(/You are offline/).waitFor()
      await one.context().setOffline(false)
    }
    const { messages } = await customer.call('getTicket', { params })
    await expect
      .poll(() => widget.thread.locator('article .text').allTextContents())
      .toEqual(messages.map((message) => (message.redacted_at ? 'This message was removed.' : message.body)))
    await expect.poll(async () => (await customer.call('getTicket', { params })).unread_count).toBe(0)
    await widget.back.click()
    await widgetOf(other).open()
    const { data } = await customer.call('listTickets', {})
    // What is unread stands first.
    const inOrder = [...data].sort((a, b) => Number(b.unread_count > 0) - Number(a.unread_count > 0))
    const expected = inOrder.map((one) => `${one.subject}${one.unread_count || ''}${statuses[one.status]}`)
    for (const one of [page, other]) {
      const rows = async () =>
        Promise.all(
          (await widgetOf(one).dialog.locator('li').all()).map((row) =>
            row.evaluate((element) =>
              ['.subject', '.count', '.pill'].map((part) => element.querySelector(part)?.firstChild?.textContent ?? '').join(''),
            ),
          ),
        )
      await expect.poll(rows).toEqual(expected)
    }
    for (const context of field.browser.contexts()) await context.close()
  },
)
