import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import type { Message } from '@support-widget/shared/message.ts'
import type { Me, Self } from '@support-widget/shared/people.ts'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import type { Priority } from '@support-widget/shared/vocabulary.ts'
import { type ApiError, type Call, stored } from '../net/api.ts'
import { type Conversation, createConversation } from './conversation.ts'
import type { Emit, Refusal } from './events.ts'
import { createFiles, type Files, takenBack } from './files.ts'
import { type More, newClientId, type Unsent } from './merge.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { type Draft, emptyDraft, joined, type Kept, type Persist, type Written } from './persist.ts'
import { type Connect, createSync, type Join, type Sync } from './sync.ts'
import { createTickets, type Tickets } from './tickets.ts'
import type { View } from './view.ts'

export interface NewTicketInput {
  subject: string
  body: string
  category?: string | null
  priority?: Priority
  more?: More | null
  files?: readonly File[]
}

/** Everything that the widget knows of one customer. Letting go of it lets go of all. */
export interface Person {
  tickets: Tickets
  conversation: Conversation
  outbox: Outbox<Ticket | Message>
  sync: Sync
  refusal: Signal<Refusal | null>
  /** Null until the server has said it; of a visitor who has written nothing it knows nothing. */
  self: ReadonlySignal<Self | null>
  know: (me: Me) => void
  draftOf: (place: string) => Draft
  /** What stands at a place is being done: done, it is gone from there; refused, or without an answer, it stands there, and beside it why. */
  settle: (place: string, doing: Promise<unknown>) => Promise<unknown>
  /** The address to which answers are mailed. Rejects as the call does. */
  reach: (email: string) => Promise<void>
  /** Something of what stands here is in memory alone, and gone with the page. */
  unkept: ReadonlySignal<boolean>
  /** What is being typed, by ticket id; `new` is the form of a new ticket. */
  drafts: ReadonlySignal<ReadonlyMap<string, Draft>>
  write: (ticketId: string, draft: Partial<Draft>) => void
  /** More files for what is being typed, as far as they fit. */
  attach: (ticketId: string, files: Iterable<File>) => void
  files: Pick<Files, 'misfits' | 'arrived'>
  /** Sends what stands in the composer of a ticket. */
  send: (ticketId: string) => void
  /** Sends what stands in the form of a new ticket, and shows it on its way. `custom_fields`: the answers as the server takes them. */
  submit: (custom_fields: NonNullable<More['custom_fields']>) => void
  /** On with what stands in the composer of a ticket that takes no more: to the one into which it was merged, else to the form of a new one. */
  carry: (ticketId: string, mergedInto: string | null) => void
  /** The new ticket as the server stored it; tried until the server has decided. */
  create: (input: NewTicketInput) => Promise<Ticket>
  /** The customer has opened the widget, or the page has written for them: from now on things are kept. */
  begin: () => void
  /** Another tab of this customer has begun. */
  called: Signal<boolean>
  /** Throws away what was not sent. */
  discard: (clientId: string) => void
  /** Takes back what has files, in whichever tab they are on their way, as long as they are: to where it was typed. */
  cancel: (clientId: string) => void
  /** Nothing of what waits is sent: it all goes into the form of a new ticket. */
  recall: () => void
  /** What somebody wrote who has turned out to be this customer. */
  adopt: (kept: Kept) => Promise<unknown>
  dispose: () => void
}

interface Ways {
  call: Call
  connect: Connect
  join: Join
  persist: Persist
  /** What stood in `persist`. */
  kept: Kept
  /** Runs something under a name in one tab of this customer at a time. */
  alone: (name: string, task: () => Promise<void>) => Promise<void>
  /** Tells the customer's tabs that know of no other that this one has begun. */
  onBegin: () => void
  view: View
  emit: Emit
}

