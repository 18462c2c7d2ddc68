import { textLimits } from '@support-widget/shared/limits.ts'
import { codePoints, tidy } from '@support-widget/shared/tidy.ts'
import { createElement } from 'preact'
import type { Texts } from '../i18n/texts.ts'
import { dirOf, focusOnArrival } from './ui.ts'

export type Answer = string | number | boolean

/** What a form asks; `name` is where the server has it in the body. */
export interface Question {
  name: string
  label: string
  type: 'text' | 'number' | 'checkbox' | 'select' | 'area'
  required?: boolean | undefined
  /** Value and label of each. */
  options?: (readonly [value: string, label: string])[] | undefined
}

const limitOf = (name: string) => textLimits[Object.hasOwn(textLimits, name) ? (name as keyof typeof textLimits) : 'customFieldValue']

/** A number as people write it; NaN: it is none, or may be a thousand or a whole. */
export const numberOf = (text: unknown) =>
  Number(
    String(text)
      .trim()
      .replace(/,(?!\d{3}$)/, '.'),
  )

/** What the server will say of an answer, said before: in its own count. Null: nothing. */
export function faultOf({ name, type, required }: Omit<Question, 'label'>, given: Answer, t: Texts['t']): string | null {
  const text = tidy(String(given || ''))
  const over = codePoints(text) - limitOf(name)
  if (!text) return required ? t('required') : null
  if (over > 0) return t('too_long', { n: over })
  return type === 'number' && !Number.isFinite(numberOf(text)) ? t('not_number') : null
}

/** The characters that are left, once they are few. */
export function Left({ name, text, t }: { name: string; text: string; t: Texts['t'] }) {
  const limit = limitOf(name)
  const left = limit - codePoints(tidy(text))
  if (!(left <= limit / 10)) return null
  return <span class={left < 0 ? 'fault' : 'hint'}>{left < 0 ? t('too_long', { n: -left }) : t('left', { n: left })}</span>
}

interface Props {
  question: Question
  value: Answer
  fault: string | null | undefined
  put: (value: Answer) => void
  t: Texts['t']
}

/** A label, its control, and what is wrong with it. */
export function Field({ question: { name, label, type, required, options }, value, fault, put, t }: Props) {
  const box = type === 'checkbox'
  const tag = type === 'area' ? 'textarea' : type === 'select' ? type : 'input'
  const text = String(value)
  const control = createElement(
    tag,
    {
      id: name,
      ref: name === 'subject' ? focusOnArrival : undefined,
      type: box ? type : undefined,
      rows: 7,
      inputMode: type === 'number' ? 'decimal' : undefined,
      autocomplete: 'off',
      dir: dirOf(text),
      required,
      'aria-invalid': Boolean(fault),
      'aria-describedby': fault ? `${name}-fault` : undefined,
      value: box ? undefined : text,
      checked: box ? value === true : undefined,
      onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => put(box ? currentTarget.checked : currentTarget.value),
    },
    options && [['', ''] as const, ...options].map(([id, said]) => <option value={id}>{said}</option>),
  )
  return (
    <div class="field">
      <label class={box ? 'check' : ''} for={name}>
        {box && control}
        {label} {!required && <span class="hint">{t('optional')}</span>}
      </label>
      {!box && control}
      <Left name={name} text={text} t={t} />
      {fault && (
        <span class="fault" id={`${name}-fault`}>
          {fault}
        </span>
      )}
    </div>
  )
}
