import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { fieldOfTests } from '../../support/field.ts'
import { connected, isLive } from '../../support/quiet.ts'
import { widgetOf } from '../../support/stack.ts'

const field = fieldOfTests()

/** The tab that holds the lead, by asking each of them. */
async function leaderOf(context: BrowserContext): Promise<Page | null> {
  for (const page of context.pages()) {
    const leads = await page.evaluate(async () => {
      const { held = [] } = await navigator.locks.query()
      // A lock is told with its client; a page knows its own only by holding one itself.
      const mine = await navigator.locks.request('who', async () => (await navigator.locks.query()).held?.find((one) => one.name === 'who')?.clientId)
      return held.some((one) => /^support-widget:\w+:\w+$/.test(one.name ?? '') && one.clientId === mine)
    })
    if (leads) return page
  }
  return null
}

/** How many tabs hold the lead, and how many wait for it. */
async function standing(context: BrowserContext) {
  const [page] = context.pages()
  return page?.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query()
    const leads = ({ name }: LockInfo) => /^support-widget:\w+:\w+$/.test(name ?? '')
    return { held: held.filter(leads).length, pending: pending.filter(leads).length }
  })
}

/** Waits until all three tabs have stood for the lead, and the one that has it is live: from now on it stays there. */
async function settled(context: BrowserContext) {
  await expect.poll(() => standing(context)).toEqual({ held: 1, pending: 2 })
  await expect
    .poll(async () => {
      const leader = await leaderOf(context)
      return leader !== null && isLive(leader)
    })
    .toBe(true)
  await expect.poll(() => field.proxy.sockets.now).toBe(1)
}

const badge = (page: Page, count: number) => page.getByRole('button', { name: `Support, ${count} unread message${count === 1 ? '' : 's'}` })

/** Three tabs of one customer with a ticket; nobody has the drawer open. */
async function three(name: string) {
  const context = await field.browser.newContext()
  const first = await field.page(context, name)
  const others = [await field.page(context, name), await field.page(context, name)]
  const widget = widgetOf(first)
  for (const page of [first, ...others]) await widgetOf(page).launcher.waitFor()
  await expect.poll(() => field.proxy.sockets.now).toBe(0)
  await widget.open()
  await widget.writeTicket(`Tabs of ${name}`, 'One')
  await expect.poll(() => field.bodies(name)).toEqual(['One'])
  await first.keyboard.press('Escape')
  await settled(context)
  const agent = await field.agent()
  const customer = await field.customer(name)
  const [ticket] = (await customer.call('listTickets', {})).data
  const params = { id: ticket?.id ?? '' }
  const reply = (body: string) => agent.call('agentSendMessage', { params, body: { body } })
  return { context, pages: [first, ...others] as [Page, Page, Page], reply, params, customer }
}

test('TAB-1: three tabs have one socket, one leader, the same unread count and the same drafts', async () => {
  const { context, pages, reply, customer, params } = await three('trio')
  await expect.poll(() => field.proxy.sockets.now).toBe(1)
  await reply('Two')
  await reply('Three')
  for (const page of pages) await badge(page, 2).waitFor()
  expect(field.proxy.sockets.now).toBe(1)
  expect(await leaderOf(context)).not.toBeNull()
  // Read in one, read in all; typed in one, typed in all.
  const [first, second, third] = pages
  const [here, there] = [widgetOf(first), widgetOf(third)]
  await here.open()
  await here.thread.getByText('Three').waitFor()
  for (const page of [second, third]) await page.getByRole('button', { name: 'Support', exact: true }).last().waitFor()
  await expect.poll(async () => (await customer.call('getTicket', { params })).unread_count).toBe(0)
  await here.composer.fill('typed in the first')
  await there.open()
  await there.dialog.getByText('Tabs of trio').first().click()
  await expect.poll(() => there.composer.inputValue()).toBe('typed in the first')
  await there.composer.fill('and finished in the third')
  await expect.poll(() => here.composer.inputValue()).toBe('and finished in the third')
  await there.composer.press('Enter')
  await here.thread.getByText('and finished in the third').waitFor()
  await expect.poll(() => here.composer.inputValue()).toBe('')
  await expect.poll(() => field.bodies('trio')).toEqual(['One', 'Two', 'Three', 'and finished in the third'])
  expect(field.proxy.sockets.now).toBe(1)
})

