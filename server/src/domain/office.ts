import type { OfficeHours } from '@support-widget/shared/app.ts'

type Day = keyof OfficeHours['days']

/** True if somebody answers at this moment: the hours are the office's local ones, summer time included. `23:59` lasts until midnight. */
export function isOpen({ time_zone, days }: OfficeHours, now: Date): boolean {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: time_zone, weekday: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
  const time = `${parts.hour}:${parts.minute}`
  const day = (parts.weekday ?? '').toLowerCase() as Day
  return days[day].some(({ from, to }) => from <= time && (time < to || to === '23:59'))
}
