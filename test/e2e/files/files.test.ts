import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { png } from '../../support/files.ts'
import { type Stack, startStack, widgetOf } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

const picture = (name: string) => ({ name, mimeType: 'image/png', buffer: png(80, 60) })
const note = (name: string, text = 'x') => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
const large = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.alloc(10 * 2 ** 20 + 1) })

/** The widget of a customer on a page, with what its tests touch. */
async function open(name: string, path?: string) {
  const visitor = await stack.visit(name, path === undefined ? {} : { path })
  const widget = widgetOf(visitor.page)
  await widget.open()
  const picker = widget.dialog.locator('input[type=file]')
  const chips = () => widget.dialog.locator('.foot .file bdi, .form .file bdi').allTextContents()
  const attached = async () => {
    const customer = await stack.customer(name)
    const [ticket] = (await customer.call('listTickets', {})).data
    const { messages } = await customer.call('getTicket', { params: { id: ticket?.id ?? '' } })
    return messages.map(({ body, attachments }) => [body, ...attachments.map(({ filename }) => filename)])
  }
  return { ...visitor, widget, picker, chips, attached }
}

/** Lets go of files over the drawer, or pastes them: `text` beside them. */
const give = (page: Page, type: 'drop' | 'paste', names: string[], text = '') =>
  widgetOf(page).dialog.evaluate(
    (dialog, given) => {
      const data = new DataTransfer()
      for (const name of given.names) data.items.add(new File(['content'], name, { type: 'text/plain' }))
      if (given.text) for (const type of ['text/plain', 'text/html']) data.setData(type, given.text)
      const init = { bubbles: true, cancelable: true, composed: true }
      const event =
        given.type === 'drop' ? new DragEvent('drop', { ...init, dataTransfer: data }) : new ClipboardEvent('paste', { ...init, clipboardData: data })
      dialog.querySelector('textarea, form, h2')?.dispatchEvent(event)
      return event.defaultPrevented
    },
    { type, names, text },
  )

test('FILES-1: files go with the first message, under the strictest policy; pictures are shown before and after, in their place', async () => {
  const { page, widget, picker, chips, attached, complaints } = await open('first', '/strict-csp')
  await widget.newTicket.first().click()
  await widget.dialog.getByText('up to 5, 10 MB each', { exact: false }).waitFor({ state: 'attached' })
  await picker.setInputFiles([picture('shelf.png'), note('notes.txt')])
  expect(await chips()).toEqual(['shelf.png', 'notes.txt'])
  const painted = () =>
    widget.dialog.locator('canvas').evaluate((canvas) => {
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(40, 40, 1, 1) ?? { data: [] }
      return data[3]
    })
  await expect.poll(painted).toBe(255)
  await widget.subject.fill('Broken shelf')
  await widget.create.click()
  const image = widget.thread.getByRole('img', { name: 'shelf.png' })
  await image.waitFor()
  await expect.poll(() => image.evaluate((one) => (one as HTMLImageElement).naturalWidth)).toBe(80)
  expect(await image.evaluate(({ clientWidth, clientHeight }) => [clientWidth, clientHeight])).toEqual([80, 60])
  const file = widget.thread.getByRole('link', { name: 'notes.txt' })
  const answer = await page.request.get((await file.getAttribute('href')) ?? '')
  expect([answer.status(), await answer.text()]).toEqual([200, 'x'])
  expect(answer.headers()['content-disposition']).toContain('notes.txt')
  expect(await attached()).toEqual([['', 'shelf.png', 'notes.txt']])
  expect(complaints).toEqual([])
  await page.close()
})

