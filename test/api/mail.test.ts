import { expect, test } from 'vitest'
import { newTicket } from '../support/factories.ts'
import { setUpMail } from '../support/mail.ts'

test('MAIL-1: a new ticket is told to the inbox at once, and to nobody else', async () => {
  const { alice, smtp, mailer, inbox, mails } = await setUpMail()
  const ticket = await newTicket(alice, { subject: 'Kiln 4 stops', body: 'It shows E7.' })
  await mailer.drain()
  const [one, ...more] = smtp.received(inbox)
  expect(more).toEqual([])
  expect(one?.mail.subject).toBe(`[${ticket.number}] Kiln 4 stops`)
  expect(one?.mail.text).toContain('It shows E7.')
  console.log(one?.raw)
  expect((await mails()).map(({ kind, state }) => [kind, state])).toEqual([['new_ticket', 'sent']])
})
