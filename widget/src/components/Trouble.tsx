import type { Texts } from '../i18n/texts.ts'

/** Something could not be loaded. */
export const Trouble = ({ t, text, retry }: { t: Texts['t']; text: string; retry?: () => unknown }) => (
  <div class="empty" role="alert">
    <p>{text}</p>
    {retry && (
      <button type="button" class="quiet" onClick={retry}>
        {t('try_again')}
      </button>
    )}
  </div>
)