test('FILES-2: they are picked, dropped and pasted, and taken out again; what does not fit is said, and stays behind', async () => {
  const { page, widget, picker, chips, attached } = await open('ways')
  await widget.writeTicket('Files', 'One')
  await widget.composer.waitFor()
  await picker.setInputFiles([note('a.txt'), large('film.mp4'), note('empty.txt', ''), note('b.txt')])
  expect(await chips()).toEqual(['a.txt', 'b.txt'])
  await widget.dialog.getByRole('alert').getByText('Not added: film.mp4, empty.txt.').waitFor()
  expect(await give(page, 'drop', ['c.txt'])).toBe(true)
  expect(await give(page, 'paste', ['d.txt', 'e.txt'])).toBe(true)
  expect(await give(page, 'paste', ['office.png'], 'the text is meant')).toBe(false)
  await expect.poll(chips).toEqual(['a.txt', 'b.txt', 'c.txt', 'd.txt', 'e.txt'])
  await give(page, 'drop', ['f.txt'])
  await widget.dialog.getByRole('alert').getByText('Not added: f.txt.').waitFor()
  await widget.dialog.getByRole('button', { name: 'Remove b.txt' }).click()
  await expect.poll(chips).toEqual(['a.txt', 'c.txt', 'd.txt', 'e.txt'])
  // Each preview is that of its own file, when one before it is gone.
  await picker.setInputFiles([{ ...picture('broken.png'), buffer: Buffer.from('no picture') }])
  const previews = () => widget.dialog.locator('.foot canvas').evaluateAll((all) => all.map((one) => (one as HTMLCanvasElement).hidden))
  await expect.poll(previews).toEqual([true])
  await widget.dialog.getByRole('button', { name: 'Remove a.txt' }).click()
  await picker.setInputFiles([picture('a.png')])
  await expect.poll(previews).toEqual([true, false])
  await widget.dialog.getByRole('button', { name: 'Remove broken.png' }).click()
  await expect.poll(previews).toEqual([false])
  await expect.poll(chips).toEqual(['c.txt', 'd.txt', 'e.txt', 'a.png'])
  // A draft's files are kept as its text is.
  await page.reload()
  await widget.open()
  await widget.dialog.getByText('Files').first().click()
  await expect.poll(chips).toEqual(['c.txt', 'd.txt', 'e.txt', 'a.png'])
  await widget.send.click()
  await expect.poll(attached).toEqual([['One'], ['', 'c.txt', 'd.txt', 'e.txt', 'a.png']])
  expect(await chips()).toEqual([])
  // On the list there is nothing to give a file to, and the page does not leave for it either.
  await widget.back.click()
  expect(await give(page, 'drop', ['lost.txt'])).toBe(true)
  await page.close()
})

test('FILES-4: how much of a file has gone out is to be seen while it goes', async () => {
  const { page, context, widget, picker, attached } = await open('slow-line')
  await widget.writeTicket('Slow line', 'One')
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const upTo = (uploadThroughput: number) =>
    session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput })
  await upTo(200_000)
  await picker.setInputFiles({ name: 'large.txt', mimeType: 'text/plain', buffer: Buffer.alloc(2_000_000, 'line of a log\n') })
  await widget.composer.fill('With a large file')
  await widget.send.click()
  const bar = widget.thread.getByRole('progressbar', { name: 'large.txt' })
  const share = () => bar.evaluate((one: HTMLProgressElement) => one.value)
  await expect.poll(share).toBeGreaterThan(0.05)
  const first = await share()
  expect(first).toBeLessThan(0.95)
  await expect.poll(share).toBeGreaterThan(first)
  await upTo(-1)
  await expect.poll(attached).toEqual([['One'], ['With a large file', 'large.txt']])
  await page.close()
})

test('FILES-3: a file on its way shows how far it is, can be taken back to where it was, and is tried again', async () => {
  const { page, context, widget, picker, chips, attached } = await open('way')
  await widget.writeTicket('Slow line', 'One')
  const uploads = '**/v1/support/attachments'
  let held = 0
  await context.route(uploads, () => {
    held++
  })
  await picker.setInputFiles(note('slow.txt'))
  await widget.composer.fill('With a file')
  await widget.send.click()
  await widget.thread.getByRole('progressbar', { name: 'slow.txt' }).waitFor()
  await expect.poll(() => held).toBe(1)
  await widget.thread.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => widget.composer.inputValue()).toBe('With a file')
  await expect.poll(chips).toEqual(['slow.txt'])
  expect(await widget.dialog.getByRole('alert').count()).toBe(0)
  await context.unroute(uploads)

  await context.route(uploads, (route) => route.abort())
  await widget.send.click()
  await widget.thread.getByText('Not sent yet').waitFor()
  // While it still fails: once it would arrive, it may do so before the button is found.
  await widget.thread.getByRole('button', { name: 'Try again' }).click({ timeout: 60_000 })
  await context.unroute(uploads)
  await expect.poll(attached, { timeout: 60_000 }).toEqual([['One'], ['With a file', 'slow.txt']])
  await widget.thread.getByRole('link', { name: 'slow.txt' }).waitFor()
  await page.close()
})