test('TAB-5: an answer sounds once, in whichever tab leads, and only where the page asks for it', async () => {
  const context = await field.browser.newContext()
  await context.addInitScript(() => {
    const { start } = OscillatorNode.prototype
    Object.assign(window, { tones: 0 })
    OscillatorNode.prototype.start = function (...args) {
      Object.assign(window, { tones: (window as unknown as { tones: number }).tones + 1 })
      start.apply(this, args)
    }
  })
  const pages = [await field.page(context, 'loud'), await field.page(context, 'loud'), await field.page(context, 'loud')]
  const tones = async () =>
    (await Promise.all(pages.map((page) => page.evaluate(() => (window as unknown as { tones: number }).tones)))).reduce((a, b) => a + b)
  const customer = await field.customer('loud')
  const { id } = await customer.call('createTicket', { body: { subject: 'Loud', body: 'One' } })
  const reply = async (body: string) => (await field.agent()).call('agentSendMessage', { params: { id }, body: { body } })
  for (const page of pages) {
    await page.reload()
    await widgetOf(page).launcher.waitFor()
    // Browsers let only a page sound that was touched.
    await page.mouse.click(5, 5)
  }
  await settled(context)
  await reply('Quiet')
  for (const page of pages) await badge(page, 1).waitFor()
  expect(await tones()).toBe(0)
  for (const page of pages) {
    await page.evaluate(() =>
      (window as unknown as { SupportWidget(name: string, given: object): Promise<unknown> }).SupportWidget('update', { attention: { sound: true } }),
    )
  }
  // What is found by asking makes no sound.
  await connected((await leaderOf(context)) as Page)
  await reply('Aloud')
  for (const page of pages) await badge(page, 2).waitFor()
  expect(await tones()).toBe(1)
})

test('TAB-2: a leader that is closed, and one that is frozen, leaves the lead to a tab that is live again', async () => {
  const { context, reply } = await three('heirs')
  for (const end of ['close', 'freeze'] as const) {
    await expect.poll(async () => (await leaderOf(context)) !== null).toBe(true)
    const leader = await leaderOf(context)
    const rest = context.pages().filter((page) => page !== leader)
    const count = end === 'close' ? 1 : 2
    if (end === 'close') await leader?.close()
    else await (await context.newCDPSession(leader as Page)).send('Page.setWebLifecycleState', { state: 'frozen' })
    await reply(`After ${end}`)
    for (const page of rest) await badge(page, count).waitFor()
    await expect.poll(() => field.proxy.sockets.now).toBe(1)
  }
})

test('TAB-3: a page that was left has no socket; back from the cache of the browser it is live again', async () => {
  const context = await field.browser.newContext()
  const page = await field.page(context, 'wanderer')
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('Wander', 'One')
  await expect.poll(() => field.bodies('wanderer')).toEqual(['One'])
  await expect.poll(() => field.proxy.sockets.now).toBe(1)
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
  await expect.poll(() => field.proxy.sockets.now).toBe(0)
  const [ticket] = (await (await field.customer('wanderer')).call('listTickets', {})).data
  await (await field.agent()).call('agentSendMessage', { params: { id: ticket?.id ?? '' }, body: { body: 'While you were away' } })
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  await widget.thread.getByText('While you were away').waitFor()
  await expect.poll(() => field.proxy.sockets.now).toBe(1)
})

test('TAB-4: a tab that dies leaves what it wrote to the others, once and in order', async () => {
  const { context, pages } = await three('legacy')
  const [first, second] = pages
  const widget = widgetOf(first)
  await widget.open()
  field.proxy.fate = (req) => (req.method === 'POST' ? 'drop' : 'pass')
  for (const text of ['Two', 'Three']) {
    await widget.composer.fill(text)
    await widget.composer.press('Enter')
    await widget.thread.getByText(text, { exact: true }).waitFor()
  }
  await widget.thread.getByText('Not sent yet').first().waitFor()
  await first.close({ runBeforeUnload: false })
  field.proxy.fate = () => 'pass'
  await widgetOf(second).open()
  await expect.poll(() => field.bodies('legacy'), { timeout: 30_000 }).toEqual(['One', 'Two', 'Three'])
  expect(context.pages()).toHaveLength(2)
})

