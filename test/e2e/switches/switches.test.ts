import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { fieldOfTests } from '../../support/field.ts'
import { quiet } from '../../support/quiet.ts'
import { widgetOf } from '../../support/stack.ts'
import { type Change, serve, variant } from '../../support/variant.ts'

/** Each mechanism, switched off in a copy of the widget that only this test has: what it is there for then fails, and so the check can fail. */
const field = fieldOfTests()

interface Scene {
  context: BrowserContext
  page: Page
  widget: ReturnType<typeof widgetOf>
  name: string
  /** The texts in the thread on screen. */
  texts: () => Promise<string[]>
  params: { id: string }
  /** Frames that hold this never arrive. */
  lose: (text: RegExp) => void
  /** The page comes back, asks again, and has all its answers. */
  askAgain: () => Promise<void>
}
/** Plays, and says how to look at what came of it. */
type Scenario<T> = (scene: Scene) => Promise<() => T | Promise<T>>

let count = 0

/** Plays a scenario with a ticket `One` on screen. */
async function play<T>(changes: readonly Change[], scenario: Scenario<T>): Promise<() => T | Promise<T>> {
  const name = `switch-${++count}`
  for (const before of field.browser.contexts()) await before.close()
  await expect.poll(() => field.proxy.sockets.now).toBe(0)
  const context = await field.browser.newContext()
  if (changes.length > 0) await serve(context, await variant(changes))
  let lost = /^$/
  let isLive = false
  await context.routeWebSocket(/v1\/socket/, (socket) => {
    const server = socket.connectToServer()
    server.onMessage((frame) => {
      if (!lost.test(String(frame))) socket.send(frame)
      isLive ||= String(frame).startsWith('40')
    })
  })
  const page = await field.page(context, name)
  const widget = widgetOf(page)
  await widget.open()
  await widget.writeTicket('A switch', 'One')
  await widget.thread.getByText(/· Sent$/).waitFor()
  // What is asked as the socket comes must not be what finds out what is lost.
  await expect.poll(() => isLive).toBe(true)
  await expect.poll(() => field.proxy.sockets.now).toBe(1)
  await quiet(page)
  const [ticket] = (await (await field.customer(name)).call('listTickets', {})).data
  return scenario({
    context,
    page,
    widget,
    name,
    texts: () => widget.thread.locator('article .text').allTextContents(),
    params: { id: ticket?.id ?? '' },
    lose: (text) => {
      lost = text
    },
    async askAgain() {
      await context.setOffline(true)
      await widget.dialog.getByText(/You are offline/).waitFor()
      const answered = page.waitForResponse((response) => response.url().includes('/messages?'))
      await context.setOffline(false)
      await answered
      await quiet(page)
    },
  })
}

async function both<T>(scenario: Scenario<T>, right: T, wrong: T, ...changes: Change[]) {
  await expect.poll(await play([], scenario)).toEqual(right)
  await expect.poll(await play(changes, scenario)).toEqual(wrong)
}
const write = async ({ widget }: Scene, text: string) => {
  await widget.composer.fill(text)
  await widget.composer.press('Enter')
}

test('SWITCH-1: without the outbox a reload loses what was not sent', async () => {
  const scenario: Scenario<string[]> = async (scene) => {
    const { page, widget, name } = scene
    field.proxy.fate = (req) => (req.method === 'POST' ? 'fail' : 'pass')
    await write(scene, 'Two')
    await widget.thread.getByText('Not sent yet').waitFor()
    field.proxy.fate = () => 'pass'
    await page.reload()
    await widget.open()
    await widget.dialog.getByText('A switch').first().click()
    await widget.composer.waitFor()
    await quiet(page)
    return () => field.bodies(name)
  }
  await both(scenario, ['One', 'Two'], ['One'], {
    file: 'state/person.ts',
    from: 'keep: (id, entry) => tell(persist.keepUnsent(id, entry)),',
    to: 'keep: () => {},',
  })
})

