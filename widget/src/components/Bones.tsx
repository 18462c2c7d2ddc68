import type { Texts } from '../i18n/texts.ts'

/** Something is being loaded. */
export const Bones = ({ t }: { t: Texts['t'] }) => (
  <p class="empty" role="status">
    {t('loading')}
  </p>
)
