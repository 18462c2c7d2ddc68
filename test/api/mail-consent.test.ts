import { describe, expect, test } from 'vitest'
import { client, request } from '../support/client.ts'
import { newTicket } from '../support/factories.ts'
import { type MailSetUp, setUpMail } from '../support/mail.ts'
import type { Received } from '../support/smtp.ts'

const at = (ticket: { id: string }) => ({ params: { id: ticket.id } })
const answer = (on: MailSetUp, ticket: { id: string }, body = 'Answer') => on.sam.call('agentSendMessage', { ...at(ticket), body: { body } })

/** The address behind `/mail/confirm` or `/mail/unsubscribe` in a mail. */
const linkIn = (one: Received | undefined, purpose: 'confirm' | 'unsubscribe') =>
  new RegExp(`https?://\\S+/mail/${purpose}\\?lang=\\w+&token=[\\w.-]+`).exec(one?.mail.text ?? '')?.[0] ?? ''

async function visitorOf(on: MailSetUp, email: string) {
  await on.settings({ visitors: true })
  const { token } = await client(on.server.url).call('createVisitor', { body: { app: on.app.app.publicId } })
  const visitor = client(on.server.url, token)
  await visitor.call('updateMe', { body: { email } })
  return visitor
}

/** A visitor with a typed address, a ticket, and one mail. */
async function writtenTo(on: MailSetUp, typed = `typed.${on.address}`) {
  const visitor = await visitorOf(on, typed)
  const ticket = await newTicket(visitor)
  await answer(on, ticket)
  await on.later(10)
  return { typed, visitor, ticket, mail: on.smtp.received(typed)[0] }
}

describe('MAIL-6: an address for which nobody vouches gets one mail, until its customer writes again or confirms it', () => {
  test('one, even of two tickets at once; after a further message of theirs another', async () => {
    const on = await setUpMail()
    const typed = `typed.${on.address}`
    const visitor = await visitorOf(on, typed)
    const [first, second] = [await newTicket(visitor), await newTicket(visitor)]
    for (const ticket of [first, second]) await answer(on, ticket)
    await on.later(10)
    await answer(on, first, 'More')
    await on.later(10)
    expect(on.smtp.received(typed)).toHaveLength(1)
    expect((await on.mails()).filter(({ reason }) => reason === 'unconfirmed')).toHaveLength(2)
    await visitor.call('sendMessage', { ...at(first), body: { body: 'And?' } })
    await answer(on, first, 'After all')
    await on.later(10)
    expect(on.smtp.received(typed).map(({ mail }) => mail.text?.includes('After all'))).toEqual([false, true])
    // Changing it to and fro makes it no new address.
    await visitor.call('updateMe', { body: { email: `other.${typed}` } })
    await visitor.call('updateMe', { body: { email: typed } })
    await answer(on, second, 'Once more')
    await on.later(10)
    expect(on.smtp.received(typed)).toHaveLength(2)
  })

  test('the link in it confirms the address and nothing else', async () => {
    const on = await setUpMail()
    const { typed, visitor, ticket, mail } = await writtenTo(on)
    const link = linkIn(mail, 'confirm')
    expect((await request(link)).text).toContain('<form method="post">')
    await answer(on, ticket, 'Looked at alone')
    await on.later(10)
    expect(on.smtp.received(typed)).toHaveLength(1)
    expect((await request(link, { method: 'POST' })).status).toBe(200)
    for (const body of ['Second', 'Third']) {
      await answer(on, ticket, body)
      await on.later(10)
    }
    expect(on.smtp.received(typed)).toHaveLength(3)
    expect(linkIn(on.smtp.received(typed)[2], 'confirm')).toBe('')
    expect((await visitor.call('getMe', {})).customer).toMatchObject({ email: typed, verified: false })
    // It was that address, not its customer.
    const next = `next.${on.address}`
    await visitor.call('updateMe', { body: { email: next } })
    for (const body of ['Fourth', 'Fifth']) {
      await answer(on, ticket, body)
      await on.later(10)
    }
    expect(on.smtp.received(next)).toHaveLength(1)
  })

  test('an address that a signed token vouches for, or that an agent wrote down, gets every mail', async () => {
    const on = await setUpMail()
    const [called, unsigned] = [`called.${on.address}`, `unsigned.${on.address}`]
    const opened = await on.sam.call('agentCreateTicket', { body: { requester: { email: called }, subject: 'By phone', body: 'They called.' } })
    const zoe = await on.person('zoe', { email: unsigned, email_verified: false })
    const tickets = [await newTicket(on.alice), opened, await newTicket(zoe)]
    for (const body of ['One', 'Two', 'Three']) {
      for (const ticket of tickets) await answer(on, ticket, body)
      await on.later(10)
    }
    expect([on.address, called, unsigned].map((to) => on.smtp.received(to).length)).toEqual([3, 3, 1])
    expect(linkIn(on.smtp.received(on.address)[0], 'confirm')).toBe('')
  })

  test('what came with a ticket of somebody without an address is such an address', async () => {
    const on = await setUpMail()
    const contact = `contact.${on.address}`
    const zoe = await on.person('zoe', { email: null })
    const ticket = await zoe.call('createTicket', { body: { subject: 'The scale', body: 'It is gone.', context: { requester_email: contact } } })
    for (const text of ['One', 'Two']) {
      await answer(on, ticket, text)
      await on.later(10)
    }
    expect(on.smtp.received(contact).map(({ mail }) => mail.text?.includes('One'))).toEqual([true])
  })
})

