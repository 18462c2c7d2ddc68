import { named } from '../i18n/texts.ts'
import type { More } from '../state/merge.ts'
import { type Answer, Field, faultOf, numberOf, type Question } from './Field.tsx'
import { AttachButton, Files } from './Files.tsx'
import { wordsFor } from './refusal.tsx'
import type { ScreenProps } from './ui.ts'

const focusFault = (form: Element | null) => form?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
const same = (text: string) => [text, text] as const

export function NewTicket({ ui, person }: ScreenProps) {
  const { t, locale } = ui.texts.value
  const { categories: own, context } = ui.options.value
  const { categories = [], form_fields: fields = [] } = ui.config.value ?? {}
  const draft = person.draftOf('new')
  const { more, files } = draft
  const answers = new Map(Object.entries(more?.custom_fields ?? {}))
  const refusal = person.refusal.value?.place === 'new' ? person.refusal.value : null
  const followed = more?.follow_up_of
  // Without what stands behind the path: that could be secret.
  const facts = more?.context ?? (context && { ...context, page: location.origin + location.pathname, browser: navigator.userAgent })
  const set = (change: More) => person.write('new', { more: { ...more, ...change } })

  const ask = (question: Question, value: Answer, put: (value: Answer) => void) => {
    const refused = refusal?.error.errors?.find((one) => one.location === `body.${question.name}`)?.message
    return { question, value, put, wrong: faultOf(question, value, t), refused }
  }
  const text = (name: 'subject' | 'category' | 'body', question: Omit<Question, 'name'>) =>
    ask({ name, ...question }, draft[name], (value) => person.write('new', { [name]: value }))
  const asked = [
    text('subject', { label: t('subject'), type: 'text', required: true }),
    text('category', { label: t('category'), type: 'select', options: (own ?? categories).map((one) => [one.id, named(one, locale)] as const) }),
    ...fields.map(({ key, type, required, options, ...one }) =>
      ask({ name: `custom_fields.${key}`, label: named(one, locale), type, required, options: options?.map(same) }, answers.get(key) ?? '', (value) =>
        set({ custom_fields: { ...more?.custom_fields, [key]: value } }),
      ),
    ),
    // A file may stand for the text.
    text('body', { label: t('message'), type: 'area', required: files.length === 0 }),
  ].filter(({ question }) => question.options?.length !== 0)
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    ui.view.asked.value = true
    if (asked.some(({ wrong }) => wrong)) return focusFault(event.currentTarget)
    const given = fields.flatMap(({ key, type }) => {
      const answer = answers.get(key) || ''
      return String(answer).trim() ? [[key, type === 'number' ? numberOf(answer) : answer]] : []
    })
    person.submit(Object.fromEntries(given))
  }
  return (
    <form noValidate ref={focusFault} onSubmit={submit}>
      <div class="body form">
        {refusal && !asked.some(({ refused }) => refused) && (
          <p class="fault" role="alert">
            {wordsFor(refusal.error, t)}
          </p>
        )}
        {followed && (
          <p class="field hint">
            {t('follow_up', { number: person.tickets.find(followed)?.number ?? '' })}{' '}
            <button type="button" class="link" onClick={() => set({ follow_up_of: undefined })}>
              {t('remove')}
            </button>
          </p>
        )}
        {asked.map(({ question, value, put, wrong, refused }) => (
          <Field key={question.name} question={question} value={value} put={put} t={t} fault={(ui.view.asked.value && wrong) || refused || null} />
        ))}
        <Files ui={ui} person={person} place="new" />
        <AttachButton ui={ui} person={person} place="new">
          {t('attach_files')}
        </AttachButton>
        {facts && (
          <>
            <Field
              question={{ name: 'context', label: t('details'), type: 'checkbox' }}
              value={Boolean(more?.context)}
              put={(agreed) => set({ context: agreed ? facts : undefined })}
              t={t}
              fault={null}
            />
            <pre dir="ltr">{JSON.stringify(facts, null, 1)}</pre>
          </>
        )}
      </div>
      <div class="foot">
        <button type="submit" class="primary">
          {t('send')}
        </button>
      </div>
    </form>
  )
}
