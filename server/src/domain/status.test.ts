import { statuses } from '@support-widget/shared/vocabulary.ts'
import { describe, expect, test } from 'vitest'
import { statusAfterMessage, timesAfter } from './status.ts'

describe('status', () => {
  test('STATUS-5: a message moves it by who wrote it; a note never does', () => {
    expect(statuses.map((status) => statusAfterMessage(status, 'agent', false))).toEqual(['in_progress', 'in_progress', 'resolved', 'closed'])
    expect(statuses.map((status) => statusAfterMessage(status, 'customer', false))).toEqual(['open', 'in_progress', 'in_progress', 'closed'])
    expect(statuses.map((status) => statusAfterMessage(status, 'agent', true))).toEqual([...statuses])
  })

  test('STATUS-6: the first moments of resolving and closing are kept until the ticket goes back to work', () => {
    const [before, now] = [new Date(1), new Date(2)]
    const never = { resolved_at: null, closed_at: null }
    const both = { resolved_at: before, closed_at: before }
    expect(timesAfter(never, 'resolved', now)).toEqual({ resolved_at: now, closed_at: null })
    expect(timesAfter(both, 'resolved', now)).toEqual({ resolved_at: before, closed_at: null })
    expect(timesAfter(never, 'closed', now)).toEqual({ resolved_at: null, closed_at: now })
    expect(timesAfter(both, 'closed', now)).toEqual(both)
    for (const status of ['open', 'in_progress'] as const) expect(timesAfter(both, status, now)).toEqual(never)
  })
})
