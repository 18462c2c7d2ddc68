import type { Ticket } from '@support-widget/shared/ticket.ts'
import { tidy } from '@support-widget/shared/tidy.ts'
import type { ComponentChildren } from 'preact'
import type { Texts } from '../i18n/texts.ts'
import { Bones } from './Bones.tsx'
import { Icon } from './Icon.tsx'
import { Pill } from './Pill.tsx'
import { Trouble } from './Trouble.tsx'
import { isUnsent, type ScreenProps } from './ui.ts'

/** With more tickets than these there is a search. */
const few = 8

interface RowProps {
  subject: string | undefined
  unread: number
  go: () => void
  /** What `go` will show can be asked for: a press takes longer than the answer. */
  ready?: () => unknown
  texts: Texts
  children: ComponentChildren
}

const Row = ({ subject, unread, go, ready, texts, children }: RowProps) => (
  <li>
    <button type="button" class={unread ? 'row unread' : 'row'} onClick={go} onPointerDown={ready}>
      <span class="subject">
        <bdi>{subject}</bdi>
      </span>
      {unread > 0 && (
        <span class="count">
          <span aria-hidden="true">{unread}</span>
          <span class="sr"> {texts.unread(unread)}</span>
        </span>
      )}
      <span class="facts">{children}</span>
    </button>
  </li>
)

/** Unread first, each group last changed first. */
const Rows = ({ ui, person, tickets, children }: ScreenProps & { tickets: readonly Ticket[]; children?: ComponentChildren }) => {
  const texts = ui.texts.value
  return (
    <ul>
      {children}
      {[...tickets]
        .sort((a, b) => Number(b.unread_count > 0) - Number(a.unread_count > 0))
        .map(({ id, subject, unread_count, status, updated_at }) => (
          <Row
            key={id}
            subject={subject}
            unread={unread_count}
            go={() => ui.view.go('thread', id)}
            ready={() => person.conversation.thread(id).value.messages[0] || person.conversation.catchUp(id).catch(() => {})}
            texts={texts}
          >
            <Pill status={status} t={texts.t} />
            {isUnsent(person, id) && texts.t('failed')}
            <time dateTime={updated_at}>{texts.ago(updated_at, ui.view.now.value)}</time>
          </Row>
        ))}
    </ul>
  )
}

const isClosed = ({ status, unread_count }: Ticket) => status === 'closed' && unread_count === 0

/** What was looked for, else all: what is closed and read is folded away. */
function Tickets({ ui, person }: ScreenProps) {
  const texts = ui.texts.value
  const { t } = texts
  const { list, more, next, wanted, found } = person.tickets
  const pending = person.outbox.entries.value.filter((one) => one.ticket_id === null)
  const closed = list.value.filter(isClosed)
  return (
    <>
      {(more.value || list.value.length > few || wanted.value) && (
        <div class="form">
          <input
            type="search"
            dir="auto"
            aria-label={t('search_your_tickets')}
            placeholder={t('search_your_tickets')}
            value={wanted.value}
            onInput={({ currentTarget }) => person.tickets.search(currentTarget.value).catch(person.sync.catchUp)}
          />
        </div>
      )}
      {found.value ? (
        <>
          <p class="system" role="status">
            {t('found', { n: found.value.length })}
          </p>
          <Rows ui={ui} person={person} tickets={found.value.map((one) => person.tickets.find(one.id) ?? one)} />
        </>
      ) : tidy(wanted.value) ? (
        <Bones t={t} />
      ) : (
        <>
          <Rows ui={ui} person={person} tickets={list.value.filter((one) => !isClosed(one))}>
            {pending.map(({ client_id, subject, state }) => (
              <Row key={client_id} subject={subject} unread={0} go={() => ui.view.go('pending', client_id)} texts={texts}>
                {t(state)}
              </Row>
            ))}
          </Rows>
          {closed.length > 0 && (
            <details>
              <summary>{`${t('closed')} (${closed.length}${more.value ? '+' : ''})`}</summary>
              <Rows ui={ui} person={person} tickets={closed} />
            </details>
          )}
          {more.value && (
            <button type="button" class="quiet" onClick={() => next().catch(person.sync.catchUp)}>
              {t('show_more')}
            </button>
          )}
        </>
      )}
    </>
  )
}

export function TicketList({ ui, person }: ScreenProps) {
  const { t } = ui.texts.value
  const { list, load } = person.tickets
  const empty = list.value.length === 0 && person.outbox.entries.value.every((one) => one.ticket_id !== null)
  return (
    <>
      <div class="body">
        {!empty ? (
          <Tickets ui={ui} person={person} />
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
      </div>
      <div class="foot">
        <button type="button" class="primary" onClick={() => ui.view.go('new')}>
          {t('new_ticket')}
        </button>
      </div>
    </>
  )
}
