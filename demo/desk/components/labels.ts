import type { Author } from '@support-widget/shared/message.ts'
import type { Requester } from '@support-widget/shared/people.ts'
import type { Priority, Status } from '@support-widget/shared/vocabulary.ts'

export const statusLabels: Record<Status, string> = { open: 'Open', in_progress: 'In progress', resolved: 'Resolved', closed: 'Closed' }
export const priorityLabels: Record<Priority, string> = { low: 'Low', normal: 'Normal', high: 'High', urgent: 'Urgent' }

/** What to call the customer: the name, or what else is known. */
export const requesterName = (requester: Requester) => requester.name ?? requester.email ?? requester.phone ?? 'Customer'

export function authorName(author: Author): string {
  if (author.name !== null) return author.name
  return author.type === 'customer' ? 'Customer' : 'Support'
}
