import type { Message } from '@support-widget/shared/message.ts'
import type { TextKey, Texts } from '../i18n/texts.ts'
import type { Unsent } from '../state/merge.ts'
import type { Person } from '../state/person.ts'
import { splitLinks } from './links.ts'

const Body = ({ text }: { text: string }) => (
  <div class="text" dir="auto">
    {splitLinks(text).map(({ text, href }, at) =>
      href ? (
        <a key={at} href={href} target="_blank" rel="noopener noreferrer nofollow">
          {text}
        </a>
      ) : (
        text
      ),
    )}
  </div>
)

/** One message. `first` and `last` of a group by one author; `state` under the newest of the customer's own. */
export function Bubble({ message, first, last, state, texts }: { message: Message; first: boolean; last: boolean; state: string; texts: Texts }) {
  const { type, name } = message.author
  if (type === 'system') {
    return (
      <p class="system" dir="auto">
        {message.body}
      </p>
    )
  }
  const mine = type === 'customer'
  return (
    <article class={mine ? 'message mine' : 'message'}>
      <bdi class={first && !mine ? 'name' : 'sr'}>{mine ? texts.t('you') : (name ?? texts.t('title'))}</bdi>
      <Body text={message.body} />
      {(last || state) && (
        <span class="when">
          <time dateTime={message.created_at}>{texts.clock(message.created_at)}</time>
          {state && ` · ${state}`}
        </span>
      )}
    </article>
  )
}

interface UnsentProps {
  entry: Unsent
  person: Person
  t: Texts['t']
}

/** What the server does not have yet. */
export function UnsentBubble({ entry: { client_id, body, files = [], state }, person, t }: UnsentProps) {
  const late = state === 'late'
  const link = (key: TextKey, action: () => unknown) => (
    <>
      {' · '}
      <button type="button" class="link" onClick={action}>
        {t(key)}
      </button>
    </>
  )
  return (
    <article class="message mine">
      <span class="sr">{t('you')}</span>
      <Body text={[body, ...files.map((file) => file.name)].filter(Boolean).join('\n')} />
      <span class="when">
        {t(state)}
        {late && link('send_now', () => person.outbox.resend(client_id))}
        {late && link('discard', () => person.discard(client_id))}
        {state === 'failed' && link('retry', person.outbox.kick)}
      </span>
    </article>
  )
}
