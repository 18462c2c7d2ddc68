import type { Acknowledged, CustomerFrames, CustomerSignals, SocketRefusal } from '@support-widget/shared/socket.ts'
import { socketPath } from '@support-widget/shared/socket.ts'
import type { SocketInput, SocketRequest } from '@support-widget/shared/socket-requests.ts'
import { openWire, type Wire } from './wire.ts'

/** `down` is being retried, `refused` is final: this page may not connect, or nobody is signed in. */
export type SocketState = 'connecting' | 'live' | 'down' | 'refused'

type Heard = CustomerFrames & CustomerSignals
export type CustomerFrame = { [Type in keyof Heard]: { type: Type; payload: Heard[Type] } }[keyof Heard]

export interface SocketOptions {
  /** Base URL of the server, as for the API. */
  server: string
  /** Asked before every handshake; `fresh` after the server has refused the one given before. null: nobody is signed in. */
  getToken: (options?: { fresh: boolean }) => Promise<string | null>
  /** In how many ms `getToken` will have a newer one: it is then shown over the open socket. Left out: never. */
  renewIn?: (() => number) | undefined
  onFrame: (frame: CustomerFrame) => void
  /** `live` is reported on every connection, so that what came in between can be caught up with. */
  onState: (state: SocketState) => void
}

/** A record, so that a frame added to the contract and forgotten here does not compile. */
const frameTypes: Record<keyof Heard, true> = {
  'ticket.created': true,
  'ticket.updated': true,
  'message.created': true,
  'message.updated': true,
  'ticket.read': true,
  typing: true,
  presence: true,
}

const firstWait = 1_000
const longestWait = 30_000
/** A request that is not acknowledged by then has not arrived. */
const ackWait = 10_000
/** From asking for a token to being let in. */
const patience = 30_000

/** Half of the wait is random: clients that lost the same server must not come back in the same instant. */
export function waitBefore(attempt: number, random = Math.random()): number {
  return Math.min(firstWait * 2 ** attempt, longestWait) * (1 - random / 2)
}

export interface Connection {
  /** Null: not connected, or no acknowledgement came. */
  request: <N extends SocketRequest>(name: N, input: SocketInput<N>) => Promise<Acknowledged | null>
  close: () => void
}

export function connectSocket({ server, getToken, renewIn, onFrame, onState }: SocketOptions): Connection {
  const { origin, pathname } = new URL(server)
  const url = origin + pathname.replace(/\/$/, '') + socketPath
  let wire: Wire | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let round = 0
  let failures = 0
  let fresh = false
  let liveSince = Number.POSITIVE_INFINITY
  let isDown = false
  let token = ''
  const unanswered = new Set<(how: null) => void>()

  async function connect(): Promise<void> {
    const mine = ++round
    timer = setTimeout(lost, patience)
    let given: string | null
    try {
      given = await getToken(fresh ? { fresh } : undefined)
    } catch {
      if (mine === round) lost()
      return
    }
    if (mine !== round) return
    if (given === null) return refuse()
    token = given
    wire = openWire(url, { token }, { onOpen, onEvent, onLost })
  }

  const request: Connection['request'] = (name, input) =>
    new Promise((resolve) => {
      if (!wire?.isOpen()) return resolve(null)
      const give = (how: Acknowledged | null) => {
        clearTimeout(late)
        unanswered.delete(give)
        resolve(how)
      }
      const late = setTimeout(() => give(null), ackWait)
      unanswered.add(give)
      wire.send(name, input, give)
    })

  function watch(): void {
    // A timer takes no more than 31 bits of ms; a token that cannot be renewed is not asked for all the time.
    if (renewIn) timer = setTimeout(renew, Math.min(Math.max(renewIn(), longestWait), 2 ** 30))
  }

  async function renew(): Promise<void> {
    const mine = round
    let next: string | null = token
    try {
      next = await getToken()
    } catch {}
    if (mine !== round) return
    if (next === null) return refuse()
    if (next !== token) {
      const answer = await request('auth', { token: next })
      if (mine !== round) return
      if (!answer?.ok) return lost()
      token = next
    }
    watch()
  }

  /** Leaves nothing: a token that is still asked for is dropped when it comes. */
  function stop(): void {
    round++
    clearTimeout(timer)
    for (const give of unanswered) give(null)
    wire?.close()
  }

  function lost(): void {
    stop()
    // A connection that never lasts counts as failed, or a server that lets in and throws out would be asked every second.
    if (Date.now() - liveSince > longestWait) failures = 0
    liveSince = Number.POSITIVE_INFINITY
    timer = setTimeout(connect, waitBefore(failures++))
    if (isDown) return
    isDown = true
    onState('down')
  }

  function refuse(): void {
    stop()
    onState('refused')
  }

  function onOpen(): void {
    clearTimeout(timer)
    liveSince = Date.now()
    fresh = isDown = false
    watch()
    onState('live')
  }

  function onEvent(type: string, payload: unknown): void {
    if (Object.hasOwn(frameTypes, type)) onFrame({ type, payload } as CustomerFrame)
  }

  function onLost(refusal: unknown): void {
    const { code } = Object(refusal) as Partial<SocketRefusal>
    // A fresh token that is refused too is not asked for again at once: the next attempt takes what there is.
    fresh = !fresh && (code === 'unauthorized' || code === 'token_expired')
    if (code === 'origin_not_allowed' || code === 'key_in_browser') refuse()
    else lost()
  }

  onState('connecting')
  void connect()
  return { request, close: stop }
}
