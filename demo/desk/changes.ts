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

/** Changes of status, priority and assignee, shown at once and taken back when the server refuses them. */
export function createChanges(call: Call, tickets: TicketList) {
  const wanted = signal<ReadonlyMap<string, Patch>>(new Map())
  const notices = signal<ReadonlyMap<string, Notice>>(new Map())
  let line: Promise<void> = Promise.resolve()

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
    const version = tickets.known.value.get(id)?.version
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
    /** One change after the other, each with the version that the one before left. */
    update(id: string, patch: Patch) {
      setNotice(id, null)
      setWanted(id, { ...wanted.value.get(id), ...patch })
      line = line.then(() => apply(id, patch))
      return line
    },
  }
}

export type Changes = ReturnType<typeof createChanges>
