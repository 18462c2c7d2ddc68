import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { safeFetch } from './safe-fetch.ts'

const resolved = vi.hoisted(() => ({ addresses: [] as { address: string; family: number }[], asked: [] as string[] }))
vi.mock('node:dns', () => ({
  lookup: (name: string, _: unknown, answer: (err: null, found: unknown) => void) => {
    resolved.asked.push(name)
    answer(null, resolved.addresses)
  },
}))
afterEach(() => resolved.asked.splice(0))

const options = { timeoutMs: 5_000, maxBytes: 100, loopback: false }

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
