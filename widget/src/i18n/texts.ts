import { bare } from '../net/api.ts'
import { en } from './en.ts'
import { spelled } from './spelled.ts'

export type TextKey = keyof typeof en
export type Strings = Partial<Record<TextKey | `unread_${Intl.LDMLPluralRule}`, string>>
type Values = Record<string, string | number>

export interface Texts {
  locale: string
  /** The language of the texts themselves. */
  lang: string
  dir: 'ltr' | 'rtl'
  /** The text of a key, `{name}` filled in. */
  t: (key: TextKey, values?: Values) => string
  unread: (n: number) => string
  /** "5 minutes ago", from ISO 8601. */
  ago: (time: string, now: number) => string
  /** "today", or the day's name. */
  day: (time: string, now: number) => string
  /** "5 minutes ago" within the hour, then the time of day. */
  clock: (time: string, now: number) => string
  /** "2 MB", from bytes. */
  size: (bytes: number) => string
}

/** In the build without those that their key spells, and those that come with the language file: see vite.config.ts. */
const shortened: Partial<Record<TextKey, string>> = en

const rightToLeft = /^(ar|ckb|dv|fa|he|iw|ks|ps|sd|ug|ur|yi)\b/i
const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** The languages that have a file of texts, beside English. */
export const languages = /^(ar|de|es|fr|he|it|ja|nl|pt)\b/

/** The texts of a language, or English; what a file does not have is said as the script has it. Null: no answer came. Never rejects. */
export async function fetchStrings(server: string, locale: string): Promise<Strings | null> {
  const language = languages.exec(locale)?.[0] ?? 'en'
  try {
    const answer = await fetch(
      `${server}/widget/lang/${language}.json`,
      bare<RequestInit>({ credentials: 'omit', signal: AbortSignal.timeout(3000) }),
    )
    return answer.ok ? ((await answer.json()) as Strings) : null
  } catch {
    return null
  }
}

/** What is said of one thing in several languages. */
export const named = ({ label, labels = {} }: { label: string; labels?: Record<string, string> | undefined }, locale: string) =>
  ownText(labels, locale) ?? label
/** The member of a locale, or of its language. */
export function ownText<T>(of: Record<string, T>, locale: string): T | undefined {
  const tag = [locale, locale.replace(/-.*/, '')].find((one) => Object.hasOwn(of, one)) ?? ''
  return of[tag]
}

/** The first of the wishes that is a well-formed BCP 47 tag. */
export function localeOf(...wishes: unknown[]): string {
  for (const wish of wishes) {
    try {
      const [locale] = Intl.getCanonicalLocales(typeof wish === 'string' ? wish : [])
      if (locale) return locale
    } catch {}
  }
  return 'en'
}

const midnight = (time: string | number) => new Date(time).setHours(0, 0, 0, 0)

/** `lang`: in which the `strings` are. */
export function createTexts(locale: string, strings: Strings = {}, lang = locale): Texts {
  const t: Texts['t'] = (key, values = {}) =>
    (Object.hasOwn(strings, key) ? String(strings[key]) : (shortened[key] ?? spelled(key))).replace(/\{(\w+)\}/g, (all, name: string) =>
      String(values[name] ?? all),
    )
  const plural = new Intl.PluralRules(locale)
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'full' })
  const clocks = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
  const sizes: { kilobyte?: Intl.NumberFormat; megabyte?: Intl.NumberFormat } = bare({})
  const ago: Texts['ago'] = (time, now) => {
    const seconds = (Date.parse(time) - now) / 1000
    const [unit, size] = units.find(([, length]) => -seconds >= length) ?? ['second', Number.POSITIVE_INFINITY]
    return relative.format(Math.ceil(seconds / size), unit)
  }
  return {
    locale,
    lang,
    dir: rightToLeft.test(lang) ? 'rtl' : 'ltr',
    t,
    unread: (n) => {
      const key = `unread_${plural.select(n)}` as const
      return t((Object.hasOwn(strings, key) || key === 'unread_one' ? key : 'unread_other') as TextKey, { n })
    },
    ago,
    day: (time, now) => {
      const passed = Math.round((midnight(now) - midnight(time)) / 86_400_000)
      return passed > 1 || passed < 0 ? days.format(new Date(time)) : relative.format(-passed, 'day')
    },
    clock: (time, now) => (now - Date.parse(time) < 3_600_000 ? ago(time, now) : clocks.format(new Date(time))),
    size: (bytes) => {
      const [unit, size] = bytes < 2 ** 20 ? (['kilobyte', 1024] as const) : (['megabyte', 2 ** 20] as const)
      // Slow to make, and asked for at every letter that is typed.
      sizes[unit] ??= new Intl.NumberFormat(locale, { style: 'unit', unit })
      return sizes[unit].format(Math.ceil(bytes / size))
    },
  }
}
