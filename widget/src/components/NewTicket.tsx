import { named } from '../i18n/texts.ts'
import type { More } from '../state/merge.ts'
import { control, Field, faultOf, Left, type Measured } from './Field.tsx'
import { AttachButton, Files } from './Files.tsx'
import { answerOf, faultOfAnswer, Question } from './Question.tsx'
import { wordsFor } from './refusal.tsx'
import { focusOnArrival, type ScreenProps } from './ui.ts'

const focusFault = (form: Element | null) => form?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()

/** What the page knows about itself, shown before it is sent along, and sent only if that is wished. */
function Details({ ui, more, put }: Pick<ScreenProps, 'ui'> & { more: More | null; put: (more: More) => void }) {
  const { t } = ui.texts.value
  const given = ui.options.value.context
  if (!given && !more?.context) return null
  // Without what stands behind the path: that could be secret.
  const facts = more?.context ?? { ...given, page: location.origin + location.pathname, browser: navigator.userAgent }
  return (
    <>
      <Field before id="details" label={t('details')}>
        <input
          id="details"
          aria-describedby="facts"
          type="checkbox"
          checked={Boolean(more?.context)}
          onChange={({ currentTarget }) => put({ context: currentTarget.checked ? facts : undefined })}
        />
      </Field>
      <pre id="facts">{JSON.stringify(facts, null, 1)}</pre>
    </>
  )
}

export function NewTicket({ ui, person }: ScreenProps) {
  const texts = ui.texts.value
  const { t, locale } = texts
  const config = ui.config.value
  const draft = person.draftOf('new')
  const categories = ui.options.value.categories ?? config?.categories ?? []
  const questions = config?.form_fields ?? []
  const given = new Map(Object.entries(draft.more?.custom_fields ?? {}))
  const refusal = person.refusal.value
  const faults = refusal?.error.errors ?? []
  const asked = ui.view.asked.value
  const followed = draft.more?.follow_up_of

  const put = (more: More) => person.write('new', { more: { ...draft.more, ...more } })
  const refused = (name: string) => (refusal?.ticketId === null && faults.find((one) => one.location === `body.${name}`)?.message) || undefined
  /** A file may stand for the text. */
  const wrongIn = (name: Measured) => (name !== 'body' || draft.body || !draft.files.length ? faultOf(name, draft[name], t) : null)
  const fault = (name: Measured) => (asked && wrongIn(name)) || refused(name)
  const shown = ['subject', 'body', 'category', ...questions.map(({ key }) => `custom_fields.${key}`)]
  const field = (name: Measured) => ({
    ...control(name, fault(name), true),
    value: draft[name],
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => person.write('new', { [name]: currentTarget.value }),
  })
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    ui.view.asked.value = true
    const answers = questions.map((one) => [one.key, answerOf(one, given.get(one.key))] as const)
    if (wrongIn('subject') || wrongIn('body') || questions.some((one) => faultOfAnswer(one, given.get(one.key), t))) focusFault(event.currentTarget)
    else person.submit(Object.fromEntries(answers.flatMap(([key, answer]) => (answer === '' || answer === null ? [] : [[key, answer]]))))
  }
  return (
    <form noValidate ref={focusFault} onSubmit={submit}>
      <div class="body form">
        {refusal && faults.every(({ location }) => !shown.includes(location.slice(5))) && (
          <p class="fault" role="alert">
            {wordsFor(refusal.error, t)}
          </p>
        )}
        {followed && (
          <p class="field hint">
            {t('follow_up', { number: person.tickets.find(followed)?.number ?? '' })}{' '}
            <button type="button" class="link" onClick={() => put({ follow_up_of: undefined })}>
              {t('remove')}
            </button>
          </p>
        )}
        <Field id="subject" label={t('subject')} fault={fault('subject')}>
          <input ref={focusOnArrival} autocomplete="off" {...field('subject')} />
          <Left name="subject" text={draft.subject} t={t} />
        </Field>
        {categories.length > 0 && (
          <Field id="category" label={t('category')} hint={t('optional')} fault={refused('category')}>
            <select
              {...control('category', refused('category'))}
              value={draft.category}
              onChange={({ currentTarget }) => person.write('new', { category: currentTarget.value })}
            >
              <option value="" />
              {categories.map((one) => (
                <option key={one.id} value={one.id}>
                  {named(one, locale)}
                </option>
              ))}
            </select>
          </Field>
        )}
        {questions.map((one) => (
          <Question
            key={one.key}
            field={one}
            value={given.get(one.key)}
            fault={(asked && faultOfAnswer(one, given.get(one.key), t)) || refused(`custom_fields.${one.key}`)}
            put={(value) => put({ custom_fields: { ...draft.more?.custom_fields, [one.key]: value } })}
            texts={texts}
          />
        ))}
        <Field id="body" label={t('message')} fault={fault('body')}>
          <textarea rows={7} {...field('body')} />
          <Left name="body" text={draft.body} t={t} />
        </Field>
        <Files ui={ui} person={person} place="new" />
        <AttachButton ui={ui} person={person} place="new">
          {t('attach')}
        </AttachButton>
        <Details ui={ui} more={draft.more} put={put} />
      </div>
      <div class="foot">
        <button type="submit" class="primary">
          {t('create')}
        </button>
      </div>
    </form>
  )
}
