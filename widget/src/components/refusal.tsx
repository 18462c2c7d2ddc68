import type { Texts } from '../i18n/texts.ts'
import type { ApiError } from '../net/api.ts'
import type { Person } from '../state/person.ts'

/** A refusal in words: ours, else the server's. Without one, or with a fault of the server's, nobody has answered. */
export const wordsFor = ({ status, errors, detail }: Partial<ApiError>, t: Texts['t']) =>
  t(status === 401 ? 'error_unauthorized' : (status as number) < 500 ? 'error_any' : 'unreachable', { detail: errors?.[0]?.message ?? detail ?? '' })

/** What was refused that stood at this place, if anything was. */
export function Refused({ person, place, t }: { person: Person; place: string; t: Texts['t'] }) {
  const refusal = person.refusal.value
  if (refusal?.place !== place) return null
  return (
    <p class="fault" role="alert">
      {wordsFor(refusal.error, t)}
    </p>
  )
}
