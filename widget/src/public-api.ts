import { type Opening, startWidget, type Widget } from './boot.ts'
import { defaults, readOptions } from './options.ts'
import type { Emit, WidgetEvents } from './state/events.ts'
import type { NewTicketInput } from './state/person.ts'
import type { TokenSource } from './state/session.ts'

type Listener = (detail: { type: keyof WidgetEvents }) => void
type Action = (widget: Widget, given: unknown) => unknown

const warned = new Set<string>()
/** Says each thing once, in the only place where the page's author can be told without being disturbed. */
function warn(text: string) {
  if (!warned.has(text)) globalThis.console.warn(`SupportWidget: ${text}`)
  warned.add(text)
}

const own = (given: unknown) => Object.entries(given ?? {})
/** The named members that are text. */
const pick = (given: unknown, ...names: string[]): Record<string, string> =>
  Object.fromEntries(own(given).filter(([name, value]) => names.includes(name) && value && typeof value === 'string'))

/** The files of a list or an array. */
const filesOf = (given: unknown): File[] => {
  const files = [...((given as { files?: Iterable<unknown> } | null)?.files ?? [])]
  if (files.every((one) => one instanceof File)) return files
  throw new TypeError('files')
}

function openingOf(given: unknown): Opening {
  const { ticket } = pick(given, 'ticket')
  const draft = own(given).find(([name]) => name === 'draft')?.[1]
  return {
    ...(ticket && { ticket: ticket.toUpperCase() }),
    ...(draft && { draft: pick(typeof draft === 'string' ? { body: draft } : draft, 'subject', 'body', 'category') }),
  }
}

/** `window.SupportWidget`. No method throws; what cannot be done is said once in the console, and `createTicket` rejects. */
export function createPublicApi(server: string) {
  let widget: Widget | undefined
  let ready: { type: 'ready' } | undefined
  const listeners = new Map<string, Set<Listener>>()

  const tell = (listener: Listener, detail: Parameters<Listener>[0]) => {
    try {
      listener(detail)
    } catch (error) {
      // The page's own mistake, for the page's own error handling.
      reportError(error)
    }
  }
  const emit: Emit = (type, given) => {
    const detail = { type, ...given }
    if (detail.type === 'ready') ready = { ...detail, type: detail.type }
    if ('message' in given && type === 'error') warn(String(given.message))
    for (const listener of listeners.get(type) ?? []) tell(listener, detail)
  }
  const read = (base = defaults(server), given: unknown) => {
    const { options, faults } = readOptions(base, given)
    if (faults[0]) warn(`not understood: ${faults}`)
    return options
  }
  const sourceOf = (given: unknown): TokenSource | undefined => {
    const { token, getToken, tokenUrl } = readOptions(defaults(server), given).options
    return token || getToken || tokenUrl ? { token, getToken, tokenUrl } : undefined
  }

  const actions: Record<string, Action> = {
    update: (running, given) => {
      const before = running.options()
      const next = read(before, given)
      // Only `boot` goes to another app or server.
      running.update({ ...next, app: before.app, server: before.server })
      const source = sourceOf(given)
      return source && running.identify(source, { unlessSame: true })
    },
    shutdown: (running) => {
      running.shutdown()
      widget = ready = undefined
      listeners.clear()
    },
    open: (running, given) => running.open(openingOf(given)),
    close: (running) => running.close(),
    toggle: (running) => running.toggle(),
    setContext: (running, context) => running.update(read(running.options(), { context })),
    show: (running) => running.setHidden(false),
    hide: (running) => running.setHidden(true),
    identify: (running, given) => {
      const source = sourceOf(given)
      return source ? running.identify(source) : warn('identify: no token')
    },
    logout: async (running) => ({ unsent: await running.logout() }),
    createTicket: (running, given) => {
      const input = pick(given, 'subject', 'body', 'category', 'priority') as unknown as NewTicketInput
      const files = filesOf(given)
      const custom_fields = own(given).find(([name]) => name === 'custom_fields')?.[1]
      if (!input.subject || !(input.body || files.length > 0)) throw new TypeError('no subject or body')
      return running.createTicket({
        ...input,
        body: input.body ?? '',
        files,
        more: custom_fields && { custom_fields: JSON.parse(JSON.stringify(custom_fields)) },
      })
    },
  }
  /** Another app or server is another widget; what the page listens for it still hears. */
  const isOther = (running: Widget, given: unknown) => {
    const [now, next] = [running.options(), readOptions(running.options(), given).options]
    return now.app !== next.app || now.server !== next.server
  }
  const perform = (name: string, given: unknown) => {
    if (widget && name === 'boot' && isOther(widget, given)) {
      widget.shutdown()
      widget = ready = undefined
    }
    if (widget) return actions[name === 'boot' ? 'update' : name]?.(widget, given)
    if (name === 'shutdown') return
    if (name !== 'boot') throw new Error('not running')
    const options = read(undefined, given)
    if (!options.app) throw new TypeError('no app')
    widget = startWidget(options, emit)
  }
  const run = async (name: string, given: unknown) => {
    try {
      return await perform(name, given)
    } catch (error) {
      if (name === 'createTicket') throw error
      warn(`${name}: ${error}`)
      return name === 'logout' ? { unsent: 0 } : undefined
    }
  }
  const on = (name: unknown, listener: unknown) => {
    if (typeof name !== 'string' || typeof listener !== 'function') {
      warn('on: no function')
      return () => {}
    }
    const heard = listeners.get(name) ?? new Set()
    listeners.set(name, heard.add(listener as Listener))
    if (name === 'ready' && ready) tell(listener as Listener, ready)
    return () => {
      heard.delete(listener as Listener)
    }
  }
  const methods: Record<string, (...args: unknown[]) => unknown> = { on }
  for (const name of ['boot', ...Object.keys(actions)]) methods[name] = (given) => run(name, given)
  const call = async (name: string, ...args: unknown[]) => (Object.hasOwn(methods, name) ? methods[name]?.(...args) : warn(`no method ${name}`))
  return Object.assign(call, methods)
}
