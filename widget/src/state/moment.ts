import { type ReadonlySignal, signal } from '@preact/signals-core'
import type { CustomerSignals } from '@support-widget/shared/socket.ts'
import type { SocketInput } from '@support-widget/shared/socket-requests.ts'
import type { CustomerFrame } from '../net/socket.ts'

type Typist = CustomerSignals['typing']

/** What is true only now and never stored. */
export interface Moment {
  /** How many agents are there; null: that is not known. */
  agents: ReadonlySignal<number | null>
  /** Who on the other side types into which ticket. */
  typist: ReadonlySignal<Typist | null>
  /** True if this was a frame of the moment. */
  hear: (frame: CustomerFrame) => boolean
  /** The customer types into a ticket, or has stopped: the other side is told, now and then. */
  type: (ticketId: string, typing: boolean) => void
  /** The connection is gone, and with it all that. */
  forget: () => void
}

/** Somebody of whom nothing more was heard for so long does not type any more, ms. */
const typingShows = 6_000
const typingEvery = 3_000

export function createMoment(tell: (input: SocketInput<'typing'>) => void): Moment {
  const agents = signal<number | null>(null)
  const typist = signal<Typist | null>(null)
  let silence: ReturnType<typeof setTimeout> | undefined
  let said = { id: '', at: 0 }
  const hush = () => {
    clearTimeout(silence)
    typist.value = null
  }
  return {
    agents,
    typist,
    hear: ({ type, payload }) => {
      if (type === 'presence') agents.value = payload.agents_online
      else if (type === 'typing') {
        hush()
        if (payload.typing) typist.value = payload
        silence = setTimeout(hush, typingShows)
      } else {
        // What was typed has come.
        if (type === 'message.created' && payload.message.author.id === typist.peek()?.author.id) hush()
        return false
      }
      return true
    },
    type: (ticket_id, typing) => {
      const now = Date.now()
      if (typing ? ticket_id === said.id && now < said.at + typingEvery : ticket_id !== said.id) return
      said = { id: typing ? ticket_id : '', at: now }
      tell({ ticket_id, typing })
    },
    forget: () => {
      hush()
      agents.value = null
    },
  }
}
