import type { Ticket } from '@support-widget/shared/ticket.ts'
import { Refused } from './refusal.tsx'
import { dirOf, type ScreenProps } from './ui.ts'

const scores = ['very_bad', 'bad', 'okay', 'good', 'very_good'] as const
const changeableMs = 7 * 86_400_000

/** How the customer found the help with a ticket that is resolved or closed. What they choose and write waits as a draft until they send it. */
export function Rating({ ui, person, ticket: { id, status, csat, merged_into } }: ScreenProps & { ticket: Ticket }) {
  const { t } = ui.texts.value
  const place = `rate-${id}`
  const { category: score, body: comment } = person.draftOf(place)
  const put = (category: unknown, body: string) => person.write(place, { category: String(category), body })
  if (!/d$/.test(status) || merged_into) return null
  if (csat && !score) {
    return (
      <p>
        {t('rated', { score: t(scores[csat.score - 1] ?? 'good') })}{' '}
        {Date.now() - Date.parse(csat.created_at) < changeableMs && (
          <button type="button" class="link" onClick={() => put(csat.score, csat.comment ?? '')}>
            {t('change')}
          </button>
        )}
      </p>
    )
  }
  const send = (event: Event) => {
    event.preventDefault()
    void person.settle(place, person.conversation.rate(id, { score: Number(score), comment: comment.trim() || null }))
  }
  return (
    <form onSubmit={send}>
      <fieldset>
        <legend>{t('rate')}</legend>
        {scores.map((text, at) => (
          <label key={text}>
            <input type="radio" name="score" checked={score === `${at + 1}`} onChange={() => put(at + 1, comment)} />
            {t(text)}
          </label>
        ))}
      </fieldset>
      {score && (
        <>
          <textarea
            rows={2}
            dir={dirOf(comment)}
            aria-label={t('comment')}
            placeholder={t('comment')}
            value={comment}
            onInput={({ currentTarget }) => put(score, currentTarget.value)}
          />
          <Refused person={person} place={place} t={t} />
          <button type="submit" class="quiet">
            {t('send_rating')}
          </button>
        </>
      )}
    </form>
  )
}