test('TAB-6: tokens are replaced in time over the open socket, by one tab at a time', async () => {
  const context = await field.browser.newContext()
  await context.clock.install()
  // The clock of the pages will run ahead of the server's heartbeat, however long ago that was heard.
  await context.addInitScript(() => {
    const { parse } = JSON
    JSON.parse = (...given) => {
      const value = parse(...given)
      if (value?.pingTimeout) value.pingTimeout = 600_000
      return value
    }
  })
  const frames: string[] = []
  const live = new Set<Page>()
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => frames.push(`> ${payload}`))
      socket.on('framereceived', ({ payload }) => {
        frames.push(`< ${payload}`)
        if (/^40/.test(`${payload}`)) live.add(page)
      })
      socket.on('close', () => live.delete(page))
    })
  })
  let [asked, now, most] = [0, 0, 0]
  await context.route('**/support-token', async (route) => {
    asked++
    most = Math.max(most, ++now)
    const token = await field.sign('renewed', 'customer', asked <= 3 ? 95 : 600)
    await new Promise((resolve) => setTimeout(resolve, 200))
    now--
    await route.fulfill({ json: { token } })
  })
  const pages = [await field.page(context, 'renewed'), await field.page(context, 'renewed'), await field.page(context, 'renewed')]
  for (const page of pages) await widgetOf(page).open()
  // Each has its first token, and all have stood for the lead: the one that has it is live. Which one is left to the order in which they hear of another.
  await expect.poll(() => asked).toBe(3)
  await expect.poll(() => standing(context)).toEqual({ held: 1, pending: 2 })
  await expect.poll(async () => live.size === 1 && live.has((await leaderOf(context)) as Page)).toBe(true)
  await expect.poll(() => field.proxy.sockets.now).toBe(1)
  most = 0
  // A minute later by the clock, so that no token is good any more; then whatever is due.
  await context.clock.setSystemTime(Date.now() + 62_000)
  await context.clock.runFor(36_000)
  await expect.poll(() => frames.filter((frame) => /^> 42\d+\["auth"/.test(frame)).length).toBe(1)
  await expect.poll(() => frames.some((frame) => /^< 43\d+\[\{"ok":true\}\]/.test(frame))).toBe(true)
  await expect.poll(() => asked).toBe(6)
  expect(most).toBe(1)
  expect(field.proxy.sockets.now).toBe(1)
})

test('TAB-7: three tabs that start at once send what one left behind once, in order', async () => {
  const { context, pages, params } = await three('crowd')
  const [first] = pages
  const widget = widgetOf(first)
  await widget.open()
  field.proxy.fate = (req) => (req.method === 'POST' ? 'fail' : 'pass')
  for (const text of ['Two', 'Three']) {
    await widget.composer.fill(text)
    await widget.composer.press('Enter')
  }
  await widget.thread.getByText('Not sent yet').nth(1).waitFor()
  // So that none of their tries is on its way when they close.
  await context.setOffline(true)
  for (const page of pages) await page.close()
  await context.setOffline(false)
  field.proxy.fate = () => 'pass'
  field.proxy.latency = 300
  field.proxy.seen.length = 0
  const opened = await Promise.all([1, 2, 3].map(() => field.page(context, 'crowd')))
  await expect.poll(() => field.bodies('crowd')).toEqual(['One', 'Two', 'Three'])
  for (const page of opened) await widgetOf(page).launcher.waitFor()
  field.proxy.latency = 0
  // Whoever came second has looked again and found nothing left to send.
  await expect
    .poll(
      async () =>
        (await opened[0]?.evaluate(async () => (await navigator.locks.query()).pending?.filter((one) => one.name?.split(':').length === 4)))?.length,
    )
    .toBe(0)
  expect(field.proxy.seen.filter((one) => one === `POST /v1/support/tickets/${params.id}/messages`)).toHaveLength(2)
})
