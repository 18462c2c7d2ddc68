import { encodeId } from '@support-widget/shared/ids.ts'
import type { Message } from '@support-widget/shared/message.ts'
import type { TicketWithMessages } from '@support-widget/shared/ticket.ts'
import { tidy } from '@support-widget/shared/tidy.ts'
import { priorities, statuses } from '@support-widget/shared/vocabulary.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ticket } from './document.ts'
import { setUp } from './setup.ts'

const words = (maxLength: number) =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter((text) => tidy(text) !== '' && !text.includes('\0'))

const life = fc.record({
  subject: words(60),
  body: words(200),
  type: words(20),
  by: fc.constantFrom('customer', 'agent'),
  said: fc.array(fc.record({ by: fc.constantFrom('customer', 'agent', 'note', 'backend'), text: words(80) }), { maxLength: 6 }),
  status: fc.constantFrom(...statuses),
  priority: fc.constantFrom(...priorities),
  assigned: fc.boolean(),
})

const seconds = (time: string | null) => time && `${time.slice(0, 19)}Z`
const idOf = (uuid: string | undefined) => (uuid === undefined ? null : encodeId(uuid))

/** What the document can say of a ticket, said natively. */
const fromNative = ({ messages, ...ticket }: TicketWithMessages) => ({
  id: ticket.id,
  subject: ticket.subject,
  type: ticket.type,
  status: ticket.status,
  priority: ticket.priority,
  assignee: ticket.assignee?.id ?? null,
  count: ticket.message_count,
  times: [ticket.created_at, ticket.updated_at, ticket.resolved_at].map(seconds),
  first: messages[0]?.body,
  rest: messages.slice(1).map((one: Message) => [one.id, one.author.type, one.author.id, one.body, seconds(one.created_at)]),
})

/** The same, read back from what the document says. */
const fromConsole = (ticket: Ticket) => ({
  id: encodeId(ticket.ticket_id),
  subject: ticket.title,
  type: ticket.type,
  status: ticket.status,
  priority: ticket.priority,
  assignee: idOf(ticket.assigned_to),
  count: ticket.comment_count + 1,
  times: [ticket.created_at, ticket.updated_at, ticket.resolved_at ?? null],
  first: ticket.description,
  rest: ticket.comments.map((one) => [encodeId(one.comment_id), one.author_type, idOf(one.author_id), one.content, one.created_at]),
})

test('CONSOLE-12: whatever happened to a ticket, native → console → native loses nothing that the document can say', async () => {
  const { alice, native, sam, app } = await setUp()
  const me = await native.call('getMe', {})
  await fc.assert(
    fc.asyncProperty(life, async ({ subject, body, type, by, said, status, priority, assigned }) => {
      const input = { subject, body, type }
      const { id } =
        by === 'customer'
          ? await native.call('createTicket', { body: input })
          : await sam.call('agentCreateTicket', { body: { ...input, requester: { id: me.customer.id }, author_type: 'agent' } })
      const at = { params: { id } }
      for (const one of said) {
        if (one.by === 'customer') await native.call('sendMessage', { ...at, body: { body: one.text } })
        else
          await (one.by === 'backend' ? app.backend : sam).call('agentSendMessage', {
            ...at,
            body: { body: one.text, is_internal: one.by === 'note' },
          })
      }
      await sam.call('agentUpdateTicket', { ...at, body: { status, priority, ...(assigned ? { assignee_id: 'me' } : {}) } })
      const there = await native.call('getTicket', at)
      const [{ ticket_id } = { ticket_id: '' }] = (await alice.list('?limit=1')).tickets
      const { ticket } = await alice.get(ticket_id)
      expect(fromConsole(ticket)).toEqual(fromNative(there))
      // What was read here and is written here again is natively the same once more.
      const copy = await alice.create({ title: ticket.title, description: ticket.description, type: ticket.type })
      const again = await native.call('getTicket', { params: { id: encodeId(copy.ticket_id) } })
      expect([again.subject, again.messages[0]?.body, again.type]).toEqual([there.subject, there.messages[0]?.body, there.type])
    }),
    { numRuns: 25 },
  )
})
