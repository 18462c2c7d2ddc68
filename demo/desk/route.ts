import { signal } from '@preact/signals'

const pattern = /^#\/tickets\/([0-9A-Za-z]{1,64})$/

const read = () => pattern.exec(location.hash)?.[1] ?? null

export const hrefOf = (ticketId: string) => `#/tickets/${ticketId}`

/** The ticket that the address names, so that a reload and a sent link open it. */
export function createRoute() {
  const ticketId = signal(read())
  window.addEventListener('hashchange', () => {
    ticketId.value = read()
  })
  return { ticketId }
}

export type Route = ReturnType<typeof createRoute>
