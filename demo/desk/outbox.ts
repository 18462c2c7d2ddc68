import { effect, signal } from '@preact/signals'
import type { AgentMessage } from '@support-widget/shared/message.ts'
import { ApiError, type Call } from './api.ts'

export type Kind = 'reply' | 'note'

/** What somebody typed and did not send yet: reply and note apart, so that a note never becomes a reply by a slip. */
export interface Draft {
  kind: Kind
  reply: string
  note: string
}

/** A message on its way. `client_id` stays the same through every retry, so that it arrives once. */
export interface Pending {
  client_id: string
  ticket_id: string
  body: string
  kind: Kind
  created_at: string
  state: 'sending' | 'failed'
  reason: string | null
  /** It may be sent again without asking: nothing was wrong with the message itself. */
  passing: boolean
}

export interface Kept {
  drafts: Record<string, Draft>
  pending: Pending[]
}

export interface OutboxOptions {
  call: Call
  /** What an earlier page of this tab left. */
  kept: Kept
  keep: (state: Kept) => void
  receive: (message: AgentMessage) => void
  now: () => Date
  newId: () => string
}

const noDraft: Draft = { kind: 'reply', reply: '', note: '' }

/** Two texts one below the other, without a gap where one of them is empty. */
const joined = (above: string, below: string) => [above, below].filter((text) => text !== '').join('\n\n')

/** Drafts and messages on their way, per ticket. Text leaves here only when the server has it or the agent throws it away. */
export function createOutbox(options: OutboxOptions) {
  const drafts = signal<Record<string, Draft>>(options.kept.drafts)
  const interrupted = { state: 'failed', reason: 'Sending was interrupted', passing: true } as const
  const pending = signal<readonly Pending[]>(options.kept.pending.map((one) => (one.state === 'sending' ? { ...one, ...interrupted } : one)))
  const lines = new Map<string, Promise<void>>()

  const stop = effect(() => options.keep({ drafts: drafts.value, pending: [...pending.value] }))

  const draftOf = (ticketId: string) => drafts.value[ticketId] ?? noDraft

  function setDraft(ticketId: string, part: Partial<Draft>) {
    const { [ticketId]: _, ...others } = drafts.value
    const next = { ...draftOf(ticketId), ...part }
    drafts.value = next.reply === '' && next.note === '' && next.kind === 'reply' ? others : { ...others, [ticketId]: next }
  }

  const change = (id: string, part: Partial<Pending>) => {
    pending.value = pending.value.map((one) => (one.client_id === id ? { ...one, ...part } : one))
  }

  const discard = (id: string) => {
    pending.value = pending.value.filter((one) => one.client_id !== id)
  }

  async function deliver(id: string) {
    const message = pending.value.find((one) => one.client_id === id)
    if (!message) return
    try {
      const body = { body: message.body, client_id: id, is_internal: message.kind === 'note' }
      options.receive(await options.call('agentSendMessage', { params: { id: message.ticket_id }, body }))
      discard(id)
    } catch (error) {
      const passing = error instanceof ApiError && error.passing
      change(id, { state: 'failed', reason: error instanceof Error ? error.message : String(error), passing })
    }
  }

  /** One after the other within a ticket, so that they arrive in the order in which they were written. */
  function enqueue(ticketId: string, id: string) {
    const line = (lines.get(ticketId) ?? Promise.resolve()).then(() => deliver(id))
    lines.set(ticketId, line)
    return line
  }

  function retry(id: string) {
    const message = pending.value.find((one) => one.client_id === id)
    if (message?.state !== 'failed') return
    change(id, { state: 'sending', reason: null })
    void enqueue(message.ticket_id, id)
  }

  /** Puts a failed message back in front of what is typed by now. */
  function edit(id: string) {
    const message = pending.value.find((one) => one.client_id === id)
    if (message?.state !== 'failed') return
    discard(id)
    setDraft(message.ticket_id, { kind: message.kind, [message.kind]: joined(message.body, draftOf(message.ticket_id)[message.kind]) })
  }

  return {
    drafts,
    pending,
    draftOf,
    setDraft,
    retry,
    discard,
    edit,
    stop,
    /** Takes what was written in a ticket that goes on in another one along, below what is typed there: drafts, and what was not sent. */
    carry(from: string, to: string) {
      for (const one of [...pending.value].reverse()) if (one.ticket_id === from) edit(one.client_id)
      const [{ kind, reply, note }, there] = [draftOf(from), draftOf(to)]
      if (reply === '' && note === '') return
      setDraft(from, noDraft)
      setDraft(to, { kind, reply: joined(there.reply, reply), note: joined(there.note, note) })
    },
    /** True if something is written for this ticket that is not sent, or could not be. */
    holds: (ticketId: string) => {
      const { reply, note } = draftOf(ticketId)
      return reply !== '' || note !== '' || pending.value.some((one) => one.ticket_id === ticketId && one.state === 'failed')
    },
    /** Sends what the draft of the ticket holds; nothing happens for blank text. */
    send(ticketId: string) {
      const draft = draftOf(ticketId)
      const body = draft[draft.kind].trim()
      if (body === '') return
      const id = options.newId()
      const created_at = options.now().toISOString()
      pending.value = [
        ...pending.value,
        { client_id: id, ticket_id: ticketId, body, kind: draft.kind, created_at, state: 'sending', reason: null, passing: false },
      ]
      setDraft(ticketId, { [draft.kind]: '' })
      void enqueue(ticketId, id)
    },
    /** Resolves when what was sent in this ticket so far has arrived or failed. */
    idle: (ticketId: string): Promise<void> => lines.get(ticketId) ?? Promise.resolve(),
    /** Sends again what failed for want of a connection. */
    retryPassing() {
      for (const one of pending.value) if (one.passing) retry(one.client_id)
    },
    /** The server has these: whichever is still on its way here has arrived, whatever its own answer will say. */
    settle(messages: readonly AgentMessage[]) {
      const ids = new Set(messages.map((message) => message.client_id))
      if (pending.value.some((one) => ids.has(one.client_id))) pending.value = pending.value.filter((one) => !ids.has(one.client_id))
    },
  }
}

export type Outbox = ReturnType<typeof createOutbox>
