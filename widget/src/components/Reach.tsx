import { Refused } from './refusal.tsx'
import type { ScreenProps } from './ui.ts'

/** Nobody answers at the moment, as far as is known. */
export const isAway = ({ ui, person }: ScreenProps) => {
  const open = ui.config.value?.office_open
  return open === false || (!open && person.sync.moment.agents.value === 0)
}

/** While nobody is there: how the answer will come, and where to if that is not known. */
export function Reach({ ui, person }: ScreenProps) {
  const { t } = ui.texts.value
  const self = person.self.value
  if (!self || !isAway({ ui, person })) return null
  const mailed = ui.config.value?.mail && self.notify
  if (!mailed || self.email) return <p class="strip">{mailed ? t('away_mail', { email: self.email ?? '' }) : t('away')}</p>
  const { body } = person.draftOf('email')
  const save = (event: Event) => {
    event.preventDefault()
    void person.settle('email', person.reach(body.trim()))
  }
  return (
    <form noValidate onSubmit={save}>
      <div class="strip">
        <label for="email">{t('away_ask')}</label>
        <input
          id="email"
          type="email"
          autocomplete="email"
          value={body}
          onInput={({ currentTarget }) => person.write('email', { body: currentTarget.value })}
        />
        <button type="submit" class="quiet">
          {t('save')}
        </button>
        <Refused person={person} place="email" t={t} />
      </div>
    </form>
  )
}
