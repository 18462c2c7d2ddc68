import { describe, expect, test } from 'vitest'
import { newTicket } from '../support/factories.ts'
import { setUpMail } from '../support/mail.ts'

const at = (ticket: { id: string }) => ({ params: { id: ticket.id } })

describe('MAIL-1: a new ticket is told to the inbox at once', () => {
  test('once, with what its customer wrote and the way to the desk', async () => {
    const { alice, smtp, mailer, inbox, address, mails, server } = await setUpMail()
    const ticket = await newTicket(alice, { subject: 'Kiln 4 stops', body: 'It shows E7.\n\nTwice.' })
    await mailer.drain()
    const [one, ...more] = smtp.received(inbox)
    expect(more).toEqual([])
    expect(one?.mail.subject).toBe(`[${ticket.number}] Kiln 4 stops`)
    for (const form of [one?.mail.text, one?.mail.html]) {
      expect(form).toContain('It shows E7.\n\nTwice.')
      expect(form).toContain(address)
      expect(form).toContain(`${server.url}/desk#/tickets/${ticket.id}`)
    }
    expect(smtp.received(address)).toEqual([])
    expect((await mails()).map(({ kind, state }) => [kind, state])).toEqual([['new_ticket', 'sent']])
  })

  test('whoever wrote it down, but not what an agent began: that is told to its customer', async () => {
    const { app, sam, smtp, mailer, later, inbox, address, mails, alice } = await setUpMail()
    await alice.call('getMe', {})
    const requester = { external_id: 'alice' }
    await app.backend.call('agentCreateTicket', { body: { requester, subject: 'By phone', body: 'They called.' } })
    await sam.call('agentCreateTicket', { body: { requester, subject: 'Your kiln', body: 'It is ready.', author_type: 'agent' } })
    await mailer.drain()
    expect(smtp.received(inbox).map(({ mail }) => mail.subject)).toEqual([expect.stringContaining('By phone')])
    await later(10)
    expect(smtp.received(address).map(({ mail }) => mail.text)).toEqual([expect.stringContaining('It is ready.')])
    expect((await mails()).map(({ kind, state }) => [kind, state])).toEqual([
      ['new_ticket', 'sent'],
      ['customer_unread', 'sent'],
    ])
  })

  test('without an inbox, or where the app does not want it, there is none', async () => {
    const { alice, settings, mails } = await setUpMail()
    await settings({ inbox_mail: false })
    await newTicket(alice)
    await settings({ inbox_mail: true, inbox_email: null })
    await newTicket(alice)
    expect(await mails()).toEqual([])
  })

  test('one that could not be told at once and has been seen meanwhile is left out', async () => {
    const { alice, sam, smtp, mailer, later, inbox, mails } = await setUpMail()
    smtp.behave('greylist')
    const [seen] = [await newTicket(alice, { subject: 'Seen' }), await newTicket(alice, { subject: 'Not seen' })]
    await mailer.drain()
    smtp.behave('accept')
    await sam.call('agentReadTicket', { ...at(seen), body: { seq: 1 } })
    await later(6)
    expect(smtp.received(inbox).map(({ mail }) => mail.subject)).toEqual([expect.stringContaining('Not seen')])
    expect((await mails()).map(({ state, reason }) => [state, reason])).toEqual([
      ['cancelled', 'read'],
      ['sent', null],
    ])
  })
})

