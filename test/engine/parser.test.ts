import { createRequire } from 'node:module'
import { Emitter } from '@support-widget/widget/net/emitter.ts'
import { Decoder, Encoder, type Packet, PacketType, protocol } from '@support-widget/widget/net/parser.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

interface Parser {
  protocol: number
  PacketType: Record<string, number>
  Encoder: new () => { encode: (packet: Packet) => unknown[] }
  Decoder: new () => { on: (event: 'decoded', hear: (packet: Packet) => void) => unknown; add: (text: string) => void }
}

const require = createRequire(import.meta.url)
const stock: Parser = createRequire(require.resolve('socket.io-client'))('socket.io-parser')

function read(Maker: Parser['Decoder'], text: string): Packet[] {
  const packets: Packet[] = []
  const decoder = new Maker()
  decoder.on('decoded', (packet) => packets.push(packet))
  decoder.add(text)
  return packets
}

const json = fc.jsonValue()
const id = fc.option(fc.nat(), { nil: undefined })
const nsp = fc.constantFrom('/', '/desk', '/a/b')
const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/connect|Listener/.test(text))
const object = fc.dictionary(fc.string(), json)
const packets = fc.oneof(
  fc.record({ type: fc.constant(PacketType.CONNECT), nsp, data: object }),
  fc.record({ type: fc.constant(PacketType.DISCONNECT), nsp }),
  fc.record({ type: fc.constant(PacketType.EVENT), nsp, id, data: fc.tuple(name, json, json) }),
  fc.record({ type: fc.constant(PacketType.ACK), nsp, id: fc.nat(), data: fc.array(json) }),
  fc.record({ type: fc.constant(PacketType.CONNECT_ERROR), nsp, data: object }),
)

test('writes what the stock parser writes, and reads it as that does', () => {
  fc.assert(
    fc.property(packets, (packet: Packet) => {
      const written = new Encoder().encode(packet)
      expect(written).toEqual(new stock.Encoder().encode(packet))
      const [text = ''] = written
      expect(read(Decoder, text)).toEqual(read(stock.Decoder, text))
    }),
    { numRuns: 1_000 },
  )
})

test('the same numbers', () => {
  expect(protocol).toBe(stock.protocol)
  for (const [key, value] of Object.entries(PacketType)) expect(stock.PacketType[key]).toBe(value)
})

test.each([
  '',
  '7',
  'x',
  '2',
  '2{}',
  '2[]',
  '2[1]',
  '2["connect"]',
  '2["disconnect","x"]',
  '2["connect_error"]',
  '2["a"',
  '3{}',
  '0[]',
  '04',
  '1[]',
  '4',
  '4[]',
])('%j is no packet', (text) => {
  expect(() => read(Decoder, text)).toThrow()
})

test('a binary packet is passed over, and the next one read', () => {
  expect(read(Decoder, '51-["photo",{"_placeholder":true,"num":0}]')).toEqual([])
  expect(read(Decoder, '61-12[{"_placeholder":true,"num":0}]')).toEqual([])
})

test('no text makes it do anything but read or throw an Error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.tuple(fc.nat(9), fc.string()).map(([digit, rest]) => `${digit}${rest}`),
      ),
      (text) => {
        try {
          read(Decoder, text)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      },
    ),
  )
})

test('listeners hear in order, and those of a turn are those that it began with', () => {
  const log: string[] = []
  const emitter = new Emitter<{ one: (value: number) => void }>()
  const late = () => log.push('late')
  const first = (value: number) => {
    log.push(`first ${value}`)
    emitter.off('one', first)
    emitter.on('one', late)
  }
  emitter.on('one', first).on('one', (value) => log.push(`second ${value}`))
  emitter.emit('one', 1).emit('one', 2)
  emitter.off('one').emit('one', 3)
  emitter.on('one', late).off().emit('one', 4)
  expect(log).toEqual(['first 1', 'second 1', 'second 2', 'late'])
})
