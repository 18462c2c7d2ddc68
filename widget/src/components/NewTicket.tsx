import { emptyDraft } from '../state/persist.ts'
import { Field, faultOf, Left, type Measured } from './Field.tsx'
import { wordsFor } from './refusal.ts'
import { focusOnArrival, type ScreenProps } from './ui.ts'

export function NewTicket({ ui, person }: ScreenProps) {
  const { t, locale } = ui.texts.value
  const draft = person.drafts.value.get('new') ?? emptyDraft
  const refusal = person.refusal.value
  const faults = refusal?.error.errors ?? []
  const categories = ui.categories.value

  const fault = (name: Measured) =>
    (ui.view.asked.value && faultOf(name, draft[name], t)) ||
    (refusal?.ticketId === null && faults.find((one) => one.location === `body.${name}`)?.message)
  const control = (name: Measured) => ({
    id: name,
    value: draft[name],
    dir: 'auto' as const,
    required: true,
    'aria-invalid': Boolean(fault(name)),
    'aria-describedby': fault(name) ? `${name}-fault` : undefined,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => person.write('new', { [name]: currentTarget.value }),
  })
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    ui.view.asked.value = true
    const wrong = (['subject', 'body'] as const).find((name) => faultOf(name, draft[name], t))
    if (wrong) event.currentTarget.querySelector<HTMLElement>(`#${wrong}`)?.focus()
    else person.submit()
  }
  return (
    <form noValidate onSubmit={submit}>
      <div class="body form">
        {refusal && faults.length === 0 && (
          <p class="fault" role="alert">
            {wordsFor(refusal.error, t)}
          </p>
        )}
        <Field id="subject" label={t('subject')} fault={fault('subject') || null}>
          <input ref={focusOnArrival} autocomplete="off" {...control('subject')} />
          <Left name="subject" text={draft.subject} t={t} />
        </Field>
        {categories.length > 0 && (
          <Field id="category" label={t('category')}>
            <select id="category" value={draft.category} onChange={({ currentTarget }) => person.write('new', { category: currentTarget.value })}>
              <option value="">{t('category_none')}</option>
              {categories.map(({ id, label, labels }) => (
                <option key={id} value={id}>
                  {labels?.[locale] ?? label}
                </option>
              ))}
            </select>
          </Field>
        )}
        <Field id="body" label={t('message')} fault={fault('body') || null}>
          <textarea rows={7} {...control('body')} />
          <Left name="body" text={draft.body} t={t} />
        </Field>
      </div>
      <div class="foot">
        <button type="submit" class="primary">
          {t('create')}
        </button>
      </div>
    </form>
  )
}
