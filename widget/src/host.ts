import { effect, type ReadonlySignal, signal } from '@preact/signals-core'
import type { Texts } from './i18n/texts.ts'
import type { Look, Options } from './options.ts'
import { themeCss } from './styles/theme.ts'
import widgetCss from './styles/widget.css?inline'

export interface Host {
  /** Where everything is drawn. */
  root: HTMLElement
  /** It stands in an element of the page, always open. */
  inline: ReadonlySignal<boolean>
  remove: () => void
}

const keys = ['keydown', 'keypress', 'keyup']

/** What an on-screen keyboard leaves of the window; enlarged by two fingers it says nothing of that. */
function followKeyboard({ style }: HTMLElement, seen: VisualViewport, stop: AbortSignal) {
  const fit = () => {
    if (seen.scale > 1.01) return
    style.setProperty('--height', `${seen.height}px`)
    style.setProperty('--top', `${seen.offsetTop}px`)
  }
  for (const type of ['resize', 'scroll']) seen.addEventListener(type, fit, { signal: stop })
}

/**
 * The widget's one node in the page. If it is not given a place, it stands beside the body: there neither a transform on the body nor a page that
 * exchanges its body can reach it.
 */
export function createHost(options: ReadonlySignal<Options>, look: ReadonlySignal<Look>, texts: ReadonlySignal<Texts>, stop: AbortSignal): Host {
  const element = document.createElement('div')
  const shadow = element.attachShadow({ mode: 'open' })
  const theme = new CSSStyleSheet()
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(widgetCss)
  shadow.adoptedStyleSheets = [theme, sheet]
  const root = document.createElement('div')
  const inline = signal(false)
  shadow.append(root)
  if (visualViewport) followKeyboard(root, visualViewport, stop)
  // What is typed here is not for the page's shortcuts, which would not even see that it goes into a field.
  for (const key of keys) shadow.addEventListener(key, (event) => event.stopPropagation())
  const stops = [
    effect(() => {
      const { container } = options.value
      const place = typeof container === 'string' ? document.querySelector(container) : container
      inline.value = Boolean(place)
      const parent = place ?? document.documentElement
      if (element.parentNode !== parent) parent.append(element)
    }),
    effect(() => theme.replaceSync(themeCss(look.value, options.value.zIndex, inline.value))),
    effect(() => {
      root.className = `root ${look.value.mode} ${inline.value ? 'inline' : 'corner'}`
      root.dir = texts.value.dir
      root.lang = texts.value.lang
    }),
  ]
  return {
    root,
    inline,
    remove: () => {
      for (const stop of stops) stop()
      element.remove()
    },
  }
}
