interface Ways {
  onOpen: () => void
  onEvent: (name: string, payload: unknown) => void
  /** Not connected, or not any more. `data`: what the server gave with its refusal. Nothing comes after it. */
  onLost: (data?: unknown) => void
}

export interface Wire {
  /** The server has let us in. */
  isOpen: () => boolean
  /** `acknowledge` is never called if no answer comes. */
  send: (name: string, payload: unknown, acknowledge: (how: never) => void) => void
  /** Nothing is told after it. */
  close: () => void
}

/**
 * One connection of Socket.IO protocol 5 over Engine.IO protocol 4, as text over a WebSocket: no polling, no binary packets, one namespace. Reconnecting is up to the caller.
 * `url`: base and path of the socket, http(s). Never throws.
 */
export function openWire(url: string, auth: unknown, { onOpen, onEvent, onLost }: Ways): Wire {
  let ws: WebSocket | undefined
  let open = false
  let patience = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let ids = 0
  const acks = new Map<number, (how: never) => void>()

  const close = () => {
    open = false
    clearTimeout(timer)
    acks.clear()
    if (ws) {
      ws.onmessage = ws.onerror = ws.onclose = null
      ws.close()
    }
    ws = undefined
  }
  const lose = (data?: unknown) => {
    if (!ws) return
    close()
    onLost(data)
  }
  /** The server pings. Silence for an interval and a timeout means that the connection is dead. */
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(lose, patience)
  }
  const packets: Record<string, (data: never, id: number) => void> = {
    0: ({ pingInterval, pingTimeout }: Record<string, number>) => {
      patience = Number(pingInterval) + Number(pingTimeout)
      ws?.send(`40${JSON.stringify(auth)}`)
      wait()
    },
    1: () => lose(),
    2: () => {
      ws?.send('3')
      wait()
    },
    40: () => {
      open = true
      onOpen()
    },
    41: () => lose(),
    42: ([name, payload]: [string, unknown]) => {
      if (open) onEvent(name, payload)
    },
    43: ([how]: [never], id) => {
      acks.get(id)?.(how)
      acks.delete(id)
    },
    44: ({ data }: { data: unknown }) => lose(data),
  }
  const hear = ({ data: frame }: MessageEvent) => {
    const [, type = '', id, json] = /^(4\d|\d)(\d*)(.*)$/s.exec(`${frame}`) ?? []
    // What is not spoken here asks for nothing; what is broken ends the connection.
    if (!Object.hasOwn(packets, type)) return
    try {
      packets[type]?.((json ? JSON.parse(json) : undefined) as never, Number(id))
    } catch {
      lose()
    }
  }
  // A page's policy may make the constructor throw; the caller hears of that after it has its wire.
  try {
    ws = new WebSocket(`${url.replace(/^http/, 'ws')}/?EIO=4&transport=websocket`)
    ws.onmessage = hear
    ws.onerror = ws.onclose = () => lose()
  } catch {
    timer = setTimeout(onLost)
  }
  return {
    isOpen: () => open,
    send: (name, payload, acknowledge) => {
      acks.set(++ids, acknowledge)
      ws?.send(`42${ids}${JSON.stringify([name, payload])}`)
    },
    close,
  }
}
