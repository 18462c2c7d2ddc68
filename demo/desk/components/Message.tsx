import type { AgentMessage } from '@support-widget/shared/message.ts'
import type { Desk } from '../desk.ts'
import { atClock, inFull } from '../time.ts'
import { Attachments } from './Attachments.tsx'
import { authorName } from './labels.ts'
import { TicketLink } from './TicketLink.tsx'

/** Messages of one author within this time stand under one heading. */
const sameBreath = 5 * 60_000

function sideOf(message: AgentMessage): string {
  if (message.author.type === 'system') return 'system'
  if (message.is_internal) return 'note'
  return message.is_admin ? 'agent' : 'customer'
}

/** True if a message needs no heading of its own. */
export function continues(message: AgentMessage, previous: AgentMessage | undefined): boolean {
  if (!previous || previous.author.id !== message.author.id || sideOf(previous) !== sideOf(message)) return false
  if (message.author.type === 'system' || previous.merged_from !== message.merged_from) return false
  return Date.parse(message.created_at) - Date.parse(previous.created_at) < sameBreath
}

/** A message or note as the server has it. Its text stays text. */
export function Message({ desk, message, isContinued, isSeen }: { desk: Desk; message: AgentMessage; isContinued: boolean; isSeen: boolean }) {
  const side = sideOf(message)
  return (
    <article class={`message ${side}`}>
      {!isContinued && (
        <header>
          {side !== 'system' && <bdi class="author">{authorName(message.author)}</bdi>}
          {side === 'note' && <span class="note-label">Note · only agents see this</span>}
          {message.merged_from !== null && (
            <span>
              from <TicketLink desk={desk} id={message.merged_from} />
            </span>
          )}
          <time dateTime={message.created_at} title={inFull(message.created_at)}>
            {atClock(message.created_at)}
          </time>
        </header>
      )}
      {message.redacted_at !== null && <p class="body removed">This message was removed.</p>}
      {message.body !== '' && (
        <p class="body" dir="auto">
          {message.body}
        </p>
      )}
      <Attachments files={message.attachments} />
      {isSeen && <p class="seen">Seen</p>}
    </article>
  )
}
