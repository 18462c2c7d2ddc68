import type { Page } from 'playwright-core'
import { client } from './client.ts'
import { type Stack, widgetOf } from './stack.ts'

/** The demo app with everything set that shows in the widget: questions of its own, hours in which nobody answers, an address. */
export async function furnish(stack: Stack): Promise<void> {
  const never = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] }
  await client(stack.url, stack.running.demo.adminKey).call('agentUpdateApp', {
    body: {
      settings: {
        reply_time_text: 'We usually answer within two hours.',
        office_hours: { time_zone: 'Europe/Dublin', days: never },
        contact_email: 'help@kilnshare.example',
        form_fields: [
          { key: 'booking', label: 'Booking', labels: { ar: 'الحجز' }, type: 'text', required: true },
          { key: 'shelves', label: 'Number of shelves', type: 'number', required: false },
          { key: 'firing', label: 'Firing', type: 'select', options: ['Bisque', 'Glaze', 'Raku'], required: false },
          { key: 'hot', label: 'The kiln is still hot', type: 'checkbox', required: false },
        ],
      },
    },
  })
  const alice = await stack.customer('alice')
  const sam = await stack.agent()
  const custom_fields = { booking: 'B-1' }
  const open = (subject: string, body: string) => alice.call('createTicket', { body: { subject, body, custom_fields } })
  const set = (id: string, status: 'open' | 'resolved' | 'closed') =>
    sam.call('agentUpdateTicket', { params: { id }, body: { status, assignee_id: 'me' } })
  for (const [at, subject] of [
    'Cone 6 or cone 10?',
    'Where is the key?',
    'Glaze drips',
    'Two cracked bowls',
    'Opening hours',
    'Invoice for March',
  ].entries()) {
    const { id } = await open(subject, 'Please tell me.')
    if (at > 2) await set(id, 'closed')
  }
  const old = await open('Two invoices for one firing', 'Invoice 1182 and 1183 are for the same firing.')
  await sam.call('agentSendMessage', { params: { id: old.id }, body: { body: 'You are right. We have taken 1183 back.' } })
  await set(old.id, 'resolved')
  const long = await open(
    'Kiln 3 does not reach cone 10, whatever I try, and the controller says nothing about it at all',
    `It stopped at 1240 °C.\n\nhttps://kilnshare.example/${'very-long-path/'.repeat(8)}\n${'x'.repeat(120)}`,
  )
  await sam.call('agentSendMessage', { params: { id: long.id }, body: { body: 'السلام عليكم، سنرسل فنيًا غدًا.' } })
  const { id } = await open('Payment not received', 'I rented out the kiln on Saturday, but the payment has not appeared in my payouts.')
  const say = (body: string, is_internal = false) => sam.call('agentSendMessage', { params: { id }, body: { body, is_internal } })
  await say('Thank you for telling us, Alice. I can see the payment was captured. Let me check the payout.')
  await say('Payout batch of Saturday was held by the bank, released this morning.', true)
  await alice.call('sendMessage', {
    params: { id },
    body: { body: 'Thanks! It was the booking of March 14th at 2 pm:\nhttps://kilnshare.example/bookings/8812' },
  })
  await say('Found it. The payout was released this morning and should arrive tomorrow.')
}

interface Global {
  SupportWidget(name: string, ...args: unknown[]): Promise<unknown>
}
export const update = (page: Page, options: object) => page.evaluate((given) => (window as unknown as Global).SupportWidget('update', given), options)

const ticket = async (page: Page, subject: string) => {
  const { dialog } = widgetOf(page)
  await dialog.getByText(subject).first().click()
  await dialog.getByRole('log').waitFor()
}

interface Scene {
  /** Who is signed in; null is a visitor. */
  user: string | null
  /** From the page with its launcher to what is to be seen. */
  play: (page: Page) => Promise<unknown>
}

