import { parseAst } from 'vite'

/**
 * Methods of socket.io-client's two classes and what they become. Those that nothing here calls go. The others lose what `net/socket.ts` does not use:
 * the client's own reconnection and time limits, its queues, volatile and buffered sending, connection state recovery, listeners for any event.
 */
const methods: Record<string, Record<string, string>> = {
  socket: {
    ...gone('send', 'emitWithAck', 'compress', 'volatile', 'timeout', 'disconnected', 'close', 'open', 'active', 'listenersAny'),
    ...gone(
      'emitBuffered',
      'listenersAnyOutgoing',
      'onAny',
      'prependAny',
      'offAny',
      'onAnyOutgoing',
      'prependAnyOutgoing',
      'offAnyOutgoing',
      'notifyOutgoingListeners',
    ),
    ...gone('_addToQueue', '_drainQueue', '_registerAckCallback', '_clearAcks', '_sendConnectPacket'),
    constructor: 'constructor(io, nsp) { super(); Object.assign(this, { io, nsp, connected: false, receiveBuffer: [], ids: 0, acks: new Map() }) }',
    connect: 'connect() { this.subEvents(); this.io.open() }',
    emit: 'emit(name, payload, ack) { this.acks.set(++this.ids, ack); this.packet({ type: PacketType.EVENT, id: this.ids, data: [name, payload] }) }',
    onopen: 'onopen() { this.packet({ type: PacketType.CONNECT, data: this.auth }) }',
    onclose: 'onclose(...why) { this.connected = false; this.acks.clear(); this.emitReserved("disconnect", ...why) }',
    onevent: 'onevent({ data }) { if (this.connected) super.emit(...data); else this.receiveBuffer.push(data) }',
    emitEvent: '',
    ack: '',
    onack: 'onack({ id, data }) { const ack = this.acks.get(id); this.acks.delete(id); ack?.(...data) }',
    onconnect: `onconnect() {
      this.connected = true
      for (const data of this.receiveBuffer.splice(0)) super.emit(...data)
      this.emitReserved("connect")
    }`,
    onpacket: `onpacket(packet) {
      const { type, data, nsp } = packet
      if (nsp !== this.nsp) return
      if (type === PacketType.CONNECT && data?.sid) this.onconnect()
      if (type === PacketType.EVENT) this.onevent(packet)
      if (type === PacketType.ACK) this.onack(packet)
      if (type === PacketType.DISCONNECT) this.ondisconnect()
      if (type !== PacketType.CONNECT_ERROR) return
      this.destroy()
      this.emitReserved("connect_error", Object.assign(new Error(data.message), { data: data.data }))
    }`,
    destroy: 'destroy() { this.subs?.forEach((end) => end()); this.subs = undefined; this.io._destroy() }',
  },
  manager: {
    ...gone('connect', 'disconnect', 'reconnect', 'onreconnect', 'reconnection', 'reconnectionAttempts', 'reconnectionDelay', 'reconnectionDelayMax'),
    ...gone('randomizationFactor', 'timeout', 'maybeReconnectOnOpen', 'onping', '_close'),
    constructor: `constructor(uri, opts) {
      super()
      Object.assign(this, { uri, opts, nsps: {}, subs: [], _readyState: "closed", encoder: new parser.Encoder(), decoder: new parser.Decoder() })
    }`,
    open: `open() {
      if (this._readyState !== "closed") return
      this._readyState = "opening"
      this.engine = new Engine(this.uri, this.opts)
      const failed = (error) => { this.cleanup(); this._readyState = "closed"; this.emitReserved("error", error) }
      this.subs.push(on(this.engine, "open", () => this.onopen()), on(this.engine, "error", failed))
    }`,
    onclose: 'onclose(...why) { this.cleanup(); this.engine?.close(); this._readyState = "closed"; this.emitReserved("close", ...why) }',
    onopen: `onopen() {
      this.cleanup()
      this._readyState = "open"
      this.emitReserved("open")
      const heard = { data: (text) => this.ondata(text), error: (error) => this.onerror(error), close: (...why) => this.onclose(...why) }
      for (const name in heard) if (Object.hasOwn(heard, name)) this.subs.push(on(this.engine, name, heard[name]))
      this.subs.push(on(this.decoder, "decoded", (packet) => nextTick(() => this.emitReserved("packet", packet))))
    }`,
    ondecoded: '',
    socket: 'socket(nsp) { return (this.nsps[nsp] = new Socket(this, nsp)) }',
    _destroy: '_destroy() { this.onclose("forced close") }',
    _packet: '_packet(packet) { for (const text of this.encoder.encode(packet)) this.engine.write(text) }',
  },
}

function gone(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '']))
}

/** Throws if a method is not there: another release of the library wants another look. */
function withoutMethods(code: string, changes: Record<string, string>): string {
  const classes = parseAst(code).body.flatMap((node) => {
    const declared = node.type === 'ExportNamedDeclaration' ? node.declaration : node
    return declared?.type === 'ClassDeclaration' ? declared.body.body : []
  })
  const found = new Set<string>()
  // From the end, so that the places before keep their numbers.
  const changed = classes.reduceRight((text, { start, end, ...member }) => {
    const name = member.type === 'MethodDefinition' && member.key.type === 'Identifier' ? member.key.name : ''
    if (!Object.hasOwn(changes, name)) return text
    found.add(name)
    return text.slice(0, start) + changes[name] + text.slice(end)
  }, code)
  const missing = Object.keys(changes).filter((name) => !found.has(name))
  if (missing.length > 0) throw new Error(`prune: no method ${missing.join(', ')}`)
  return changed
}

/** Replaces what must be there, or throws. */
function replace(code: string, what: RegExp | string, by: string): string {
  const changed = code.replace(what, by)
  if (changed === code) throw new Error(`prune: nothing like ${what}`)
  return changed
}

const signalChanges: [RegExp, string][] = [
  [/\w+\.prototype\.subscribe=.*?\{name:"sub"\}\)\};/, ''],
  [/\w+\.prototype\.(valueOf|toString|toJSON)=function\(\)\{return this\.value(\+"")?\};/g, ''],
  [/"value",\{get/g, '"value",{__proto__:null,get'],
]

/** Takes out of the libraries what a bundler has to keep, because an object might be asked for any of its methods. */
export const prune = {
  name: 'prune',
  transform(code: string, id: string): string | undefined {
    const file = /socket\.io-client\/build\/esm\/(?:contrib\/)?(\w+)\.js/.exec(id)?.[1] ?? ''
    // Used for reconnection alone.
    if (file === 'backo2') return 'export class Backoff {}'
    const changes = methods[file]
    if (changes) {
      const less = withoutMethods(code, changes)
      return file === 'socket' ? replace(less, '= Object.freeze({', '= ({') : less
    }
    // Methods for debugging and for what the widget never asks. A descriptor would inherit what the page has put on Object.prototype, and be refused for it.
    if (id.includes('signals-core')) return signalChanges.reduce((text, [what, by]) => replace(text, what, by), code)
  },
}
