import { forgetMails } from '@support-widget/server/domain/mail-queue.ts'
import { disableGone } from '@support-widget/server/domain/webhooks.ts'
import { createMailer } from '@support-widget/server/jobs/mail/mailer.ts'
import { openMail } from '@support-widget/server/jobs/mail/open.ts'
import { type MailTransport, smtpTransport } from '@support-widget/server/jobs/mail/transport.ts'
import { decodeId } from '@support-widget/shared/ids.ts'
import { expect, onTestFinished, test } from 'vitest'
import { request } from '../support/client.ts'
import { neverLooking } from '../support/clock.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { setUpMail } from '../support/mail.ts'
import { sharedServer } from '../support/server.ts'

const at = (ticket: { id: string }) => ({ params: { id: ticket.id } })

test('MAIL-16: the app says after how many minutes mail is sent, and which', async () => {
  const on = await setUpMail()
  await on.settings({ customer_mail_minutes: 1, agent_mail_minutes: null })
  const ticket = await newTicket(on.alice)
  await on.sam.call('agentSendMessage', { ...at(ticket), body: { body: 'Answer' } })
  await on.later(1)
  expect(on.smtp.received(on.address)).toHaveLength(1)
  await on.alice.call('sendMessage', { ...at(ticket), body: { body: 'And?' } })
  expect((await on.mails()).map(({ kind }) => kind)).toEqual(['new_ticket', 'customer_unread'])
  expect((await on.sam.call('agentGetApp', {})).settings).toMatchObject({ customer_mail_minutes: 1, agent_mail_minutes: null, inbox_mail: true })
  for (const settings of [
    { customer_mail_minutes: 0 },
    { agent_mail_minutes: 10_081 },
    { customer_mail_minutes: 1.5 },
    { inbox_mail: 'yes' },
    { inbox_email: 'a@b@c' },
  ])
    expect(await on.ada.refused('agentUpdateApp', { body: { settings } })).toMatchObject({ code: 'invalid_request' })
})

test('MAIL-17: admins see what became of each mail, of their own app alone, and never a text', async () => {
  const on = await setUpMail()
  const ticket = await newTicket(on.alice, { subject: 'Kiln', body: 'Stops' })
  await on.mailer.drain()
  await on.sam.call('agentSendMessage', { ...at(ticket), body: { body: 'Answer' } })
  const list = async (query: object = {}) => (await on.ada.call('agentListMails', { query })).data
  const [waits, sent] = await list()
  expect(waits).toMatchObject({ kind: 'customer_unread', state: 'queued', recipient: null, reason: null, attempts: 0, ended_at: null })
  expect(sent).toMatchObject({ ticket_id: ticket.id, kind: 'new_ticket', state: 'sent', recipient: on.inbox, attempts: 1, due_at: null })
  expect((await list({ state: ['queued'] })).map(({ id }) => id)).toEqual([waits?.id])
  expect((await list({ kind: ['new_ticket'], ticket: ticket.id })).map(({ id }) => id)).toEqual([sent?.id])
  expect(await list({ ticket: 'nobody' })).toEqual([])
  // Sooner than it would have been.
  await on.ada.call('agentRetryMail', { params: { id: waits?.id ?? '' } })
  await on.mailer.drain()
  expect(on.smtp.received(on.address)).toHaveLength(1)
  const elsewhere = await newApp(on.server)
  expect((await elsewhere.backend.call('agentListMails', {})).data).toEqual([])
  expect(await elsewhere.backend.refused('agentRetryMail', { params: { id: sent?.id ?? '' } })).toMatchObject({ code: 'not_found' })
  expect((await on.sam.refused('agentListMails')).status).toBe(403)
})

test('MAIL-17: what an admin has tried again goes out without waiting for the next look', async () => {
  const on = await setUpMail()
  const { core } = on.server.app
  on.smtp.behave('refuse')
  await newTicket(on.alice)
  await on.mailer.drain()
  on.smtp.behave('accept')
  const { data } = await on.app.backend.call('agentListMails', { query: { state: ['failed'] } })
  const boss = { ...core.queue.boss, work: async () => '' } as unknown as typeof core.queue.boss
  const config = { publicUrl: on.server.url, smtp: { url: on.smtp.url, from: 'a@b.example', replyDomain: null } }
  const apart = { ...core, effects: [], listeners: [], queue: { ...core.queue, boss } }
  const worker = await neverLooking(() => openMail(apart, config, { isStarted: true }))
  onTestFinished(async () => {
    core.wakers.clear()
    await worker?.stop()
  })
  await on.app.backend.call('agentRetryMail', { params: { id: data[0]?.id ?? '' } })
  await expect.poll(() => on.smtp.received(on.inbox).length).toBe(1)
})

