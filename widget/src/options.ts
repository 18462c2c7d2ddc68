import type { Category } from '@support-widget/shared/app.ts'
import { contextLimits } from '@support-widget/shared/limits.ts'
import { localeOf, type Strings } from './i18n/texts.ts'
import type { More } from './state/merge.ts'
import type { TokenSource } from './state/session.ts'

/** Numbers may come as text, as attributes give them: they end up as text in a style sheet. */
type Digits = number | string

export interface Theme {
  /** `#rrggbb`. */
  color: string
  mode: string
  /** Roundness of the corners, px. */
  radius: Digits
  font: string
}

/** How the widget looks and where it stands. */
export interface Look extends Theme {
  /** `right` or `left`. */
  position: string
  /** Distance from the corner, px. */
  offset: { x: Digits; y: Digits }
}

export interface Options extends TokenSource {
  app: string
  server: string
  locale: string
  /** What of it the page says; the app's settings and `defaultLook` say the rest. */
  theme: Partial<Theme>
  position: string
  offset: Look['offset'] | null
  zIndex: Digits
  /** A selector makes the page's own elements open the drawer, with no button of ours. */
  launcher: boolean | string
  /** An element of the page, or a selector of it, in which the widget stands, always open. Null: in the corner. */
  container: Element | string | null
  /** Null: those that the server knows for the app. */
  categories: Category[] | null
  strings: Strings
  /** Facts of the page, which travel with a new ticket if its author agrees. */
  context: More['context'] | null
  /** Where to write while the server cannot be reached. */
  contactEmail: string
  /** For an answer that is not seen as it comes: a tone, the number of them in the page's title, a notification of the system. */
  attention: Partial<Record<'sound' | 'title' | 'notification', boolean>>
}

export const defaultLook: Look = {
  color: '#3451d1',
  mode: 'auto',
  radius: 16,
  font: 'system-ui, sans-serif',
  position: 'right',
  offset: { x: 20, y: 20 },
}

export const defaults = (server: string): Options => ({
  app: '',
  server,
  locale: localeOf(document.documentElement.lang, navigator.language),
  theme: {},
  position: '',
  offset: null,
  zIndex: 2_147_483_000,
  launcher: true,
  container: null,
  categories: null,
  strings: {},
  context: null,
  contactEmail: '',
  attention: {},
})

/** Throws on a value that cannot be taken; what is wrong inside of one that can be is told to `fault`. */
type Read<T> = (value: unknown, old: T, fault: (name: string) => void) => T
type Readers<T> = { [K in keyof T]-?: Read<T[K]> }

const no = (): never => {
  throw new TypeError()
}
/** Text or a number that reads like this. */
const like = (pattern: RegExp) => (value: unknown) => (/^(string|number)$/.test(typeof value) && pattern.test(`${value}`) ? `${value}` : no())
const string = like(/./)
const pixels = like(/^\d{1,4}$/)
const record = (value: unknown) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : no())
const selector = (value: unknown) => {
  const text = String(value)
  // Throws on what is no selector.
  document.createDocumentFragment().querySelector(text)
  return text
}
const url = (value: unknown) => {
  const { href } = new URL(string(value), document.baseURI)
  return /^https?:/.test(href) ? href : no()
}

const themeReaders: Readers<Partial<Theme>> = {
  color: like(/^#[0-9a-f]{6}$/i),
  mode: like(/^(auto|light|dark)$/),
  radius: pixels,
  font: like(/^([\w\s,-]|"[\w\s,'-]*"|'[\w\s,"-]*')+$/),
}

const optionReaders: Readers<Options> = {
  app: string,
  server: (value) => url(value).replace(/[?#].*|\/+$/g, ''),
  token: string,
  getToken: (value) => (typeof value === 'function' ? (value as () => unknown) : no()),
  tokenUrl: url,
  locale: localeOf,
  theme: (value, old, fault) => readInto(old, themeReaders, record(value), fault),
  position: like(/^(right|left)$/),
  offset: (value) => {
    // One number serves for both.
    const { x = value, y = value } = Object(value)
    return { x: pixels(x), y: pixels(y) }
  },
  zIndex: like(/^-?\d{1,10}$/),
  launcher: (value) => {
    const text = selector(value)
    return text === 'true' || (text !== 'false' && text)
  },
  container: (value) => (value instanceof Element ? value : selector(value)),
  categories: (value) =>
    Array.isArray(value)
      ? value.map((one) => {
          const { id, label } = record(one)
          return { id: string(id), label: string(label) }
        })
      : no(),
  context: (value) => {
    const text = JSON.stringify(record(value))
    // Each character takes three bytes at most; what the widget adds has room as well.
    return text.length * 3 < contextLimits.contextBytes ? JSON.parse(text) : no()
  },
  contactEmail: like(/^[^\s@]+@[^\s@]+$/),
  attention: (value) => Object.fromEntries(Object.entries(record(value)).map(([name, wanted]) => [name, `${wanted}` === 'true'])),
  strings: (value) => Object.fromEntries(Object.entries(record(value)).filter(([, text]) => typeof text === 'string')),
}

/** The own, known, well-typed values of `given` over `base`; the names of the others go to `fault`. */
function readInto<T extends object>(base: T, readers: Readers<T>, given: object, fault: (name: string) => void): T {
  const result = { ...base }
  for (const key of Object.keys(given) as (keyof T & string)[]) {
    try {
      const value: unknown = given[key as never]
      // An unknown name has no reader to call.
      if (value !== undefined) result[key] = readers[key](value, base[key], fault)
    } catch {
      fault(key)
    }
  }
  return result
}

/** Options as a page gives them, over those that hold. Never throws: what cannot be taken is named in `faults`. */
export function readOptions(base: Options, given: unknown): { options: Options; faults: string[] } {
  const faults: string[] = []
  const readable = typeof given === 'object' && given !== null
  const options = readInto(base, optionReaders, readable ? given : { options: given }, (name) => faults.push(name))
  return { options, faults }
}

/** The options that stand on the script's own tag: `data-token-url` is `tokenUrl`. The theme's members stand there by their own names. */
export function fromAttributes(script: Pick<Element, 'getAttribute'>): object {
  const given = (readers: object) =>
    Object.fromEntries(
      Object.keys(readers).flatMap((name) => {
        const value = script.getAttribute(`data-${name.replace(/[A-Z]/g, '-$&').toLowerCase()}`)
        return value === null ? [] : [[name, value]]
      }),
    )
  return { ...given(optionReaders), theme: given(themeReaders) }
}
