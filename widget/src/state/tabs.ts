import { effect, type ReadonlySignal, untracked } from '@preact/signals-core'
import type { SocketInput } from '@support-widget/shared/socket-requests.ts'
import { bare } from '../net/api.ts'
import type { CustomerFrame, SocketState } from '../net/socket.ts'

/** What the tabs of one customer say to one another. */
export type Word =
  /** From the leader: what came over its socket, and how that is. Frames also from whoever knows first. */
  | { type: 'frame'; frame: CustomerFrame }
  | { type: 'state'; state: SocketState }
  /** To the leader: the customer types into this ticket, or has stopped. */
  | { type: 'typing'; input: SocketInput<'typing'> }
  /** Something was kept or removed: drafts, unsent messages. */
  | { type: 'kept' }
  /** The customer takes this unsent message back, by its `client_id`, or throws it away. */
  | { type: 'cancel'; id: string; gone?: boolean }
  /** Who leads? */
  | { type: 'hello' }
  /** The leader is not to be seen. */
  | { type: 'hidden' }

export interface Tabs {
  say: (word: Word) => void
  /** A leader of whom nothing was heard since the last look is taken to be dead. */
  look: () => void
  leave: () => void
}

interface Ways {
  /** Of the app and the customer. */
  name: string
  visible: ReadonlySignal<boolean>
  /** This tab leads from now on, until what it returns is called. */
  lead: () => () => void
  hear: (word: Word) => void
}

/**
 * Joins the tabs of one customer. One of them leads: one that is visible, if any is. A tab that comes into view takes the lead by a stolen Web Lock;
 * a leader that goes out of view says so, and one that is in view takes it. A lead that falls free goes to the next in the queue. Without Web Locks
 * (insecure pages) every visible tab leads for itself.
 */
export function joinTabs({ name, visible, lead, hear }: Ways): Tabs {
  let stop: (() => void) | undefined
  let wish = new AbortController()
  let heard = true
  let left = false
  const { locks } = navigator
  const channel = new BroadcastChannel(name)
  const say = (word: Word) => {
    if (!left) channel.postMessage(word)
  }
  const begin = () => {
    stop ??= untracked(lead)
    if (!visible.peek()) say({ type: 'hidden' })
  }
  const end = () => {
    stop?.()
    stop = undefined
  }

  const stand = async (steal: boolean) => {
    wish.abort()
    const mine = new AbortController()
    const { signal } = mine
    wish = mine
    let held = false
    const hold = () =>
      new Promise<void>((resolve) => {
        if (signal.aborted) return resolve()
        held = true
        signal.onabort = () => resolve()
        begin()
      })
    await locks.request(name, bare<LockOptions>(steal ? { steal } : { signal }), hold).catch(() => {})
    if (mine !== wish || left) return
    end()
    // Taken by another. Where locks are refused altogether we wait for nobody.
    if (held) void stand(false)
    else begin()
  }
  const take = () => {
    if (!stop) void stand(true)
  }

  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    heard ||= data.type === 'state'
    if (data.type !== 'hidden') hear(data)
    else if (visible.peek()) take()
  }
  const unfollow = effect(() => {
    const seen = visible.value
    if (!locks) seen ? begin() : end()
    else if (seen) take()
    else if (stop) say({ type: 'hidden' })
  })
  if (locks && !visible.peek()) void stand(false)
  say({ type: 'hello' })
  return {
    say,
    look: () => {
      if (stop || !visible.peek()) return
      if (!heard) take()
      heard = false
      say({ type: 'hello' })
    },
    leave: () => {
      unfollow()
      left = true
      wish.abort()
      end()
      channel.close()
    },
  }
}
