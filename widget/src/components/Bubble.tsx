import type { Message } from '@support-widget/shared/message.ts'
import type { Texts } from '../i18n/texts.ts'
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

/** A text that the server does not have yet. */
export const UnsentBubble = ({ body, state, retry, t }: { body: string; state: 'sending' | 'failed'; retry: () => void; t: Texts['t'] }) => (
  <article class="message mine">
    <span class="sr">{t('you')}</span>
    <Body text={body} />
    <span class="when">
      {t(state)}
      {state === 'failed' && (
        <>
          {' · '}
          <button type="button" class="link" onClick={retry}>
            {t('retry')}
          </button>
        </>
      )}
    </span>
  </article>
)
