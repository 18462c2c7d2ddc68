import { en } from '../i18n/en.ts'
import type { TextKey, Texts } from '../i18n/texts.ts'
import type { ApiError } from '../net/api.ts'

/** A refusal in words. */
export function wordsFor(error: ApiError, t: Texts['t']): string {
  const key = `error_${error.code}`
  return Object.hasOwn(en, key) ? t(key as TextKey) : t('error_any', { detail: error.errors[0]?.message ?? error.detail })
}
