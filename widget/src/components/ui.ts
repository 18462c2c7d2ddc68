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

/** Of a field with this in it. Empty it would run to the right whatever the page does. */
export const dirOf = (text: string) => (text ? 'auto' : undefined)

/** A screen is where the keyboard continues: with a field only where no on-screen keyboard would jump up. */
export const focusOnArrival = (field: HTMLElement | null) => {
  if (field && window.matchMedia('(hover: hover)').matches) field.focus({ preventScroll: true })
}

/** Something of the customer's in a ticket is not sent: in the composer, typed or given back, or on its way. */
export const isUnsent = (person: Person, id: string) => {
  const { body, files } = person.draftOf(id)
  return body.trim() || files[0] || person.outbox.entries.value.some((one) => one.ticket_id === id)
}
