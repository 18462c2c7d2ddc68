import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../../support/client.ts'
import { connected, quiet } from '../../support/quiet.ts'
import { listen } from '../../support/sockets.ts'
import { type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
let agent: Client
beforeAll(async () => {
  stack = await startStack()
  agent = await stack.agent()
})
afterAll(() => stack.stop())

/** A customer with a ticket of so many messages, the first their own, the others the agent's; the drawer is open at it. */
async function reader(name: string, count = 1) {
  const customer = await stack.customer(name)
  const { id } = await customer.call('createTicket', { body: { subject: `Thread of ${name}`, body: 'Line 1' } })
  const params = { id }
  const answer = (body: string) => agent.call('agentSendMessage', { params, body: { body } })
  for (let n = 2; n <= count; n++) await answer(`Line ${n}`)
  await customer.call('readTicket', { params, body: { seq: count } })
  const { page } = await stack.visit(name)
  const widget = widgetOf(page)
  const enter = async () => {
    await widget.dialog.getByText(`Thread of ${name}`).click()
    await widget.thread.getByText('Line', { exact: false }).first().waitFor()
  }
  await widget.open()
  await enter()
  await connected(page)
  return { page, widget, customer, params, answer, enter }
}

/** The distance of the shown part from the end of the thread, px. */
const fromEnd = (page: Page) => widgetOf(page).thread.evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight))

test('TALK-1: while an agent types the thread says who, until they have sent, stopped or fallen silent; the agent sees the customer type', async () => {
  const { page, widget, params, answer } = await reader('typist')
  await page.clock.install()
  const desk = await listen(stack.url, await stack.running.demo.sign('sam', 'agent', 3600))
  const says = widget.dialog.getByText('Sam Okafor is typing…')
  const type = (typing: boolean) => desk.ask('typing', { ticket_id: params.id, typing })
  await type(true)
  await says.waitFor()
  await type(false)
  await says.waitFor({ state: 'detached' })
  await type(true)
  await says.waitFor()
  await answer('Line 2')
  await widget.thread.getByText('Line 2').waitFor()
  await says.waitFor({ state: 'detached' })
  await type(true)
  await says.waitFor()
  await page.clock.runFor(6_000)
  await says.waitFor({ state: 'detached' })

  const heard = () => desk.signals.filter(({ payload }) => payload.ticket_id === params.id).map(({ payload }) => payload.typing)
  await widget.composer.pressSequentially('abc')
  await expect.poll(heard).toEqual([true])
  await widget.composer.press('Enter')
  await expect.poll(heard).toEqual([true, false])
  await widget.composer.pressSequentially('x')
  await widget.composer.press('Backspace')
  await expect.poll(heard).toEqual([true, false, true, false])
  desk.close()
})

test('TALK-2: below the newest own message stands "Sent", then "Seen" once an agent has read it, after a reload too', async () => {
  const { page, widget, params, enter } = await reader('sender')
  await widget.composer.fill('Line 2')
  await widget.composer.press('Enter')
  const last = widget.thread.locator('article').last()
  await last.getByText('· Sent').waitFor()
  await agent.call('agentReadTicket', { params, body: { seq: 1 } })
  await agent.call('agentReadTicket', { params, body: { seq: 2 } })
  await last.getByText('· Seen').waitFor()
  await page.reload()
  await widget.open()
  await enter()
  await last.getByText('· Seen').waitFor()
  await widget.composer.fill('Line 3')
  await widget.composer.press('Enter')
  await last.getByText('· Sent').waitFor()
})

