import { afterAll, beforeAll, expect, test } from 'vitest'
import { newTicket } from '../../support/factories.ts'
import { quiet, watchTraffic } from '../../support/quiet.ts'
import { type Stack, startStack, widgetOf } from '../../support/stack.ts'

/** Answers that come late, out of turn, or from somebody who is not the server. */
let stack: Stack
beforeAll(async () => {
  stack = await startStack({ RATE_LIMITS: 'off' })
})
afterAll(() => stack.stop())

/** A customer in their own ticket, in which they have written `One`. */
async function inTicket(name: string) {
  const { page, context, complaints } = await stack.visit(name)
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Answers', 'One')
  await widget.thread.getByText(/· Sent$/).waitFor()
  const customer = await stack.customer(name)
  const [ticket] = (await customer.call('listTickets', {})).data
  const params = { id: ticket?.id ?? '' }
  return {
    page,
    context,
    complaints,
    widget,
    params,
    agent: await stack.agent(),
    texts: () => widget.thread.locator('article .text').allTextContents(),
    bodies: async () => (await customer.call('getTicket', { params })).messages.map(({ body }) => body),
    async write(text: string) {
      await widget.composer.fill(text)
      await widget.composer.press('Enter')
    },
  }
}

test('TALK-10: what the customer wrote stays on screen while an answer before it has not come', async () => {
  const { page, widget, params, agent, texts, write } = await inTicket('gaby')
  await page.routeWebSocket(/v1\/socket/, (socket) => socket.close())
  await page.reload()
  await widget.open()
  // Before the thread is opened: none of its questions is on its way that would bring the answer all the same.
  const held = Promise.withResolvers<void>()
  await page.route('**/messages?**', async (route) => {
    await held.promise
    await route.continue().catch(() => {})
  })
  await widget.dialog.getByText('Answers').first().click()
  await widget.thread.getByText('One', { exact: true }).waitFor()
  await agent.call('agentSendMessage', { params, body: { body: 'Before' } })
  await write('Two')
  await widget.thread.getByText('Sending…').waitFor({ state: 'detached' })
  expect(await texts()).toEqual(['One', 'Two'])
  held.resolve()
  await widget.thread.getByText('Before').waitFor()
  expect(await texts()).toEqual(['One', 'Before', 'Two'])
  await page.close()
})

test('OUT-8: a success, or a refusal, that is not the server’s own is no answer: the message is sent again', async () => {
  const { page, widget, write, bodies, complaints } = await inTicket('hans')
  const headers = { 'access-control-allow-origin': '*' }
  const strange = [
    { status: 200, json: { status: 'maintenance' }, headers },
    { status: 404, json: { message: 'no route' }, headers },
    { status: 200, json: null, headers },
  ]
  await page.route('**/messages', (route) => {
    const answer = route.request().method() === 'POST' ? strange.shift() : undefined
    return answer ? route.fulfill(answer) : route.continue()
  })
  await write('Two')
  await write('Three')
  await expect.poll(bodies, { timeout: 30_000 }).toEqual(['One', 'Two', 'Three'])
  expect(strange).toEqual([])
  expect(await widget.composer.inputValue()).toBe('')
  await widget.back.click()
  let first = true
  await page.route('**/tickets', (route) => {
    const isFirst = first && route.request().method() === 'POST'
    first &&= !isFirst
    return isFirst ? route.fulfill({ status: 201, json: { ok: true }, headers }) : route.continue()
  })
  await widget.writeTicket('Another', 'Four')
  await widget.thread.getByText(/· Sent$/).waitFor({ timeout: 30_000 })
  await widget.back.click()
  await widget.dialog.getByText('Another').waitFor()
  expect(await widget.dialog.locator('.row').count()).toBe(2)
  expect(complaints).toEqual([])
  await page.close()
})

test('DEL-10: several messages that are refused come back in the order in which they were written', async () => {
  const { page, context, widget, params, agent, write } = await inTicket('ines')
  await context.setOffline(true)
  for (const text of ['Two', 'Three', 'Four']) await write(text)
  await widget.thread.getByText('Not sent yet').nth(2).waitFor()
  await agent.call('agentUpdateTicket', { params, body: { status: 'closed' } })
  await context.setOffline(false)
  await widget.dialog.getByRole('button', { name: 'New ticket' }).click()
  await expect.poll(() => widget.message.inputValue()).toBe('Two\n\nThree\n\nFour')
  await page.close()
})

test('MERGE-10: half-typed text goes along from a merged ticket to the one in which it goes on', async () => {
  const { page, widget, params, agent } = await inTicket('jack')
  const { id } = await newTicket(await stack.customer('jack'), { subject: 'The other one', body: 'Here too' })
  await widget.composer.fill('half a thought')
  await agent.call('agentMergeTicket', { params, body: { into: id } })
  await widget.dialog.getByRole('button', { name: 'Go there' }).click()
  await widget.thread.getByText('Here too').waitFor()
  await expect.poll(() => widget.composer.inputValue()).toBe('half a thought')
  await page.close()
})

test('MERGE-11: what a merged ticket refuses stands in the one in which it goes on, and the list tells', async () => {
  const { page, context, widget, params, agent, write } = await inTicket('kira')
  const { id } = await newTicket(await stack.customer('kira'), { subject: 'The other one', body: 'Here too' })
  await context.setOffline(true)
  await write('Two')
  await widget.thread.getByText('Not sent yet').waitFor()
  await agent.call('agentMergeTicket', { params, body: { into: id } })
  await context.setOffline(false)
  await widget.dialog.getByText('Your text is kept.').waitFor()
  await widget.back.click()
  await widget.newTicket.click()
  await widget.subject.waitFor()
  expect(await widget.dialog.getByRole('alert').count()).toBe(0)
  await widget.back.click()
  await widget.dialog.getByRole('button', { name: /^The other one .*Not sent yet/ }).waitFor()
  await page.reload()
  await widget.open()
  await widget.dialog.getByRole('button', { name: /^The other one .*Not sent yet/ }).click()
  await expect.poll(() => widget.composer.inputValue()).toBe('Two')
  await page.close()
})

test('MERGE-11: what two tabs hear refused is given back once', async () => {
  const { page, context, widget, params, agent, write } = await inTicket('lena')
  const { id } = await newTicket(await stack.customer('lena'), { subject: 'The other one', body: 'Here too' })
  let tries = 0
  await page.route('**/messages', (route) => {
    tries++
    return route.abort()
  })
  await write('Two')
  // The next try of this one comes late.
  await expect.poll(() => tries).toBeGreaterThanOrEqual(4)
  await agent.call('agentMergeTicket', { params, body: { into: id } })
  await page.unroute('**/messages')
  const second = watchTraffic(await context.newPage())
  await second.goto(page.url())
  const other = widgetOf(second)
  await other.open()
  await other.dialog.getByRole('button', { name: /^The other one .*Not sent yet/ }).click()
  await expect.poll(() => other.composer.inputValue()).toBe('Two')
  await widget.thread.getByText('Not sent yet').waitFor({ state: 'detached' })
  await quiet(page)
  expect(await other.composer.inputValue()).toBe('Two')
  await context.close()
})
