import { Icon } from './components/Icon.tsx'
import type { Ui } from './components/ui.ts'

/** The round button in the corner. */
export function Launcher({ ui, unread, toggle }: { ui: Ui; unread: number; toggle: () => void }) {
  const { t, unread: say } = ui.texts.value
  const open = ui.view.open.value
  const name = open ? t('close_support') : t('title') + (unread ? `, ${say(unread)}` : '')
  return (
    <button type="button" class={open ? 'launcher active' : 'launcher'} aria-label={name} aria-expanded={open} onClick={toggle}>
      <Icon name={open ? 'cross' : 'chat'} size={26} />
      {unread > 0 && !open && (
        <span class="badge" aria-hidden="true">
          {unread > 99 ? '99+' : unread}
        </span>
      )}
    </button>
  )
}