test('TALK-3: a line stands above the first answer that was unread on opening, and there one begins to read', async () => {
  const { page, widget, answer, enter } = await reader('away', 30)
  await widget.thread.getByText('Line 30').waitFor()
  await widget.back.click()
  for (let n = 31; n <= 50; n++) await answer(`Line ${n}`)
  await widget.dialog.getByText('20 unread messages').waitFor({ state: 'attached' })
  await enter()
  const line = widget.thread.getByText('New', { exact: true })
  await line.waitFor()
  expect(await line.evaluate((one) => one.nextElementSibling?.querySelector('.text')?.textContent)).toBe('Line 31')
  const box = await widget.thread.boundingBox()
  await expect.poll(async () => (await line.boundingBox())?.y ?? 0).toBeGreaterThanOrEqual(box?.y ?? 0)
  expect((await line.boundingBox())?.y).toBeLessThan((box?.y ?? 0) + (box?.height ?? 0) / 2)
  // What comes while one reads is not marked.
  await answer('Line 51')
  await widget.thread.getByText('Line 51').waitFor()
  expect(await line.count()).toBe(1)
  await widget.back.click()
  await enter()
  await widget.thread.getByText('Line 51').waitFor()
  expect(await line.count()).toBe(0)
  await page.goto('about:blank')
  for (let n = 52; n <= 70; n++) await answer(`Line ${n}`)
  await page.goBack()
  await widget.open()
  await enter()
  await line.waitFor()
  await expect.poll(async () => (await line.boundingBox())?.y ?? 0).toBeGreaterThanOrEqual(box?.y ?? 0)
})

test('TALK-4: scrolled up, the reader stays there; a button says how much is new and leads to it', async () => {
  const { page, widget, answer } = await reader('scroller', 40)
  await expect.poll(() => fromEnd(page)).toBe(0)
  const jump = widget.dialog.getByRole('button', { name: /Jump to the latest/ })
  expect(await jump.count()).toBe(0)
  await widget.thread.evaluate((box) => box.scrollTo(0, 200))
  await jump.waitFor()
  for (const n of [41, 42]) await answer(`Line ${n}`)
  await widget.dialog.getByRole('button', { name: 'Jump to the latest, 2 unread messages' }).waitFor()
  expect(await widget.thread.evaluate((box) => box.scrollTop)).toBe(200)
  await jump.press('Enter')
  await expect.poll(() => fromEnd(page)).toBe(0)
  await jump.waitFor({ state: 'detached' })
  await answer('Line 43')
  await widget.thread.getByText('Line 43').waitFor()
  await expect.poll(() => fromEnd(page)).toBe(0)
  // Who writes wants to see it.
  await widget.thread.evaluate((box) => box.scrollTo(0, 200))
  await widget.composer.fill('Mine')
  await widget.composer.press('Enter')
  await expect.poll(() => fromEnd(page)).toBe(0)
})

test('TALK-5: scrolling to the top brings older messages without moving what is read', async () => {
  const { page, widget } = await reader('digger', 130)
  await widget.thread.getByText('Line 130').waitFor()
  const first = widget.thread.locator('article .text').first()
  expect(await first.textContent()).toBe('Line 81')
  const placeOf = (text: string) => widget.thread.getByText(text, { exact: true }).evaluate((one) => Math.round(one.getBoundingClientRect().top))
  for (const [known, older] of [
    ['Line 81', 'Line 31'],
    ['Line 31', 'Line 1'],
  ] as const) {
    let before = 0
    await widget.thread.evaluate((box) => box.scrollTo(0, 30))
    before = await placeOf(known)
    await expect.poll(() => first.textContent()).toBe(older)
    expect(Math.abs((await placeOf(known)) - before)).toBeLessThanOrEqual(44)
  }
  await expect.poll(() => widget.thread.getByRole('button', { name: 'Show earlier messages' }).count()).toBe(0)
  const bodies = await widget.thread.locator('article .text').allTextContents()
  expect(bodies).toEqual(Array.from({ length: 130 }, (_, n) => `Line ${n + 1}`))
  await page.close()
})

