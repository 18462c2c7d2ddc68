import type { Principal } from '../auth/principal.ts'
import { asCustomer, may } from '../domain/policy.ts'

export const agentsRoom = (appId: string) => `agents:${appId}`
/** All customers of an app. */
export const customersRoom = (appId: string) => `customers:${appId}`
export const customerRoom = (appId: string, customerId: string) => `customer:${appId}:${customerId}`

/** True for who sits on the agents' side of the socket: agents, and the app's backend. */
export const isAgentSide = (principal: Principal) => may(principal, 'agent')

/** The one room of a socket. Rooms follow from the credential alone; a client cannot ask for one. */
export const roomOf = (principal: Principal): string =>
  isAgentSide(principal) ? agentsRoom(principal.app.id) : customerRoom(principal.app.id, asCustomer(principal).customerId)
