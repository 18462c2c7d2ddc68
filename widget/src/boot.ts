import { batch, computed, effect, signal, untracked } from '@preact/signals-core'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import { render } from 'preact'
import { App } from './app.tsx'
import { createHost } from './host.ts'
import { createApi } from './net/api.ts'
import { connectSocket } from './net/socket.ts'
import type { Options } from './options.ts'
import { chime, markTitle, notify } from './state/attention.ts'
import { type Emit, report, type WidgetEvents } from './state/events.ts'
import { createIdentity, type Identity } from './state/identity.ts'
import type { Draft } from './state/persist.ts'
import type { NewTicketInput, Person } from './state/person.ts'
import { createSettings } from './state/settings.ts'
import { createView } from './state/view.ts'

export interface Opening {
  ticket?: string
  draft?: Partial<Draft>
}

export interface Widget {
  options: () => Options
  update: (options: Options) => void
  open: (at?: Opening) => Promise<void>
  close: () => void
  toggle: () => Promise<void>
  setHidden: (hidden: boolean) => void
  identify: (...given: Parameters<Identity['use']>) => Promise<unknown>
  logout: () => Promise<number>
  createTicket: (input: NewTicketInput) => Promise<Ticket>
  shutdown: () => void
}

/** Runs when the page has nothing better to do. */
const whenIdle = (action: () => void) => ('requestIdleCallback' in window ? requestIdleCallback(action, { timeout: 3000 }) : setTimeout(action, 200))

