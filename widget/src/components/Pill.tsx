import type { Status } from '@support-widget/shared/vocabulary.ts'
import type { Texts } from '../i18n/texts.ts'

/** A ticket's status in words. */
export const Pill = ({ status, t }: { status: Status; t: Texts['t'] }) => <span class={`pill ${status}`}>{t(status)}</span>
