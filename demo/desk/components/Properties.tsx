import type { AgentTicket } from '@support-widget/shared/ticket.ts'
import type { Priority, Status } from '@support-widget/shared/vocabulary.ts'
import type { Desk } from '../desk.ts'
import { Facts } from './Facts.tsx'
import { priorityLabels, statusLabels } from './labels.ts'

interface Choice<T extends string> {
  value: T
  label: string
}

const statuses: Status[] = ['open', 'in_progress', 'resolved', 'closed']
const priorities: Priority[] = ['low', 'normal', 'high', 'urgent']
const statusChoices = statuses.map((value) => ({ value, label: statusLabels[value] }))
const priorityChoices = priorities.map((value) => ({ value, label: priorityLabels[value] }))

function Select<T extends string>({
  id,
  label,
  value,
  choices,
  choose,
}: {
  id: string
  label: string
  value: T
  choices: Choice<T>[]
  choose: (value: T) => void
}) {
  return (
    <p class="property">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = choices[event.currentTarget.selectedIndex]
          if (chosen) choose(chosen.value)
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </p>
  )
}

/** Nobody, oneself first, the colleagues, and whoever has the ticket though the list of agents does not name them. */
function assigneeChoices(desk: Desk, ticket: AgentTicket): Choice<string>[] {
  const me = desk.me.agent
  const others = desk.agents.value.filter((agent) => agent.id !== me?.id).map((agent) => ({ value: agent.id, label: agent.name }))
  const choices = [{ value: '', label: 'Nobody' }, ...(me ? [{ value: me.id, label: `Me (${me.name})` }] : []), ...others]
  const { assignee } = ticket
  return assignee && !choices.some((choice) => choice.value === assignee.id) ? [...choices, { value: assignee.id, label: assignee.name }] : choices
}

/** What can be changed of a ticket. */
function Selects({ desk, ticket }: { desk: Desk; ticket: AgentTicket }) {
  const wanted = desk.changes.wanted.value.get(ticket.id)
  const assignee = wanted?.assignee_id === undefined ? ticket.assignee?.id : wanted.assignee_id
  const update = (patch: Parameters<Desk['changes']['update']>[1]) => void desk.changes.update(ticket.id, patch)
  return (
    <>
      <Select id="status" label="Status" value={wanted?.status ?? ticket.status} choices={statusChoices} choose={(status) => update({ status })} />
      <Select
        id="priority"
        label="Priority"
        value={wanted?.priority ?? ticket.priority}
        choices={priorityChoices}
        choose={(priority) => update({ priority })}
      />
      <Select
        id="assignee"
        label="Assignee"
        value={assignee ?? ''}
        choices={assigneeChoices(desk, ticket)}
        choose={(id) => update({ assignee_id: id === '' ? null : id })}
      />
    </>
  )
}

/** What the ticket is and whose. One that was merged is as it was left. */
export function Properties({ desk, ticket, isOpen }: { desk: Desk; ticket: AgentTicket; isOpen: boolean }) {
  return (
    <aside id="properties" class={isOpen ? 'properties open' : 'properties'} aria-label="Ticket details">
      {ticket.merged_into === null && <Selects desk={desk} ticket={ticket} />}
      <Facts desk={desk} ticket={ticket} />
    </aside>
  )
}
