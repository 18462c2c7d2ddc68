import type { ReadonlySignal } from '@preact/signals-core'
import type { Category } from '@support-widget/shared/app.ts'
import type { Texts } from '../i18n/texts.ts'
import type { Person } from '../state/person.ts'
import type { View } from '../state/view.ts'

/** What every component may read. */
export interface Ui {
  view: View
  texts: ReadonlySignal<Texts>
  appName: ReadonlySignal<string>
  categories: ReadonlySignal<readonly Category[]>
}

/** The props of a screen. */
export interface ScreenProps {
  ui: Ui
  person: Person
}

/** A screen is where the keyboard continues: with a field only where no on-screen keyboard would jump up. */
export const focusOnArrival = (field: HTMLElement | null) => {
  if (field && window.matchMedia('(hover: hover)').matches) field.focus({ preventScroll: true })
}
