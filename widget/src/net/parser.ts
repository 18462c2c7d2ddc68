import { Emitter } from './emitter.ts'

/**
 * Stands in for `socket.io-parser` under socket.io-client: Socket.IO protocol 5, text packets. The stock parser is twice the size for taking
 * binary attachments apart and putting them together, which the widget neither sends nor receives.
 */

export const protocol = 5

export const PacketType = { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4, BINARY_EVENT: 5, BINARY_ACK: 6 } as const

export interface Packet {
  type: number
  nsp: string
  id?: number | undefined
  data?: unknown
}

export class Encoder {
  encode({ type, nsp, id, data }: Packet): string[] {
    return [`${type}${nsp === '/' ? '' : `${nsp},`}${id ?? ''}${data == null ? '' : JSON.stringify(data)}`]
  }
}

export class Decoder extends Emitter<{ decoded: (packet: Packet) => void }> {
  /** Throws on what is no packet: the caller then drops the connection. */
  add(text: string): void {
    const [, digit, nsp = '/', id, json] = /^([0-6])(?:(\/[^,]*),?)?(\d*)(.*)$/s.exec(text) ?? []
    const type = Number(digit)
    // A binary packet's attachments never come up here, so it can never be whole.
    if (type > PacketType.CONNECT_ERROR) return
    const data: unknown = json ? JSON.parse(json) : undefined
    if (!isValid(type, data)) throw new Error('invalid packet')
    this.emitReserved('decoded', { type, nsp, id: id ? Number(id) : undefined, data })
  }

  destroy(): void {
    // Nothing is kept between two packets.
  }
}

/** Names that socket.io-client emits by itself: from outside they would pass for its own. */
const reserved = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/

function isValid(type: number, data: unknown): boolean {
  const isArray = Array.isArray(data)
  if (type === PacketType.EVENT) return isArray && typeof data[0] === 'string' && !reserved.test(data[0])
  if (type === PacketType.ACK) return isArray
  if (type === PacketType.DISCONNECT) return data === undefined
  return typeof data === 'object' && data !== null && !isArray
}
