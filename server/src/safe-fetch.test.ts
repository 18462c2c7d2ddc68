import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { safeFetch } from './safe-fetch.ts'

const resolved = vi.hoisted(() => ({ addresses: [] as { address: string; family: number }[], asked: [] as string[] }))
vi.mock('node:dns', () => ({
  lookup: (name: string, _: unknown, answer: (err: null, found: unknown) => void) => {
    resolved.asked.push(name)
    answer(null, resolved.addresses)
  },
}))
vi.mock('node:dns/promises', () => {
  const found = async (family: number) => resolved.addresses.filter((one) => one.family === family).map((one) => one.address)
  return {
    Resolver: class {
      resolve4(name: string) {
        resolved.asked.push(name)
        return found(4)
      }
      resolve6 = () => found(6)
    },
  }
})
afterEach(() => resolved.asked.splice(0))

const options = { timeoutMs: 5_000, maxBytes: 100, loopback: false }

const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

describe('SSRF-6: whoever waits for an answer is told in time', () => {
  const answers: [string, string, 'stay' | 'end' | 'destroy', string][] = [
    ['another protocol', upgrade, 'stay', 'network'],
    ['another protocol, then the end', upgrade, 'end', 'network'],
    ['another protocol, then a reset', upgrade, 'destroy', 'network'],
    ['nothing', '', 'end', 'reset'],
    ['nothing, for ever', '', 'stay', 'timeout'],
    ['a part of the body', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello', 'stay', 'timeout'],
    ['what is no HTTP', 'hello\r\n\r\n', 'stay', 'reset'],
  ]
  test.each(answers)('that is %s', async (_, text, then, fault) => {
    resolved.addresses = [{ address: '127.0.0.1', family: 4 }]
    const server = createTcp((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(text, () => {
          if (then === 'end') socket.end()
          if (then === 'destroy') socket.destroy()
        })
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const timeoutMs = fault === 'timeout' ? 1_000 : 60_000
    await expect(safeFetch(url, { ...options, timeoutMs, method: 'POST', body: '{}', loopback: true })).rejects.toMatchObject({ fault })
    server.close()
  })
})

describe('a name', () => {
  test.each([
    ['our own machine', ['127.0.0.1']],
    ['our own machine in IPv6', ['::1']],
    ['a private address', ['10.0.0.1']],
    ['cloud metadata', ['169.254.169.254']],
    ['a public address and a private one', ['1.1.1.1', '192.168.0.1']],
    ['IPv4 in IPv6', ['::ffff:127.0.0.1']],
  ])('SSRF-4: that leads to %s is not called', async (_, addresses) => {
    resolved.addresses = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    await expect(safeFetch('https://idp.example/jwks', options)).rejects.toThrow('must not be called')
    expect(resolved.asked).toEqual(['idp.example'])
  })

  test('SSRF-5: localhost leads nowhere else, and is called in the demo alone', async () => {
    const server = createServer((_, response) => response.writeHead(302, { Location: 'https://evil.example/' }).end('here'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const url = `http://localhost:${(server.address() as AddressInfo).port}/`
    resolved.addresses = [{ address: '127.0.0.1', family: 4 }]
    const { status, body } = await safeFetch(url, { ...options, loopback: true })
    expect([status, body.toString(), resolved.asked]).toEqual([302, 'here', ['localhost']])
    resolved.addresses = [{ address: '1.1.1.1', family: 4 }]
    await expect(safeFetch(url, { ...options, loopback: true })).rejects.toThrow('must not be called')
    await expect(safeFetch(url, options)).rejects.toThrow('must be an https URL')
    await new Promise((done) => server.close(done))
  })
})
