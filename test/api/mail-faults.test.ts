import type { Effect } from '@support-widget/server/domain/core.ts'
import { seeTicket } from '@support-widget/server/domain/lock.ts'
import { takeDueMail } from '@support-widget/server/domain/mail-queue.ts'
import { change } from '@support-widget/server/domain/record.ts'
import { outcomeOf } from '@support-widget/server/jobs/mail/transport.ts'
import { describe, expect, test } from 'vitest'
import { newApp, newTicket } from '../support/factories.ts'
import { type MailSetUp, setUpMail } from '../support/mail.ts'
import type { Behaviour, Received } from '../support/smtp.ts'

const idsOf = (mails: readonly Received[]) => mails.map((one) => one.header('message-id')[0])

/** So many new tickets, each due in the inbox; answers their numbers. */
async function due(on: MailSetUp, count: number): Promise<string[]> {
  const numbers: string[] = []
  for (let index = 0; index < count; index++) numbers.push((await newTicket(on.alice)).number)
  return numbers
}
const numbersIn = (mails: readonly Received[]) => [...new Set(mails.map(({ mail }) => /TKT-\d+-\d+/.exec(mail.subject ?? '')?.[0] ?? ''))].sort()
/** Sends what is due, then what the pauses after each attempt made due, until nothing of the app waits. */
async function untilDone(on: MailSetUp): Promise<void> {
  await on.mailer.drain()
  for (let round = 0; round < 30; round++) {
    const waiting = (await on.mails()).filter(({ state }) => state === 'queued' || state === 'sending').map((one) => one.due_at.getTime())
    if (waiting.length === 0) return
    await on.later(Math.max(0, Math.min(...waiting) - on.server.clock.now().getTime()) / 60_000 + 0.01)
  }
}

describe('MAIL-11: what is due is sent, whatever becomes of the server meanwhile, under one Message-ID', () => {
  const passing: Behaviour[] = ['greylist', 'full', 'cut', 'cut_after', 'hang', 'hang_greeting']
  test.each(passing)('%s', async (behaviour) => {
    const on = await setUpMail()
    const numbers = await due(on, 3)
    on.smtp.behave(behaviour)
    if (behaviour === 'hang_greeting') await expect.poll(() => on.smtp.connections()).toBe(0)
    await on.mailer.drain()
    expect((await on.mails()).map(({ state, attempts }) => [state, attempts])).toEqual(numbers.map(() => ['queued', 1]))
    on.smtp.behave('accept')
    await untilDone(on)
    const got = on.smtp.received(on.inbox)
    expect(numbersIn(got)).toEqual(numbers)
    expect(new Set(idsOf(got)).size).toBe(numbers.length)
    // Twice only where the server took a mail and did not say so.
    expect(got).toHaveLength(behaviour === 'cut_after' ? 2 * numbers.length : numbers.length)
    expect((await on.mails()).map(({ state, attempts }) => [state, attempts])).toEqual(numbers.map(() => ['sent', 2]))
  })

  test('one of the connections that hangs holds up none of the others, and nothing else', async () => {
    const on = await setUpMail()
    on.smtp.behave('hang', { times: 1 })
    const numbers = await due(on, 8)
    const sending = on.mailer.drain()
    await expect.poll(() => on.smtp.received(on.inbox).length).toBe(7)
    expect((await on.alice.call('listTickets', {})).pagination.total).toBe(8)
    await sending
    await untilDone(on)
    expect(numbersIn(on.smtp.received(on.inbox))).toEqual(numbers)
  })

  test('an app whose mails hang, or come in heaps, leaves room for those of others', async () => {
    const on = await setUpMail()
    const other = await newApp(on.server)
    const inbox = `other.${on.inbox}`
    await other.backend.call('agentUpdateApp', { body: { settings: { inbox_email: inbox } } })
    await due(on, 8)
    await newTicket(await other.customer())
    on.smtp.behave('hang', { to: on.inbox })
    const sending = on.mailer.drain()
    await expect.poll(() => on.smtp.received(inbox).length).toBe(1)
    expect(on.smtp.received(on.inbox)).toEqual([])
    on.smtp.behave('accept')
    await sending
    await untilDone(on)
    expect(on.smtp.received(on.inbox)).toHaveLength(8)
  })

  test('no transaction and no connection of the database is held while a server is spoken to', async () => {
    const on = await setUpMail()
    on.smtp.behave('hang')
    await due(on, 5)
    const sending = on.mailer.drain()
    await expect.poll(() => on.smtp.asked.filter((to) => to === on.inbox).length).toBeGreaterThanOrEqual(3)
    const ticket = await newTicket(on.alice)
    await on.sam.call('agentSendMessage', { params: { id: ticket.id }, body: { body: 'Still here' } })
    expect(on.smtp.received(on.inbox)).toEqual([])
    on.smtp.behave('accept')
    await sending
  })

  test('a server that was away for six hours gets everything when it is back', async () => {
    const on = await setUpMail()
    const away = await on.smtp.pause()
    const numbers = await due(on, 3)
    await on.mailer.drain()
    for (let minutes = 0; minutes < 6 * 60; minutes += 30) await on.later(30)
    expect((await on.mails()).map(({ state, reason }) => [state, reason])).toEqual(numbers.map(() => ['queued', 'connection_refused']))
    await away.resume()
    await on.later(6 * 60)
    expect(numbersIn(on.smtp.received(on.inbox))).toEqual(numbers)
  })

  test('each attempt later than the one before, and after four days none', async () => {
    const on = await setUpMail()
    on.smtp.behave('greylist')
    await due(on, 1)
    await on.mailer.drain()
    const pauses: number[] = []
    for (;;) {
      const [one] = await on.mails()
      if (one?.state !== 'queued') break
      const pause = one.due_at.getTime() - on.server.clock.now().getTime()
      pauses.push(Math.round(pause / 60_000))
      await on.later(pause / 60_000 + 0.001)
    }
    expect(pauses).toEqual([1, 5, 30, 120, ...Array.from({ length: 14 }, () => 360)])
    expect(await on.mails()).toMatchObject([{ state: 'failed', reason: 'deferred', attempts: 19 }])
    // It can be had again.
    on.smtp.behave('accept')
    const { data } = await on.app.backend.call('agentListMails', { query: { state: ['failed'] } })
    expect(await on.app.backend.call('agentRetryMail', { params: { id: data[0]?.id ?? '' } })).toMatchObject({
      state: 'queued',
      attempts: 0,
      ended_at: null,
    })
    await on.mailer.drain()
    expect(on.smtp.received(on.inbox)).toHaveLength(1)
    expect(await on.app.backend.call('agentRetryMail', { params: { id: data[0]?.id ?? '' } })).toMatchObject({ state: 'sent', due_at: null })
  })
})

