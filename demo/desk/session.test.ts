import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSession, expiryOf } from './session.ts'

const tokenEnding = (seconds: number, mark = '') => {
  const payload = btoa(JSON.stringify({ sub: 'sam', mark, exp: Math.floor(Date.now() / 1000) + seconds }))
  return `h.${payload}.s`
}

function memory() {
  const values = new Map<string, string>()
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  }
}

const answers = (...list: (Response | Error)[]) =>
  vi.fn<typeof fetch>(async () => {
    const next = list.shift() ?? new Response(null, { status: 404 })
    if (next instanceof Error) throw next
    return next
  })

const tokenAnswer = (token: string) => Response.json({ token })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('session', () => {
  it('signs in by itself in the demo', async () => {
    const token = tokenEnding(3600)
    const fetch = answers(tokenAnswer(token))
    const session = createSession({ agent: 'sam & co', storage: memory(), fetch })
    await session.start()
    expect(session.state.value).toBe('signed_in')
    expect(session.token.value).toBe(token)
    expect(fetch.mock.calls[0]?.[0]).toBe('/demo/token?agent=sam%20%26%20co')
  })

  it('asks for a token where there is no demo, and says nothing about a session that never was', async () => {
    const session = createSession({ agent: 'sam', storage: memory(), fetch: answers() })
    await session.start()
    expect(session.state.value).toBe('signed_out')
    expect(session.ended.value).toBe(false)
    session.signIn(`  Bearer ${tokenEnding(60)}\n`)
    expect(session.token.value).toMatch(/^h\./)
  })

  it('signs in by the code of a link, before whoever was there', async () => {
    const storage = memory()
    const token = tokenEnding(3600, 'linked')
    await createSession({ agent: 'sam', storage, fetch: answers(tokenAnswer(tokenEnding(3600))) }).start()
    const fetch = answers(new TypeError('network'), tokenAnswer(token))
    const session = createSession({ agent: 'sam', code: 'c-1', storage, fetch })
    await session.start()
    expect(session.state.value).toBe('unreachable')
    await session.start()
    expect(session.token.value).toBe(token)
    expect(fetch.mock.calls.map(([url, init]) => [url, init?.body])).toEqual(Array(2).fill(['/v1/admin/support/desk-codes/redeem', '{"code":"c-1"}']))
  })

  it('says that a code opened nothing, also one that came while it was open', async () => {
    const session = createSession({
      agent: 'sam',
      storage: memory(),
      fetch: answers(tokenAnswer(tokenEnding(3600)), new Response(null, { status: 401 })),
    })
    await session.start()
    await session.startWith('c-2')
    expect([session.state.value, session.codeRefused.value, session.token.value]).toEqual(['signed_out', true, null])
    session.signIn(tokenEnding(60))
    expect([session.state.value, session.codeRefused.value]).toEqual(['signed_in', false])
  })

  it('tells unreachable from signed out', async () => {
    for (const failure of [new TypeError('network'), new Response(null, { status: 503 })]) {
      const session = createSession({ agent: 'sam', storage: memory(), fetch: answers(failure) })
      await session.start()
      expect(session.state.value).toBe('unreachable')
    }
  })

  it('keeps the token over a reload, unless it is about to end or another agent is wanted', async () => {
    const storage = memory()
    await createSession({ agent: 'sam', storage, fetch: answers(tokenAnswer(tokenEnding(3600))) }).start()
    const again = answers(tokenAnswer(tokenEnding(3600, 'second')))
    await createSession({ agent: 'sam', storage, fetch: again }).start()
    expect(again).not.toHaveBeenCalled()
    await createSession({ agent: 'ines', storage, fetch: again }).start()
    expect(again).toHaveBeenCalledTimes(1)
    vi.setSystemTime(Date.now() + 3_590_000)
    await createSession({ agent: 'ines', storage, fetch: again }).start()
    expect(again).toHaveBeenCalledTimes(2)
  })

  it('has a fresh token before the old one ends', async () => {
    const fetch = answers(tokenAnswer(tokenEnding(600)), tokenAnswer(tokenEnding(1200, 'fresh')))
    const session = createSession({ agent: 'sam', storage: memory(), fetch })
    await session.start()
    await vi.advanceTimersByTimeAsync(545_000)
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('asks once however many calls were refused, and not at all for a token that has been replaced', async () => {
    const old = tokenEnding(600)
    const fetch = answers(tokenAnswer(old), tokenAnswer(tokenEnding(600, 'fresh')))
    const session = createSession({ agent: 'sam', storage: memory(), fetch })
    await session.start()
    expect(await Promise.all([session.renew(old), session.renew(old), session.renew(old)])).toEqual([true, true, true])
    expect(await session.renew(old)).toBe(true)
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('ends when a pasted token is refused, but not when the server is away', async () => {
    const pasted = createSession({ agent: 'sam', storage: memory(), fetch: answers() })
    pasted.signIn('abc')
    expect(await pasted.renew('abc')).toBe(false)
    expect(pasted.state.value).toBe('signed_out')
    expect(pasted.ended.value).toBe(true)

    const old = tokenEnding(600)
    const demo = createSession({ agent: 'sam', storage: memory(), fetch: answers(tokenAnswer(old), new TypeError('network')) })
    await demo.start()
    expect(await demo.renew(old)).toBe(false)
    expect(demo.state.value).toBe('signed_in')
  })
})

describe('expiryOf', () => {
  it('is null for what is not a token', () => {
    for (const text of ['', 'a', 'a.b.c', 'a.bnVsbA.c', `a.${btoa('{"exp":"1"}')}.c`]) expect(expiryOf(text)).toBeNull()
  })
})
