import type { Texts } from '../i18n/texts.ts'

/** The shape of what is being loaded. */
export const Bones = ({ t }: { t: Texts['t'] }) => (
  <div role="status" aria-label={t('loading')}>
    <div class="bone" />
    <div class="bone" />
    <div class="bone" />
  </div>
)
