import type { ComponentChildren } from 'preact'
import type { Texts } from '../i18n/texts.ts'
import { Bones } from './Bones.tsx'
import { Icon } from './Icon.tsx'
import { Pill } from './Pill.tsx'
import { Trouble } from './Trouble.tsx'
import type { ScreenProps } from './ui.ts'

interface RowProps {
  subject: string | undefined
  unread: number
  go: () => void
  texts: Texts
  children: ComponentChildren
}

const Row = ({ subject, unread, go, texts, children }: RowProps) => (
  <li>
    <button type="button" class={unread ? 'row unread' : 'row'} onClick={go}>
      <span class="subject">
        <bdi>{subject}</bdi>
      </span>
      {unread > 0 && (
        <span class="count">
          {unread}
          <span class="sr"> {texts.unread(unread)}</span>
        </span>
      )}
      <span class="facts">{children}</span>
    </button>
  </li>
)

export function TicketList({ ui, person }: ScreenProps) {
  const texts = ui.texts.value
  const { t } = texts
  const { list, load, more, next } = person.tickets
  const pending = person.outbox.entries.value.filter((one) => one.ticket_id === null)
  const empty = list.value.length + pending.length === 0
  return (
    <>
      <div class="body">
        {!empty ? (
          <ul>
            {pending.map(({ client_id, subject, state }) => (
              <Row key={client_id} subject={subject} unread={0} go={() => ui.view.go('pending', client_id)} texts={texts}>
                {t(state)}
              </Row>
            ))}
            {list.value.map(({ id, subject, unread_count, status, updated_at }) => (
              <Row key={id} subject={subject} unread={unread_count} go={() => ui.view.go('thread', id)} texts={texts}>
                <Pill status={status} t={t} />
                <time dateTime={updated_at}>{texts.ago(updated_at, Date.now())}</time>
              </Row>
            ))}
          </ul>
        ) : load.value === 'ready' ? (
          <div class="empty">
            <Icon name="chat" size={40} />
            <h3>{t('empty_title')}</h3>
            <p>{t('empty_text')}</p>
          </div>
        ) : load.value === 'error' ? (
          <Trouble t={t} text={t('load_error')} retry={person.sync.catchUp} />
        ) : (
          <Bones t={t} />
        )}
        {more.value && (
          <button type="button" class="quiet" onClick={() => next().catch(person.sync.catchUp)}>
            {t('more')}
          </button>
        )}
      </div>
      <div class="foot">
        <button type="button" class="primary" onClick={() => ui.view.go('new')}>
          {t('new_ticket')}
        </button>
      </div>
    </>
  )
}
