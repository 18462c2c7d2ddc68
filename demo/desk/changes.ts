import { signal } from '@preact/signals'
import type { Input } from '@support-widget/shared/operations.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import { ApiError, type Call } from './api.ts'
import type { TicketList } from './tickets.ts'

export type Patch = Input<'agentUpdateTicket'>['body']

/** What became of the last change of a ticket, said to the agent. */
export interface Notice {
  tone: 'conflict' | 'failed'
  text: string
}

const conflict = 'A colleague changed this ticket in the meantime, so your change was not made. You see the ticket as it is now.'

const isTicket = (value: unknown): value is AgentTicket => typeof value === 'object' && value !== null && 'id' in value && 'version' in value

/** True if nothing happened between two accounts of a ticket but an answer of one's own, which takes an open ticket into work. */
const isOwnStep = (before: AgentTicket, after: AgentTicket) =>
  after.version === before.version || (after.version === before.version + 1 && before.status === 'open' && after.status === 'in_progress')

/**
 * Changes of status, priority and assignee, shown at once and taken back when the server refuses them. `caughtUp` resolves when what was sent in a ticket has arrived or
 * failed and the ticket is known as it is since.
 */
export function createChanges(call: Call, tickets: TicketList, caughtUp: (ticketId: string) => Promise<void>) {
  const wanted = signal<ReadonlyMap<string, Patch>>(new Map())
  const notices = signal<ReadonlyMap<string, Notice>>(new Map())
  const lines = new Map<string, Promise<void>>()

  const setNotice = (id: string, notice: Notice | null) => {
    const next = new Map(notices.value)
    if (notice) next.set(id, notice)
    else next.delete(id)
    notices.value = next
  }

  const setWanted = (id: string, patch: Patch | null) => {
    const next = new Map(wanted.value)
    if (patch) next.set(id, patch)
    else next.delete(id)
    wanted.value = next
  }

  function explain(id: string, error: unknown) {
    const problem = error instanceof ApiError ? error.problem : {}
    if (problem.code === 'version_conflict') {
      if (isTicket(problem.ticket)) tickets.merge([problem.ticket])
      setNotice(id, { tone: 'conflict', text: conflict })
    } else {
      setNotice(id, { tone: 'failed', text: `The change was not made: ${error instanceof Error ? error.message : String(error)}.` })
    }
  }

  async function apply(id: string, patch: Patch) {
    const before = tickets.known.value.get(id)
    await caughtUp(id)
    const after = tickets.known.value.get(id)
    // What a colleague did while we waited was not seen when the change was made: the old version makes the server say so.
    const version = before && after && !isOwnStep(before, after) ? before.version : after?.version
    try {
      tickets.merge([await call('agentUpdateTicket', { params: { id }, body: { ...patch, version } })])
    } catch (error) {
      explain(id, error)
    } finally {
      setWanted(id, null)
    }
  }

  return {
    wanted,
    notices,
    dismiss: (id: string) => setNotice(id, null),
    /** One change of a ticket after the other, each with the version that the one before left. */
    update(id: string, patch: Patch) {
      setNotice(id, null)
      setWanted(id, { ...wanted.value.get(id), ...patch })
      const line = (lines.get(id) ?? Promise.resolve()).then(() => apply(id, patch))
      lines.set(id, line)
      return line
    },
  }
}

export type Changes = ReturnType<typeof createChanges>
