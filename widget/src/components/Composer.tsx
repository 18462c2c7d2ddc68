import { textLimits } from '@support-widget/shared/limits.ts'
import { codePoints, tidy } from '@support-widget/shared/tidy.ts'
import { Left } from './Field.tsx'
import { AttachButton, Files } from './Files.tsx'
import { Icon } from './Icon.tsx'
import { Refused } from './refusal.tsx'
import { dirOf, focusOnArrival, type ScreenProps } from './ui.ts'

export function Composer({ ui, person, id }: ScreenProps & { id: string }) {
  const { t } = ui.texts.value
  const { body: text, files } = person.draftOf(id)
  const length = codePoints(tidy(text))
  const ready = length + files.length > 0 && length <= textLimits.body

  const send = (event: Event) => {
    event.preventDefault()
    if (ready) person.send(id)
  }
  return (
    <form
      onSubmit={(event) => {
        send(event)
        // The button is off now, and would take the keyboard with it.
        focusOnArrival(event.currentTarget.querySelector('textarea'))
      }}
    >
      <div class="foot">
        <Refused person={person} place={id} t={t} />
        <Left name="body" text={text} t={t} />
        <Files ui={ui} person={person} place={id} />
        <div class="entry">
          <AttachButton ui={ui} person={person} place={id} />
          {/* The same text, unseen, gives the field its height. */}
          <div class="grow" data-text={`${text} `}>
            <textarea
              ref={focusOnArrival}
              rows={1}
              dir={dirOf(text)}
              aria-label={t('reply')}
              placeholder={t('reply')}
              value={text}
              onInput={({ currentTarget: { value } }) => {
                person.write(id, { body: value })
                person.sync.moment.type(id, value.trim() !== '')
              }}
              onKeyDown={(event) => {
                // 229: Safari ends a composition before the key that ended it.
                if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event)
              }}
            />
          </div>
          <button type="submit" class="round send" aria-label={t('send_message')} disabled={!ready}>
            <Icon name="send" size={20} />
          </button>
        </div>
      </div>
    </form>
  )
}
