import type { Message } from '@support-widget/shared/message.ts'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import { ApiError } from '../net/api.ts'

/** What the page can hear of with `on`, and what it is told. */
export interface WidgetEvents {
  ready: { signed_in: boolean }
  open: object
  close: object
  ticket_created: { ticket: Ticket }
  message_sent: { ticket_id: string; message: Message }
  message_received: { ticket_id: string; message: Message }
  unread_changed: { unread_count: number }
  error: { code: string; message: string }
}

/** A refusal to show where what was refused stands now: a draft's place. */
export interface Refusal {
  place: string
  /** Of the server's, or that there was no answer. */
  error: Partial<ApiError>
}

export type Emit = <K extends keyof WidgetEvents>(name: K, detail: WidgetEvents[K]) => void

/** Tells the page of a refusal; that there was no answer shows in the drawer. */
export function report(emit: Emit, error: unknown) {
  if (error instanceof ApiError) emit('error', { code: error.code, message: error.detail })
}
