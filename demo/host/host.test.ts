import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHost } from './host.ts'
import { earlyCalls } from './policy.ts'

const serverUrl = 'https://support.example.com'
let server: Server
let origin: string

beforeAll(async () => {
  const host = createHost({ serverUrl, appId: 'demo"><b>', signToken: async (user) => `token of ${user.name} <${user.email}>` })
  server = createServer(host.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => new Promise((resolve) => server.close(resolve)))

const get = (path: string, headers: Record<string, string> = {}) => fetch(origin + path, { headers, redirect: 'manual' })
const as = (user: string) => ({ cookie: `kilnshare_user=${user}` })

describe('signing in', () => {
  it('signs in whom the query names and goes on to the clean URL with the other parameters', async () => {
    const answer = await get('/payouts?support_ticket=01JN&user=bob&x=a%26b')
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/payouts?support_ticket=01JN&x=a%26b')
    const cookie = answer.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^kilnshare_user=bob; path=\/; samesite=lax; httponly$/i)
  })

  it('signs in nobody for what is not a name, and drops it from the URL all the same', async () => {
    for (const name of ['', 'Bob', '0x', '<script>', 'a'.repeat(32), '../x']) {
      const answer = await get(`/?user=${encodeURIComponent(name)}`)
      expect(answer.headers.get('location')).toBe('/')
      expect(answer.headers.get('set-cookie')).toBeNull()
    }
  })

  it('never redirects to another site', async () => {
    const answer = await get('//evil.example/?user=alice')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('location')).toBeNull()
  })

  it('shows the sign-in page to a stranger and to a forged cookie', async () => {
    for (const headers of [{}, as('<img>'), as('__proto__')]) {
      const page = await (await get('/account', headers)).text()
      expect(page).toContain('Sign in to Kilnshare')
      expect(page).not.toContain('<img')
    }
  })

  it('makes a user of any other name', async () => {
    const page = await (await get('/account', as('constructor'))).text()
    expect(page).toContain('constructor@kilnshare.example')
  })

  it('signs out by POST alone, and not for another site', async () => {
    expect((await get('/sign-out', as('bob'))).status).toBe(405)
    const foreign = await fetch(`${origin}/sign-out`, { method: 'POST', redirect: 'manual', headers: { 'sec-fetch-site': 'cross-site' } })
    expect(foreign.status).toBe(403)
    const answer = await fetch(`${origin}/sign-out`, { method: 'POST', redirect: 'manual', headers: as('bob') })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('set-cookie')).toMatch(/^kilnshare_user=; path=\/; expires=Thu, 01 Jan 1970/)
  })
})

describe('the token route', () => {
  it('gives a token to the signed-in user, uncached', async () => {
    const answer = await get('/support-token', as('alice'))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({ token: 'token of Alice Moreau <alice@kilnshare.example>' })
  })

  it('has nothing for a stranger', async () => {
    const answer = await get('/support-token')
    expect(answer.status).toBe(204)
    expect(await answer.text()).toBe('')
  })

  it('answers its own origin alone', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const answer = await get('/support-token', { ...as('alice'), origin: 'https://evil.example', 'sec-fetch-site': site })
      expect(answer.status).toBe(403)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
    expect((await get('/support-token', { ...as('alice'), 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })
})

describe('the pages', () => {
  it('carry a policy whose hash is that of the inline script in the page', async () => {
    for (const path of ['/', '/payouts', '/account', '/hostile', '/strict-csp', '/spa', '/spa/kilns', '/nothing']) {
      const answer = await get(path, as('alice'))
      const inline = [...(await answer.text()).matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) => match[1])
      expect(inline).toEqual([earlyCalls])
      const policy = answer.headers.get('content-security-policy') ?? ''
      expect(policy).toContain(`'sha256-${createHash('sha256').update(String(inline[0])).digest('base64')}'`)
      expect(policy).toContain(`connect-src 'self' ${serverUrl} wss://support.example.com;`)
      expect(policy).toContain("require-trusted-types-for 'script'")
      expect(policy).not.toContain('unsafe')
    }
  })

  it('escape what they are given', async () => {
    const page = await (await get('/', as('alice'))).text()
    expect(page).toContain('data-app="demo&quot;&gt;&lt;b&gt;"')
    expect(page).not.toContain('"><b>')
  })

  it('allow neither styles nor scripts of the host under the strictest policy', async () => {
    const policy = (await get('/strict-csp')).headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src https:\/\/support\.example\.com 'sha256-[\w+/=]+';/)
    expect(policy).not.toContain('style-src')
  })

  it('bring the hostile styles by name', async () => {
    expect(await (await get('/hostile')).text()).toContain('/assets/hostile-unset.css')
    expect(await (await get('/hostile?css=huge')).text()).toContain('/assets/hostile-huge.css')
    expect(await (await get('/hostile?css=../../x')).text()).toContain('/assets/hostile-unset.css')
    for (const name of ['unset', 'huge', 'hidden']) expect((await get(`/assets/hostile-${name}.css`)).status).toBe(200)
  })

  it('serve nothing outside the assets', async () => {
    for (const path of ['/assets/', '/assets/../host.ts', '/assets/%2e%2e/host.ts', '/host.ts', '/constructor']) {
      expect((await get(path)).status).toBe(404)
    }
  })
})
