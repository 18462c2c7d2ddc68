import { useEffect } from 'preact/hooks'
import type { Desk } from '../desk.ts'
import { hrefOf } from '../route.ts'

/** The number of a ticket, which may have to be asked for. */
export function useNumber({ references }: Desk, id: string): string {
  useEffect(() => references.find(id), [references, id])
  return references.numberOf(id) ?? 'another ticket'
}

/** Another ticket by its number; `onClick` when it is followed. */
export function TicketLink({ desk, id, onClick }: { desk: Desk; id: string; onClick?: () => void }) {
  return (
    <a href={hrefOf(id)} onClick={onClick}>
      {useNumber(desk, id)}
    </a>
  )
}