test('MAIL-18: metrics count what was done and what waits; a probe tells of mail that nobody takes', async () => {
  const on = await setUpMail()
  const metric = async (name: string) => {
    const { text } = await request(`${on.server.url}/metrics`)
    return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+(?:\\.\\d+)?)$`, 'm').exec(text)?.[1] ?? 0)
  }
  const health = async () => (await request(`${on.server.url}/health/ready`)).body
  const sent = 'mails_total{kind="new_ticket",outcome="sent"}'
  const before = await metric(sent)
  expect(await health()).toMatchObject({ mail: 'ok' })
  await newTicket(on.alice)
  expect(await metric('mail_queue_depth')).toBe(1)
  on.server.clock.ahead += 6 * 60_000
  expect(await health()).toMatchObject({ status: 'degraded', mail: 'stuck' })
  expect(await metric('mail_oldest_due_seconds')).toBeGreaterThanOrEqual(360)
  on.smtp.behave('greylist')
  await on.mailer.drain()
  // It is tried; that the server does not take it is not ours to mend.
  expect(await health()).toMatchObject({ mail: 'ok' })
  on.smtp.behave('accept')
  await on.later(1)
  expect(await metric(sent)).toBe(before + 1)
  expect(await metric('mails_total{kind="new_ticket",outcome="postponed"}')).toBeGreaterThan(0)
  expect(await metric('mail_queue_depth')).toBe(0)
})

test('MAIL-19: what ended is forgotten after 30 days, but not that an address was written to', async () => {
  const on = await setUpMail()
  const ticket = await newTicket(on.alice)
  await on.mailer.drain()
  await on.sam.call('agentSendMessage', { ...at(ticket), body: { body: 'Answer' } })
  await on.later(10)
  await on.alice.call('sendMessage', { ...at(ticket), body: { body: 'And?' } })
  on.server.clock.ahead += 29 * 86_400_000
  expect(await forgetMails(on.server.app.core)).toBe(0)
  on.server.clock.ahead += 86_400_000
  expect(await forgetMails(on.server.app.core)).toBe(1)
  expect((await on.mails()).map(({ kind, state }) => [kind, state])).toEqual([
    ['customer_unread', 'sent'],
    ['agent_unread', 'queued'],
  ])
})

test('MAIL-20: the mail of an app that is switched off waits', async () => {
  const on = await setUpMail()
  await newTicket(on.alice)
  const disable = (at: Date | null) =>
    on.server.app.core.orm.db().updateTable('apps').set({ disabled_at: at }).where('id', '=', on.app.app.id).execute()
  await disable(new Date())
  await on.mailer.drain()
  expect(on.smtp.received(on.inbox)).toEqual([])
  await disable(null)
  await on.mailer.drain()
  expect(on.smtp.received(on.inbox)).toHaveLength(1)
})

test('MAIL-21: without an SMTP server mail waits, and is said to', async () => {
  const off = await sharedServer()
  const app = await newApp(off)
  const admin = await app.agent('ada', 'admin')
  await admin.call('agentUpdateApp', { body: { settings: { inbox_email: 'inbox@example.com' } } })
  for (const subject of ['One', 'Two', 'Three']) await newTicket(await app.customer(), { subject })
  expect(off.app.mail).toBe(null)
  expect(off.logged()).toContain('SMTP_URL is not set: mail stays queued')
  expect((await request(`${off.url}/health/ready`)).body).toMatchObject({ mail: 'off' })
  expect((await app.backend.call('agentListMails', { query: { state: ['queued'] } })).pagination.total).toBe(3)
  expect((await request(`${off.url}/metrics`)).text).toMatch(/^mail_queue_depth [1-9]/m)
})

test('MAIL-26: the inbox is told that an endpoint is gone, once, without what is secret in its address', async () => {
  const on = await setUpMail()
  const { core } = on.server.app
  const add = (description: string) =>
    on.ada.call('agentCreateWebhook', { body: { url: 'https://receiver.example:8443/s3cret?key=s3cret', description } })
  const goes = ({ id }: { id: string }) => core.orm.transaction((db) => disableGone(db, on.app.app.id, decodeId(id) ?? '', core.clock.now()))
  const [billing, known, deleted] = [await add('Billing\r\nBcc: eve@example.com'), await add('Known'), await add('Deleted')]
  const off = await add('Off by an admin since')
  for (const one of [billing, known, deleted, off]) expect([await goes(one), await goes(one)]).toEqual([true, false])
  await on.ada.call('agentUpdateWebhook', { params: { id: known.id }, body: { enabled: true } })
  await on.ada.call('agentDeleteWebhook', { params: { id: deleted.id } })
  for (const enabled of [true, false]) await on.ada.call('agentUpdateWebhook', { params: { id: off.id }, body: { enabled } })
  await on.mailer.drain()
  const received = on.smtp.received(on.inbox)
  expect(received.map(({ mail }) => mail.subject)).toEqual(['Webhook switched off: receiver.example:8443'])
  expect(received.map(({ mail }) => mail.text)).toEqual([expect.stringContaining(`Endpoint ${billing.id}\nBilling Bcc: eve@example.com`)])
  expect(received.map(({ mail }) => mail.html)).toEqual([expect.stringContaining('410 (Gone)')])
  expect(received.map((one) => [one.raw.includes('s3cret'), one.header('bcc'), one.header('list-unsubscribe')])).toEqual([[false, [], []]])
  const { data } = await on.ada.call('agentListMails', { query: { kind: ['webhook_off'] } })
  expect(data.map(({ webhook_id, ticket_id, state, reason }) => [webhook_id, ticket_id, state, reason]).reverse()).toEqual([
    [billing.id, null, 'sent', null],
    [known.id, null, 'cancelled', 'read'],
    [deleted.id, null, 'cancelled', 'read'],
    [off.id, null, 'cancelled', 'read'],
  ])
  // Without an inbox there is nobody to tell.
  await on.settings({ inbox_email: null })
  expect(await goes(known)).toBe(true)
  expect((await on.ada.call('agentListMails', { query: { kind: ['webhook_off'] } })).pagination.total).toBe(4)
})

test('MAIL-22: with MAIL_REPLY_DOMAIN a reply names its ticket by an address that nobody can make up', async () => {
  const on = await setUpMail()
  const tickets = [await newTicket(on.alice), await newTicket(on.alice)]
  for (const ticket of tickets) await on.sam.call('agentSendMessage', { ...at(ticket), body: { body: 'Answer' } })
  on.server.clock.ahead += 10 * 60_000
  const { core } = on.server.app
  const sender = { publicUrl: on.server.url, from: 'support@support.example', replyDomain: 'reply.support.example', links: core.mailLinks }
  const mailer = createMailer(core, { sender, transport: smtpTransport({ url: on.smtp.url }) })
  await mailer.drain()
  await mailer.stop()
  const received = on.smtp.received(on.address)
  const replies = received.map(({ mail }) => mail.replyTo?.[0]?.address ?? '').sort()
  for (const [index, id] of tickets
    .map((ticket) => ticket.id.toLowerCase())
    .sort()
    .entries()) {
    expect(replies[index]).toMatch(new RegExp(`^ticket\\+${id}-[\\da-f]{24}@reply\\.support\\.example$`))
    expect(replies[index]?.split('@')[0]?.length).toBeLessThanOrEqual(64)
  }
  for (const one of received) {
    expect(one.header('message-id')[0]).toMatch(/@reply\.support\.example>$/)
    expect(one.mail.text).not.toContain('nobody reads')
  }
})

test('MAIL-23: what cannot be sent for a fault of ours holds up no other mail', async () => {
  const on = await setUpMail()
  for (const subject of ['One', 'Poison', 'Three']) await newTicket(on.alice, { subject })
  const sent: string[] = []
  const transport: MailTransport = {
    async send({ subject }) {
      if (subject.includes('Poison')) throw new Error('poison')
      sent.push(subject)
      return { sent: true }
    },
    close() {},
  }
  const { core } = on.server.app
  const mailer = createMailer(core, {
    sender: { publicUrl: on.server.url, from: 'a@b.example', replyDomain: null, links: core.mailLinks },
    transport,
  })
  await mailer.drain()
  expect(sent.map((subject) => subject.replace(/^\[.*\] /, '')).sort()).toEqual(['One', 'Three'])
  expect((await on.mails()).map(({ state, reason }) => [state, reason]).sort()).toEqual([
    ['queued', 'other'],
    ['sent', null],
    ['sent', null],
  ])
})
