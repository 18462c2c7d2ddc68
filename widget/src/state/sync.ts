import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals-core'
import type { CustomerFrames } from '@support-widget/shared/socket.ts'
import { type ApiError, retryable } from '../net/api.ts'
import type { Connection, CustomerFrame, SocketOptions, SocketState } from '../net/socket.ts'
import type { Conversation } from './conversation.ts'
import { createMoment, type Moment } from './moment.ts'
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
  /** In another tab an unsent message was taken back, or thrown away. */
  takeBack: (clientId: string, gone?: boolean) => void
}

export interface Sync {
  /** Why the server did not answer the last question, if it did not. */
  trouble: ReadonlySignal<Partial<ApiError> | false | undefined>
  /** This tab has the socket, or would have it. */
  leads: () => boolean
  /** Tells the other tabs. */
  say: Tabs['say']
  /** Asks the server for everything that may have changed. Never rejects. */
  catchUp: () => Promise<void>
  moment: Moment
  dispose: () => void
}

const everyLive = 30_000
const everyBlocked = 5_000
const everyClosed = 300_000

/** Keeps one customer's tickets true: one tab's socket for speed, asking again for truth. */
export function createSync({ connect, join, view, tickets, conversation, called, kick, reread, takeBack }: Ways): Sync {
  const live = signal<SocketState>('down')
  const trouble = signal<Partial<ApiError> | false | undefined>()
  let failures = 0
  let running: Promise<void> | undefined
  let again = false
  let tabs: Tabs | undefined
  let leads = false
  let connection: Connection | undefined
  const moment = createMoment((input) => {
    if (leads) connection?.request('typing', input)
    else say({ type: 'typing', input })
  })

  const ask = async () => {
    do {
      again = false
      const id = view.ticketId.value
      trouble.value = await Promise.all([tickets.refresh(), id && conversation.catchUp(id)]).then(
        () => {
          failures = 0
        },
        (error) => {
          // Refused is answered.
          const lost = retryable(error) && error
          failures = lost ? failures + 1 : 0
          return lost
        },
      )
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
  const onRead = ({ ticket_id, by, seq }: CustomerFrames['ticket.read']) => {
    const ticket = tickets.find(ticket_id)
    if (by === 'customer') tickets.markRead(ticket_id, seq)
    else if (ticket) tickets.put({ ...ticket, agent_read_seq: seq })
  }
  const onFrame = (frame: CustomerFrame) => {
    const { type, payload } = frame
    if (moment.hear(frame) || type === 'presence' || type === 'typing') return
    const known = tickets.find('ticket' in payload ? payload.ticket.id : payload.ticket_id)
    if ('message' in payload) conversation.receive(payload.message)
    else if (type === 'ticket.read') onRead(payload)
    else tickets.put(payload.ticket)
    // A ticket that is not in the list so far, or a badge without its list: the frame was only a hint.
    if (!known) void catchUp()
  }
  const lead = () => {
    leads = true
    connection = connect({
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
      connection?.close()
    }
  }
  /** What a tab that has just come cannot know. */
  const greet = () => {
    say({ type: 'state', state: live.value })
    const agents_online = moment.agents.value
    if (agents_online !== null) say({ type: 'frame', frame: { type: 'presence', payload: { agents_online } } })
  }
  const hear = (word: Word) => {
    if (word.type === 'frame') return onFrame(word.frame)
    if (word.type === 'kept') return reread()
    if (word.type === 'cancel') return takeBack(word.id, word.gone)
    if (!leads) {
      if (word.type === 'state') live.value = word.state
    } else if (word.type === 'typing') connection?.request('typing', word.input)
    else if (word.type === 'hello') greet()
  }

  const isLive = computed(() => live.value === 'live')
  const listening = computed(() => !view.away.value && (view.open.value || tickets.waiting.value || called.value))
  const every = computed(() => {
    if (!listening.value || !view.visible.value || !view.online.value) return 0
    const usual = !view.open.value ? everyClosed : isLive.value ? everyLive : everyBlocked
    return Math.max(usual, trouble.value ? Math.min(2 ** failures * 1000, 60_000) : 0)
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
      if (!isLive.value) moment.forget()
    }),
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
      } else conversation.unread.value = null
    }),
  ]
  return {
    trouble,
    leads: () => leads,
    say,
    catchUp,
    moment,
    dispose: () => {
      moment.forget()
      for (const stop of stops) stop()
    },
  }
}
