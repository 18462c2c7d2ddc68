import type { Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newTicket } from '../../support/factories.ts'
import { type Frame, type Listener, listen } from '../../support/sockets.ts'
import { type Stack, startStack } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

/** A desk of its own browser, and what it says over its socket. */
async function openDesk(agent: string, ticketId: string, prepare: (page: Page) => Promise<void> = async () => undefined) {
  const page = await (await stack.browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  page.setDefaultTimeout(30_000)
  const said: string[] = []
  const heard: string[] = []
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => said.push(String(payload)))
    socket.on('framereceived', ({ payload }) => heard.push(String(payload)))
  })
  await prepare(page)
  await page.goto(`${stack.url}/desk?agent=${agent}#/tickets/${ticketId}`)
  await page.getByRole('log').getByRole('article').first().waitFor()
  const line = (text: string | RegExp) => page.getByRole('status').getByText(text)
  /** Waits until the server knows that it looks at its ticket: from now on it hears of it. */
  const watches = async () => {
    const id = () => /^42(\d+)\["watch"/.exec(said.find((one) => one.includes('"watch"')) ?? '')?.[1]
    await expect.poll(() => heard.some((one) => one.startsWith(`43${id()}[`))).toBe(true)
  }
  return { page, line, watches, reply: page.getByPlaceholder('Write a reply'), saidTyping: () => said.filter((one) => one.includes('"typing"')) }
}

async function aTicket(name: string, subject: string) {
  const customer = await stack.customer(name)
  return { customer, ticket: await newTicket(customer, { subject }) }
}

const socketOf = async (name: string, role: 'customer' | 'agent' = 'customer') => listen(stack.url, await stack.running.demo.sign(name, role, 600))

const typing = (isTyping: boolean) => (signal: Frame) => signal.type === 'typing' && signal.payload.typing === isTyping

test('DESK-7: typing is seen on the other side and by colleagues until it is over, and never that of a note', async () => {
  const { customer, ticket } = await aTicket('alice', 'Kiln is cold')
  const alice = await socketOf('alice')
  const [sam, ada] = [await openDesk('sam', ticket.id), await openDesk('ada', ticket.id)]
  await Promise.all([sam.watches(), ada.watches()])
  const sign = (isTyping: boolean) => alice.ask('typing', { ticket_id: ticket.id, typing: isTyping })
  expect(await sign(true)).toEqual({ ok: true })
  await Promise.all([sam, ada].map((desk) => desk.line('Alice Moreau is typing…').waitFor()))
  await sign(false)
  await sam.line('Alice Moreau is typing…').waitFor({ state: 'detached' })
  await sign(true)
  await sam.line('Alice Moreau is typing…').waitFor()
  await customer.call('sendMessage', { params: { id: ticket.id }, body: { body: 'Still cold' } })
  await sam.line('Alice Moreau is typing…').waitFor({ state: 'detached' })
  await sign(true)
  await sam.line('Alice Moreau is typing…').waitFor()
  alice.close()
  await sam.line('Alice Moreau is typing…').waitFor({ state: 'detached' })

  const again = await socketOf('alice')
  await sam.page.getByText('Note', { exact: true }).click()
  await sam.page.getByPlaceholder('Write a note for your colleagues').pressSequentially('ask the electrician')
  await sam.page.keyboard.press('Control+Enter')
  await sam.page.getByRole('log').getByText('ask the electrician').waitFor()
  expect(sam.saidTyping()).toEqual([])
  await sam.page.getByText('Reply', { exact: true }).click()
  await sam.reply.pressSequentially('Look at the fuse')
  expect((await again.signal(typing(true))).payload).toMatchObject({ ticket_id: ticket.id, author: { type: 'agent', name: 'Sam Okafor' } })
  await ada.line('Sam Okafor is typing…').waitFor()
  expect(await sam.line(/typing/).count()).toBe(0)
  await sam.page.keyboard.press('Control+Enter')
  await again.signal(typing(false))
  await ada.line('Sam Okafor is typing…').waitFor({ state: 'detached' })
  await sam.reply.fill('Or')
  await sam.reply.fill('')
  await sam.reply.fill('x')
  await sam.reply.blur()
  await expect.poll(() => sam.saidTyping().filter((one) => one.includes('false')).length).toBe(3)
  again.close()
  await Promise.all([sam.page.context().close(), ada.page.context().close()])
})

/** Who looked at a ticket, from the first on. */
const lookers = ({ signals }: Listener, ticketId: string) =>
  signals
    .filter(({ type, payload }) => type === 'presence' && payload.ticket_id === ticketId)
    .map(({ payload }) => (payload.agents as { name: string }[]).map(({ name }) => name).sort())