describe('MAIL-2: an answer that stays unread is mailed to its customer', () => {
  test('all of a ticket that wait in one mail, after the minutes that the app says and not before', async () => {
    const { alice, sam, smtp, later, address } = await setUpMail()
    const [ticket, other] = [await newTicket(alice, { subject: 'Kiln' }), await newTicket(alice, { subject: 'Bill' })]
    await sam.call('agentSendMessage', { ...at(ticket), body: { body: 'First answer' } })
    await sam.call('agentSendMessage', { ...at(other), body: { body: 'About the bill' } })
    await later(9)
    expect(smtp.received(address)).toEqual([])
    await sam.call('agentSendMessage', { ...at(ticket), body: { body: 'Second answer' } })
    await later(1)
    const texts = smtp.received(address).map(({ mail }) => mail.text ?? '')
    expect(texts).toHaveLength(2)
    const about = texts.find((text) => text.includes('First answer')) ?? ''
    expect(about.indexOf('Second answer')).toBeGreaterThan(about.indexOf('First answer'))
    expect(about).not.toContain('About the bill')
    await later(60)
    expect(smtp.received(address)).toHaveLength(2)
  })

  test('none if it was read, answered, or told already; what came later is told later', async () => {
    const { alice, sam, smtp, later, address, mails } = await setUpMail()
    const [read, answered, goesOn] = [await newTicket(alice), await newTicket(alice), await newTicket(alice)]
    for (const ticket of [read, answered, goesOn]) await sam.call('agentSendMessage', { ...at(ticket), body: { body: `Answer 1` } })
    await alice.call('readTicket', { ...at(read), body: { seq: 2 } })
    await alice.call('sendMessage', { ...at(answered), body: { body: 'Thanks' } })
    await later(10)
    expect(smtp.received(address)).toHaveLength(1)
    await sam.call('agentSendMessage', { ...at(goesOn), body: { body: 'Answer 2' } })
    await later(10)
    const [, second] = smtp.received(address)
    expect(second?.mail.text).toContain('Answer 2')
    expect(second?.mail.text).not.toContain('Answer 1')
    expect((await mails()).filter(({ kind }) => kind === 'customer_unread').map(({ state, reason }) => [state, reason])).toEqual([
      ['cancelled', 'read'],
      ['cancelled', 'read'],
      ['sent', null],
      ['sent', null],
    ])
  })

  test('more than fit in one are said to be more, and the newest stand in it', async () => {
    const { alice, sam, smtp, later, address } = await setUpMail()
    const ticket = await newTicket(alice)
    for (let number = 1; number <= 21; number++) await sam.call('agentSendMessage', { ...at(ticket), body: { body: `Answer ${number}.` } })
    await later(10)
    const [one] = smtp.received(address)
    expect(one?.mail.text?.match(/Answer \d+\./g)).toHaveLength(20)
    expect(one?.mail.text).toContain('Answer 21.')
    expect(one?.mail.text).toContain('There are more messages before these.')
  })

  test('the last word of a closed ticket is told, and what a merge brought is told once, where it goes on', async () => {
    const { alice, sam, smtp, later, address } = await setUpMail()
    const [source, target] = [await newTicket(alice, { subject: 'Source' }), await newTicket(alice, { subject: 'Target' })]
    await sam.call('agentSendMessage', { ...at(source), body: { body: 'Said in the source' } })
    await sam.call('agentMergeTicket', { ...at(source), body: { into: target.id } })
    const closed = await newTicket(alice, { subject: 'Closed' })
    await sam.call('agentSendMessage', { ...at(closed), body: { body: 'The last word', status: 'closed' } })
    await later(10)
    expect(
      smtp
        .received(address)
        .map(({ mail }) => mail.subject?.replace(/^Re: \[.*\] /, ''))
        .sort(),
    ).toEqual(['Closed', 'Target'])
    expect(
      smtp
        .received(address)
        .map(({ mail }) => mail.text)
        .join(),
    ).toContain('Said in the source')
  })
})

