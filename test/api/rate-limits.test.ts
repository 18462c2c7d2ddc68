import { limits } from '@support-widget/shared/limits.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, problemIn, request } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** Limits a minute, on servers of their own. No minute is waited for: only sets and counts are checked. */

let server: TestServer
let behindProxy: TestServer

beforeAll(async () => {
  server = await startServer({ RATE_LIMITS: 'on' })
  behindProxy = await startServer({ RATE_LIMITS: 'on', TRUST_PROXY: '1' })
})
afterAll(async () => {
  await server.app.close()
  await behindProxy.app.close()
})

const times = <T>(count: number, work: (i: number) => Promise<T>) => Promise.all(Array.from({ length: count }, (_, i) => work(i)))
const refusedIn = (answers: Answer[]) => answers.filter((answer) => answer.status === 429)

describe('rate limits', () => {
  test('RATE-1: a customer writes sixty times a minute; the rest is 429 with Retry-After, and others write on', async () => {
    const app = await newApp(server)
    const [alice, bob] = [await app.customer('alice'), await app.customer('bob')]
    const answers = await times(limits.writesPerCustomer + 5, (i) => alice.send('createTicket', { body: { subject: `s${i}`, body: 'b' } }))
    const refused = refusedIn(answers)
    expect(refused).toHaveLength(5)
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(60)
    for (const answer of refused) {
      expect(problemIn(answer)).toMatchObject({ code: 'rate_limited' })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60)
      expect(answer.headers.get('ratelimit-policy')).toBe('"writes";q=60;w=60')
      expect(answer.headers.get('ratelimit')).toMatch(/^"writes";r=0;t=\d+$/)
    }
    expect((await alice.send('listTickets')).status).toBe(200)
    expect((await bob.send('createTicket', { body: { subject: 's', body: 'b' } })).status).toBe(201)
    expect(
      (await (await newApp(server)).customer('alice').then((twin) => twin.send('createTicket', { body: { subject: 's', body: 'b' } }))).status,
    ).toBe(201)
    expect((await alice.call('listTickets', {})).pagination.total).toBe(60)
  })

  test('RATE-2: a new token, another client or a partner key of others is no way around it', async () => {
    const app = await newApp(server)
    await times(limits.writesPerCustomer, async () => (await app.customer('alice')).send('createTicket', { body: {} }))
    const another = await app.token('alice', { claims: { name: 'Other name' }, expires: 600 })
    const answer = await request(`${server.url}/v1/support/tickets`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${another}`, 'X-Forwarded-For': '203.0.113.9' },
    })
    expect(answer.status).toBe(429)
  })

  test('RATE-3: a 429 is readable cross-origin', async () => {
    const app = await newApp(server)
    const alice = await app.customer('alice')
    const answers = await times(limits.writesPerCustomer + 1, () => alice.send('createTicket', { body: {} }, { Origin: app.origin }))
    const [refused] = refusedIn(answers)
    expect(refused?.headers.get('access-control-allow-origin')).toBe(app.origin)
    expect(refused?.headers.get('access-control-expose-headers')).toMatch(/Retry-After,RateLimit,RateLimit-Policy/)
  })

  test('RATE-4: every answer to a customer says what is left', async () => {
    const app = await newApp(server)
    const alice = await app.customer('alice')
    const left = []
    for (let i = 0; i < 3; i++) left.push((await alice.send('getMe')).headers.get('ratelimit')?.split(';')[1])
    expect(left).toEqual(['r=599', 'r=598', 'r=597'])
    const key = await app.backend.send('agentGetMe')
    expect(key.headers.get('ratelimit-policy')).toBe('"key";q=3000;w=60')
  })

  const flood = (of: TestServer, count: number, forwarded: (i: number) => string) =>
    times(count, (i) =>
      request(`${of.url}/v1/widget/config?app=nope`, {
        headers: { 'X-Forwarded-For': forwarded(i), 'X-Real-IP': '203.0.113.1', 'CF-Connecting-IP': '203.0.113.1' },
      }),
    )

  test('RATE-5: behind one trusted proxy the address is what that proxy saw', async () => {
    const one = await flood(behindProxy, 20, () => 'evil, 198.51.100.1, 203.0.113.7')
    const left = (answer: Answer) => Number(/r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1])
    expect(Math.min(...one.map(left))).toBe(limits.requestsPerAddress - 20)
    const [other] = await flood(behindProxy, 1, () => '203.0.113.7, 203.0.113.8')
    expect(other && left(other)).toBe(limits.requestsPerAddress - 1)
    expect(behindProxy.logged()).toContain('"address":"203.0.113.7"')
  })

  test('RATE-6: without a trusted proxy whatever a client says of its address is ignored; the flood is cut by its true one', async () => {
    const refused: Answer[] = []
    // A minute may end in the middle of a flood; then the next one meets the limit.
    for (let round = 0; refused.length === 0 && round < 10; round++)
      refused.push(...refusedIn(await flood(server, 500, (i) => `203.0.113.${i % 250}`)))
    expect(refused).not.toHaveLength(0)
    for (const answer of refused) expect(problemIn(answer)).toMatchObject({ code: 'rate_limited' })
    expect(server.logged()).not.toContain('203.0.113.')
  })
})
