import type { Status, WaitingOn } from '@support-widget/shared/vocabulary.ts'

/** The status after a message, by the side that wrote it; notes change nothing. */
export function statusAfterMessage(status: Status, by: 'customer' | 'agent', isInternal: boolean): Status {
  if (isInternal) return status
  if (by === 'agent') return status === 'open' ? 'in_progress' : status
  return status === 'resolved' ? 'in_progress' : status
}

interface Times {
  resolved_at: Date | null
  closed_at: Date | null
}

/** When a ticket was resolved and closed, after moving to `to`. Going back to work clears both. */
export function timesAfter(times: Times, to: Status, now: Date): Times {
  if (to === 'resolved') return { resolved_at: times.resolved_at ?? now, closed_at: null }
  if (to === 'closed') return { resolved_at: times.resolved_at, closed_at: times.closed_at ?? now }
  return { resolved_at: null, closed_at: null }
}

/** Whose turn it is after a public message of this side, or after a move to `status` by hand. */
export function turnAfter(status: Status, waiting: WaitingOn | null, publicMessageBy?: 'customer' | 'agent'): WaitingOn | null {
  if (status === 'resolved' || status === 'closed') return null
  if (publicMessageBy) return publicMessageBy === 'customer' ? 'agent' : 'customer'
  return waiting ?? 'agent'
}
