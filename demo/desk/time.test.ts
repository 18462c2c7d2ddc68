import { describe, expect, it } from 'vitest'
import { ago, atClock, dayHeading, inFull } from './time.ts'

const now = new Date(2026, 10, 21, 12, 0).getTime()
const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString()

describe('ago', () => {
  it('is short for what is recent and a date for what is not', () => {
    expect([-2, 0, 0.9, 1, 59, 60, 23 * 60, 24 * 60, 6 * 24 * 60].map((minutes) => ago(minutesAgo(minutes), now))).toEqual([
      'now',
      'now',
      'now',
      '1 min',
      '59 min',
      '1 h',
      '23 h',
      '1 d',
      '6 d',
    ])
    expect(ago(minutesAgo(8 * 24 * 60), now)).toContain('13')
    expect(ago(minutesAgo(400 * 24 * 60), now)).toContain('2025')
  })
})

describe('dayHeading', () => {
  it('names today and yesterday', () => {
    expect(dayHeading(minutesAgo(60), now)).toBe('Today')
    expect(dayHeading(minutesAgo(13 * 60), now)).toBe('Yesterday')
    expect(dayHeading(minutesAgo(3 * 24 * 60), now)).toContain('18')
  })
})

describe('atClock', () => {
  it('DESK-18: writes the time of day as it stands beside the date', () => {
    for (const hour of [0, 5, 12, 17]) {
      const time = new Date(2026, 10, 21, hour, 24).toISOString()
      expect(inFull(time).endsWith(atClock(time)), `${inFull(time)} and ${atClock(time)}`).toBe(true)
    }
  })
})
