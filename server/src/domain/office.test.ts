import { describe, expect, it } from 'vitest'
import { isOpen } from './office.ts'

const closed = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] }
const open = (time_zone: string, days: object) => (at: string) => isOpen({ time_zone, days: { ...closed, ...days } }, new Date(at))

describe('office hours', () => {
  it('begin with the first minute and end before the last', () => {
    const berlin = open('Europe/Berlin', {
      monday: [
        { from: '09:00', to: '12:00' },
        { from: '13:00', to: '17:30' },
      ],
    })
    // 2026-01-05 is a Monday; Berlin is one hour ahead of UTC in winter.
    expect(['07:59', '08:00', '10:59', '11:00', '11:59', '12:00', '16:29', '16:30'].map((time) => berlin(`2026-01-05T${time}:00Z`))).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ])
  })

  it('follow summer time and the local day', () => {
    const berlin = open('Europe/Berlin', { monday: [{ from: '09:00', to: '17:00' }] })
    expect([berlin('2026-07-06T07:00:00Z'), berlin('2026-07-06T06:59:00Z')]).toEqual([true, false])
    const auckland = open('Pacific/Auckland', { monday: [{ from: '00:00', to: '01:00' }] })
    expect([auckland('2026-01-04T11:00:00Z'), auckland('2026-01-04T12:00:00Z')]).toEqual([true, false])
  })

  it('last until midnight at 23:59', () => {
    const utc = open('UTC', { monday: [{ from: '22:00', to: '23:59' }] })
    expect([utc('2026-01-05T23:59:59Z'), utc('2026-01-06T00:00:00Z')]).toEqual([true, false])
  })
})