describe('MAIL-7: whoever wants no mail gets none', () => {
  test('by notify, and again once it is welcome', async () => {
    const on = await setUpMail()
    const ticket = await newTicket(on.alice)
    await on.alice.call('updateMe', { body: { notify: false } })
    await answer(on, ticket)
    await on.later(10)
    expect(on.smtp.received(on.address)).toEqual([])
    expect((await on.mails()).at(-1)).toMatchObject({ kind: 'customer_unread', state: 'cancelled', reason: 'muted' })
    await on.alice.call('updateMe', { body: { notify: true } })
    await answer(on, ticket)
    await on.later(10)
    expect(on.smtp.received(on.address)).toHaveLength(1)
  })

  test('by one click of the mail program (RFC 8058): without signing in, at any host of ours, once or often', async () => {
    const on = await setUpMail()
    const ticket = await newTicket(on.alice)
    await answer(on, ticket)
    await on.later(10)
    const [one] = on.smtp.received(on.address)
    expect(one?.header('list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click'])
    const [, url = ''] = /^<(.+)>$/.exec(one?.header('list-unsubscribe')[0] ?? '') ?? []
    expect(url).toBe(linkIn(one, 'unsubscribe'))
    expect(url).toMatch(new RegExp(`^${on.server.url}/mail/unsubscribe\\?lang=en&token=`))
    const oneClick = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' }
    for (let time = 0; time < 2; time++) expect((await request(url, oneClick)).status).toBe(200)
    expect((await on.alice.call('getMe', {})).customer.notify).toBe(false)
    await answer(on, ticket)
    await on.later(10)
    expect(on.smtp.received(on.address)).toHaveLength(1)
    // Nobody is left to write to, and the link says so all the same.
    await on.ada.call('agentEraseCustomer', { params: { id: (await on.alice.call('getMe', {})).customer.id } })
    expect((await request(url, oneClick)).status).toBe(200)
    expect(await on.mails()).toEqual([])
  })

  test('also from a mail to a contact who has signed in since', async () => {
    const on = await setUpMail()
    const email = `contact.${on.address}`
    const ticket = await on.sam.call('agentCreateTicket', { body: { requester: { email }, subject: 'By phone', body: 'They called.' } })
    await answer(on, ticket)
    await on.later(10)
    const url = linkIn(on.smtp.received(email)[0], 'unsubscribe')
    const zoe = await on.person('zoe', { email, email_verified: true })
    expect(await zoe.call('getMe', {})).toMatchObject({ open_tickets: 1, customer: { notify: true } })
    expect((await request(url, { method: 'POST' })).status).toBe(200)
    expect((await zoe.call('getMe', {})).customer.notify).toBe(false)
  })

  test('and whoever said so as a contact has said so as who they turn out to be', async () => {
    const on = await setUpMail()
    const email = `contact.${on.address}`
    const ticket = await on.sam.call('agentCreateTicket', { body: { requester: { email }, subject: 'By phone', body: 'They called.' } })
    await answer(on, ticket)
    await on.later(10)
    await request(linkIn(on.smtp.received(email)[0], 'unsubscribe'), { method: 'POST' })
    const zoe = await on.person('zoe', { email, email_verified: true })
    expect(await zoe.call('getMe', {})).toMatchObject({ open_tickets: 1, customer: { notify: false } })
  })

  test('who reads mail at an address has the last word over those who only say that it is theirs', async () => {
    const on = await setUpMail()
    const { typed, visitor, ticket, mail } = await writtenTo(on)
    const url = linkIn(mail, 'unsubscribe')
    expect((await request(url, { method: 'POST' })).status).toBe(200)
    const notify = async (who: typeof visitor) => (await who.call('getMe', {})).customer.notify
    expect(await notify(visitor)).toBe(false)
    await visitor.call('updateMe', { body: { notify: true } })
    expect(await notify(visitor)).toBe(false)
    await visitor.call('sendMessage', { ...at(ticket), body: { body: 'And?' } })
    const second = await visitorOf(on, typed.toUpperCase())
    for (const one of [ticket, await newTicket(second)]) await answer(on, one)
    await on.later(10)
    expect(on.smtp.received(typed)).toHaveLength(1)
    expect(on.smtp.received(typed.toUpperCase())).toEqual([])
    expect((await on.mails()).at(-1)).toMatchObject({ kind: 'customer_unread', state: 'cancelled', reason: 'muted' })
    // It is that address, not the visitor.
    const next = `next.${on.address}`
    await visitor.call('updateMe', { body: { email: next } })
    expect(await notify(visitor)).toBe(true)
    await answer(on, ticket)
    await on.later(10)
    expect(on.smtp.received(next)).toHaveLength(1)
    // Whoever reads there may change their mind, as long as the visitor has that address.
    const confirm = linkIn(on.smtp.received(typed)[0], 'confirm')
    await visitor.call('updateMe', { body: { notify: false } })
    // Nobody is thanked for what is not done.
    expect((await request(confirm, { method: 'POST' })).status).toBe(404)
    expect(await notify(visitor)).toBe(false)
    await visitor.call('updateMe', { body: { email: typed, notify: true } })
    expect(await notify(visitor)).toBe(false)
    expect((await request(confirm, { method: 'POST' })).status).toBe(200)
    expect(await notify(visitor)).toBe(true)
  })

  test('also over another visitor who had confirmed it', async () => {
    const on = await setUpMail()
    const first = await writtenTo(on)
    expect((await request(linkIn(first.mail, 'confirm'), { method: 'POST' })).status).toBe(200)
    const second = await visitorOf(on, first.typed)
    const ticket = await newTicket(second)
    await answer(on, ticket)
    await on.later(10)
    const url = linkIn(on.smtp.received(first.typed)[1], 'unsubscribe')
    expect((await request(url, { method: 'POST' })).status).toBe(200)
    for (const [visitor, about] of [
      [first.visitor, first.ticket],
      [second, ticket],
    ] as const) {
      await visitor.call('updateMe', { body: { notify: true } })
      expect((await visitor.call('getMe', {})).customer.notify).toBe(false)
      await answer(on, about)
    }
    await on.later(10)
    expect(on.smtp.received(first.typed)).toHaveLength(2)
  })

  test('and with them the one who has signed in with it, until they say otherwise', async () => {
    const on = await setUpMail()
    const own = await newTicket(on.alice)
    const { ticket: typed, mail } = await writtenTo(on, on.address)
    await request(linkIn(mail, 'unsubscribe'), { method: 'POST' })
    expect((await on.alice.call('getMe', {})).customer.notify).toBe(false)
    await answer(on, own)
    await on.later(10)
    expect(on.smtp.received(on.address)).toHaveLength(1)
    await on.alice.call('updateMe', { body: { notify: true } })
    for (const ticket of [typed, own]) await answer(on, ticket)
    await on.later(10)
    expect(on.smtp.received(on.address)).toHaveLength(2)
  })

  test('what a visitor said of their address they have said as who they turn out to be', async () => {
    const on = await setUpMail()
    await on.settings({ visitors: true })
    const { token } = await client(on.server.url).call('createVisitor', { body: { app: on.app.app.publicId } })
    const visitor = client(on.server.url, token)
    await visitor.call('updateMe', { body: { email: on.address } })
    const ticket = await newTicket(visitor)
    await answer(on, ticket)
    await on.later(10)
    await request(linkIn(on.smtp.received(on.address)[0], 'unsubscribe'), { method: 'POST' })
    const { customer } = await on.alice.call('mergeVisitor', { body: { visitor_token: token } })
    expect(customer.notify).toBe(false)
    await on.alice.call('updateMe', { body: { notify: true } })
    await answer(on, ticket)
    await on.later(10)
    expect(on.smtp.received(on.address)).toHaveLength(2)
  })

  test('an address that an agent names again is still one whose reader wants none', async () => {
    const on = await setUpMail()
    const { typed, ticket, mail } = await writtenTo(on)
    await request(linkIn(mail, 'unsubscribe'), { method: 'POST' })
    const opened = await on.sam.call('agentCreateTicket', {
      body: { requester: { email: typed }, author_type: 'agent', subject: 'By us', body: 'Hello?' },
    })
    for (const one of [opened, ticket]) await answer(on, one)
    await on.later(10)
    expect(on.smtp.received(typed)).toHaveLength(1)
  })

  test('one of several contacts of somebody without an address speaks for their own alone', async () => {
    const on = await setUpMail()
    const zoe = await on.person('zoe', { email: null })
    const contacts = [`x.${on.address}`, `y.${on.address}`] as const
    const tickets = await Promise.all(
      contacts.map((requester_email) =>
        zoe.call('createTicket', { body: { subject: 'The scale', body: 'It is gone.', context: { requester_email } } }),
      ),
    )
    for (const ticket of tickets) await answer(on, ticket)
    await on.later(10)
    const [x, y] = contacts.map((to) => on.smtp.received(to)[0])
    await request(linkIn(y, 'confirm'), { method: 'POST' })
    await request(linkIn(x, 'unsubscribe'), { method: 'POST' })
    for (const ticket of tickets) await answer(on, ticket)
    await on.later(10)
    expect(contacts.map((to) => on.smtp.received(to).length)).toEqual([1, 2])
  })

  test('looking at the page changes nothing, and it is a page of ours alone', async () => {
    const on = await setUpMail()
    await on.ada.call('agentUpdateApp', { body: { name: '<img src=x onerror=alert(1)> & "Co"' } })
    const ticket = await newTicket(on.alice)
    await answer(on, ticket)
    await on.later(10)
    const url = linkIn(on.smtp.received(on.address)[0], 'unsubscribe')
    for (const method of ['GET', 'HEAD']) {
      const page = await request(url, { method, headers: { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' } })
      expect(page.status).toBe(200)
      expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/)
      expect([page.headers.get('cache-control'), page.headers.get('referrer-policy'), page.headers.get('content-type')]).toEqual([
        'no-store',
        'no-referrer',
        'text/html; charset=utf-8',
      ])
      expect(page.text).not.toMatch(/<img|evil|<script|style=/)
    }
    expect((await request(url)).text).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;Co&quot;')
    expect((await on.alice.call('getMe', {})).customer.notify).toBe(true)
    const css = await request(`${on.server.url}/mail/page.css`)
    expect([css.status, css.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
  })

  test('a link of another purpose, another customer or a made-up one is none', async () => {
    const on = await setUpMail()
    const { visitor, mail } = await writtenTo(on)
    const [confirm, unsubscribe] = [linkIn(mail, 'confirm'), linkIn(mail, 'unsubscribe')]
    const token = new URL(unsubscribe).searchParams.get('token') ?? ''
    const other = (await on.alice.call('getMe', {})).customer.id
    const forged = [
      confirm.replace('/confirm', '/unsubscribe'),
      unsubscribe.replace('/unsubscribe', '/confirm'),
      unsubscribe.replace(token.slice(26, 52), other),
      unsubscribe.slice(0, -1),
      `${unsubscribe}A`,
      unsubscribe.replace(/\.[^.]+$/, '.'),
      `${unsubscribe}&token=${token}`,
      `${on.server.url}/mail/unsubscribe`,
      `${on.server.url}/mail/unsubscribe?token=%00`,
    ]
    for (const url of forged) {
      const page = await request(url, { method: 'POST', headers: { 'Accept-Language': 'de-AT,de' } })
      expect([url, page.status, page.text.includes('Dieser Link ist nicht gültig')]).toEqual([url, 404, true])
    }
    expect((await visitor.call('getMe', {})).customer.notify).toBe(true)
    expect((await on.alice.call('getMe', {})).customer.notify).toBe(true)
    // C54: a link in a mail is no credential.
    expect((await client(on.server.url, token).refused('getMe')).status).toBe(401)
    expect(on.server.logged()).not.toContain(token)
  })
})
