import { effect, type ReadonlySignal } from '@preact/signals-core'
import type { Texts } from './i18n/texts.ts'
import type { Options } from './options.ts'
import { themeCss } from './styles/theme.ts'
import widgetCss from './styles/widget.css?inline'

export interface Host {
  /** Where everything is drawn. */
  root: HTMLElement
  remove: () => void
}

const keys = ['keydown', 'keypress', 'keyup']

/**
 * The widget's one node in the page. It stands beside the body: there neither a transform on the body nor a page that exchanges its body can
 * reach it.
 */
export function createHost(options: ReadonlySignal<Options>, texts: ReadonlySignal<Texts>): Host {
  const element = document.createElement('div')
  const shadow = element.attachShadow({ mode: 'open' })
  const theme = new CSSStyleSheet()
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(widgetCss)
  shadow.adoptedStyleSheets = [theme, sheet]
  const root = document.createElement('div')
  shadow.append(root)
  // What is typed here is not for the page's shortcuts, which would not even see that it goes into a field.
  for (const key of keys) shadow.addEventListener(key, (event) => event.stopPropagation())
  const stops = [
    effect(() => theme.replaceSync(themeCss(options.value))),
    effect(() => {
      root.className = `root ${options.value.theme.mode}`
      root.dir = texts.value.dir
    }),
  ]
  document.documentElement.append(element)
  return {
    root,
    remove: () => {
      for (const stop of stops) stop()
      element.remove()
    },
  }
}
