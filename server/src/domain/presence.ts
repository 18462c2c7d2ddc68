/** Which agents have a socket open. Fed by the gateway. */
export interface Presence {
  /** A socket of this agent has opened; call what it answers when it has closed. */
  enter(appId: string, agentId: string): () => void
  isOnline(agentId: string): boolean
  /** How many agents of the app are online. */
  count(appId: string): number
  /** Called with the app whose count has changed. */
  onChange(listener: (appId: string) => void): void
}

export function createPresence(): Presence {
  const sockets = new Map<string, number>()
  const counts = new Map<string, number>()
  const listeners: ((appId: string) => void)[] = []
  const add = (map: Map<string, number>, key: string, change: 1 | -1) => {
    const count = (map.get(key) ?? 0) + change
    if (count > 0) map.set(key, count)
    else map.delete(key)
  }
  const move = (appId: string, agentId: string, change: 1 | -1) => {
    const before = sockets.has(agentId)
    add(sockets, agentId, change)
    if (sockets.has(agentId) === before) return
    add(counts, appId, change)
    for (const listener of listeners) listener(appId)
  }
  return {
    enter(appId, agentId) {
      move(appId, agentId, 1)
      return () => move(appId, agentId, -1)
    },
    isOnline: (agentId) => sockets.has(agentId),
    count: (appId) => counts.get(appId) ?? 0,
    onChange: (listener) => listeners.push(listener),
  }
}
