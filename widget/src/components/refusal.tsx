import { en } from '../i18n/en.ts'
import type { TextKey, Texts } from '../i18n/texts.ts'
import type { ApiError } from '../net/api.ts'
import type { Person } from '../state/person.ts'

/** A refusal in words. */
export function wordsFor(error: ApiError, t: Texts['t']): string {
  const key = `error_${error.code}`
  return Object.hasOwn(en, key) ? t(key as TextKey) : t('error_any', { detail: error.errors[0]?.message ?? error.detail })
}

/** What was refused that stood at this place, if anything was. */
export function Refused({ person, place, t }: { person: Person; place: string; t: Texts['t'] }) {
  const refusal = person.refusal.value
  if (refusal?.ticketId !== place) return null
  return (
    <p class="fault" role="alert">
      {wordsFor(refusal.error, t)}
    </p>
  )
}
