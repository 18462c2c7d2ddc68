import type { Message } from '@support-widget/shared/message.ts'
import type { ComponentChild } from 'preact'
import type { Texts } from '../i18n/texts.ts'
import { Bubble } from './Bubble.tsx'
import { pure } from './pure.ts'

const together = 5 * 60_000
const grouped = (a: Message | undefined, b: Message | undefined) =>
  a && b && a.author.type === b.author.type && a.author.id === b.author.id && Date.parse(b.created_at) - Date.parse(a.created_at) < together
const dayOf = (message: Message | undefined) => message && new Date(message.created_at).toDateString()

interface Props {
  messages: readonly Message[]
  /** Agents have read so far. */
  seen: number
  /** Before this one stands the line above what is new; 0: nowhere. */
  unread: number
  texts: Texts
  now: number
}

/** A long thread is not looked through again for each letter that is typed. */
export const Messages = pure(({ messages, seen, unread, texts, now }: Props) => {
  const { t } = texts
  const newest = messages.at(-1)
  const lines: ComponentChild[] = []
  for (const [at, message] of messages.entries()) {
    const before = messages[at - 1]
    const { id, seq, author, created_at } = message
    const newDay = dayOf(before) !== dayOf(message)
    if (newDay) {
      lines.push(
        <p key={created_at} class="system">
          {texts.day(created_at, now)}
        </p>,
      )
    }
    if (seq === unread) {
      lines.push(
        <p key="new" class="system new">
          {t('new')}
        </p>,
      )
    }
    const state = message === newest && author.type === 'customer' ? t(seq <= seen ? 'seen' : 'sent') : ''
    const last = !grouped(message, messages[at + 1])
    const when = last || state ? texts.clock(created_at, now) : ''
    lines.push(
      <Bubble key={id} message={message} first={newDay || seq === unread || !grouped(before, message)} when={when} state={state} texts={texts} />,
    )
  }
  return lines
})
