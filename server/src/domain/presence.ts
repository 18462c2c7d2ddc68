/** Which agents have a socket open. Fed by the gateway. */
export interface Presence {
  /** A socket of this agent has opened; call what it answers when it has closed. */
  enter(agentId: string): () => void
  isOnline(agentId: string): boolean
}

export function createPresence(): Presence {
  const sockets = new Map<string, number>()
  const add = (agentId: string, change: 1 | -1) => {
    const count = (sockets.get(agentId) ?? 0) + change
    if (count > 0) sockets.set(agentId, count)
    else sockets.delete(agentId)
  }
  return {
    enter(agentId) {
      add(agentId, 1)
      return () => add(agentId, -1)
    },
    isOnline: (agentId) => sockets.has(agentId),
  }
}
