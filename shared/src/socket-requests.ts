import * as z from 'zod'
import { safeString } from './text.ts'

const ticket = { ticket_id: z.string() }

/** What a client may send over the socket; each is acknowledged with {@link Acknowledged}. `watch` and `unwatch` are for agents. */
export const socketRequests = {
  typing: z.strictObject({ ...ticket, typing: z.boolean() }),
  read: z.strictObject({
    ...ticket,
    seq: z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  }),
  watch: z.strictObject(ticket),
  unwatch: z.strictObject(ticket),
  /** A fresh token of the same person, before the old one ends. */
  auth: z.strictObject({ token: safeString().min(1) }),
} as const

export type SocketRequest = keyof typeof socketRequests
export type SocketInput<N extends SocketRequest> = z.output<(typeof socketRequests)[N]>
