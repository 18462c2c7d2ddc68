import { ticketUrl } from '@support-widget/server/jobs/mail/render.ts'
import { describe, expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { newTicket } from '../support/factories.ts'
import { upload } from '../support/files.ts'
import { type MailSetUp, setUpMail } from '../support/mail.ts'

const at = (ticket: { id: string }) => ({ params: { id: ticket.id } })
const answer = (on: MailSetUp, ticket: { id: string }, body = 'Answer') => on.sam.call('agentSendMessage', { ...at(ticket), body: { body } })
/** The header block of a mail as it came over the wire. */
const headOf = (raw: string) => raw.slice(0, raw.indexOf('\r\n\r\n'))

describe('MAIL-8: a mail leads to its ticket in the app', () => {
  test('by the page that the app names, whose own parameters stay; without one there is no link', async () => {
    const on = await setUpMail()
    const ticket = await newTicket(on.alice)
    for (const url of ['https://app.example/help?tab=2&q=a%20b', null]) {
      await on.settings({ return_url: url })
      await answer(on, ticket)
      await on.later(10)
    }
    const [linked, bare] = on.smtp.received(on.address)
    expect(linked?.mail.text).toContain(`Read and reply: https://app.example/help?tab=2&q=a%20b&support_ticket=${ticket.id}\n`)
    expect(linked?.mail.html).toContain(`href="https://app.example/help?tab=2&amp;q=a%20b&amp;support_ticket=${ticket.id}"`)
    expect(bare?.mail.text).not.toContain('Read and reply')
  })

  test('wherever the address has its place for the ticket', () => {
    const id = '01JN2XG6H7Q8R9S0T1V2W3X4Y5'
    expect(ticketUrl('https://a.example/t/{ticket_id}/x', id)).toBe(`https://a.example/t/${id}/x?support_ticket=${id}`)
    expect(ticketUrl('https://a.example/?support_ticket={ticket_id}#top', id)).toBe(`https://a.example/?support_ticket=${id}#top`)
    expect(ticketUrl('https://a.example/#/{ticket_id}', id)).toBe(`https://a.example/?support_ticket=${id}#/${id}`)
    expect(ticketUrl('javascript:alert(1)//{ticket_id}', id)).toBe(null)
    expect(ticketUrl(null, id)).toBe(null)
  })
})

describe('MAIL-9: mail programs know what a mail is and what belongs together', () => {
  test('one sender in the name of the app, one thread and one subject for each side, told to be automatic', async () => {
    const on = await setUpMail()
    const ticket = await newTicket(on.alice, { subject: 'Kiln' })
    await on.mailer.drain()
    for (const body of ['One', 'Two']) {
      await on.alice.call('sendMessage', { ...at(ticket), body: { body: `${body}?` } })
      await on.later(10)
      await answer(on, ticket, body)
      await on.later(10)
    }
    const [inbox, customer] = [on.smtp.received(on.inbox), on.smtp.received(on.address)]
    expect([inbox.length, customer.length]).toEqual([3, 2])
    for (const side of [inbox, customer]) {
      const ids = side.map((one) => one.header('message-id')[0])
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids) expect(id).toMatch(/^<[\da-f-]{36}@support\.example>$/)
      const rest = side.slice(1)
      for (const header of ['in-reply-to', 'references']) expect(rest.map((one) => one.header(header))).toEqual(rest.map(() => [ids[0]]))
      expect(side[0]?.header('in-reply-to')).toEqual([])
      for (const one of side) {
        expect(one.mail.from).toEqual({ name: 'Kilnshare', address: 'support@support.example' })
        expect([one.from, one.header('auto-submitted'), one.header('reply-to')]).toEqual(['support@support.example', ['auto-generated'], []])
      }
    }
    expect(inbox.map(({ mail }) => mail.subject)).toEqual([`[${ticket.number}] Kiln`, `Re: [${ticket.number}] Kiln`, `Re: [${ticket.number}] Kiln`])
    expect(customer.map(({ mail }) => mail.subject)).toEqual([`Re: [${ticket.number}] Kiln`, `Re: [${ticket.number}] Kiln`])
    // Who answers has no list to leave.
    expect(inbox.flatMap((one) => one.header('list-unsubscribe'))).toEqual([])
  })

  test('files are named, and not sent', async () => {
    const on = await setUpMail()
    const ticket = await newTicket(on.alice)
    const file = await upload(on.server, await on.app.token('sam', { role: 'agent' }), 'bytes of the plan', 'plan <b>.txt', { agent: true })
    await on.sam.call('agentSendMessage', { ...at(ticket), body: { body: '', attachments: [file.id] } })
    await on.later(10)
    const [one] = on.smtp.received(on.address)
    expect(one?.mail.text).toContain(`Attachment: ${file.filename}`)
    expect(one?.mail.html).toContain(`Attachment: ${file.filename.replace('<', '&lt;').replace('>', '&gt;')}`)
    expect(one?.mail.attachments).toEqual([])
    expect(one?.raw).not.toContain('bytes of the plan')
  })
})

