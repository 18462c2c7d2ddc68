import type { Principal } from '../auth/principal.ts'

export const agentsRoom = (appId: string) => `agents:${appId}`
export const customerRoom = (appId: string, customerId: string) => `customer:${appId}:${customerId}`

/** The one room of a socket. Rooms follow from the credential alone; a client cannot ask for one. */
export function roomOf(principal: Principal): string {
  const agent = principal.kind === 'admin_key' || (principal.kind === 'user' && principal.agentId !== null)
  return agent ? agentsRoom(principal.app.id) : customerRoom(principal.app.id, (principal as { customerId: string }).customerId)
}
