import type { ReadonlySignal } from '@preact/signals-core'
import type { Ui } from './components/ui.ts'
import { Drawer } from './drawer.tsx'
import { Launcher } from './launcher.tsx'
import type { Person } from './state/person.ts'

interface Props {
  ui: Ui
  person: Person | null
  launcher: boolean
  unread: ReadonlySignal<number>
  toggle: () => void
  close: () => void
  inline: boolean
}

/** Nothing at all for whom nobody would answer. */
export const App = ({ ui, person, launcher, unread, toggle, close, inline }: Props) => (
  <>
    {person && ui.view.open.value && <Drawer ui={ui} person={person} close={close} inline={inline} />}
    {launcher && <Launcher ui={ui} unread={unread.value} toggle={toggle} />}
  </>
)
