import type { Message } from '@support-widget/shared/message.ts'
import type { Ticket } from '@support-widget/shared/ticket.ts'
import type { TextKey, Texts } from '../i18n/texts.ts'
import type { View } from '../state/view.ts'
import { Icon } from './Icon.tsx'
import { Pill } from './Pill.tsx'
import type { ScreenProps } from './ui.ts'

/** A thread as plain text: who, when, what, and the names of files. */
export const transcriptOf = ({ number, subject }: Ticket, messages: readonly Message[], { t, locale }: Texts) =>
  [
    `${number} ${subject}`,
    ...messages.map(({ author: { type, name }, body, attachments, created_at }) =>
      [
        `${type === 'customer' ? t('you') : (name ?? t('title'))}, ${new Date(created_at).toLocaleString(locale)}`,
        body,
        ...attachments.map(({ filename }) => `[${filename}]`),
      ].join('\n'),
    ),
  ].join('\n\n')

/** Status, number, a copy of it all, and the way to close, which asks once more. */
export function Facts({ ui, person, ticket }: ScreenProps & { ticket: Ticket }) {
  const { t } = ui.texts.value
  const { asked } = ui.view
  const question = asked.value
  const link = (key: TextKey, next: View['asked']['value'], action?: () => unknown) => (
    <button
      type="button"
      class="link"
      onClick={() => {
        asked.value = next
        action?.()
      }}
    >
      {t(key)}
    </button>
  )
  const copy = async ({ currentTarget }: { currentTarget: Element }) => {
    const log = currentTarget.closest('.panel')?.querySelector('.log')
    try {
      await navigator.clipboard.writeText(transcriptOf(ticket, await person.conversation.whole(ticket.id), ui.texts.value))
      asked.value = 'copied'
    } catch {
      // The page or the browser does not allow it: then it is ready to be copied by hand.
      if (log) getSelection()?.selectAllChildren(log)
      asked.value = 'selected'
    }
  }
  return (
    <div class="strip">
      <span role="status">
        <Pill status={ticket.status} t={t} />
      </span>
      <span class="number" role="status">
        {question === true ? t('close_confirm') : question ? t(question) : <bdi>{ticket.number}</bdi>}
      </span>
      {question === true ? (
        link('close_it', true, () =>
          person.conversation.close(ticket.id).then(() => {
            asked.value = false
          }, person.sync.catchUp),
        )
      ) : (
        <button type="button" class="round" aria-label={t('copy_the_conversation')} onClick={copy}>
          <Icon name="copy" size={18} />
        </button>
      )}
      {ticket.status !== 'closed' && link(question === true ? 'cancel' : 'close_ticket', question !== true)}
    </div>
  )
}
