import type { Ticket } from '@support-widget/shared/ticket.ts'
import { shownOf, waitingFor } from '../state/merge.ts'
import { Bones } from './Bones.tsx'
import { UnsentBubble } from './Bubble.tsx'
import { Composer } from './Composer.tsx'
import { Facts } from './Facts.tsx'
import { Log } from './Log.tsx'
import { Messages } from './Messages.tsx'
import { Rating } from './Rating.tsx'
import { Reach } from './Reach.tsx'
import { Trouble } from './Trouble.tsx'
import { isUnsent, type ScreenProps } from './ui.ts'

/** Where to write, or where it goes on. */
function Foot({ ui, person, ticket }: ScreenProps & { ticket: Ticket }) {
  const { t } = ui.texts.value
  const { id, status, merged_into } = ticket
  const kept = isUnsent(person, id) || isUnsent(person, merged_into ?? 'new')
  if (merged_into || status === 'closed') {
    return (
      <div class="foot">
        {!merged_into && <Rating key={id} ui={ui} person={person} ticket={ticket} />}
        <p>
          {t(merged_into ? 'merged' : 'is_closed')} {kept && t('kept')}
        </p>
        <button type="button" class="primary" onClick={() => person.carry(id, merged_into)}>
          {t(merged_into ? 'go_there' : 'new_ticket')}
        </button>
      </div>
    )
  }
  return (
    <>
      {status === 'resolved' ? (
        <div class="foot">
          <Rating ui={ui} person={person} ticket={ticket} />
          <p>{t('reopen')}</p>
        </div>
      ) : (
        <Reach ui={ui} person={person} />
      )}
      <Composer ui={ui} person={person} id={id} />
    </>
  )
}

/** A ticket with its messages, or one that is still on its way to the server, by its `client_id`. */
export function Thread({ ui, person, id }: ScreenProps & { id: string }) {
  const texts = ui.texts.value
  const { t } = texts
  const { conversation, sync } = person
  const { messages: all, load } = conversation.thread(id).value
  const messages = shownOf(all)
  const top = messages[0]?.seq ?? 1
  const unsent = waitingFor(id, all, person.outbox.entries.value)
  const ticket = person.tickets.list.value.find((one) => one.id === id)
  const unread = conversation.unread.value
  const typist = sync.moment.typist.value
  const earlier = () => conversation.earlier(id).catch(sync.catchUp)

  if (load === 'missing') return <Trouble t={t} text={t('thread_missing')} />
  if (load === 'error' && messages.length === 0) return <Trouble t={t} text={t('load_error')} retry={sync.catchUp} />
  return (
    <>
      {ticket && <Facts ui={ui} person={person} ticket={ticket} />}
      <Log texts={texts} messages={messages} own={unsent.length} onTop={async () => top > 1 && !sync.trouble.value && earlier()}>
        {top > 1 && (
          <button type="button" class="quiet" onClick={earlier}>
            {t('show_earlier_messages')}
          </button>
        )}
        {messages.length + unsent.length === 0 && <Bones t={t} />}
        <Messages
          messages={messages}
          seen={ticket?.agent_read_seq ?? 0}
          unread={unread?.id === id ? unread.seq : 0}
          texts={texts}
          now={ui.view.now.value}
        />
        {unsent.map((entry) => (
          <UnsentBubble key={entry.client_id} entry={entry} person={person} texts={texts} />
        ))}
      </Log>
      {typist?.ticket_id === id && <p class="typing">{t('typing', { name: typist.author.name ?? t('title') })}</p>}
      {ticket && <Foot ui={ui} person={person} ticket={ticket} />}
    </>
  )
}