describe('MAIL-10: a customer is written to in their language', () => {
  test.each([
    ['de-AT', 'de', 'ltr', 'Lesen und antworten'],
    ['de_DE', 'de', 'ltr', 'Lesen und antworten'],
    ['fr', 'fr', 'ltr', 'Lire et répondre'],
    ['es-419', 'es', 'ltr', 'Leer y responder'],
    ['pt-BR', 'pt', 'ltr', 'Ler e responder'],
    ['IT', 'it', 'ltr', 'Leggi e rispondi'],
    ['nl', 'nl', 'ltr', 'Lezen en antwoorden'],
    ['ja', 'ja', 'ltr', '読んで返信する'],
    ['ar-EG', 'ar', 'rtl', 'اقرأ وأجب'],
    ['xx-constructor', 'en', 'ltr', 'Read and reply'],
    ['constructor', 'en', 'ltr', 'Read and reply'],
  ])('%s', async (locale, lang, dir, button) => {
    const on = await setUpMail()
    const zoe = await on.person('zoe', { email: `zoe.${on.address}`, email_verified: true, locale })
    await answer(on, await newTicket(zoe, { subject: 'السؤال' }))
    await on.later(10)
    const [one] = on.smtp.received(`zoe.${on.address}`)
    expect(one?.header('content-language')).toEqual([lang])
    expect(one?.mail.html).toContain(`<html lang="${lang}" dir="${dir}">`)
    expect(one?.mail.subject).toContain('السؤال')
    for (const form of [one?.mail.text, one?.mail.html]) {
      expect(form).toContain(button)
      expect(form).toContain('Kilnshare')
      expect(form).not.toMatch(/\{(app|subject)\}|undefined|null/)
    }
    expect((await request(/https?:\/\/\S+\/mail\/unsubscribe\S+/.exec(one?.mail.text ?? '')?.[0] ?? '')).text).toContain(
      `lang="${lang}" dir="${dir}"`,
    )
  })

  test('or in that of the ticket, where an agent has written it down', async () => {
    const on = await setUpMail()
    const ticket = await newTicket(on.alice)
    await on.sam.call('agentUpdateTicket', { ...at(ticket), body: { preferred_language: 'nl' } })
    await answer(on, ticket)
    await on.later(10)
    expect(on.smtp.received(on.address)[0]?.mail.text).toContain('Lezen en antwoorden')
  })
})

const hostile = '<img src=x onerror=alert(1)>"\'&</div><script>alert(1)</script>{{constructor}} {app}'

describe('C107: what somebody wrote is text in a mail, and one header', () => {
  test('in subject, name, message and the name of the app', async () => {
    const on = await setUpMail()
    await on.ada.call('agentUpdateApp', { body: { name: `Kiln${hostile}"<evil@example.com>`.slice(0, 100) } })
    const subject = `Kiln\r\nBcc: victim@example.com\r\n\r\n\u2028X-A: b\u202e${hostile}`
    const zoe = await on.person('zoe', { name: `Zoe\r\nBcc: victim@example.com${hostile}`, email: `zoe.${on.address}`, email_verified: true })
    const ticket = await zoe.call('createTicket', { body: { subject, body: hostile } })
    await on.mailer.drain()
    await answer(on, ticket, hostile)
    await on.later(10)
    const [told, answered] = [on.smtp.received(on.inbox)[0], on.smtp.received(`zoe.${on.address}`)[0]]
    for (const one of [told, answered]) {
      const names = headOf(one?.raw ?? '')
        .split('\r\n')
        .flatMap((line) => /^([\w-]+):/.exec(line)?.[1]?.toLowerCase() ?? [])
      expect(names).not.toContain('bcc')
      expect(names).not.toContain('x-a')
      for (const name of ['from', 'to', 'subject']) expect(names.filter((given) => given === name)).toHaveLength(1)
      expect(one?.mail.from?.address).toBe('support@support.example')
      expect(one?.mail.subject).not.toMatch(/[\r\n\u2028\u202e]/)
      expect(one?.mail.html).not.toMatch(/<img|<script|onerror=alert\(1\)>/)
      expect(one?.mail.html).toContain('&lt;script&gt;')
      expect(one?.mail.text).toContain(hostile)
    }
    expect(on.smtp.asked).not.toContain('victim@example.com')
    expect(on.smtp.asked).not.toContain('evil@example.com')
  })
})