test('DESK-8: desks show who else looks at the ticket, also after a new connection', async () => {
  const { ticket } = await aTicket('bob', 'Lid is stuck')
  const cem = await socketOf('cem', 'agent')
  const sockets: WebSocketRoute[] = []
  const sam = await openDesk('sam', ticket.id, (page) =>
    page.routeWebSocket(/\/v1\/socket/, (socket) => {
      socket.connectToServer()
      sockets.push(socket)
    }),
  )
  const ada = await openDesk('ada', ticket.id)
  await sam.line('Ada Brandt is here too').waitFor()
  await ada.line('Sam Okafor is here too').waitFor()
  await sockets.at(-1)?.close()
  await expect
    .poll(() => lookers(cem, ticket.id))
    .toEqual([['Sam Okafor'], ['Ada Brandt', 'Sam Okafor'], ['Ada Brandt'], ['Ada Brandt', 'Sam Okafor']])
  await sam.line('Ada Brandt is here too').waitFor()
  await ada.page.evaluate(() => {
    location.hash = '#/'
  })
  await sam.line('Ada Brandt is here too').waitFor({ state: 'detached' })
  cem.close()
  await Promise.all([sam.page.context().close(), ada.page.context().close()])
})

test('DESK-9: below the last answer that the customer has read stands “Seen”', async () => {
  const { customer, ticket } = await aTicket('carol', 'Glaze')
  const sam = await openDesk('sam', ticket.id)
  for (const text of ['First answer', 'Second answer']) {
    await sam.reply.fill(text)
    await sam.page.keyboard.press('Control+Enter')
    await sam.page.getByRole('log').getByText(text).waitFor()
  }
  await sam.watches()
  // They stand there before the server has them.
  await expect.poll(async () => (await customer.call('getTicket', { params: { id: ticket.id } })).messages.length).toBe(3)
  const seen = sam.page.getByRole('article').filter({ hasText: 'Seen' })
  expect(await seen.count()).toBe(0)
  const read = (seq: number) => customer.call('readTicket', { params: { id: ticket.id }, body: { seq } })
  await read(2)
  await seen.getByText('First answer').waitFor()
  await read(3)
  await seen.getByText('Second answer').waitFor()
  expect(await seen.count()).toBe(1)
  await sam.page.context().close()
})

test('DESK-10: a fresh token goes over the open socket', async () => {
  const { ticket } = await aTicket('dora', 'Long day')
  const given: string[] = []
  const sam = await openDesk('sam', ticket.id, async (page) => {
    await page.route('**/demo/token*', async (route) => {
      // The desk has another token a minute before this one ends, and its socket by then.
      const token = await stack.running.demo.sign('sam', 'agent', given.length === 0 ? 72 : 3600)
      given.push(token)
      await route.fulfill({ json: { token } })
    })
    let sockets = 0
    await page.routeWebSocket(/\/v1\/socket/, (socket) => {
      sockets++
      const server = socket.connectToServer()
      socket.onMessage((text) => {
        if (String(text).includes('"auth"')) given.push(`over socket ${sockets}: ${String(text).includes(given[1] ?? '?')}`)
        server.send(text)
      })
    })
  })
  await expect.poll(() => given.slice(2), { timeout: 60_000 }).toEqual(['over socket 1: true'])
  await sam.reply.fill('Still here')
  await sam.page.keyboard.press('Control+Enter')
  await sam.page.getByRole('log').getByText('Still here').waitFor()
  expect(given).toHaveLength(3)
  await sam.page.context().close()
})

test('DESK-11: where sockets are blocked, an answer and a change after it are no conflict', async () => {
  const { customer, ticket } = await aTicket('elif', 'No sockets here')
  const versions: unknown[] = []
  const sam = await openDesk('sam', ticket.id, async (page) => {
    await page.routeWebSocket(/\/v1\/socket/, (socket) => socket.close())
    await page.route('**/v1/socket/**', (route) => route.abort())
    await page.route(`**/tickets/${ticket.id}/messages`, async (route) => {
      // The change is wished for while the answer is on its way.
      await page.getByRole('button', { name: 'Resolve', exact: true }).click()
      await route.continue()
    })
    page.on('request', (request) => request.method() === 'PATCH' && versions.push(request.postDataJSON()))
  })
  await sam.reply.fill('Try again now')
  await sam.page.keyboard.press('Control+Enter')
  await sam.page.getByText('Resolved', { exact: true }).first().waitFor()
  await expect.poll(async () => (await customer.call('getTicket', { params: { id: ticket.id } })).status).toBe('resolved')
  expect(versions).toEqual([{ status: 'resolved', version: 2 }])
  expect(await sam.page.getByText(/colleague changed/).count()).toBe(0)
  await sam.page.context().close()
})