test('TALK-6: what was removed and what was merged is said plainly; the way leads to where it goes on', async () => {
  const { widget, customer, params, answer } = await reader('merged')
  const { id } = await answer('Secret')
  await widget.thread.getByText('Secret').waitFor()
  await agent.call('agentRedactMessage', { params: { ...params, message_id: id } })
  await widget.thread.getByText('This message was removed.').waitFor()
  const target = await customer.call('createTicket', { body: { subject: 'The other one', body: 'Here' } })
  await agent.call('agentMergeTicket', { params, body: { into: target.id } })
  await widget.dialog.getByText('This ticket goes on in another one.').waitFor()
  await widget.dialog.getByRole('button', { name: 'Go there' }).click()
  await widget.dialog.getByRole('heading', { name: 'The other one' }).waitFor()
  await widget.thread.getByText('Here').waitFor()
})

test('TALK-7: times go on, days have names, line breaks stand, a few emoji are large', async () => {
  const { page, widget, answer, enter } = await reader('clock')
  await page.clock.install()
  await page.reload()
  await widget.open()
  await enter()
  await answer('two\nlines')
  await widget.thread.getByText('two').waitFor()
  expect(await widget.thread.getByText('two').evaluate((one) => one.getClientRects().length && one.clientHeight > 50)).toBe(true)
  await widget.thread.getByText(/^today$/i).waitFor()
  await widget.thread.getByText('now').first().waitFor()
  await page.clock.runFor(5 * 60_000)
  await widget.thread.getByText('5 minutes ago').first().waitFor()
  await answer('👍🏽🎉')
  await widget.thread.locator('.big').getByText('👍🏽🎉').waitFor()
})

test('TALK-8: an answer is added to the log once; what was loaded is not read aloud, nor what the customer wrote', async () => {
  const { widget, answer } = await reader('listener', 60)
  await widget.thread.getByText('Line 60').waitFor()
  await expect.poll(() => widget.thread.getAttribute('aria-live')).toBe(null)
  await widget.thread.evaluate((box) => {
    const added: string[] = []
    Object.assign(box, { added })
    new MutationObserver((records) => {
      for (const { addedNodes } of records) for (const node of addedNodes) added.push(node.textContent ?? '')
    }).observe(box, { childList: true, subtree: true })
  })
  await answer('Aloud')
  await widget.composer.fill('typed')
  await widget.composer.press('Enter')
  await widget.thread.getByText('· Sent').waitFor()
  // What the customer wrote may be there before it.
  await widget.thread.getByText('Aloud').waitFor()
  const added = await widget.thread.evaluate((box) => (box as unknown as { added: string[] }).added)
  expect(added.filter((text) => text.includes('Aloud'))).toHaveLength(1)
  expect(await widget.thread.locator('.mine').last().getAttribute('aria-live')).toBe('off')
})

test('TALK-9: a ticket is asked for while it is pressed; what is pressed and let go of elsewhere is neither opened nor read', async () => {
  const { page, widget, customer, params, answer } = await reader('presser')
  await page.goto('about:blank')
  await answer('Line 2')
  await page.goto(stack.hostUrl)
  const asked: string[] = []
  page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname.split('/').slice(4).join('/')}`))
  await widget.open()
  const row = widget.dialog.getByText('Thread of presser')
  await row.hover()
  await page.mouse.down()
  await expect.poll(() => asked).toContain(`GET ${params.id}`)
  await page.mouse.move(5, 5)
  await page.mouse.up()
  await row.waitFor()
  await connected(page)
  expect(asked).not.toContain(`POST ${params.id}/read`)
  expect((await customer.call('listTickets', {})).data[0]?.unread_count).toBe(1)
  await row.click()
  await widget.thread.getByText('Line 2').waitFor()
  await expect.poll(() => asked).toContain(`POST ${params.id}/read`)
  expect(asked.filter((one) => one === `GET ${params.id}`)).toHaveLength(1)
  // What is known is not asked for again: only what may have come since, once.
  await widget.back.click()
  await quiet(page)
  asked.length = 0
  await row.click()
  await quiet(page)
  expect(asked.filter((one) => one.includes(params.id))).toEqual([`GET ${params.id}/messages`])
  await page.close()
})
