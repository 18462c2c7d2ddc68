import type { Output } from '@support-widget/shared/operations.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { png } from '../../support/files.ts'
import { type Stack, startStack } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

async function openDesk(ticketId: string) {
  const context = await stack.browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const complaints: string[] = []
  page.on('pageerror', (err) => complaints.push(err.message))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => /Content Security Policy|Refused to/i.test(message.text()) && complaints.push(message.text()))
  await page.goto(`${stack.url}/desk#/tickets/${ticketId}`)
  await page.getByRole('log').getByRole('article').first().waitFor()
  return { page, context, complaints, log: page.getByRole('log'), panel: page.getByRole('complementary', { name: 'Ticket details' }) }
}

async function upload(user: string, name: string, bytes: Buffer): Promise<string> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)]), name)
  const Authorization = `Bearer ${await stack.running.demo.sign(user, 'customer', 600)}`
  const answer = await fetch(`${stack.url}/v1/support/attachments`, { method: 'POST', headers: { Authorization }, body: form })
  return ((await answer.json()) as Output<'uploadAttachment'>).id
}

/** Words that want to be more than words. */
const hostile = [
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(2)>',
  "{{constructor.constructor('alert(3)')()}}",
  'javascript:alert(4)',
  'https://good@evil.example/',
  '![beacon](https://evil.example/pixel.png)',
] as const

test('DESK-12: whatever is written into a ticket is text at the desk (C105, C106)', async () => {
  const [image, svg, template, script, address, beacon] = hostile
  const user = await stack.customer('mallory')
  const file = await upload('mallory', `${image.replaceAll('/', '')}.txt`, Buffer.from('plain'))
  const { id } = await user.call('createTicket', {
    body: {
      subject: image,
      body: hostile.join('\n'),
      attachments: [file],
      custom_fields: { [image.slice(0, 40)]: svg, plan: true, seats: 7 },
      links: { policy_number: script, [template.slice(0, 40)]: address },
      context: { page: script, [beacon]: { deep: [image, null] } },
    },
  })
  const agent = await stack.agent()
  await agent.call('agentUpdateTicket', { params: { id }, body: { tags: [image, svg], status: 'resolved', resolution_notes: beacon } })
  await user.call('rateTicket', { params: { id }, body: { score: 2, comment: svg } })
  const { page, context, complaints, log, panel } = await openDesk(id)
  for (const words of hostile) await log.getByText(words).first().waitFor()
  const shown = await panel.innerText()
  for (const words of [image, svg, script, address, beacon, '2 of 5', 'true', '7', '"deep"']) expect(shown).toContain(words)
  expect(await page.title()).toContain(image)
  // The only links and pictures are our own: the way back and the file.
  const links = await page.locator('.thread-pane a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  expect(links.filter((href) => !/^#\/(tickets\/\w+)?$/.test(href ?? '')).map((href) => new URL(href ?? '').origin)).toEqual([stack.url])
  expect([await page.locator('#desk img, #desk svg').count(), complaints]).toEqual([0, []])
  await context.close()
})

test('DESK-13: pictures are shown small and files with their size; a link to them stays good', async () => {
  const bob = await stack.customer('bob')
  const files = [await upload('bob', 'shelf.png', png(400, 20)), await upload('bob', 'kiln.log', Buffer.from('E7'.repeat(1024)))]
  const { id } = await bob.call('createTicket', { body: { subject: 'Shelf', body: '', attachments: files } })
  const { context, log, complaints } = await openDesk(id)
  await log.getByText('2 kB').waitFor()
  const preview = log.getByRole('link', { name: 'shelf.png' }).locator('img')
  await expect.poll(() => preview.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.width, image.height])).toEqual([400, 320, 16])
  const href = await log.getByRole('link', { name: 'kiln.log' }).getAttribute('href')
  expect([(await fetch(href ?? '')).status, complaints]).toEqual([200, []])
  await context.close()
})

test('DESK-14: merged messages, follow-ups and unverified customers are named as such', async () => {
  const agent = await stack.agent()
  const requester = { email: 'vera@example.com', name: 'Vera' }
  const open = (subject: string) => agent.call('agentCreateTicket', { body: { subject, body: `About ${subject}`, requester } })
  const [first, second] = [await open('first'), await open('second')]
  await agent.call('agentMergeTicket', { params: { id: first.id }, body: { into: second.id } })
  const follow = await agent.call('agentCreateTicket', {
    body: { subject: 'third', body: 'Again', requester: { id: second.requester.id }, follow_up_of: second.id },
  })
  const { page, context, complaints, log, panel } = await openDesk(second.id)
  await panel.getByText('unverified').waitFor()
  const merged = log.getByRole('article').filter({ hasText: 'About first' })
  await merged.getByText(`from ${first.number}`).waitFor()
  await merged.getByRole('link', { name: first.number }).click()
  await page.getByRole('heading', { name: 'first' }).waitFor()
  await panel.getByText('Merged into').waitFor()
  await panel.getByRole('link', { name: second.number }).click()
  await page.getByRole('heading', { name: 'second' }).waitFor()
  await page.goto(`${stack.url}/desk#/tickets/${follow.id}`)
  await panel.getByText('Follow-up of').waitFor()
  await panel.getByRole('link', { name: second.number }).waitFor()
  expect(complaints).toEqual([])
  await context.close()
})

test('DESK-15: a merged ticket is read only and says where it goes on; what was written in it goes along', async () => {
  const [carol, ada] = [await stack.customer('carol'), await stack.agent('ada')]
  const open = (subject: string) => carol.call('createTicket', { body: { subject, body: `About ${subject}` } })
  const [first, second] = [await open('kiln'), await open('kiln again')]
  const { page, context, complaints, log, panel } = await openDesk(second.id)
  const reply = page.getByPlaceholder('Write a reply')
  await reply.fill('typed there')
  await page.goto(`${stack.url}/desk#/tickets/${first.id}`)
  await page.getByRole('heading', { name: 'kiln', exact: true }).waitFor()
  // The answer arrives a moment after the colleague has merged the ticket.
  await page.route(`**/tickets/${first.id}/messages`, async (route) => {
    if (route.request().method() === 'POST') await ada.call('agentMergeTicket', { params: { id: first.id }, body: { into: second.id } })
    await route.continue()
  })
  await reply.fill('sent too late')
  await page.keyboard.press('Control+Enter')
  await log.getByText('Not sent: This ticket was merged into another one. Go on there.', { exact: true }).waitFor()
  await page.getByText(`This ticket goes on in ${second.number}. What you wrote goes along.`).waitFor()
  await log.getByText('About kiln').waitFor()
  const there = page.getByRole('link', { name: 'Go there' })
  await expect.poll(() => there.evaluate((link) => link === document.activeElement)).toBe(true)
  const controls = page.locator('.thread-pane :is(textarea, select, .steps button, .failure button):visible')
  expect(await controls.allInnerTexts()).toEqual(['Discard'])
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'kiln again' }).waitFor()
  await expect.poll(() => reply.inputValue()).toBe('typed there\n\nsent too late')
  await page.goto(`${stack.url}/desk#/tickets/${first.id}`)
  await page.getByText(`This ticket goes on in ${second.number}.`, { exact: true }).waitFor()
  await panel.getByText('Merged into').waitFor()
  expect([await controls.count(), complaints]).toEqual([0, []])
  await context.close()
})
