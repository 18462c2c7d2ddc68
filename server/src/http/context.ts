import type { DefaultContext, DefaultState, ParameterizedContext } from 'koa'
import type { Refusal } from '../errors.ts'
import type { Log } from '../log.ts'

/** An error as it is sent. */
export interface Shaped {
  status: number
  type: string
  body: unknown
}

/** What our middleware leaves for those behind it. */
export interface State extends DefaultState {
  requestId: string
  /** When it began, ms of the clock that nobody sets. */
  since: number
  log: Log
  /** The caller's address, proxies that we trust taken off. */
  address: string
  /** How errors look here, where they are not native problem documents. */
  shape?: (refusal: Refusal) => Shaped
  /** The body and query as they came, once they were read. */
  input?: { body: unknown; query: unknown }
}

export type Ctx = ParameterizedContext<State, DefaultContext>
export type Next = () => Promise<unknown>