test('SWITCH-2: without client_id a lost answer doubles the message', async () => {
  const scenario: Scenario<string[]> = async (scene) => {
    let lost = 0
    field.proxy.fate = (req) => (req.method === 'POST' && req.url?.endsWith('/messages') && lost++ === 0 ? 'drop' : 'pass')
    await write(scene, 'Two')
    await expect.poll(() => lost).toBe(2)
    await scene.widget.thread
      .getByText(/Sending…|Not sent yet/)
      .first()
      .waitFor({ state: 'detached' })
    return () => field.bodies(scene.name)
  }
  await both(scenario, ['One', 'Two'], ['One', 'Two', 'Two'], {
    file: 'state/person.ts',
    from: 'body: { body, client_id, ...(await sendFiles(entry)) }',
    to: 'body: { body, ...(await sendFiles(entry)) }',
  })
})

const noReread: Change = { file: 'state/conversation.ts', from: 'if (last !== before || ended)', to: 'if (!last)' }

test('SWITCH-3: with the newest message as the cursor, gaps or not, a message whose frame was lost never comes', async () => {
  const scenario: Scenario<string[]> = async ({ params, texts, lose, widget, askAgain }) => {
    const agent = await field.agent()
    lose(/"lost"|ticket\.updated/)
    await agent.call('agentSendMessage', { params, body: { body: 'lost' } })
    await agent.call('agentSendMessage', { params, body: { body: 'after' } })
    await widget.thread.getByText('after').waitFor()
    await askAgain()
    return texts
  }
  await both(
    scenario,
    ['One', 'lost', 'after'],
    ['One', 'after'],
    { file: 'state/merge.ts', from: 'return gap < 0 ? messages : messages.slice(0, gap)', to: 'return gap < 0 ? messages : messages' },
    noReread,
  )
})

test('SWITCH-4: without merging, a message that comes by two roads stands there twice', async () => {
  const scenario: Scenario<boolean> = async (scene) => {
    await write(scene, 'Two')
    await scene.widget.thread.getByText(/Sending…/).waitFor({ state: 'detached' })
    await scene.askAgain()
    return async () => {
      const all = await scene.texts()
      return new Set(all).size === all.length
    }
  }
  await both(
    scenario,
    true,
    false,
    {
      file: 'state/merge.ts',
      from: 'return [...bySeq.values()].sort((a, b) => a.seq - b.seq)',
      to: 'return [...known, ...incoming]',
    },
    { file: 'state/merge.ts', from: 'return gap < 0 ? messages : messages.slice(0, gap)', to: 'return gap < 0 ? messages : messages' },
  )
})

test('SWITCH-5: without a leader every tab has a socket of its own', async () => {
  const scenario: Scenario<number> = async ({ context, name, params, page, widget }) => {
    const pages = [await field.page(context, name), await field.page(context, name)]
    for (const one of pages) await widgetOf(one).launcher.waitFor()
    // Closed, or what arrives is read at once.
    await page.keyboard.press('Escape')
    await widget.dialog.waitFor({ state: 'detached' })
    await (await field.agent()).call('agentSendMessage', { params, body: { body: 'To all' } })
    for (const one of pages) await one.getByRole('button', { name: /1 unread message/ }).waitFor()
    return () => field.proxy.sockets.now
  }
  await both(scenario, 1, 3, { file: 'state/tabs.ts', from: 'const { locks } = navigator', to: 'const locks = undefined' })
})

test('SWITCH-6: without reading again what has changed, a message that was taken back stays on screen', async () => {
  const scenario: Scenario<boolean> = async ({ params, texts, lose, askAgain, widget }) => {
    const agent = await field.agent()
    const { id } = await agent.call('agentSendMessage', { params, body: { body: 'a secret by mistake' } })
    await widget.thread.getByText('a secret by mistake').waitFor()
    lose(/message\.updated|ticket\.updated/)
    await agent.call('agentRedactMessage', { params: { ...params, message_id: id } })
    await askAgain()
    return async () => (await texts()).includes('a secret by mistake')
  }
  await both(scenario, false, true, noReread)
})
