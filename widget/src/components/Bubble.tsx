import type { Attachment } from '@support-widget/shared/attachment.ts'
import type { Author, Message } from '@support-widget/shared/message.ts'
import type { TextKey, Texts } from '../i18n/texts.ts'
import { sendingOf } from '../state/files.ts'
import type { Unsent } from '../state/merge.ts'
import type { Person } from '../state/person.ts'
import { Chip } from './Files.tsx'
import { splitLinks } from './links.ts'
import { pure } from './pure.ts'

/** Nothing but a few of them is shown large. */
const onlyEmoji = /^[\p{So}\p{Sk}\p{M}\p{Cf}\s]{1,24}$/u

const Body = ({ text }: { text: string }) => (
  <div class={onlyEmoji.test(text) ? 'text big' : 'text'} dir="auto">
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

/** Longest side of a picture in the thread, px. */
const side = 240

function Attached({ file: { filename, content_type, size, width, height, url }, texts }: { file: Attachment; texts: Texts }) {
  const scale = width && height && /png|jpeg|gif|webp|avif/.test(content_type) ? Math.min(side / Math.max(width, height), 1) : 0
  return (
    <a class="file" href={url} target="_blank" rel="noopener noreferrer">
      {scale ? (
        // Its place is kept while it comes.
        <img src={url} alt={filename} width={Math.round((width ?? 0) * scale)} height={Math.round((height ?? 0) * scale)} loading="lazy" />
      ) : (
        <>
          <bdi>{filename}</bdi>
          <small>{texts.size(size)}</small>
        </>
      )}
    </a>
  )
}

/** Beside the name, which says the same. */
const Avatar = ({ name, avatar_url }: Author) =>
  avatar_url ? (
    <img class="avatar" src={avatar_url} alt="" width={24} height={24} />
  ) : (
    <span class="avatar" aria-hidden="true">
      {[...(name ?? '')][0]}
    </span>
  )

interface Props {
  message: Message
  /** Of a group by one author. */
  first: boolean
  /** Empty but for the last of a group, and under the newest of the customer's own, with its state. */
  when: string
  state: string
  texts: Texts
}

/** One message. */
export const Bubble = pure(({ message: { author, body, attachments, redacted_at, created_at }, first, when, state, texts }: Props) => {
  const { t } = texts
  if (author.type === 'system') {
    return (
      <p class="system" dir="auto">
        {body}
      </p>
    )
  }
  const mine = author.type === 'customer'
  return (
    // What the customer has written nobody has to read to them.
    <article class={mine ? 'message mine' : 'message'} aria-live={mine ? 'off' : undefined}>
      <span class={first && !mine ? 'name' : 'sr'}>
        {first && !mine && <Avatar {...author} />}
        <bdi>{mine ? t('you') : (author.name ?? t('title'))}</bdi>
      </span>
      {redacted_at ? <em class="text">{t('redacted')}</em> : body && <Body text={body} />}
      {attachments.map((file) => (
        <Attached key={file.id} file={file} texts={texts} />
      ))}
      {when && (
        <span class="when">
          <time dateTime={created_at}>{when}</time>
          {state && ` · ${state}`}
        </span>
      )}
    </article>
  )
})

interface UnsentProps {
  entry: Unsent
  person: Person
  texts: Texts
}

/** What the server does not have yet. */
export function UnsentBubble({ entry, person, texts }: UnsentProps) {
  const { t } = texts
  const { client_id, body, files = [], state, tried } = entry
  const late = state === 'late'
  const gone = files.map((_, at) => person.files.arrived.value.get(`${sendingOf(entry)}.${at}`))
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
      {body && <Body text={body} />}
      {files.map((file, at) => (
        <Chip key={at} file={file} texts={texts}>
          {state === 'sending' && <progress aria-label={file.name} value={gone[at]} />}
        </Chip>
      ))}
      <span class="when">
        {t(state)}
        {late && link('send_now', () => person.outbox.resend(client_id))}
        {state === 'failed' && link('try_again', person.outbox.kick)}
        {files[0] && !tried && !late
          ? link('cancel', () => person.cancel(client_id))
          : state !== 'sending' && link('delete', () => person.discard(client_id))}
      </span>
    </article>
  )
}
