import { signal } from '@preact/signals'
import type { Call } from './api.ts'
import type { TicketList } from './tickets.ts'

/** The numbers of tickets that others point at: known ones at once, the rest asked for, each once. */
export function createReferences(call: Call, tickets: TicketList) {
  const numbers = signal<ReadonlyMap<string, string>>(new Map())
  const asked = new Set<string>()

  async function ask(id: string) {
    asked.add(id)
    try {
      const { ticket } = await call('agentListMessages', { params: { id }, query: { limit: 1 } })
      numbers.value = new Map(numbers.value).set(id, ticket.number)
    } catch {
      asked.delete(id)
    }
  }

  return {
    /** The number of a ticket, null as long as it is not known. */
    numberOf: (id: string): string | null => tickets.known.value.get(id)?.number ?? numbers.value.get(id) ?? null,
    /** Asks for the number, unless it is known or has been asked for. */
    find(id: string) {
      if (!asked.has(id) && !tickets.known.peek().has(id)) void ask(id)
    },
  }
}
