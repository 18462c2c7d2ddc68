import type { FormField } from '@support-widget/shared/app.ts'
import { named, type Texts } from '../i18n/texts.ts'
import { control, Field } from './Field.tsx'

export type Answer = string | number | boolean

/** An answer as the server takes it, from what stands in the control: '' is none, null is none that can be taken. */
export function answerOf({ type }: Pick<FormField, 'type'>, given: Answer | undefined): Answer | null {
  if (type === 'checkbox') return given === true
  const text = String(given ?? '').trim()
  if (type !== 'number' || !text) return text
  const number = Number(text.replace(',', '.'))
  return Number.isFinite(number) ? number : null
}

/** What the server would say of an answer, said before. */
export function faultOfAnswer(field: Pick<FormField, 'type' | 'required'>, given: Answer | undefined, t: Texts['t']): string | false {
  const answer = answerOf(field, given)
  if (answer === null) return t('not_number')
  return field.required && (answer === '' || answer === false) && t('required')
}

interface Props {
  field: FormField
  value: Answer | undefined
  fault: string | false | undefined
  put: (value: Answer) => void
  texts: Texts
}

/** One of the app's own questions. */
export function Question({ field, value, fault, put, texts: { t, locale } }: Props) {
  const { key, type, options = [], required } = field
  const id = `field-${key}`
  const label = named(field, locale)
  const hint = !required && t('optional')
  const common = control(id, fault, required)
  if (type === 'checkbox') {
    return (
      <Field before id={id} label={label} hint={hint} fault={fault}>
        <input type="checkbox" {...common} checked={value === true} onChange={({ currentTarget }) => put(currentTarget.checked)} />
      </Field>
    )
  }
  const text = String(value ?? '')
  return (
    <Field id={id} label={label} hint={hint} fault={fault}>
      {type === 'select' ? (
        <select {...common} value={text} onChange={({ currentTarget }) => put(currentTarget.value)}>
          <option value="" />
          {options.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          autocomplete="off"
          inputMode={type === 'number' ? 'decimal' : 'text'}
          value={text}
          onInput={({ currentTarget }) => put(currentTarget.value)}
        />
      )}
    </Field>
  )
}
