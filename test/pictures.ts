import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { newTicket } from './support/factories.ts'
import { type Stack, startStack, widgetOf } from './support/stack.ts'

/** `npm run pictures`: the widget and the desk in their states, as PNG files in test/output/pictures, to be looked at; and the README's picture. */
const folder = fileURLToPath(new URL('./output/pictures/', import.meta.url))

const looks: Record<string, BrowserContextOptions> = {
  desktop: { viewport: { width: 1280, height: 800 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
}

/** A few tickets with a life behind them. */
async function furnish(stack: Stack): Promise<string> {
  const alice = await stack.customer('alice')
  const sam = await stack.agent()
  const old = await newTicket(alice, { subject: 'Two invoices for one firing', body: 'Invoice 1182 and 1183 are for the same firing.' })
  await sam.call('agentSendMessage', { params: { id: old.id }, body: { body: 'You are right. We have taken 1183 back.' } })
  await sam.call('agentUpdateTicket', { params: { id: old.id }, body: { status: 'resolved', assignee_id: 'me' } })
  const other = await newTicket(await stack.customer('bob'), {
    subject: 'Kiln 3 does not reach cone 10',
    body: 'It stopped at 1240 °C, twice this week.',
  })
  await sam.call('agentUpdateTicket', { params: { id: other.id }, body: { priority: 'urgent' } })
  const { id } = await newTicket(alice, {
    subject: 'Payment not received',
    body: 'I rented out the kiln on Saturday, but the payment has not appeared in my payouts.',
  })
  const say = (body: string, is_internal = false) => sam.call('agentSendMessage', { params: { id }, body: { body, is_internal } })
  await say('Thank you for telling us, Alice. I can see the payment was captured. Let me check the payout.')
  await say('Payout batch of Saturday was held by the bank, released this morning.', true)
  await alice.call('sendMessage', {
    params: { id },
    body: { body: 'Thanks! It was the booking of March 14th at 2 pm:\nhttps://kilnshare.example/bookings/8812' },
  })
  await say('Found it. The payout was released this morning and should arrive tomorrow.')
  return id
}

async function widgetPictures(stack: Stack, look: string, options: BrowserContextOptions): Promise<void> {
  const { page } = await stack.visit('alice', { context: options })
  const take = pictures(page, `widget-${look}`)
  const widget = widgetOf(page)
  await widget.launcher.waitFor()
  await page.getByRole('button', { name: /unread/ }).waitFor()
  await take('closed')
  await widget.open()
  await widget.dialog.getByText('Payment not received').waitFor()
  await take('list')
  await widget.dialog.getByText('Payment not received').click()
  await widget.thread.getByText('Found it').waitFor()
  await take('thread')
  await widget.back.click()
  await widget.newTicket.first().click()
  await widget.create.click()
  await take('form-errors')
  await page.context().setOffline(true)
  await widget.dialog.getByText(/offline/).waitFor()
  await take('offline')
  await page.close()
  const empty = await stack.visit('erin', { context: options })
  await widgetOf(empty.page).open()
  await widgetOf(empty.page).dialog.getByText('How can we help?').waitFor()
  await pictures(empty.page, `widget-${look}`)('empty')
  await empty.page.close()
}

async function deskPictures(stack: Stack, look: string, options: BrowserContextOptions, ticketId: string): Promise<void> {
  const context = await stack.browser.newContext(options)
  const page = await context.newPage()
  const take = pictures(page, `desk-${look}`)
  await page.goto(`${stack.url}/desk/`)
  await page.getByText('Payment not received').first().waitFor()
  await take('list')
  await page.goto(`${stack.url}/desk/#/tickets/${ticketId}`)
  await page.getByText('Found it').first().waitFor()
  await take('thread')
  await context.close()
}

/** The README's picture: the customer's side and the desk's, of the same moment. */
async function pair(stack: Stack): Promise<void> {
  const side = (name: string) => `data:image/png;base64,${readFileSync(`${folder}${name}.png`, 'base64')}`
  const page = await stack.browser.newPage({ viewport: { width: 1800, height: 610 } })
  await page.setContent(`<body style="margin:0;padding:24px;display:flex;gap:24px;background:#e7e5e0;box-sizing:border-box">
    ${['widget-desktop-thread', 'desk-desktop-thread'].map((name) => `<img src="${side(name)}" style="width:864px;border-radius:10px;box-shadow:0 4px 18px #0003">`).join('')}`)
  await page.screenshot({ path: fileURLToPath(new URL('../demo/picture.png', import.meta.url)) })
  await page.close()
}

const pictures = (page: Page, prefix: string) => async (name: string) => {
  await page.waitForTimeout(400)
  await page.screenshot({ path: `${folder}${prefix}-${name}.png` })
}

mkdirSync(folder, { recursive: true })
const stack = await startStack()
const ticketId = await furnish(stack)
for (const [look, options] of Object.entries(looks)) {
  await widgetPictures(stack, look, options)
  await deskPictures(stack, look, options, ticketId)
}
await pair(stack)
await stack.stop()
process.stdout.write(`Pictures: ${folder}\n`)
