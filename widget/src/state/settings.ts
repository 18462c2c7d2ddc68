import { computed, type ReadonlySignal, signal } from '@preact/signals-core'
import type { WidgetConfig } from '@support-widget/shared/people.ts'
import { createTexts, fetchStrings, languages, ownText, type Strings, type Texts } from '../i18n/texts.ts'
import type { Call } from '../net/api.ts'
import { defaultLook, type Look, type Options } from '../options.ts'

/** What the page says, over what the app's settings say, over what is usual. */
export interface Settings {
  options: ReadonlySignal<Options>
  config: ReadonlySignal<WidgetConfig | null>
  look: ReadonlySignal<Look>
  texts: ReadonlySignal<Texts>
  /** Asks for the app's settings; rejects as the call does. */
  configure: () => Promise<unknown>
  /** The texts are in the page's language now, or cannot be had in it. */
  speak: () => Promise<unknown>
}

export function createSettings(options: ReadonlySignal<Options>, call: Call): Settings {
  const config = signal<WidgetConfig | null>(null)
  const strings = signal<{ locale?: string; found?: Strings }>({})
  const locale = computed(() => options.value.locale)
  return {
    options,
    config,
    look: computed(() => {
      const { theme, position, offset } = options.value
      // What came as JSON has no member that is undefined, nor has what was read from the page.
      return { ...defaultLook, ...config.value?.theme, ...theme, ...(position && { position }), ...(offset && { offset }) } as Look
    }),
    texts: computed(() => {
      const own = { ...ownText(config.value?.texts ?? {}, locale.value), ...options.value.strings }
      const all = { ...(strings.value.locale === locale.value && strings.value.found), ...own }
      // A language of which nothing is here is not what the English texts run in.
      const [told] = Object.keys(languages.test(locale.value) ? all : own)
      return createTexts(locale.value, all, told ? locale.value : 'en')
    }),
    configure: async () => {
      config.value = await call('getWidgetConfig', { query: { app: options.peek().app } })
    },
    speak: async () => {
      const { server } = options.peek()
      const wanted = locale.peek()
      if (wanted === strings.value.locale) return
      const found = await fetchStrings(server, wanted)
      if (!found || wanted !== locale.peek()) return
      strings.value = { locale: wanted, found }
    },
  }
}
