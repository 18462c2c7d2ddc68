import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals-core'
import { retryable } from '../net/api.ts'
import type { Connection, CustomerFrame, SocketOptions, SocketState } from '../net/socket.ts'
import type { Conversation } from './conversation.ts'
import type { joinTabs, Tabs, Word } from './tabs.ts'
import type { Tickets } from './tickets.ts'
import type { View } from './view.ts'

export type Connect = (ways: Pick<SocketOptions, 'onFrame' | 'onState'>) => Connection
export type Join = (ways: Pick<Parameters<typeof joinTabs>[0], 'lead' | 'hear'>) => Tabs

interface Ways {
  connect: Connect
  join: Join
  view: View
  tickets: Tickets
  conversation: Conversation
  /** Another tab of this customer is at work. */
  called: ReadonlySignal<boolean>
  /** Whatever waits to be sent tries again. */
  kick: () => void
  /** Another tab may have kept something. */
  reread: () => void
}

export interface Sync {
  /** The server did not answer the last question. */
  trouble: ReadonlySignal<boolean>
  /** This tab has the socket, or would have it. */
  leads: () => boolean
  /** Tells the other tabs. */
  say: Tabs['say']
  /** Asks the server for everything that may have changed. Never rejects. */
  catchUp: () => Promise<void>
  dispose: () => void
}

const everyLive = 30_000
const everyBlocked = 5_000
const everyClosed = 300_000

/** Keeps one customer's tickets true: one tab's socket for speed, asking again for truth. */
export function createSync({ connect, join, view, tickets, conversation, called, kick, reread }: Ways): Sync {
  const live = signal<SocketState>('down')
  const failures = signal(0)
  let running: Promise<void> | undefined
  let again = false
  let tabs: Tabs | undefined
  let leads = false

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
  const refreshAll = () =>
    untracked(() => {
      void catchUp()
      kick()
    })

  const say: Tabs['say'] = (word) => tabs?.say(word)
  const onFrame = ({ type, payload }: CustomerFrame) => {
    const known = tickets.find('ticket' in payload ? payload.ticket.id : payload.ticket_id)
    if ('message' in payload) conversation.receive(payload.message)
    else if (type === 'ticket.read') payload.by === 'customer' && tickets.markRead(payload.ticket_id, payload.seq)
    else tickets.put(payload.ticket)
    // A ticket that is not in the list so far, or a badge without its list: the frame was only a hint.
    if (!known) void catchUp()
  }
  const lead = () => {
    leads = true
    const { close } = connect({
      onFrame: (frame) => {
        say({ type: 'frame', frame })
        onFrame(frame)
      },
      onState: (state) => {
        live.value = state
        say({ type: 'state', state })
      },
    })
    return () => {
      leads = false
      live.value = 'down'
      close()
    }
  }
  const hear = (word: Word) => {
    if (word.type === 'frame') onFrame(word.frame)
    else if (word.type === 'kept') reread()
    else if (word.type === 'state' && !leads) live.value = word.state
    else if (word.type === 'hello' && leads) say({ type: 'state', state: live.value })
  }

  const isLive = computed(() => live.value === 'live')
  const listening = computed(() => !view.away.value && (view.open.value || tickets.waiting.value || called.value))
  const every = computed(() => {
    if (!listening.value || !view.visible.value || !view.online.value) return 0
    const usual = !view.open.value ? everyClosed : isLive.value ? everyLive : everyBlocked
    return Math.max(usual, Math.min(2 ** failures.value * 1000, 60_000))
  })

  const stops = [
    effect(() => {
      if (!listening.value) return
      untracked(() => {
        tabs = join({ lead, hear })
        reread()
      })
      return () => {
        tabs?.leave()
        tabs = undefined
        live.value = 'down'
      }
    }),
    ...[view.open, isLive].map((one) =>
      effect(() => {
        if (one.value) refreshAll()
      }),
    ),
    effect(() => {
      if (view.wake.value && listening.peek()) void untracked(catchUp)
    }),
    effect(() => {
      if (view.wake.value >= 0 && view.online.value) untracked(kick)
    }),
    effect(() => {
      const wait = every.value
      if (!wait) return
      // Spread, so that a thousand widgets do not ask in step.
      const timer = setInterval(
        () => {
          tabs?.look()
          refreshAll()
        },
        wait * (0.9 + Math.random() / 5),
      )
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
    leads: () => leads,
    say,
    catchUp,
    dispose: () => {
      for (const stop of stops) stop()
    },
  }
}
