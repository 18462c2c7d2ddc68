import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals-core'
import { retryable } from '../net/api.ts'
import type { CustomerFrame, SocketOptions, SocketState } from '../net/socket.ts'
import type { Conversation } from './conversation.ts'
import type { Tickets } from './tickets.ts'
import type { View } from './view.ts'

interface Ways {
  connect: (ways: Pick<SocketOptions, 'onFrame' | 'onState'>) => { close: () => void }
  view: View
  tickets: Tickets
  conversation: Conversation
  /** Whatever waits to be sent tries again. */
  kick: () => void
}

export interface Sync {
  /** The server did not answer the last question. */
  trouble: ReadonlySignal<boolean>
  /** Asks the server for everything that may have changed. Never rejects. */
  catchUp: () => Promise<void>
  dispose: () => void
}

const everyLive = 30_000
const everyBlocked = 5_000
const everyClosed = 300_000

/** Keeps one customer's tickets true: the socket for speed, asking again for truth. */
export function createSync({ connect, view, tickets, conversation, kick }: Ways): Sync {
  const live = signal<SocketState>('down')
  const failures = signal(0)
  let running: Promise<void> | undefined
  let again = false

  const ask = async () => {
    do {
      again = false
      try {
        const id = view.ticketId.value
        await Promise.all([tickets.refresh(), id && conversation.catchUp(id)])
        failures.value = 0
      } catch (error) {
        // Refused is answered.
        failures.value = retryable(error) ? failures.value + 1 : 0
      }
    } while (again)
  }
  const catchUp = () => {
    if (running) again = true
    running ??= ask().finally(() => {
      running = undefined
    })
    return running
  }

  const onFrame = ({ type, payload }: CustomerFrame) => {
    const known = tickets.find('ticket' in payload ? payload.ticket.id : payload.ticket_id)
    if ('message' in payload) conversation.receive(payload.message)
    else if (type === 'ticket.read') payload.by === 'customer' && tickets.markRead(payload.ticket_id, payload.seq)
    else tickets.put(payload.ticket)
    // A ticket that is not in the list so far, or a badge without its list: the frame was only a hint.
    if (!known) void catchUp()
  }

  const isLive = computed(() => live.value === 'live')
  const listening = computed(() => view.open.value || tickets.waiting.value)
  const every = computed(() => {
    if (!listening.value || !view.visible.value || !view.online.value) return 0
    const usual = !view.open.value ? everyClosed : isLive.value ? everyLive : everyBlocked
    return Math.max(usual, Math.min(2 ** failures.value * 1000, 60_000))
  })
  const refreshAll = () =>
    untracked(() => {
      void catchUp()
      kick()
    })

  const stops = [
    effect(() => {
      if (!listening.value) return
      const onState = (state: SocketState) => {
        live.value = state
      }
      const socket = untracked(() => connect({ onFrame, onState }))
      return () => {
        live.value = 'down'
        socket.close()
      }
    }),
    ...[view.open, isLive].map((one) =>
      effect(() => {
        if (one.value) refreshAll()
      }),
    ),
    effect(() => {
      if (view.wake.value && listening.peek()) refreshAll()
    }),
    effect(() => {
      const wait = every.value
      if (!wait) return
      // Spread, so that a thousand widgets do not ask in step.
      const timer = setInterval(() => void catchUp(), wait * (0.9 + Math.random() / 5))
      return () => clearInterval(timer)
    }),
    effect(() => {
      const id = view.ticketId.value
      if (id && view.open.peek()) untracked(() => conversation.catchUp(id)).catch(() => {})
    }),
    effect(() => {
      const id = view.ticketId.value
      if (id && view.open.value && view.visible.value && conversation.thread(id).value.load === 'ready' && tickets.list.value) {
        conversation.read(id).catch(() => {})
      }
    }),
  ]
  return {
    trouble: computed(() => failures.value > 0),
    catchUp,
    dispose: () => {
      for (const stop of stops) stop()
    },
  }
}
