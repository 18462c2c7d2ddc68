import type { Person } from '../state/person.ts'
import type { Settings } from '../state/settings.ts'
import type { View } from '../state/view.ts'

/** What every component may read. */
export interface Ui extends Settings {
  view: View
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
