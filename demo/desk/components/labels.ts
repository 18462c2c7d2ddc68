import type { Author } from '@support-widget/shared/message.ts'
import type { AgentRef, Requester } from '@support-widget/shared/people.ts'
import type { Priority, Status } from '@support-widget/shared/vocabulary.ts'

export const statusLabels: Record<Status, string> = { open: 'Open', in_progress: 'In progress', resolved: 'Resolved', closed: 'Closed' }
export const priorityLabels: Record<Priority, string> = { low: 'Low', normal: 'Normal', high: 'High', urgent: 'Urgent' }

/** What to call the customer: the name, or what else is known. */
export const requesterName = (requester: Requester) => requester.name ?? requester.email ?? requester.phone ?? 'Customer'

export function authorName(author: Author): string {
  if (author.name !== null) return author.name
  return author.type === 'customer' ? 'Customer' : 'Support'
}

const list = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' })
const mostNames = 3

const named = (names: readonly string[]) =>
  list.format(names.length > mostNames ? [...names.slice(0, mostNames - 1), `${names.length - mostNames + 1} others`] : names)

/** Who types, as one line; empty for nobody. */
export function typingLine(authors: readonly Author[]): string {
  if (authors.length === 0) return ''
  return `${named(authors.map(authorName))} ${authors.length === 1 ? 'is' : 'are'} typing…`
}

/** Which colleagues look at the ticket too, as one line; empty for nobody. */
export function watchingLine(agents: readonly AgentRef[]): string {
  if (agents.length === 0) return ''
  return `${named(agents.map((agent) => agent.name))} ${agents.length === 1 ? 'is' : 'are'} here too`
}

const kilobytes = new Intl.NumberFormat('en', { style: 'unit', unit: 'kilobyte' })
const megabytes = new Intl.NumberFormat('en', { style: 'unit', unit: 'megabyte' })

/** A size in bytes, as the customer's widget says it: "2 kB" or "10 MB", rounded up, a kilobyte of 1,024 bytes. */
export const sizeLabel = (bytes: number): string =>
  bytes < 2 ** 20 ? kilobytes.format(Math.ceil(bytes / 1024)) : megabytes.format(Math.ceil(bytes / 2 ** 20))

/** Any JSON value as text: words as they are, objects and lists written out. */
export const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))