/** Starts one widget in the page. Everything that it attaches goes with `shutdown`. */
export function startWidget(first: Options, emit: Emit): Widget {
  const stop = new AbortController()
  const options = signal(first)
  const call = createApi({ server: first.server, getToken: async () => null, signal: stop.signal })
  const settings = createSettings(options, call)
  const { config, texts } = settings
  const hidden = signal(false)
  const view = createView(stop.signal)
  const tell: Emit = (type, detail) => {
    const unseen = !view.open.peek() || !view.visible.peek()
    // Every tab hears of it, one of them aloud.
    if (type === 'message_received' && unseen && person.peek()?.sync.leads()) {
      const { sound, notification } = options.peek().attention
      if (sound) chime()
      if (notification) notify(texts.peek().t('title'), (detail as WidgetEvents['message_received']).message, (ticket) => open({ ticket }))
    }
    emit(type, detail)
  }
  const identity = createIdentity({ app: first.app, server: first.server, view, connect: connectSocket, emit: tell })
  const { person } = identity
  const ui = { ...settings, view }
  const unread = computed(() => person.value?.tickets.unread.value ?? 0)
  const host = createHost(options, settings.look, texts, stop.signal)

  let configured: Promise<unknown> | undefined
  const configure = () => {
    configured ??= settings.configure().catch((error: unknown) => {
      configured = undefined
      report(emit, error)
    })
    return configured
  }
  /** A page that was opened by a link to a ticket. */
  let linked = new URLSearchParams(location.search).get('support_ticket')?.toUpperCase()
  const follow = async ({ conversation }: Person) => {
    const ticket = linked
    linked = undefined
    // Nothing opens for whom it is not.
    if (ticket) await conversation.catchUp(ticket).then(() => open({ ticket }), String)
  }
  /** Who is there; `wanted`: and if nobody is, a visitor. */
  const settle = async (wanted = false) => {
    // Whether somebody answers may have changed.
    if (wanted) configured = undefined
    const configuring = configure()
    let known = await identity.resolve()
    if (!known && wanted) {
      await configuring
      if (config.value?.visitors && !stop.signal.aborted) known = await identity.visit()
    }
    if (!known) view.open.value = false
    else void follow(known)
    return known
  }

  /** Where the keyboard was when the drawer opened. */
  let opener: Element | null = null
  const focused = () => (host.root.getRootNode() as ShadowRoot).activeElement
  const close = () => {
    if (host.inline.peek()) return
    const inside = focused()
    view.open.value = false
    // Only what was taken is given back: a page that has moved on keeps its focus.
    if (inside && opener instanceof HTMLElement) opener.focus({ preventScroll: true })
  }
  const fill = (known: Person, place: string, draft: Partial<Draft>) => {
    const typed = known.drafts.value.get(place)
    // What the customer typed goes before what the page proposes.
    known.write(place, Object.fromEntries(Object.entries(draft).filter(([name]) => !typed?.[name as keyof Draft])))
  }
  const open = async ({ ticket, draft }: Opening = {}) => {
    const speaking = settings.speak()
    const known = await settle(true)
    // English is here already, but for what is said later.
    if (!/^en/.test(texts.peek().locale)) await speaking
    if (stop.signal.aborted) return
    if (!known) return emit('error', { code: 'signed_out', message: 'Nobody is signed in' })
    if (!view.open.value) opener = focused() ?? document.activeElement
    batch(() => {
      if (ticket) view.go('thread', ticket)
      else if (draft) view.go('new')
      if (draft) fill(known, ticket ?? 'new', draft)
      view.open.value = true
    })
  }
  const toggle = async () => (view.open.value ? close() : open())

  const byPage = (event: Event) => {
    const { launcher } = options.peek()
    if (typeof launcher === 'string' && event.target instanceof Element && event.target.closest(launcher)) void toggle()
  }
  document.addEventListener('click', byPage, { signal: stop.signal })

  /** Everything is drawn by one effect: what a component reads, it follows. */
  const draw = () => {
    const inside = focused()
    const welcome = person.value || (identity.nobody.value && config.value?.visitors)
    const launcher = Boolean(welcome) && options.value.launcher === true && !hidden.value
    render(App({ ui, person: person.value, launcher, unread, toggle, close, inline: host.inline.value }), host.root)
    // What had the keyboard may be gone; it must not fall back to the start of the page.
    if (inside && !focused()) host.root.querySelector('h2')?.focus()
  }

  let wasOpen = false
  let lastUnread = 0
  const stops = [
    effect(draw),
    effect(() => {
      const isOpen = view.open.value && person.value !== null
      if (isOpen === wasOpen) return
      wasOpen = isOpen
      untracked(() => {
        if (isOpen) person.value?.begin()
        emit(isOpen ? 'open' : 'close', {})
      })
    }),
    effect(() => {
      // What arrives in an open thread is read in the same turn.
      if (unread.value >= 0)
        queueMicrotask(() => {
          const unread_count = unread.peek()
          if (unread_count !== lastUnread) emit('unread_changed', { unread_count })
          lastUnread = unread_count
        })
    }),
    effect(() => {
      if (view.wake.value) void untracked(settle)
    }),
    effect(() => {
      if (view.wake.value >= 0 && view.open.value && options.value.locale) void untracked(settings.speak)
    }),
    // In its own place it is open for whoever is known.
    effect(() => {
      if (host.inline.value && person.value && !view.open.value) void untracked(open)
    }),
    effect(() => markTitle(options.value.attention.title && !view.visible.value ? unread.value : 0)),
  ]
  identity.use(first)
  whenIdle(async () => {
    const known = await settle()
    if (!stop.signal.aborted) emit('ready', { signed_in: known !== null && !identity.nobody.value })
  })

  return {
    options: () => options.value,
    update: (next) => {
      options.value = next
    },
    open,
    close,
    toggle,
    setHidden: (value) => {
      hidden.value = value
    },
    identify: (...given) => {
      identity.use(...given)
      return settle()
    },
    logout: identity.logout,
    createTicket: async (input) => {
      const known = await settle(true)
      if (!known) throw new Error('Nobody is signed in')
      return known.create(input)
    },
    shutdown: () => {
      stop.abort()
      for (const end of stops) end()
      markTitle(0)
      identity.dispose()
      render(null, host.root)
      host.remove()
    },
  }
}