/** Every screen and state of the widget, by name. They only read, so that they can be played in any order and again. */
export const scenes: Record<string, Scene> = {
  launcher: { user: 'alice', play: (page) => page.getByRole('button', { name: /unread/ }).waitFor() },
  list: {
    user: 'alice',
    play: async (page) => {
      await widgetOf(page).open()
      await widgetOf(page).dialog.getByText('Closed (3)').waitFor()
    },
  },
  'list-all': {
    user: 'alice',
    play: async (page) => {
      await scenes.list?.play(page)
      await widgetOf(page).dialog.getByText('Closed (3)').click()
      await widgetOf(page).dialog.getByText('Opening hours').scrollIntoViewIfNeeded()
    },
  },
  found: {
    user: 'alice',
    play: async (page) => {
      await scenes.list?.play(page)
      await widgetOf(page).dialog.getByRole('searchbox').fill('invoice')
      await widgetOf(page).dialog.getByText('Found: 2').waitFor()
    },
  },
  empty: {
    user: 'erin',
    play: async (page) => {
      await widgetOf(page).open()
      await widgetOf(page).dialog.getByText('How can we help?').waitFor()
    },
  },
  error: {
    user: 'alice',
    play: async (page) => {
      await page.route('**/v1/support/tickets**', (route) => route.abort())
      // The list may have come already, for the number at the launcher.
      await page.reload()
      await widgetOf(page).open()
      await widgetOf(page).dialog.getByText('This could not be loaded.').waitFor()
      await widgetOf(page).dialog.getByText('help@kilnshare.example').waitFor()
    },
  },
  thread: {
    user: 'alice',
    play: async (page) => {
      await scenes.list?.play(page)
      await ticket(page, 'Payment not received')
      await widgetOf(page).thread.getByText('Found it').waitFor()
    },
  },
  'thread-long': {
    user: 'alice',
    play: async (page) => {
      await scenes.list?.play(page)
      await ticket(page, 'Kiln 3')
      await widgetOf(page).thread.getByText('1240').waitFor()
    },
  },
  unsent: {
    user: 'alice',
    play: async (page) => {
      await scenes.thread?.play(page)
      await page.context().setOffline(true)
      await widgetOf(page).composer.fill('It has arrived.')
      await widgetOf(page).composer.press('Enter')
      await widgetOf(page).thread.getByText('Not sent yet').waitFor()
    },
  },
  'close-question': {
    user: 'alice',
    play: async (page) => {
      await scenes.thread?.play(page)
      await widgetOf(page).dialog.getByRole('button', { name: 'Close ticket' }).click()
    },
  },
  resolved: {
    user: 'alice',
    play: async (page) => {
      await scenes.list?.play(page)
      await ticket(page, 'Two invoices')
      await widgetOf(page).dialog.getByLabel('Good', { exact: true }).check()
      await widgetOf(page).dialog.getByLabel('Anything to add?').fill('Quick and friendly')
    },
  },
  closed: {
    user: 'alice',
    play: async (page) => {
      await scenes['list-all']?.play(page)
      await ticket(page, 'Opening hours')
      await widgetOf(page).dialog.getByText('This ticket is closed.').waitFor()
    },
  },
  new: {
    user: 'alice',
    play: async (page) => {
      await update(page, { context: { plan: 'Studio' } })
      await scenes.list?.play(page)
      await widgetOf(page).newTicket.click()
      await widgetOf(page).subject.fill('The door does not open')
      await widgetOf(page).dialog.getByLabel('Send these details').check()
    },
  },
  'new-faults': {
    user: 'alice',
    play: async (page) => {
      await scenes.list?.play(page)
      await widgetOf(page).newTicket.click()
      await widgetOf(page).dialog.getByLabel('Number of shelves').fill('two')
      await widgetOf(page).create.click()
      await widgetOf(page).dialog.getByText('Please enter a number.').waitFor()
    },
  },
  address: {
    user: null,
    play: async (page) => {
      await widgetOf(page).open()
      await widgetOf(page).newTicket.click()
      await widgetOf(page).subject.fill('Door code')
      await widgetOf(page).message.fill('Which code opens the studio?')
      await widgetOf(page).dialog.getByLabel('Booking').fill('B-2')
      await widgetOf(page).create.click()
      await widgetOf(page).dialog.getByText('Where may we mail').waitFor()
    },
  },
  missing: {
    user: 'alice',
    play: async (page) => {
      await page.evaluate(() => (window as unknown as Global).SupportWidget('open', { ticket: '01JN2XG6H7AAAAAAAAAAAAAAAA' }))
      await widgetOf(page).dialog.getByText('This ticket cannot be found.').waitFor()
    },
  },
}

function lookOf(dark: boolean, dir: 'ltr' | 'rtl', width: number) {
  const colorScheme = dark ? ('dark' as const) : ('light' as const)
  return {
    name: `${colorScheme}-${dir}-${width}`,
    dir,
    // A language that runs to the left and of which one text is here: everything is still found by its English name.
    options: { locale: dir === 'rtl' ? 'fa' : 'en', strings: { title: 'Support' } },
    context: { viewport: { width, height: width > 600 ? 800 : 720 }, colorScheme },
  }
}

/** Of every kind one: light and dark, both directions, desktop and telephone. */
export const looks = [false, true].flatMap((dark) => (['ltr', 'rtl'] as const).flatMap((dir) => [1280, 375].map((width) => lookOf(dark, dir, width))))
export type LookOfPage = (typeof looks)[number]

/** A page of its own on which the scene has been played. */
export async function play(stack: Stack, name: string, look: LookOfPage): Promise<Page> {
  const scene = scenes[name]
  if (!scene) throw new Error(`no scene ${name}`)
  const { page } = await stack.visit(scene.user, { context: look.context })
  await page.waitForFunction(() => Object.hasOwn((window as unknown as { SupportWidget?: object }).SupportWidget ?? {}, 'boot'))
  await update(page, look.options)
  await scene.play(page)
  return page
}
