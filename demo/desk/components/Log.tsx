import { useSignal } from '@preact/signals'
import { Fragment } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Desk } from '../desk.ts'
import type { Pending } from '../outbox.ts'
import { dayHeading } from '../time.ts'
import { continues, Message } from './Message.tsx'

const nearEnd = 80

/** A message that the server does not have yet. A ticket that was merged takes none: what failed there can go along or be thrown away. */
function PendingMessage({ desk, message, isMerged }: { desk: Desk; message: Pending; isMerged: boolean }) {
  const { outbox } = desk
  const id = message.client_id
  return (
    <article class={`message pending ${message.state} ${message.kind === 'note' ? 'note' : 'agent'}`}>
      <header>
        <span class="author">{desk.me.agent?.name ?? 'You'}</span>
        {message.kind === 'note' && <span class="note-label">Note · only agents see this</span>}
        {message.state === 'sending' && <span>Sending…</span>}
      </header>
      <p class="body" dir="auto">
        {message.body}
      </p>
      {message.state === 'failed' && (
        <div class="failure" role="alert">
          <span>Not sent: {message.reason}.</span>
          {!isMerged && (
            <>
              <button type="button" class="plain" onClick={() => outbox.retry(id)}>
                Retry
              </button>
              <button type="button" class="plain" onClick={() => outbox.edit(id)}>
                Edit
              </button>
            </>
          )}
          <button type="button" class="plain" onClick={() => outbox.discard(id)}>
            Discard
          </button>
        </div>
      )}
    </article>
  )
}

const isNearEnd = (box: HTMLElement) => box.scrollHeight - box.scrollTop - box.clientHeight < nearEnd

/** Keeps the end in view while the reader is there, and the place when earlier messages come in above. */
function useScroll(first: string | undefined, count: number, seenId: string | null, showNew: (isNew: boolean) => void) {
  const box = useRef<HTMLDivElement>(null)
  const before = useRef({ isAtEnd: true, first, count: 0, height: 0 })
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const was = before.current
    if (was.isAtEnd) element.scrollTop = element.scrollHeight
    else if (was.first !== first && element.scrollTop < nearEnd) element.scrollTop += element.scrollHeight - was.height
    else if (count > was.count) showNew(true)
    before.current = { isAtEnd: isNearEnd(element), first, count, height: element.scrollHeight }
  }, [first, count, seenId, showNew])
  useEffect(() => {
    const element = box.current
    if (!element) return
    // The composer grows and keyboards slide in: whoever was at the end stays there.
    const observer = new ResizeObserver(() => {
      if (before.current.isAtEnd) element.scrollTop = element.scrollHeight
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const onScroll = () => {
    const element = box.current
    if (!element) return
    before.current.isAtEnd = isNearEnd(element)
    if (before.current.isAtEnd) showNew(false)
  }
  return { box, onScroll, toEnd: () => box.current?.scrollTo({ top: box.current.scrollHeight }) }
}

export function Log({ desk, ticketId, now }: { desk: Desk; ticketId: string; now: number }) {
  const thread = desk.conversations.thread.value
  const waiting = desk.outbox.pending.value.filter((one) => one.ticket_id === ticketId)
  const { messages } = thread
  const isMerged = typeof desk.conversations.ticket.value?.merged_into === 'string'
  const seenId = desk.conversations.seenId.value
  const failures = waiting.filter((one) => one.state === 'failed').length
  const hasNew = useSignal(false)
  const isLoadingEarlier = useSignal(false)
  const showNew = useRef((isNew: boolean) => {
    hasNew.value = isNew
  })
  const scroll = useScroll(messages[0]?.id, messages.length + waiting.length + failures, seenId, showNew.current)

  const loadEarlier = async () => {
    isLoadingEarlier.value = true
    await desk.conversations.loadEarlier(ticketId)
    isLoadingEarlier.value = false
  }

  return (
    <div class="log-frame">
      <div class="log" role="log" aria-label="Messages" aria-busy={thread.phase === 'loading'} ref={scroll.box} onScroll={scroll.onScroll}>
        {thread.hasEarlier && (
          <button type="button" class="more" disabled={isLoadingEarlier.value} onClick={() => void loadEarlier()}>
            {isLoadingEarlier.value ? 'Loading…' : 'Earlier messages'}
          </button>
        )}
        {thread.phase === 'failed' && (
          <div class="nothing" role="alert">
            <p>The messages could not be loaded.</p>
            <button type="button" onClick={() => void desk.conversations.catchUp(ticketId)}>
              Try again
            </button>
          </div>
        )}
        {messages.map((message, index) => {
          const previous = messages[index - 1]
          const heading = dayHeading(message.created_at, now)
          const isNewDay = !previous || dayHeading(previous.created_at, now) !== heading
          return (
            <Fragment key={message.id}>
              {isNewDay && <h3 class="day">{heading}</h3>}
              <Message desk={desk} message={message} isContinued={!isNewDay && continues(message, previous)} isSeen={message.id === seenId} />
            </Fragment>
          )
        })}
        {waiting.map((message) => (
          <PendingMessage key={message.client_id} desk={desk} message={message} isMerged={isMerged} />
        ))}
      </div>
      {hasNew.value && (
        <button type="button" class="jump" onClick={scroll.toEnd}>
          New message <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  )
}