test('MAIL-2, MAIL-3: what a merge puts behind a message has not been written after it', async () => {
  const { alice, sam, smtp, later, inbox, address } = await setUpMail()
  const [source, target] = [await newTicket(alice, { subject: 'Source' }), await newTicket(alice, { subject: 'Target' })]
  await sam.call('agentSendMessage', { ...at(source), body: { body: 'Said in the source' } })
  await sam.call('agentSendMessage', { ...at(target), body: { body: 'Said in the target' } })
  await alice.call('sendMessage', { ...at(source), body: { body: 'Asked in the source' } })
  await sam.call('agentSendMessage', { ...at(source), body: { body: 'And answered there' } })
  await alice.call('sendMessage', { ...at(target), body: { body: 'Asked in the target' } })
  await sam.call('agentSendMessage', { ...at(target), body: { body: 'A note', is_internal: true } })
  await alice.call('sendMessage', { ...at(target), body: { body: 'Is anybody there?' } })
  await sam.call('agentMergeTicket', { ...at(source), body: { into: target.id } })
  const [first, second] = [await newTicket(alice), await newTicket(alice)]
  await sam.call('agentSendMessage', { ...at(second), body: { body: 'Said in the second' } })
  await sam.call('agentMergeTicket', { ...at(first), body: { into: second.id } })
  await later(10)
  const said = smtp.received(address).flatMap(({ mail }) => mail.text?.match(/Said in the \w+|And answered there/g) ?? [])
  expect(said.sort()).toEqual(['And answered there', 'Said in the second'])
  const asked = smtp.received(inbox).flatMap(({ mail }) => mail.text?.match(/Asked in the \w+|Is anybody there\?/g) ?? [])
  expect(asked).toEqual(['Is anybody there?'])
})

describe('MAIL-3: what a customer wrote and no agent has seen is mailed', () => {
  test('to the assignee, else to the inbox', async () => {
    const { alice, sam, smtp, later, inbox, app } = await setUpMail()
    const me = await sam.call('agentGetMe', {})
    const desk = me.agent?.email ?? ''
    const [mine, nobodys] = [await newTicket(alice, { subject: 'Mine' }), await newTicket(alice, { subject: 'Nobody’s' })]
    await sam.call('agentUpdateTicket', { ...at(mine), body: { assignee_id: 'me' } })
    for (const ticket of [mine, nobodys]) await alice.call('sendMessage', { ...at(ticket), body: { body: 'Is anybody there?' } })
    await later(9)
    expect(smtp.received(desk)).toEqual([])
    await later(1)
    expect(smtp.received(desk).map(({ mail }) => mail.subject)).toEqual([`Re: [${mine.number}] Mine`])
    const late = smtp.received(inbox).filter(({ mail }) => mail.text?.includes('Is anybody there?'))
    expect(late.map(({ mail }) => mail.subject)).toEqual([`Re: [${nobodys.number}] Nobody’s`])
    // Who is no agent any more is told nothing.
    await app.backend.call('agentRemoveAgent', { params: { id: me.agent?.id ?? '' } })
    await alice.call('sendMessage', { ...at(mine), body: { body: 'Still nobody?' } })
    await later(10)
    expect(smtp.received(desk)).toHaveLength(1)
    expect(smtp.received(inbox).some(({ mail }) => mail.text?.includes('Still nobody?'))).toBe(true)
  })

  test('none once an agent has read, answered or left a note', async () => {
    const { alice, sam, smtp, later, inbox } = await setUpMail()
    const tickets = [await newTicket(alice), await newTicket(alice), await newTicket(alice)]
    for (const ticket of tickets) await alice.call('sendMessage', { ...at(ticket), body: { body: 'Hello?' } })
    const [read, answered, noted] = tickets.map(at)
    await sam.call('agentReadTicket', { params: read?.params ?? { id: '' }, body: { seq: 2 } })
    await sam.call('agentSendMessage', { params: answered?.params ?? { id: '' }, body: { body: 'Yes.' } })
    await sam.call('agentSendMessage', { params: noted?.params ?? { id: '' }, body: { body: 'Mo?', is_internal: true } })
    await later(10)
    expect(smtp.received(inbox).filter(({ mail }) => mail.text?.includes('Hello?'))).toEqual([])
  })
})

