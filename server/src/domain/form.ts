import type { FormField } from '@support-widget/shared/app.ts'
import type { Fault } from '@support-widget/shared/errors.ts'
import type { CustomFields } from '@support-widget/shared/fields.ts'
import { Refusal } from '../errors.ts'

/** Holds a customer's custom fields against the app's form, where it has one for the key. Throws `invalid_request` naming every fault. */
export function checkForm(fields: readonly FormField[], given: CustomFields): void {
  const faults: Fault[] = []
  for (const field of fields) {
    const value = Object.hasOwn(given, field.key) ? given[field.key] : undefined
    const message = faultOf(field, value)
    if (message) faults.push({ location: `body.custom_fields.${field.key}`, message })
  }
  if (faults.length > 0) throw new Refusal('invalid_request', { detail: 'The form is not filled in.', faults })
}

function faultOf({ type, required, options }: FormField, value: CustomFields[string] | undefined): string | null {
  const empty = value === undefined || value === '' || (type === 'checkbox' && value === false)
  if (empty) return required ? 'is required' : null
  if (type === 'number') return typeof value === 'number' ? null : 'must be a number'
  if (type === 'checkbox') return typeof value === 'boolean' ? null : 'must be true or false'
  if (typeof value !== 'string') return 'must be text'
  return type === 'select' && !options?.includes(value) ? `must be one of ${(options ?? []).join(', ')}` : null
}