describe('C35: an address is one address or none', () => {
  test('what could be two, or a header, is refused and never sent', async () => {
    const on = await setUpMail()
    const bad = [
      '"x\r\nBcc: y"@z.example',
      'a@b.example, c@d.example',
      'a@b@c.example',
      '<a@b.example>',
      'a b@c.example',
      'a@',
      'nobody',
      `${'a'.repeat(65)}@example.com`,
      'a@b..example',
    ]
    for (const [number, email] of bad.entries()) {
      const zoe = await on.person(`zoe-${number}`, { email, email_verified: true })
      await answer(on, await newTicket(zoe))
    }
    const before = on.smtp.asked.length
    await on.later(10)
    expect(on.smtp.asked.slice(before).filter((to) => to !== on.inbox)).toEqual([])
    expect((await on.mails()).filter(({ kind }) => kind === 'customer_unread').map(({ state, reason }) => [state, reason])).toEqual(
      bad.map(() => ['failed', 'bad_address']),
    )
  })

  test('letters of any script reach the server that they name', async () => {
    const on = await setUpMail()
    const zoe = await on.person('zoe', { email: `zoë@bücher-${on.address.slice(6, 14)}.example`, email_verified: true })
    const ada = await on.person('ada-c', { email: `ada@bücher-${on.address.slice(6, 14)}.example`, email_verified: true })
    for (const person of [zoe, ada]) await answer(on, await newTicket(person))
    await on.later(10)
    const newest = on.smtp.received().slice(-2)
    const [unicode, domain] = [newest.find(({ to }) => to.startsWith('zoë')), newest.find(({ to }) => to.startsWith('ada'))]
    expect(headOf(unicode?.raw ?? '')).toContain(`To: ${Buffer.from(unicode?.to ?? '').toString('latin1')}`)
    expect(unicode?.to).toMatch(/^zoë@bücher/)
    expect(headOf(domain?.raw ?? '')).toMatch(/To: ada@xn--bcher-.*\.example\r\n/)
    expect((await on.mails()).filter(({ kind }) => kind === 'customer_unread').map(({ state }) => state)).toEqual(['sent', 'sent'])
  })
})

test('C21: a host that a client makes up is in no mail', async () => {
  const on = await setUpMail()
  const headers = { Authorization: `Bearer ${await on.app.token('alice', { claims: { email: on.address } })}`, 'Content-Type': 'application/json' }
  for (const host of ['evil.example', 'a@evil.example'])
    await request(`${on.server.url}/v1/support/tickets`, {
      method: 'POST',
      headers: { ...headers, Host: host, 'X-Forwarded-Host': host, Forwarded: `host=${host}` },
      body: JSON.stringify({ subject: 'Kiln', body: 'Stops' }),
    })
  await on.mailer.drain()
  const { data } = await on.alice.call('listTickets', {})
  for (const ticket of data) await answer(on, ticket)
  await on.later(10)
  const all = [...on.smtp.received(on.inbox), ...on.smtp.received(on.address)]
  expect(data.length).toBeGreaterThan(0)
  expect(all).toHaveLength(2 * data.length)
  for (const { mail, raw } of all) {
    expect(raw + mail.text + mail.html).not.toContain('evil')
    for (const link of mail.html?.match(/href="[^"]+"/g) ?? []) expect(link).toMatch(new RegExp(`^href="(${on.server.url}/|https://app.example/)`))
  }
})
