import { signal } from '@preact/signals'

const pattern = /^#\/tickets\/([0-9A-Za-z]{1,64})$/

const read = () => pattern.exec(location.hash)?.[1] ?? null

export const hrefOf = (ticketId: string) => `#/tickets/${ticketId}`

const codePattern = /^#code=([0-9A-Za-z_-]{1,100})$/

/** Takes a one-time code out of the address and of the history, so that it is in neither. Null if there is none. */
export function takeCode(): string | null {
  const code = codePattern.exec(location.hash)?.[1] ?? null
  if (code !== null) history.replaceState(null, '', location.pathname + location.search)
  return code
}

/** The ticket that the address names, so that a reload and a sent link open it. */
export function createRoute() {
  const ticketId = signal(read())
  window.addEventListener('hashchange', () => {
    ticketId.value = read()
  })
  return { ticketId }
}

export type Route = ReturnType<typeof createRoute>