export function createPerson({ call, connect, join, persist, kept, alone, onBegin, view, emit }: Ways): Person {
  const tickets = createTickets(call)
  const conversation = createConversation({
    call,
    tickets,
    onMessage: (message) => emit('message_received', { ticket_id: message.ticket_id, message }),
    onRead: (ticket_id, seq) => sync.say({ type: 'frame', frame: { type: 'ticket.read', payload: { ticket_id, by: 'customer', seq } } }),
  })
  const files = createFiles(call)
  const refusal = signal<Refusal | null>(null)
  const self = signal<Self | null>(null)
  const called = signal(false)
  const drafts = signal<ReadonlyMap<string, Draft>>(new Map(kept.drafts))
  /** Counts what was kept by this tab. */
  let writes = 0

  const tell = async (keeping: Promise<unknown>) => {
    writes++
    await keeping
    sync.say({ type: 'kept' })
  }
  const draftOf = (id: string) => drafts.value.get(id) ?? emptyDraft
  const write = (id: string, change: Partial<Draft>) => {
    const before = draftOf(id)
    const draft = { ...before, ...change }
    drafts.value = new Map(drafts.value).set(id, draft)
    return tell(persist.keepDraft(id, draft, before))
  }
  /** Drafts and unsent messages as all tabs have left them. */
  const reread = async () => {
    for (let seen = -1; seen !== writes; ) {
      seen = writes
      const now = await persist.load()
      // What was typed here meanwhile is newer.
      if (seen === writes)
        batch(() => {
          drafts.value = new Map(now.drafts)
          outbox.restore(now.unsent)
          // Another tab has sent it, thrown it away, or given it back.
          const { name, id } = view.screen.value
          if (name === 'pending' && !outbox.entries.value.some((one) => one.client_id === id)) view.go('list')
        })
    }
  }

  const onScreen = (clientId: string) => view.screen.value.name === 'pending' && view.screen.value.id === clientId

  const sendFiles = async (entry: Unsent) => {
    const sent = await files.send(entry)
    if (sent.attachments && !entry.tried) await outbox.commit(entry.client_id)
    return sent
  }
  const deliverTicket = async (entry: Unsent) => {
    const { client_id, subject = '', body, category, more, priority = 'normal' } = entry
    const answer = stored(
      await call('createTicket', {
        body: { client_id, subject, body, priority, channel: 'widget', category: category || null, ...more, ...(await sendFiles(entry)) },
      }),
    )
    const ticket = conversation.take(answer)
    if (!self.value) void call('getMe').then(know, () => {})
    if (onScreen(client_id)) view.go('thread', answer.id)
    emit('ticket_created', { ticket })
    return ticket
  }
  const deliverMessage = async (id: string, entry: Unsent) => {
    const { client_id, body } = entry
    const message = stored(await call('sendMessage', { params: { id }, body: { body, client_id, ...(await sendFiles(entry)) } }))
    conversation.receive(message)
    emit('message_sent', { ticket_id: id, message })
    return message
  }
  const addTo = (place: string, more: Written) => write(place, joined(draftOf(place), more))
  /** The page's own tickets, whose refusal the page is told, and nobody else. */
  const fromPage = new Set<string>()
  /** The text goes back to where it was typed, or, where its own ticket takes no more, to the one in which that goes on, or into a new one. */
  const giveBack = (entry: Unsent, error: ApiError) => {
    if (fromPage.has(entry.client_id)) return onScreen(entry.client_id) && view.go('list')
    const full = /^(ticket_closed|ticket_full|not_found)$/.test(error.code)
    const place = (full ? error.merged_into : entry.ticket_id) ?? 'new'
    void addTo(place, entry)
    if (error !== takenBack) refusal.value = { place, error }
    if (onScreen(entry.client_id)) view.go('new')
    if (full) void sync.catchUp()
  }

  const outbox = createOutbox<Ticket | Message>({
    deliver: (entry) => (entry.ticket_id ? deliverMessage(entry.ticket_id, entry) : deliverTicket(entry)),
    refused: giveBack,
    keep: (id, entry) => tell(persist.keepUnsent(id, entry)),
    reread,
    alone,
  })
  outbox.restore(kept.unsent)
  const takeBack = (clientId: string, gone?: boolean) => {
    if (gone) return outbox.discard(clientId)
    files.stop(clientId)
    void outbox.withdraw(clientId, takenBack)
  }
  const sync = createSync({ connect, join, view, tickets, conversation, called, kick: outbox.kick, reread, takeBack })

  const post = (entry: Omit<Unsent, 'client_id' | 'at' | 'state'>) => {
    refusal.value = null
    files.misfits.value = []
    const client_id = newClientId()
    return { client_id, answer: outbox.add({ ...entry, client_id, at: Date.now(), state: 'sending' }) }
  }
  const begin = () => {
    onBegin()
    persist.allow()
  }
  const know = (me: Me) => {
    tickets.expect(me)
    self.value = me.customer
  }
  const createTicket = (input: NewTicketInput) => post({ ...input, ticket_id: null })
  return {
    tickets,
    conversation,
    outbox,
    sync,
    refusal,
    self,
    know,
    draftOf,
    settle: (place, doing) => {
      refusal.value = null
      return doing.then(
        () => write(place, emptyDraft),
        (error: Error) => {
          refusal.value = { place, error }
          void sync.catchUp()
        },
      )
    },
    reach: async (email) => know(await call('updateMe', { body: { email } })),
    called,
    unkept: computed(
      () =>
        persist.blocked.value &&
        (outbox.entries.value.length > 0 || [...drafts.value.values()].some((one) => one.body || one.subject || one.files.length)),
    ),
    drafts,
    write,
    attach: (ticketId, added) => void write(ticketId, { files: files.fit(ticketId, draftOf(ticketId).files, added) }),
    files,
    send: (ticketId) => {
      sync.moment.type(ticketId, false)
      const { body, files } = draftOf(ticketId)
      // Kept as unsent before it is no draft any more. A refusal puts the text back.
      post({ ticket_id: ticketId, body, files }).answer.catch(() => {})
      void write(ticketId, emptyDraft)
    },
    submit: (custom_fields) => {
      const draft = draftOf('new')
      const { client_id, answer } = createTicket({ ...draft, more: { ...draft.more, custom_fields } })
      void write('new', emptyDraft)
      view.go('pending', client_id)
      answer.catch(() => {})
    },
    carry: (ticketId, mergedInto) => {
      const draft = draftOf(ticketId)
      if (draft.body || draft.files.length > 0) void addTo(mergedInto ?? 'new', draft)
      void write(ticketId, emptyDraft)
      if (mergedInto) return view.go('thread', mergedInto)
      void write('new', { more: { ...draftOf('new').more, follow_up_of: ticketId } })
      view.go('new')
    },
    create: async (input) => {
      begin()
      const { client_id, answer } = createTicket(input)
      fromPage.add(client_id)
      return (await answer) as Ticket
    },
    begin,
    discard: (id) => {
      sync.say({ type: 'cancel', id, gone: true })
      outbox.discard(id)
      if (onScreen(id)) view.go('list')
    },
    cancel: (id) => {
      sync.say({ type: 'cancel', id })
      takeBack(id)
    },
    recall: () => {
      for (const entry of outbox.entries.value) {
        void addTo('new', entry)
        outbox.discard(entry.client_id)
      }
      for (const [place, draft] of drafts.value) {
        if (place === 'new') continue
        // A rating or an address that was asked for goes.
        if (/^\w{26}$/.test(place)) void addTo('new', draft)
        void write(place, emptyDraft)
      }
    },
    adopt: async ({ drafts, unsent }) => {
      await Promise.all(drafts.map(([place, draft]) => addTo(place, draft)))
      await Promise.all(unsent.map((entry) => tell(persist.keepUnsent(entry.client_id, entry))))
      await reread()
      outbox.kick()
    },
    dispose: () => {
      sync.dispose()
      outbox.dispose()
    },
  }
}
