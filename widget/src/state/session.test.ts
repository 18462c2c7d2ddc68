import { describe, expect, test } from 'vitest'
import { claimsOf, createSession, hash } from './session.ts'

const encode = (value: object) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')
const jwt = (sub: string, exp: number) => `${encode({ alg: 'HS256' })}.${encode({ sub, exp })}.signature`
const minute = 60_000

function setUp(tokens: unknown[]) {
  let time = 1_000_000 * minute
  let changes = 0
  let asked = 0
  const session = createSession(
    {
      getToken: async () => {
        asked++
        const token = tokens.length > 1 ? tokens.shift() : tokens[0]
        if (token instanceof Error) throw token
        return token
      },
    },
    { onChange: () => changes++, now: () => time },
  )
  const seconds = (minutes: number) => (time + minutes * minute) / 1000
  return { session, seconds, pass: (minutes: number) => (time += minutes * minute), asked: () => asked, changes: () => changes }
}

describe('tokens', () => {
  test('one is held until 60 s before its end, and asked for once however many wait', async () => {
    const given: string[] = []
    const { session, seconds, pass, asked } = setUp(given)
    given.push(jwt('alice', seconds(10)), jwt('alice', seconds(30)))
    const [first, second] = await Promise.all([session.getToken(), session.getToken()])
    expect(first).toBe(second)
    pass(8)
    await session.getToken()
    expect(asked()).toBe(1)
    pass(1.5)
    expect(await session.getToken()).not.toBe(first)
    expect(asked()).toBe(2)
    await session.getToken({ fresh: true })
    expect(asked()).toBe(3)
  })

  test('a device whose clock is ahead does not ask before every call', async () => {
    const given: string[] = []
    const { session, seconds, asked } = setUp(given)
    given.push(jwt('alice', seconds(-30)))
    await session.getToken()
    await session.getToken()
    expect(asked()).toBe(1)
  })

  test('somebody else in the next token, or nobody, is a change of person; the same customer is not', async () => {
    const given: unknown[] = []
    const { session, seconds, changes } = setUp(given)
    given.push(jwt('alice', seconds(10)), jwt('alice', seconds(20)), jwt('bob', seconds(20)), null)
    expect(await session.who()).toBe('alice')
    await session.getToken({ fresh: true })
    expect(changes()).toBe(0)
    await session.getToken({ fresh: true })
    expect(changes()).toBe(1)
    expect(await session.getToken({ fresh: true })).toBeNull()
    expect(changes()).toBe(2)
  })

  test('a failing page is not a signed-out one, and is asked again', async () => {
    const given: unknown[] = []
    const { session, seconds } = setUp(given)
    given.push(new Error('500'), jwt('alice', seconds(10)))
    await expect(session.who()).rejects.toThrow('No token')
    expect(await session.who()).toBe('alice')
  })

  test.each([
    [200, '{"token":"abc"}', 'abc'],
    [200, '{"token":5}', null],
    [204, null, null],
    [401, '{}', null],
  ])('tokenUrl answering %i %s', async (status, body, expected) => {
    const requests: RequestInit[] = []
    const fetch = async (_: unknown, init?: RequestInit) => {
      requests.push(init ?? {})
      return new Response(body, { status })
    }
    const session = createSession({ tokenUrl: 'https://host.example/token' }, { onChange: () => {}, fetch })
    expect(await session.getToken()).toBe(expected)
    expect(requests).toMatchObject([{ credentials: 'same-origin', cache: 'no-store' }])
  })

  test('a token beside a function is the first one only', async () => {
    const session = createSession({ token: 'first', getToken: () => 'second' }, { onChange: () => {} })
    expect(await session.getToken()).toBe('first')
    expect(await session.getToken({ fresh: true })).toBe('second')
  })
})

test('claims are read from base64url and UTF-8, and from nothing else', () => {
  expect(claimsOf(jwt('Åsa 🌿~~~???', 5))).toEqual({ sub: 'Åsa 🌿~~~???', exp: 5 })
  for (const wrong of ['', 'sup_partner_1', 'a.b.c', `x.${encode({ sub: 7 })}.y`, `x.${encode([])}.y`]) expect(claimsOf(wrong)).toBeNull()
})

test('names in storage differ and do not tell who it is', () => {
  expect(hash('')).toBe(0xcbf29ce484222325n.toString(36))
  expect(hash('a')).toBe(0xaf63dc4c8601ec8cn.toString(36))
  expect(hash('alice')).not.toBe(hash('alicf'))
})
