import { fileWays } from './components/Files.tsx'
import { Icon } from './components/Icon.tsx'
import { NewTicket } from './components/NewTicket.tsx'
import { isAway } from './components/Reach.tsx'
import { wordsFor } from './components/refusal.tsx'
import { Thread } from './components/Thread.tsx'
import { TicketList } from './components/TicketList.tsx'
import type { ScreenProps } from './components/ui.ts'

function Screen({ ui, person }: ScreenProps) {
  const screen = ui.view.screen.value
  if (screen.name === 'new') return <NewTicket ui={ui} person={person} />
  if (screen.name === 'list') return <TicketList ui={ui} person={person} />
  return <Thread key={screen.id} ui={ui} person={person} id={screen.id} />
}

function titleOf({ ui, person }: ScreenProps): string {
  const { t } = ui.texts.value
  const screen = ui.view.screen.value
  if (screen.name === 'new') return t('new_ticket')
  const subject = person.tickets.find(screen.id)?.subject ?? person.outbox.entries.value.find((one) => one.client_id === screen.id)?.subject
  return subject || t('title')
}

/** Covering the whole window it keeps the keyboard inside, as then there is nothing else to see. */
function keepInside(event: KeyboardEvent, panel: HTMLElement) {
  if (!window.matchMedia('(max-width:480px),(max-height:420px)').matches) return
  const stops = [...panel.querySelectorAll<HTMLElement>('button:enabled,input:not([hidden]),select,textarea,a,summary,[tabindex="0"]')]
  const active = (panel.getRootNode() as ShadowRoot).activeElement
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]]
  if (active !== from) return
  event.preventDefault()
  to?.focus()
}

/** Each screen starts at its heading, where what had the focus before is gone; a field in it may take over. */
const focusHeading = (heading: HTMLElement | null) => heading?.focus({ preventScroll: true })

/** Who will answer, and when. */
function trustOf({ ui, person }: ScreenProps): string {
  const { t } = ui.texts.value
  const config = ui.config.value
  const there = isAway({ ui, person }) ? [t('away')] : [person.sync.moment.agents.value && t('we_are_online'), config?.reply_time_text]
  return [config?.app.name, ...there].filter(Boolean).join(' · ')
}

export function Drawer({ ui, person, close, inline }: ScreenProps & { close: () => void; inline: boolean }) {
  const { t } = ui.texts.value
  const screen = ui.view.screen.value
  const { online } = ui.view
  const lost = person.sync.trouble.value
  const trouble = !online.value ? t('offline') : lost && wordsFor(lost, t)
  const contact = online.value && trouble && (ui.options.value.contactEmail || ui.config.value?.contact_email)
  const unkept = person.unkept.value ? t('unkept') : ''
  const title = titleOf({ ui, person })

  return (
    <div
      class="panel"
      role="dialog"
      aria-labelledby="title"
      {...fileWays({ ui, person })}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.isComposing) {
          event.preventDefault()
          if (screen.name === 'list' && person.tickets.wanted.value) void person.tickets.search('')
          else close()
        } else if (event.key === 'Tab' && !inline) keepInside(event, event.currentTarget)
      }}
    >
      <div class="head">
        {screen.name !== 'list' && (
          <button type="button" class="round back" aria-label={t('back_to_all_tickets')} onClick={() => ui.view.go('list')}>
            <Icon name="back" />
          </button>
        )}
        <h2 id="title" key={screen.name + screen.id} ref={focusHeading} tabIndex={-1}>
          <bdi>{title}</bdi>
          {/list|new/.test(screen.name) && <small>{trustOf({ ui, person })}</small>}
        </h2>
        {!inline && (
          <button type="button" class="round" aria-label={t('close_support')} onClick={close}>
            <Icon name="cross" />
          </button>
        )}
      </div>
      <div class="notice" role="status">
        {[trouble, unkept, contact && ' '].filter(Boolean).join(' ')}
        {contact && <a href={`mailto:${contact}`}>{contact}</a>}
      </div>
      <Screen ui={ui} person={person} />
    </div>
  )
}
