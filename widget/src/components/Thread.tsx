import type { Message } from '@support-widget/shared/message.ts'
import { Component, type ComponentChildren, createRef } from 'preact'
import { inOrder, waitingFor } from '../state/merge.ts'
import { Bones } from './Bones.tsx'
import { Bubble, UnsentBubble } from './Bubble.tsx'
import { Composer } from './Composer.tsx'
import { Facts } from './Facts.tsx'
import { Rating } from './Rating.tsx'
import { Reach } from './Reach.tsx'
import { Trouble } from './Trouble.tsx'
import type { ScreenProps, Ui } from './ui.ts'

const together = 5 * 60_000
const grouped = (a: Message | undefined, b: Message | undefined) =>
  a && b && a.author.type === b.author.type && a.author.id === b.author.id && Date.parse(b.created_at) - Date.parse(a.created_at) < together

interface LogProps {
  label: string
  /** The first `seq` shown. */
  top: number
  children: ComponentChildren
}

/** Stays at its end while the reader is there, and in its place when older messages come in above. */
class Log extends Component<LogProps> {
  box = createRef<HTMLDivElement>()
  atEnd = true
  height = 0

  /** The box itself becomes smaller, as the composer grows or a keyboard comes up. */
  size = new ResizeObserver(() => this.toEnd())

  override componentDidMount() {
    const box = this.box.current
    if (!box) return
    // What scrolls must be reachable by keyboard.
    box.tabIndex = 0
    this.size.observe(box)
    this.settle(this.props.top)
  }
  override componentWillUnmount() {
    this.size.disconnect()
  }
  override componentDidUpdate(before: LogProps) {
    this.settle(before.top)
  }
  settle(top: number) {
    const box = this.box.current
    if (!box || box.scrollHeight === this.height) return
    if (this.props.top < top) box.scrollTop += box.scrollHeight - this.height
    else this.toEnd()
    this.height = box.scrollHeight
  }
  toEnd() {
    if (this.atEnd) this.box.current?.scrollTo(0, this.box.current.scrollHeight)
  }
  override render({ label, children }: LogProps) {
    return (
      <div
        ref={this.box}
        class="body log"
        role="log"
        aria-label={label}
        onScroll={({ currentTarget: box }) => {
          this.atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40
        }}
      >
        {children}
      </div>
    )
  }
}

function Messages({ ui, messages }: { ui: Ui; messages: readonly Message[] }) {
  const texts = ui.texts.value
  const newestOwn = messages.findLast((one) => one.author.type === 'customer')
  return messages.map((message, at) => {
    const before = messages[at - 1]
    const day = texts.day(message.created_at)
    const newDay = !before || texts.day(before.created_at) !== day
    return (
      <>
        {newDay && <p class="system">{day}</p>}
        <Bubble
          key={message.id}
          message={message}
          first={newDay || !grouped(before, message)}
          last={!grouped(message, messages[at + 1])}
          state={message === newestOwn && message === messages.at(-1) ? texts.t('sent') : ''}
          texts={texts}
        />
      </>
    )
  })
}

/** A ticket with its messages, or one that is still on its way to the server, by its `client_id`. */
export function Thread({ ui, person, id }: ScreenProps & { id: string }) {
  const { t } = ui.texts.value
  const { messages: all, load } = person.conversation.thread(id).value
  const messages = inOrder(all)
  const top = messages[0]?.seq ?? 1
  const unsent = waitingFor(id, all, person.outbox.entries.value)
  const ticket = person.tickets.list.value.find((one) => one.id === id)

  if (load === 'missing') return <Trouble t={t} text={t('thread_missing')} />
  if (load === 'error' && messages.length === 0) return <Trouble t={t} text={t('load_error')} retry={person.sync.catchUp} />
  return (
    <>
      {ticket && <Facts ui={ui} person={person} ticket={ticket} />}
      <Log label={t('thread')} top={top}>
        {top > 1 && (
          <button type="button" class="quiet" onClick={() => person.conversation.earlier(id).catch(person.sync.catchUp)}>
            {t('earlier')}
          </button>
        )}
        {messages.length + unsent.length === 0 && <Bones t={t} />}
        <Messages ui={ui} messages={messages} />
        {unsent.map((entry) => (
          <UnsentBubble key={entry.client_id} entry={entry} person={person} t={t} />
        ))}
      </Log>
      {ticket?.status === 'closed' ? (
        <div class="foot">
          <Rating key={id} ui={ui} person={person} ticket={ticket} />
          <p>
            {t('closed')} {(person.drafts.value.get(id)?.body || person.refusal.value?.ticketId === id) && t('kept')}
          </p>
          <button type="button" class="primary" onClick={() => person.carry(id)}>
            {t('new_ticket')}
          </button>
        </div>
      ) : (
        ticket && (
          <>
            {ticket.status === 'resolved' ? (
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
      )}
    </>
  )
}
