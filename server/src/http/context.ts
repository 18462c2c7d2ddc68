import type { DefaultContext, DefaultState, ParameterizedContext } from 'koa'
import type { Log } from '../log.ts'

/** What our middleware leaves for those behind it. */
export interface State extends DefaultState {
  requestId: string
  log: Log
  /** The caller's address, proxies that we trust taken off. */
  address: string
}

export type Ctx = ParameterizedContext<State, DefaultContext>
export type Next = () => Promise<unknown>
