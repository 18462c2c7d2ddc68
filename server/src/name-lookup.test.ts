import { createSocket } from 'node:dgram'
import { expect, onTestFinished, test, vi } from 'vitest'
import { addressesIn } from './name-lookup.ts'
import { safeFetch } from './safe-fetch.ts'

const told = vi.hoisted(() => ({ server: '', cancelled: 0 }))
vi.mock('node:dns/promises', async (original) => {
  const { Resolver } = await original<typeof import('node:dns/promises')>()
  return {
    Resolver: class extends Resolver {
      constructor(options: object) {
        super(options)
        this.setServers([told.server])
      }
      override cancel() {
        told.cancelled++
        super.cancel()
      }
    },
  }
})

/** The name that a question asks for, and whether it is IPv4's. */
function read(question: Buffer): { name: string; isV4: boolean; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), isV4: question.readUInt16BE(at + 1) === 1, end: at + 5 }
}

/** A name server that knows these names, and nothing of IPv6, and says nothing to questions for others until it knows them too (RFC 1035). */
async function openNameServer(known: Record<string, string[]>) {
  const socket = createSocket('udp4')
  const held: (() => void)[] = []
  socket.on('message', (question, from) => {
    const { name, isV4, end } = read(question)
    const answer = () => {
      const addresses = known[name]
      if (!addresses) return void held.push(answer)
      const records = (isV4 ? addresses : []).map((one) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...one.split('.').map(Number)]))
      const head = Buffer.from(question.subarray(0, 12))
      head.writeUInt16BE(0x8180, 2)
      head.set([0, 1, 0, records.length, 0, 0, 0, 0], 4)
      socket.send(Buffer.concat([head, question.subarray(12, end), ...records]), from.port, from.address)
    }
    answer()
  })
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  onTestFinished(() => void socket.close())
  told.server = `127.0.0.1:${socket.address().port}`
  return (more: Record<string, string[]>) => {
    Object.assign(known, more)
    for (const answer of held.splice(0)) answer()
  }
}

const options = { timeoutMs: 20_000, maxBytes: 100, loopback: false }

test('SSRF-7: names whose servers are silent hold up no other; every address is looked at', async () => {
  const learn = await openNameServer({ 'inside.example': ['10.0.0.1'], 'both.example': ['1.1.1.1', '192.168.0.1'] })
  const call = (name: string) => safeFetch(`https://${name}/`, options).catch((err: unknown) => err)
  const blocked = { fault: 'blocked', message: 'the name leads to an address that must not be called' }
  const names = Array.from({ length: 64 }, (_, n) => `silent-${n}.example`)
  const silent = names.map(call)
  for (const name of ['inside.example', 'both.example']) expect(await call(name)).toMatchObject(blocked)
  // None of the others was given up meanwhile.
  learn(Object.fromEntries(names.map((name) => [name, ['10.0.0.1']])))
  for (const one of silent) expect(await one).toMatchObject(blocked)
  expect(told.cancelled).toBe(0)
})

test('SSRF-7: a look-up ends with its request', async () => {
  await openNameServer({})
  await expect(safeFetch('https://silent.example/', { ...options, timeoutMs: 300 })).rejects.toMatchObject({ fault: 'timeout' })
  expect(told.cancelled).toBe(1)
})

test('SSRF-7: a name server that says nothing is given up before the request is, and one that is not there at once', async () => {
  await openNameServer({})
  await expect(safeFetch('https://silent.example/', options)).rejects.toMatchObject({ fault: 'dns' })
  told.server = '127.0.0.1:9'
  await expect(safeFetch('https://nobody.example/', options)).rejects.toMatchObject({ fault: 'dns' })
})

test('SSRF-8: a name of the hosts file is what that says', () => {
  const hosts =
    '127.0.0.1 localhost\n# 1.1.1.1 receiver.example\n\t93.184.216.34\tother.example Receiver.Example # ours\n2606:4700::1 receiver.example\nnone receiver.example\n'
  expect(addressesIn(hosts, 'receiver.example.')).toEqual([
    { address: '93.184.216.34', family: 4 },
    { address: '2606:4700::1', family: 6 },
  ])
  expect(addressesIn(hosts, 'example')).toEqual([])
  expect(addressesIn('', 'receiver.example')).toEqual([])
})
