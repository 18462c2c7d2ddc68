import { afterEach, expect, test, vi } from 'vitest'
import { ApiError, createApi, NetworkError, retryable } from './api.ts'

interface Seen {
  url: string
  init: RequestInit
}

function setUp(answers: (Response | Error)[], tokens: (string | null)[] = ['one', 'two'], timeout = 60_000) {
  const seen: Seen[] = []
  const asked: (boolean | undefined)[] = []
  const stop = new AbortController()
  const call = createApi({
    server: 'https://s.example',
    signal: stop.signal,
    timeout,
    getToken: async (how) => {
      asked.push(how?.fresh)
      return tokens.shift() ?? null
    },
    fetch: async (url, init = {}) => {
      seen.push({ url: String(url), init })
      const answer = answers.shift()
      if (answer instanceof Response) return answer
      if (answer) throw answer
      return new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      })
    },
  })
  return { call, seen, asked, stop }
}
const problem = (status: number, code: string, headers = {}) => Response.json({ code, status, detail: `${code}!`, errors: [] }, { status, headers })

afterEach(() => {
  vi.useRealTimers()
})

test('path, query, body and bearer token; no cookies', async () => {
  const { call, seen } = setUp([Response.json({ id: 'M' })])
  expect(await call('sendMessage', { params: { id: 'a/b' }, body: { body: 'hi', client_id: 'c' } })).toEqual({ id: 'M' })
  expect(seen[0]?.url).toBe('https://s.example/v1/support/tickets/a%2Fb/messages')
  expect(seen[0]?.init).toMatchObject({
    method: 'POST',
    body: '{"body":"hi","client_id":"c"}',
    credentials: 'omit',
    headers: { authorization: 'Bearer one' },
  })
  expect(Object.getPrototypeOf(seen[0]?.init)).toBeNull()
})

test('the config is asked for without a token', async () => {
  const { call, seen, asked } = setUp([Response.json({})])
  await call('getWidgetConfig', { query: { app: 'demo' } })
  expect(asked).toEqual([])
  expect(seen[0]?.init.headers).toEqual({})
})

test('a refused token is replaced once', async () => {
  const { call, asked, seen } = setUp([problem(401, 'token_expired'), Response.json({ id: 'T' })])
  expect(await call('getTicket', { params: { id: 'T' } })).toEqual({ id: 'T' })
  expect(asked).toEqual([false, true])
  expect(seen[1]?.init.headers).toMatchObject({ authorization: 'Bearer two' })
  const again = setUp([problem(401, 'unauthorized'), problem(401, 'unauthorized')])
  await expect(again.call('getMe')).rejects.toMatchObject({ code: 'unauthorized', status: 401 })
  expect(again.seen).toHaveLength(2)
})

test('problems are typed, and say whether trying again helps', async () => {
  const { call } = setUp([problem(429, 'rate_limited', { 'retry-after': '7' })])
  const error = await call('getMe').catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ code: 'rate_limited', status: 429, detail: 'rate_limited!', retryAfter: 7 })
  expect([400, 401, 403, 404, 408, 409, 413, 429, 500, 503].filter((status) => retryable(new ApiError({}, status)))).toEqual([
    401, 408, 429, 500, 503,
  ])
  expect(retryable(new NetworkError())).toBe(true)
})

test.each([
  [new TypeError('Failed to fetch')],
  [new Response('<html>sign in to the Wi-Fi</html>')],
  [Response.json({ message: 'no route' }, { status: 404 })],
  [Response.json(null, { status: 403 })],
])('no answer of ours is a network error', async (answer) => {
  await expect(setUp([answer]).call('getMe')).rejects.toBeInstanceOf(NetworkError)
})

test('a call ends after its time', async () => {
  const { call } = setUp([], undefined, 100)
  await expect(call('getMe')).rejects.toBeInstanceOf(NetworkError)
})

test('an ended client never settles, whatever still comes', async () => {
  const { call, stop, seen } = setUp([])
  let settled = false
  const note = () => {
    settled = true
  }
  call('getMe').then(note, note)
  await expect.poll(() => seen).toHaveLength(1)
  stop.abort()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(settled).toBe(false)
})
