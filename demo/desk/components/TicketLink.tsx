import { useEffect } from 'preact/hooks'
import type { Desk } from '../desk.ts'
import { hrefOf } from '../route.ts'

/** Another ticket by its number, which may have to be asked for. */
export function TicketLink({ desk, id }: { desk: Desk; id: string }) {
  const { references } = desk
  useEffect(() => references.find(id), [references, id])
  return <a href={hrefOf(id)}>{references.numberOf(id) ?? 'another ticket'}</a>
}
