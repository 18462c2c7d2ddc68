import { textLimits } from '@support-widget/shared/limits.ts'
import { codePoints, tidy } from '@support-widget/shared/tidy.ts'
import type { ComponentChildren } from 'preact'
import type { Texts } from '../i18n/texts.ts'

export type Measured = 'subject' | 'body'

/** What the server will say of a text, said before: in its own count. Null: nothing. */
export function faultOf(name: Measured, text: string, t: Texts['t']): string | null {
  const length = codePoints(tidy(text))
  if (length === 0) return t('required')
  return length > textLimits[name] ? t('too_long', { n: length - textLimits[name] }) : null
}

/** The characters that are left, once they are few. */
export function Left({ name, text, t }: { name: Measured; text: string; t: Texts['t'] }) {
  const left = textLimits[name] - codePoints(tidy(text))
  if (left > textLimits[name] / 10) return null
  return <span class={left < 0 ? 'fault' : 'hint'}>{left < 0 ? t('too_long', { n: -left }) : t('left', { n: left })}</span>
}

/** What every control of a {@link Field} of this `id` has. */
export const control = (id: string, fault: unknown, required = false) => ({
  id,
  required,
  dir: 'auto' as const,
  'aria-invalid': Boolean(fault),
  'aria-describedby': fault ? `${id}-fault` : undefined,
})

interface Props {
  id: string
  label: string
  /** After the label: that it may be left out. */
  hint?: string | false
  fault?: string | false | null | undefined
  /** The control stands before its label, as a box to tick does. */
  before?: boolean
  children: ComponentChildren
}

/** A label, its control (with the same `id`), and what is wrong with it (`id` + `-fault`). */
export const Field = ({ id, label, hint, fault, before, children }: Props) => (
  <div class="field">
    <label class={before ? 'check' : ''} for={id}>
      {before && children}
      {label} {hint && <span class="hint">{hint}</span>}
    </label>
    {!before && children}
    {fault && (
      <span class="fault" id={`${id}-fault`}>
        {fault}
      </span>
    )}
  </div>
)