describe('MAIL-4: a customer gets nothing that is not theirs', () => {
  test('no note, no address of an agent, nothing of anybody else; and a note sends nothing', async () => {
    const { alice, sam, smtp, later, address, person, mails } = await setUpMail()
    const bob = await person('bob', { name: 'Bob', email: `bob.${address}`, email_verified: true })
    const [ticket, his] = [await newTicket(alice, { subject: 'Kiln' }), await newTicket(bob, { subject: 'Secret of Bob', body: 'Only Bob knows.' })]
    const note = { body: 'The customer is difficult', is_internal: true }
    await sam.call('agentSendMessage', { ...at(ticket), body: note })
    await later(10)
    expect((await mails()).filter(({ kind }) => kind !== 'new_ticket')).toEqual([])
    await sam.call('agentSendMessage', { ...at(ticket), body: { body: 'For Alice' } })
    await sam.call('agentSendMessage', { ...at(ticket), body: note })
    await sam.call('agentSendMessage', { ...at(his), body: { body: 'For Bob' } })
    await later(10)
    const [one, ...more] = smtp.received(address)
    expect(more).toEqual([])
    const desk = (await sam.call('agentGetMe', {})).agent?.email ?? 'nobody'
    for (const word of ['difficult', desk, '@desk.example', 'Bob', `bob.${address}`])
      expect(one?.raw + (one?.mail.text ?? '') + (one?.mail.html ?? '')).not.toContain(word)
    expect(one?.mail.text).toContain('sam:\nFor Alice')
  })
})

describe('MAIL-5: a mail says what stands when it is sent', () => {
  test('redacted words and the mails of erased and blocked customers are not sent', async () => {
    const { alice, sam, ada, smtp, later, address, person, mails } = await setUpMail()
    const [gone, blocked] = [`gone.${address}`, `blocked.${address}`]
    const [zoe, eve] = [await person('zoe', { email: gone, email_verified: true }), await person('eve', { email: blocked, email_verified: true })]
    const tickets = [await newTicket(alice), await newTicket(zoe), await newTicket(eve)]
    const sent = []
    for (const ticket of tickets) sent.push(await sam.call('agentSendMessage', { ...at(ticket), body: { body: 'The password is hunter2' } }))
    await sam.call('agentSendMessage', { ...at(tickets[0] ?? { id: '' }), body: { body: 'Never mind' } })
    await sam.call('agentRedactMessage', { params: { id: tickets[0]?.id ?? '', message_id: sent[0]?.id ?? '' } })
    await ada.call('agentEraseCustomer', { params: { id: (await zoe.call('getMe', {})).customer.id } })
    await ada.call('agentBlockCustomer', { params: { id: (await eve.call('getMe', {})).customer.id }, body: { blocked: true } })
    const before = smtp.received().length
    await later(10)
    expect(
      smtp
        .received()
        .slice(before)
        .map(({ to, mail }) => [to, mail.text?.includes('hunter2'), mail.text?.includes('Never mind')]),
    ).toEqual([[address, false, true]])
    expect((await mails()).map(({ kind, reason }) => [kind, reason])).toContainEqual(['customer_unread', 'blocked'])
  })

  test('what was renamed, readdressed and switched off meanwhile is so', async () => {
    const { alice, sam, ada, smtp, later, address, settings, person } = await setUpMail()
    const [ticket, off] = [await newTicket(alice), await newTicket(alice)]
    await sam.call('agentSendMessage', { ...at(ticket), body: { body: 'Answer' } })
    await ada.call('agentUpdateApp', { body: { name: 'Ovens & Co' } })
    await person('alice', { name: 'Alice', email: `new.${address}`, email_verified: true }).then((again) => again.call('getMe', {}))
    await later(10)
    expect(smtp.received(address)).toEqual([])
    expect(smtp.received(`new.${address}`).map(({ mail }) => mail.from)).toEqual([{ name: 'Ovens & Co', address: 'support@support.example' }])
    await sam.call('agentSendMessage', { ...at(off), body: { body: 'Answer' } })
    await settings({ customer_mail_minutes: null })
    await later(10)
    expect(smtp.received(`new.${address}`)).toHaveLength(1)
  })
})
