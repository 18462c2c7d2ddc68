import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals-core'

/** `pending` is a ticket on its way to the server, named by its `client_id`. */
export interface Screen {
  name: 'list' | 'new' | 'pending' | 'thread'
  id: string
}

/** What the page and the customer look at. */
export interface View {
  open: Signal<boolean>
  screen: ReadonlySignal<Screen>
  go: (name: Screen['name'], id?: string) => void
  /** A form was sent and its faults are to be seen, a question was asked, or something is said; forgotten with the screen. */
  asked: Signal<boolean | 'copied' | 'selected'>
  /** The ticket on screen, whether the drawer is open or not. */
  ticketId: ReadonlySignal<string | null>
  online: Signal<boolean>
  visible: Signal<boolean>
  /** The page was left, and may be in the browser's cache: nothing is held open. */
  away: Signal<boolean>
  /** Counts the times at which the page came back: into view, online, or out of the browser's cache. */
  wake: Signal<number>
  /** The time, ms, for what is said in relation to it. Goes on while somebody looks. */
  now: Signal<number>
}

const tick = 30_000

/** Follows the page until `signal` aborts. */
export function createView(stop: AbortSignal): View {
  const screen = signal<Screen>({ name: 'list', id: '' })
  const asked: View['asked'] = signal(false)
  const online = signal(navigator.onLine)
  const visible = signal(document.visibilityState === 'visible')
  const away = signal(false)
  const wake = signal(0)
  const open = signal(false)
  const now = signal(Date.now())
  const look = ({ type }: Event) =>
    batch(() => {
      const before = online.value && visible.value && !away.value
      online.value = navigator.onLine
      visible.value = document.visibilityState === 'visible'
      away.value = type === 'pagehide'
      if (!before && online.value && visible.value) wake.value++
    })
  document.addEventListener('visibilitychange', look, { signal: stop })
  for (const name of ['online', 'offline', 'pagehide', 'pageshow']) window.addEventListener(name, look, { signal: stop })
  const stopClock = effect(() => {
    if (!open.value || !visible.value) return
    const timer = setInterval(() => {
      now.value = Date.now()
    }, tick)
    now.value = Date.now()
    return () => clearInterval(timer)
  })
  stop.addEventListener('abort', stopClock)
  return {
    open,
    screen,
    asked,
    go: (name, id = '') =>
      batch(() => {
        screen.value = { name, id }
        asked.value = false
      }),
    ticketId: computed(() => (screen.value.name === 'thread' ? screen.value.id : null)),
    online,
    visible,
    away,
    wake,
    now,
  }
}
