const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dateWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** How long ago, short enough for a row: "now", "5 min", "3 h", "2 d", then the date. A clock that is a little ahead counts as now. */
export function ago(iso: string, now: number): string {
  const passed = now - Date.parse(iso)
  if (passed < minute) return 'now'
  if (passed < hour) return `${Math.floor(passed / minute)} min`
  if (passed < day) return `${Math.floor(passed / hour)} h`
  if (passed < 7 * day) return `${Math.floor(passed / day)} d`
  return onDay(iso, now)
}

/** The day, with its year when it is not this one. */
export function onDay(iso: string, now: number): string {
  const sameYear = new Date(iso).getFullYear() === new Date(now).getFullYear()
  return (sameYear ? date : dateWithYear).format(new Date(iso))
}

/** The heading above a day's messages. */
export function dayHeading(iso: string, now: number): string {
  const that = new Date(iso).toDateString()
  if (that === new Date(now).toDateString()) return 'Today'
  if (that === new Date(now - day).toDateString()) return 'Yesterday'
  return onDay(iso, now)
}

/** The time of day, written as in `inFull`. */
export const atClock = (iso: string) => clock.format(new Date(iso))
export const inFull = (iso: string) => full.format(new Date(iso))