describe('MAIL-12: what is refused for good is given up at once', () => {
  test.each([
    ['refuse', 'recipient_refused'],
    ['refuse_text', 'message_refused'],
  ] as const)('%s', async (behaviour, reason) => {
    const on = await setUpMail()
    await due(on, 1)
    on.smtp.behave(behaviour)
    await on.mailer.drain()
    expect(await on.mails()).toMatchObject([{ state: 'failed', reason, attempts: 1 }])
    await on.later(24 * 60)
    expect(on.smtp.received(on.inbox)).toEqual([])
  })

  test('a refused login, sender or server is ours to mend: the mail waits', () => {
    const refused = { name: 'Error', permanent: true }
    expect(outcomeOf({ ...refused, code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535 })).toMatchObject({ fault: 'login', isFinal: false })
    expect(outcomeOf({ ...refused, code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 })).toMatchObject({
      fault: 'sender_refused',
      isFinal: false,
    })
    expect(outcomeOf({ ...refused, code: 'EPROTOCOL', command: 'CONN', responseCode: 554 })).toMatchObject({ fault: 'deferred', isFinal: false })
    expect(outcomeOf({ name: 'Error', code: 'EDNS', originalCode: 'ENOTFOUND' })).toMatchObject({ fault: 'dns', isFinal: false })
    expect(outcomeOf({ name: 'Error', code: 'ETLS' })).toMatchObject({ fault: 'tls', isFinal: false })
    const broken = { name: 'Error', code: 'ESOCKET', originalCode: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' }
    expect(outcomeOf(broken)).toEqual({ sent: false, fault: 'tls', isFinal: false, isUntold: false })
    expect(outcomeOf({ name: 'Error' })).toEqual({ sent: false, fault: 'other', isFinal: false, isUntold: false })
  })
})

const answer = (on: MailSetUp, id: string, body: string) => on.sam.call('agentSendMessage', { params: { id }, body: { body } })
const told = (on: MailSetUp) => on.smtp.received(on.address).map(({ mail }) => mail.text?.match(/Answer \d/g) ?? [])
/** The server did this with the mail about the first answer; there is a second answer since. */
async function answeredTwice(behaviour: Behaviour): Promise<MailSetUp> {
  const on = await setUpMail()
  const { id } = await newTicket(on.alice)
  await answer(on, id, 'Answer 1')
  on.smtp.behave(behaviour)
  await on.later(10)
  await answer(on, id, 'Answer 2')
  return on
}

describe('MAIL-13: a digest tells each answer once, whatever became of attempts', () => {
  test('what certainly was not taken is told with what came meanwhile, in one mail', async () => {
    const on = await answeredTwice('greylist')
    on.smtp.behave('accept')
    await on.later(1)
    await on.later(30)
    expect(told(on)).toEqual([['Answer 1', 'Answer 2']])
  })

  test('what may have been taken is told again as it was, and the rest in a mail of its own', async () => {
    const on = await answeredTwice('cut_after')
    on.smtp.behave('accept')
    await on.later(1)
    await on.later(10)
    expect(told(on)).toEqual([['Answer 1'], ['Answer 1'], ['Answer 2']])
    const [first, again, second] = idsOf(on.smtp.received(on.address))
    expect([first === again, first === second]).toEqual([true, false])
  })
})

describe('MAIL-13: a mail that is tried again tells what it told, whatever was told since', () => {
  test.each(['hang', 'hang_greeting'] as const)('to the customer, after %s', async (behaviour) => {
    const on = await setUpMail()
    const { id } = await newTicket(on.alice)
    await answer(on, id, 'Answer 1')
    on.smtp.behave(behaviour)
    for (const minutes of [10, 1.01, 5.01]) await on.later(minutes)
    on.smtp.behave('accept')
    await answer(on, id, 'Answer 2')
    await on.later(10.1)
    await on.later(40)
    expect(told(on).at(-2)).toEqual(['Answer 2'])
    expect(told(on).at(-1)).toEqual(['Answer 1'])
    expect((await on.mails()).filter(({ kind }) => kind === 'customer_unread').map(({ state }) => state)).toEqual(['sent', 'sent'])
  })

  test('to the agents', async () => {
    const on = await setUpMail()
    const { id } = await newTicket(on.alice)
    await on.mailer.drain()
    await on.alice.call('sendMessage', { params: { id }, body: { body: 'Word 1' } })
    on.smtp.behave('cut')
    for (const minutes of [10, 1.01, 5.01]) await on.later(minutes)
    on.smtp.behave('accept')
    await on.alice.call('sendMessage', { params: { id }, body: { body: 'Word 2' } })
    await on.later(10.1)
    await on.later(40)
    const words = on.smtp.received(on.inbox).flatMap(({ mail }) => mail.text?.match(/Word \d/g) ?? [])
    expect(words.sort()).toEqual(['Word 1', 'Word 2'])
  })

  test('also if it may have been taken once, and was refused since', async () => {
    const on = await answeredTwice('cut_after')
    on.smtp.behave('greylist')
    await on.later(1.01)
    on.smtp.behave('accept')
    await on.later(5.01)
    await on.later(10)
    expect(told(on)).toEqual([['Answer 1'], ['Answer 1'], ['Answer 2']])
  })
})

describe('MAIL-14: who dies with a mail in hand leaves it to the next', () => {
  test('within a minute, once; and who comes back late changes nothing', async () => {
    const on = await setUpMail()
    await due(on, 2)
    const taken = await takeDueMail(on.server.app.core, 5)
    expect(taken).toHaveLength(2)
    await on.later(0.5)
    expect(on.smtp.received(on.inbox)).toEqual([])
    await on.later(0.2)
    expect(on.smtp.received(on.inbox)).toHaveLength(2)
    expect(await on.mails()).toMatchObject([
      { state: 'sent', attempts: 2 },
      { state: 'sent', attempts: 2 },
    ])
  })

  test('several that take at once never take the same', async () => {
    const on = await setUpMail()
    await due(on, 6)
    const taken = await Promise.all([1, 2, 3].map(() => takeDueMail(on.server.app.core, 4)))
    const ids = taken.flat().map(({ id }) => id)
    expect([ids.length, new Set(ids).size]).toEqual([6, 6])
  })
})

test('MAIL-15: a change that is not committed mails nothing, and one that is mails what follows from it', async () => {
  const on = await setUpMail()
  const { core } = on.server.app
  await newTicket(on.alice)
  const before = (await on.mails()).length
  const failing = { ...core, effects: [...core.effects, () => Promise.reject(new Error('undone'))] }
  const row = await core.orm.db().selectFrom('tickets').select('id').where('app_id', '=', on.app.app.id).executeTakeFirstOrThrow()
  const actor = { type: 'system' as const, app: on.app.app }
  const record = (used: typeof core) =>
    change(used, actor, async (tx) => {
      const view = await seeTicket(tx.db, actor, row.id)
      await tx.record({ type: 'message_created', message_id: row.id, is_internal: false, by: 'agent' }, view)
    })
  await expect(record(failing)).rejects.toThrow('undone')
  expect(await on.mails()).toHaveLength(before)
  await record(core)
  expect(await on.mails()).toHaveLength(before + 1)
})

test('MAIL-24: an answer that is being written as the mail about an earlier one is taken is told too', async () => {
  const on = await setUpMail()
  const { core } = on.server.app
  const { id } = await newTicket(on.alice)
  await on.mailer.drain()
  const answer = (body: string) => on.sam.call('agentSendMessage', { params: { id }, body: { body } })
  await answer('The first answer')
  on.server.clock.ahead += 11 * 60_000
  // Written down with its mail, and not committed yet.
  const planned = Promise.withResolvers<void>()
  const committed = Promise.withResolvers<void>()
  const hold: Effect = async () => {
    planned.resolve()
    await committed.promise
  }
  core.effects.push(hold)
  try {
    const second = answer('The second answer')
    await planned.promise
    const taking = on.mailer.drain()
    // On a pool of one connection it cannot come further than this.
    await new Promise((resolve) => setTimeout(resolve, 300))
    core.effects.splice(core.effects.indexOf(hold), 1)
    committed.resolve()
    await Promise.all([second, taking])
  } finally {
    committed.resolve()
  }
  await untilDone(on)
  const told = on.smtp.received(on.address).map(({ mail }) => mail.text ?? '')
  for (const text of ['The first answer', 'The second answer']) expect([text, told.filter((one) => one.includes(text)).length]).toEqual([text, 1])
})
