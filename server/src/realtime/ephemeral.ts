import type { Author } from '@support-widget/shared/message.ts'
import type { AgentRef } from '@support-widget/shared/people.ts'
import type { AgentSignals, CustomerSignals } from '@support-widget/shared/socket.ts'

/** Who typed is said to have stopped after this long without a further sign, milliseconds. */
const typingMs = 8_000

/** Sends signals of the moment; the gateway knows the rooms. */
export interface Signals {
  /** To the app's agents, but for one socket. */
  agents<K extends keyof AgentSignals>(appId: string, name: K, payload: AgentSignals[K], butSocket?: string): void
  customer<K extends keyof CustomerSignals>(appId: string, customerId: string, name: K, payload: CustomerSignals[K]): void
}

/** A ticket as far as signals need it. UUIDs, but for `publicId`, which is the id on the wire. */
export interface Watched {
  appId: string
  customerId: string
  publicId: string
  /** Nothing of a blocked customer reaches agents. */
  blocked: boolean
}

/** What is true only now and only here: who types, who looks at what. Nothing of it is stored; all of a socket's ends with the socket. */
export interface Ephemeral {
  typing(socketId: string, ticket: Watched, by: { side: 'customer' | 'agent'; author: Author }, typing: boolean): void
  watch(socketId: string, ticket: Watched, agent: AgentRef): void
  unwatch(socketId: string, publicId: string): void
  /** How many tickets this socket watches. */
  watching(socketId: string): number
  leave(socketId: string): void
}

interface Watch {
  ticket: Watched
  agent: AgentRef
}

export function createEphemeral(signals: Signals): Ephemeral {
  /** By socket, then by ticket: how to say that the typing is over. */
  const typists = new Map<string, Map<string, { timer: ReturnType<typeof setTimeout>; stop: () => void }>>()
  const watches = new Map<string, Map<string, Watch>>()

  const endTyping = (socketId: string, publicId: string) => {
    const own = typists.get(socketId)
    const one = own?.get(publicId)
    if (!own || !one) return
    clearTimeout(one.timer)
    own.delete(publicId)
    if (own.size === 0) typists.delete(socketId)
    one.stop()
  }
  const tellWatchers = ({ appId, publicId, blocked }: Watched) => {
    if (blocked) return
    const all = [...watches.values()].flatMap((own) => own.get(publicId)?.agent ?? [])
    const agents = [...new Map(all.map((agent) => [agent.id, agent])).values()]
    signals.agents(appId, 'presence', { ticket_id: publicId, agents })
  }
  const unwatch = (socketId: string, publicId: string) => {
    const own = watches.get(socketId)
    const one = own?.get(publicId)
    if (!own || !one) return
    own.delete(publicId)
    if (own.size === 0) watches.delete(socketId)
    tellWatchers(one.ticket)
  }

  return {
    typing(socketId, ticket, { side, author }, typing) {
      const { appId, customerId, publicId, blocked } = ticket
      if (!typing) return endTyping(socketId, publicId)
      const tell = (now: boolean) => {
        const payload = { ticket_id: publicId, author, typing: now }
        if (!blocked) signals.agents(appId, 'typing', payload, socketId)
        if (side === 'agent') signals.customer(appId, customerId, 'typing', payload)
      }
      const own = typists.get(socketId) ?? new Map()
      typists.set(socketId, own)
      clearTimeout(own.get(publicId)?.timer)
      const timer = setTimeout(() => endTyping(socketId, publicId), typingMs)
      own.set(publicId, { timer, stop: () => tell(false) })
      tell(true)
    },
    watch(socketId, ticket, agent) {
      const own = watches.get(socketId) ?? new Map()
      watches.set(socketId, own.set(ticket.publicId, { ticket, agent }))
      tellWatchers(ticket)
    },
    unwatch,
    watching: (socketId) => watches.get(socketId)?.size ?? 0,
    leave(socketId) {
      for (const publicId of [...(typists.get(socketId)?.keys() ?? [])]) endTyping(socketId, publicId)
      for (const publicId of [...(watches.get(socketId)?.keys() ?? [])]) unwatch(socketId, publicId)
    },
  }
}
