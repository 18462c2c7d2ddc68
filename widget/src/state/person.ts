import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import type { Message } from '@support-widget/shared/message.ts'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import type { Priority } from '@support-widget/shared/vocabulary.ts'
import type { ApiError, Call } from '../net/api.ts'
import { type Conversation, createConversation } from './conversation.ts'
import type { Emit } from './events.ts'
import type { Unsent } from './merge.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { type Draft, emptyDraft, type Persist } from './persist.ts'
import { createSync, type Sync } from './sync.ts'
import { createTickets, type Tickets } from './tickets.ts'
import type { View } from './view.ts'

export interface NewTicketInput {
  subject: string
  body: string
  category?: string | null
  priority?: Priority
}

/** A refusal to show beside what was refused: `ticketId` null for the form of a new ticket. */
export interface Refusal {
  ticketId: string | null
  error: ApiError
}

/** Everything that the widget knows of one signed-in customer. Letting go of it lets go of all. */
export interface Person {
  tickets: Tickets
  conversation: Conversation
  outbox: Outbox<Ticket | Message>
  sync: Sync
  refusal: Signal<Refusal | null>
  /** What is being typed, by ticket id; `new` is the form of a new ticket. */
  drafts: ReadonlySignal<ReadonlyMap<string, Draft>>
  write: (ticketId: string, draft: Partial<Draft>) => void
  /** Sends what stands in the composer of a ticket. */
  send: (ticketId: string) => void
  /** Sends what stands in the form of a new ticket, and shows it on its way. */
  submit: () => void
  /** On to the form of a new ticket, with what stands in the composer of one that takes no more. */
  carry: (ticketId: string) => void
  /** The new ticket as the server stored it; tried until the server has decided. */
  create: (input: NewTicketInput) => Promise<Ticket>
  allowStorage: () => void
  dispose: () => void
}

interface Ways {
  call: Call
  connect: Parameters<typeof createSync>[0]['connect']
  persist: Persist
  view: View
  emit: Emit
}

/** 128 random bits: the name of a message or ticket, given by its author's device. */
const newClientId = () => crypto.getRandomValues(new Uint32Array(4)).join('-')

export function createPerson({ call, connect, persist, view, emit }: Ways): Person {
  const tickets = createTickets(call)
  const conversation = createConversation({
    call,
    tickets,
    onMessage: (message) => emit('message_received', { ticket_id: message.ticket_id, message }),
  })
  const refusal = signal<Refusal | null>(null)
  const drafts = signal<ReadonlyMap<string, Draft>>(new Map(persist.drafts()))

  const draftOf = (id: string) => drafts.value.get(id) ?? emptyDraft
  const keepDraft = (id: string, draft: Draft) => persist.keepDraft(id, draft.body || draft.subject ? draft : null)
  const write = (id: string, change: Partial<Draft>) => {
    const draft = { ...draftOf(id), ...change }
    drafts.value = new Map(drafts.value).set(id, draft)
    keepDraft(id, draft)
  }

  const onScreen = (clientId: string) => view.screen.value.name === 'pending' && view.screen.value.id === clientId

  const deliverTicket = async ({ client_id, subject = '', body, category, priority = 'normal' }: Unsent) => {
    const answer = await call('createTicket', {
      body: { client_id, subject, body, priority, channel: 'widget', ...(category && { category }) },
    })
    const ticket = conversation.take(answer)
    if (onScreen(client_id)) view.go('thread', answer.id)
    emit('ticket_created', { ticket })
    return ticket
  }
  const deliverMessage = async (id: string, { client_id, body }: Unsent) => {
    const message = await call('sendMessage', { params: { id }, body: { body, client_id } })
    conversation.receive(message)
    emit('message_sent', { ticket_id: id, message })
    return message
  }
  /** What is typed there now stays. */
  const addTo = (place: string, { subject, body, category }: Pick<Unsent, 'subject' | 'body' | 'category'>) => {
    const typed = draftOf(place)
    write(place, {
      subject: typed.subject || subject || '',
      body: typed.body ? `${body}\n\n${typed.body}` : body,
      category: typed.category || category || '',
    })
  }
  /** The page's own tickets, whose refusal the page is told, and nobody else. */
  const fromPage = new Set<string>()
  /** The text goes back to where it was typed, or into a new ticket where its own takes no more. */
  const giveBack = (entry: Unsent, error: ApiError) => {
    if (fromPage.has(entry.client_id)) return onScreen(entry.client_id) && view.go('list')
    const full = error.code === 'ticket_closed' || error.code === 'ticket_full'
    addTo(entry.ticket_id && !full ? entry.ticket_id : 'new', entry)
    refusal.value = { ticketId: entry.ticket_id, error }
    if (onScreen(entry.client_id)) view.go('new')
    if (full) void sync.catchUp()
  }

  const restored = persist.unsent().sort((a, b) => a.at - b.at)
  const outbox = createOutbox<Ticket | Message>({
    deliver: (entry) => (entry.ticket_id ? deliverMessage(entry.ticket_id, entry) : deliverTicket(entry)),
    refused: giveBack,
    keep: persist.keepUnsent,
    restored,
  })
  const sync = createSync({ connect, view, tickets, conversation, kick: outbox.kick })
  if (restored.length > 0) outbox.kick()

  const post = (entry: Pick<Unsent, 'ticket_id' | 'subject' | 'body' | 'category' | 'priority'>) => {
    refusal.value = null
    const client_id = newClientId()
    return { client_id, answer: outbox.add({ ...entry, client_id, at: Date.now(), state: 'sending' }) }
  }
  const createTicket = (input: NewTicketInput) => post({ ...input, ticket_id: null })
  return {
    tickets,
    conversation,
    outbox,
    sync,
    refusal,
    drafts,
    write,
    send: (ticketId) => {
      const { body } = draftOf(ticketId)
      write(ticketId, emptyDraft)
      // A refusal has already put the text back.
      post({ ticket_id: ticketId, body }).answer.catch(() => {})
    },
    submit: () => {
      const input = draftOf('new')
      write('new', emptyDraft)
      const { client_id, answer } = createTicket(input)
      view.go('pending', client_id)
      answer.catch(() => {})
    },
    carry: (ticketId) => {
      const draft = draftOf(ticketId)
      if (draft.body) addTo('new', draft)
      write(ticketId, emptyDraft)
      view.go('new')
    },
    create: async (input) => {
      const { client_id, answer } = createTicket(input)
      fromPage.add(client_id)
      return (await answer) as Ticket
    },
    allowStorage: () => {
      persist.allow()
      for (const [id, draft] of drafts.value) keepDraft(id, draft)
      for (const entry of outbox.entries.value) persist.keepUnsent(entry.client_id, entry)
    },
    dispose: () => {
      sync.dispose()
      outbox.dispose()
    },
  }
}
