import { limits } from '@support-widget/shared/limits.ts'
import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import { useEffect } from 'preact/hooks'
import type { Desk } from '../desk.ts'
import type { Kind } from '../outbox.ts'

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)
const shortcut = isApple ? '⌘ Enter' : 'Ctrl+Enter'
const warnFrom = limits.body - 1_000

const kinds: { id: Kind; label: string }[] = [
  { id: 'reply', label: 'Reply' },
  { id: 'note', label: 'Note' },
]

const countOf = (text: string) => [...text.normalize('NFC').trim()].length

/** Length only matters near the limit; counting every code point on every key would not pay. */
function Remaining({ text }: { text: string }) {
  if (text.length < warnFrom) return null
  const left = limits.body - countOf(text)
  return <span class={left < 0 ? 'over' : ''}>{left < 0 ? `${-left} characters too many` : `${left} characters left`}</span>
}

/** Where the agent writes: a reply that the customer gets, or a note that stays here. */
export function Composer({ desk, ticket }: { desk: Desk; ticket: AgentTicket }) {
  const { outbox, typing } = desk
  const draft = outbox.draftOf(ticket.id)
  const text = draft[draft.kind]
  const isNote = draft.kind === 'note'
  const canSend = text.trim() !== '' && (text.length < limits.body || countOf(text) <= limits.body)

  const submit = (event: Event) => {
    event.preventDefault()
    if (!canSend) return
    outbox.send(ticket.id)
    typing.stop()
  }
  const type = (written: string) => {
    outbox.setDraft(ticket.id, { [draft.kind]: written })
    if (!isNote) typing.typed(ticket.id, written)
  }
  const choose = (kind: Kind) => {
    outbox.setDraft(ticket.id, { kind })
    typing.stop()
  }
  useEffect(() => typing.stop, [typing])

  return (
    <form class={isNote ? 'composer note' : 'composer'} onSubmit={submit}>
      <fieldset class="kinds">
        <legend class="hidden">What to write</legend>
        {kinds.map((kind) => (
          <label key={kind.id}>
            <input type="radio" name="kind" value={kind.id} checked={draft.kind === kind.id} onChange={() => choose(kind.id)} />
            <span>{kind.label}</span>
          </label>
        ))}
        <p class="soft">{isNote ? 'Only agents see this' : ticket.status === 'closed' ? 'The ticket is closed; the customer still gets this' : ''}</p>
      </fieldset>
      <label class="hidden" for="text">
        {isNote ? 'Note for agents' : 'Reply to the customer'}
      </label>
      <textarea
        id="text"
        rows={3}
        dir="auto"
        placeholder={isNote ? 'Write a note for your colleagues' : 'Write a reply'}
        aria-describedby="composer-hint"
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={typing.stop}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) submit(event)
        }}
      />
      <div class="composer-foot">
        <p class="soft" id="composer-hint">
          <span class="hint">{shortcut} sends, Enter starts a new line </span>
          <Remaining text={text} />
        </p>
        <button type="submit" class="primary" aria-disabled={!canSend}>
          {isNote ? 'Add note' : 'Send reply'}
        </button>
      </div>
    </form>
  )
}
